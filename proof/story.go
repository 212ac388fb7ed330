package proof

import (
	"cmp"
	"slices"
	"time"

	"linesman/event"
)

// Story is one part from trigger to confirmation, as the log has it.
type Story struct {
	Part       string         `json:"part"`
	Line       string         `json:"line,omitempty"`
	Batch      string         `json:"batch,omitempty"`
	Lane       int            `json:"lane,omitempty"`    // 1 is nearest the picture's top edge
	Trigger    uint64         `json:"trigger,omitempty"` // in the controller's counting; 0 without a trigger
	Outcome    string         `json:"outcome,omitempty"` // of the last verdict; empty if the log has none
	Score      float64        `json:"score"`             // unclamped, 1 = threshold
	Reasons    []event.Reason `json:"reasons,omitempty"` // why it is no pass
	Late       bool           `json:"late,omitempty"`
	Collateral bool           `json:"collateral,omitempty"` // good, but rejected with a touching neighbour
	Went       string         `json:"went,omitempty"`       // "ejected" or "exited", as a sensor saw it
	Recipe     Named          `json:"recipe,omitzero"`
	Model      Named          `json:"model,omitzero"`
	Picture    string         `json:"picture_sha256,omitempty"`
	Heatmap    string         `json:"heatmap_sha256,omitempty"` // over the picture's extent
	Compared   *Compared      `json:"compared,omitempty"`       // with a good part; nil where nobody asked
	Label      *Labelled      `json:"label,omitempty"`          // what a person holds it to be; nil where nobody said
	Steps      []Step         `json:"steps"`                    // in the order of the line, whether the log has them or not
	Verdicts   []Ruling       `json:"verdicts"`                 // oldest first; each overrules the one before
	Gaps       []string       `json:"gaps"`                     // what the log does not say, and why if it says that

	explained bool // an event says what became of the picture
}

// Named is a recipe or model that judged.
type Named struct {
	Name   string `json:"name"`   // name@version
	SHA256 string `json:"sha256"` // of the recipe as signed, of every file of the model
}

// Step is one stage of a part's way.
type Step struct {
	Name     string      `json:"step"` // "trigger", "exposure", "located", "judged", "acknowledged", "due", "gated", "confirmed", "lost", "suspect"
	Seq      uint64      `json:"seq,omitempty"`
	At       time.Time   `json:"at,omitzero"`         // UTC; absent where the log has no time of it
	TookMS   *float64    `json:"took_ms,omitempty"`   // since the step before that has a time
	Tick     *event.Tick `json:"tick,omitempty"`      // where the belt was
	Deadline time.Time   `json:"deadline,omitzero"`   // latest time for it
	MarginMS *float64    `json:"margin_ms,omitempty"` // to spare before the deadline; below 0 is late
	Text     string      `json:"text,omitempty"`      // for a person
	Cause    string      `json:"cause,omitempty"`     // id of the event behind it; of somebody at the gate the alarm's
	Missing  bool        `json:"missing,omitempty"`   // the log does not have it; Gaps says more
}

// Ruling is one verdict on a part.
type Ruling struct {
	Seq     uint64         `json:"seq"`
	ID      string         `json:"id"`
	Cause   string         `json:"cause,omitempty"` // the verdict that this one overrules
	At      time.Time      `json:"at"`              // when it was said, UTC
	Outcome string         `json:"outcome"`
	Score   float64        `json:"score"`
	Late    bool           `json:"late,omitempty"`
	Reasons []event.Reason `json:"reasons,omitempty"`
}

// telling is a story while it is put together.
type telling struct {
	Story
	judged    event.PartJudged
	judgedSeq uint64
	gated     bool
	confirmed bool
	lost      bool
	last      time.Time // of the newest step that has a time
	first     time.Time // of the oldest
	until     time.Time // of the newest event around; zero if there is none
}

// Tell puts a part's story together out of its events, in any order. Among them
// may be what happened around it and explains a gap: ring.lost, log.dropped,
// evidence.dropped, log.damaged, and the log's newest event, which shows whether
// something is missing or only still to come; and part.suspect of ranges of the
// belt, in which the part may have met the gate. Events of other parts are passed
// over.
func Tell(part string, events []event.Event) Story {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b event.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	t := telling{Story: Story{Part: part, Verdicts: []Ruling{}, Gaps: []string{}}}
	var own, around []event.Event
	for _, e := range events {
		switch {
		case e.Part == part && part != "":
			own = append(own, e)
		case e.Part == "":
			around = append(around, e)
			t.until = later(t.until, e.Time)
		}
	}
	for _, e := range own {
		t.verdict(e)
	}
	t.early()
	for _, e := range own {
		t.late(e)
		t.labelled(e)
	}
	for _, s := range stretches(around) {
		if s.holds(t.judged.Line, t.judged.Lane, t.judged.Timing.Exposure, t.judged.Due) {
			t.add(s.step())
		}
	}
	t.close()
	t.explain(own, around)
	return t.Story
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// verdict takes a part.judged event; the last of them stands.
func (t *telling) verdict(e event.Event) {
	if e.Batch != "" {
		t.Batch = e.Batch
	}
	p, err := event.As[event.PartJudged](e)
	if err != nil {
		return
	}
	t.Verdicts = append(t.Verdicts, Ruling{Seq: e.Seq, ID: e.ID, Cause: e.Cause, At: e.Time.UTC(), Outcome: p.Outcome, Score: p.Score, Late: p.Late, Reasons: p.Reasons})
	// A verdict that overrules has no picture of its own: it went with the first.
	if p.Evidence == "" {
		p.Evidence, p.Heatmap = t.judged.Evidence, t.judged.Heatmap
	}
	if p.Timing.Acked.IsZero() {
		p.Timing.Acked = t.judged.Timing.Acked
	}
	t.judged, t.judgedSeq = p, e.Seq
	t.Line, t.Lane, t.Trigger = p.Line, p.Lane, p.Trigger
	t.Outcome, t.Score, t.Reasons, t.Late, t.Collateral = p.Outcome, p.Score, p.Reasons, p.Late, p.Collateral
	t.Recipe, t.Model = Named{p.Recipe, p.RecipeHash}, Named{p.Model, p.ModelHash}
	t.Picture, t.Heatmap = p.Evidence, p.Heatmap
}

// early adds the steps up to the gate, of which the verdict tells.
func (t *telling) early() {
	if len(t.Verdicts) == 0 {
		for _, name := range []string{"trigger", "exposure", "located", "judged", "acknowledged", "due"} {
			t.Steps = append(t.Steps, Step{Name: name, Missing: true})
		}
		return
	}
	p, at := t.judged, t.judged.Timing
	trigger := Step{Name: "trigger", Seq: t.judgedSeq, Text: "none: the camera runs by itself"}
	if p.Trigger > 0 {
		trigger.Text = "no. " + number(p.Trigger) + " of the controller"
	}
	t.add(trigger)
	t.add(Step{Name: "exposure", Seq: t.judgedSeq, At: at.Exposure, Tick: &p.Tick, Text: "part centre at this tick", Missing: at.Exposure.IsZero()})
	t.add(Step{Name: "located", Seq: t.judgedSeq, At: at.Located, Text: "lane " + number(uint64(max(p.Lane, 0))), Missing: at.Located.IsZero()})
	t.add(Step{Name: "judged", Seq: t.judgedSeq, At: at.Judged, Text: p.Outcome, Missing: at.Judged.IsZero()})
	ack := Step{Name: "acknowledged", Seq: t.judgedSeq, At: at.Acked, Deadline: at.Deadline, Text: "the entry is in the controller", Missing: at.Acked.IsZero()}
	if !at.Acked.IsZero() && !at.Deadline.IsZero() {
		ack.MarginMS = milliseconds(at.Deadline.Sub(at.Acked))
	}
	if ack.Missing {
		ack.Text = "the controller had not acknowledged the entry when the verdict was written"
	}
	t.add(ack)
	t.add(Step{Name: "due", Seq: t.judgedSeq, Tick: &p.Due, Text: "part centre at the gate"})
}

// late adds what the controller reported, and what went wrong.
func (t *telling) late(e event.Event) {
	step := Step{Seq: e.Seq, At: e.Time}
	var line string
	var lane int
	switch e.Type {
	case event.PartGated{}.EventType():
		p, err := event.As[event.PartGated](e)
		if err != nil {
			return
		}
		step.Name, step.Text, line, lane = "gated", gateText(p), p.Line, p.Lane
		if step.Tick = &p.Fired; p.Fired == (event.Tick{}) {
			step.Tick = nil
		}
		t.gated = true
	case event.PartConfirmed{}.EventType():
		p, err := event.As[event.PartConfirmed](e)
		if err != nil {
			return
		}
		step.Name, step.Text, step.Tick, line, lane = "confirmed", p.Went+", seen by a sensor", &p.Tick, p.Line, p.Lane
		if p.Went == "exited" && p.Outcome != "pass" {
			step.Text = "ESCAPED: it was to be rejected, and the exit sensor saw it"
		}
		t.confirmed, t.Went = true, p.Went
	case event.PartLost{}.EventType():
		p, err := event.As[event.PartLost](e)
		if err != nil {
			return
		}
		step.Name, step.Text, step.Tick, line, lane = "lost", p.Why, &p.From, p.Line, p.Lane
		t.lost = true
	case event.PartSuspect{}.EventType():
		p, err := event.As[event.PartSuspect](e)
		if err != nil {
			return
		}
		step.Name, step.Text, step.Tick, line, lane = "suspect", p.Why, &p.From, p.Line, p.Lane
	default:
		return
	}
	if t.Line == "" {
		t.Line, t.Lane = line, lane
	}
	t.add(step)
}

// labelled takes what a person said of the part; the last word stands.
func (t *telling) labelled(e event.Event) {
	l, err := labelled(e)
	if err != nil {
		return
	}
	if t.Label = &l; l.Label == string(NoLabel) {
		t.Label = nil
	}
}

// gateText says what the controller did with an entry.
func gateText(p event.PartGated) string {
	switch p.Result {
	case "opened":
		if p.Fired.Epoch == p.Due.Epoch && p.Fired.Count != 0 {
			return "opened, " + counts(p.Fired.Count-p.Due.Count) + " due"
		}
		return "opened"
	case "kept":
		return "kept in reject, as entered"
	case "too late":
		return "the entry came too late: kept in reject"
	case "refused":
		return "the controller refused the entry: kept in reject"
	case "vetoed":
		return "a rejected neighbour kept the gate in reject"
	case "absent":
		return "no part was at the gate"
	}
	return p.Result
}

// add puts a step at the end, with the time since the one before.
func (t *telling) add(s Step) {
	if !s.At.IsZero() {
		s.At = s.At.UTC()
		if !t.last.IsZero() {
			s.TookMS = milliseconds(s.At.Sub(t.last))
		}
		if t.first.IsZero() {
			t.first = s.At
		}
		t.last = s.At
	}
	t.Steps = append(t.Steps, s)
}

// close adds the steps that never came.
func (t *telling) close() {
	if !t.gated {
		at := slices.IndexFunc(t.Steps, func(s Step) bool { return s.Name == "due" }) + 1
		t.Steps = slices.Insert(t.Steps, at, Step{Name: "gated", Missing: true})
	}
	if !t.confirmed {
		t.Steps = append(t.Steps, Step{Name: "confirmed", Missing: true})
	}
}
