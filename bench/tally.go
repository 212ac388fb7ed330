package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"linesman/event"
	"linesman/sim"
	"linesman/sim/draw"
)

// judged is a verdict as the log tells it.
type judged struct {
	lane    int
	due     uint32
	outcome string
	score   float64
	reason  string
	class   string // of the strongest finding
	late    bool
	entered time.Duration // from the exposure to the acknowledged entry; 0 without one
	fired   int64         // ticks between the commanded opening and the part's due tick
	opened  bool
}

// told is what the log says of a run, as far as it was read. What it holds of
// parts can be forgotten behind the gate.
type told struct {
	after uint64             // the last event read
	parts map[string]*judged // the last verdict on each
	lanes map[int][]judged   // by due tick
	began bool               // the hold of the start is over
	holds map[string]int     // by reason
}

func newTold() *told { return &told{parts: map[string]*judged{}, holds: map[string]int{}} }

// read goes on to the log's newest event.
func (t *told) read(ctx context.Context, log event.Log) error {
	for {
		events, err := log.Read(ctx, event.Filter{After: t.after, Types: []event.Type{"linesman.part.judged.v1", "linesman.part.gated.v1", "linesman.line.held.v1"}, Limit: 1000})
		if err != nil {
			return err
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			t.after = e.Seq
			if err := t.take(e); err != nil {
				return err
			}
		}
	}
	t.sort()
	return nil
}

// sort lays the verdicts out by lane and due tick.
func (t *told) sort() {
	t.lanes = map[int][]judged{}
	for _, p := range t.parts {
		t.lanes[p.lane] = append(t.lanes[p.lane], *p)
	}
	for _, l := range t.lanes {
		slices.SortFunc(l, func(a, b judged) int { return int(int32(a.due - b.due)) })
	}
}

// forget drops the parts that were due before a tick.
func (t *told) forget(tick uint32) {
	for id, p := range t.parts {
		if int32(p.due-tick) < 0 {
			delete(t.parts, id)
		}
	}
}

func (t *told) take(e event.Event) error {
	switch e.Type {
	case "linesman.part.judged.v1":
		var p event.PartJudged
		if err := json.Unmarshal(e.Data, &p); err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
		v := t.parts[e.Part]
		if v == nil {
			v = &judged{}
			t.parts[e.Part] = v
		}
		v.lane, v.due, v.outcome, v.score, v.late = p.Lane, uint32(p.Due.Count), p.Outcome, p.Score, p.Late
		if !p.Timing.Acked.IsZero() {
			v.entered = p.Timing.Acked.Sub(p.Timing.Exposure)
		}
		if len(p.Reasons) > 0 {
			v.reason, v.class = p.Reasons[0].Text, p.Reasons[0].Class
		}
	case "linesman.part.gated.v1":
		var p event.PartGated
		if err := json.Unmarshal(e.Data, &p); err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
		if v := t.parts[e.Part]; v != nil && p.Result == "opened" {
			v.opened, v.fired = true, p.Due.Count-p.Fired.Count
		}
	case "linesman.line.held.v1":
		var p event.LineHeld
		if err := json.Unmarshal(e.Data, &p); err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
		if t.began = t.began || !p.Held; p.Held && t.began {
			t.holds[p.Why]++
		}
	}
	return nil
}

// find returns the verdict on a part that was at its gate at tick.
func (t *told) find(lane int, tick uint32, tolerance float64) (judged, bool) {
	l := t.lanes[lane]
	if len(l) == 0 {
		return judged{}, false
	}
	i, _ := slices.BinarySearchFunc(l, tick, func(j judged, tick uint32) int { return int(int32(j.due - tick)) })
	best, off := judged{}, math.Inf(1)
	for _, k := range []int{i - 1, i} {
		if k < 0 || k >= len(l) {
			continue
		}
		if d := math.Abs(float64(int32(l[k].due - tick))); d < off {
			best, off = l[k], d
		}
	}
	return best, off <= tolerance
}

// OfKind is what became of the parts of one kind.
type OfKind struct {
	Drawn     int `json:"drawn"`
	Rejected  int `json:"rejected"` // at the simulated gate
	Passed    int `json:"passed"`
	NotJudged int `json:"not_judged"` // no verdict in the log: rejected by the resting gate
	// Bounds on the share that passed, as of a Share; absent for good parts.
	Lower95 *float64 `json:"escape_lower_95,omitempty"`
	Upper95 *float64 `json:"escape_upper_95,omitempty"`
}

// Escape is a defective part on the good side, or a good part in the bin.
type Escape struct {
	Part     int      `json:"part"`
	Kind     sim.Kind `json:"kind"`
	SizeMM   float64  `json:"size_mm,omitempty"`
	Contrast float64  `json:"contrast,omitempty"`
	DeltaE   float64  `json:"delta_e,omitempty"`
	Verdict  string   `json:"verdict"`
	Score    float64  `json:"score"`
	Reason   string   `json:"reason,omitempty"`
}

// most is how many escapes and false rejects a report lists.
const most = 20

// tally is the account of one run, by truth. Parts are taken as they have met
// their gate; what it keeps of each for good is a score.
type tally struct {
	layout sim.Layout
	clear  float64     // mm along the belt: closer parts the gate can not part
	lead   float64     // ticks before its due tick that a gate opens
	bad    []sim.Fate  // defective ones that a part still to be taken may lie beside
	stated sim.Product // whose stated sizes hold; "" where there are none
	curves map[sim.Kind]*curve
	above  map[sim.Kind]count // the stated sizes
	below  map[sim.Kind]count

	good, defective, judged                        int
	escapes, falseRejects, collateral, undecidable int
	byKind                                         map[sim.Kind]*OfKind
	escaped, rejected                              []Escape       // the first of them
	why                                            map[string]int // false rejects by what was found
	scores                                         [2][]float64   // of good, of defective
	opened                                         int
	entered                                        []time.Duration // of parts that the line itself calls late, as far as they have an entry
	firedOffMM                                     float64
}

func newTally(l sim.Layout, clear, lead float64) *tally {
	return &tally{layout: l, clear: clear, lead: lead, byKind: map[sim.Kind]*OfKind{}, why: map[string]int{},
		curves: map[sim.Kind]*curve{}, above: map[sim.Kind]count{}, below: map[sim.Kind]count{}}
}

// take compares with the truth what became at the gate of the parts whose place
// is before some millimetre; the rest it returns, to be given again. Every part
// before that place and a clear distance on must be among the fates, now or
// earlier, and the log must be read. A good part that was rejected counts as
// collateral if it lay against a defective one: the gate can not let one of the
// two through.
func (t *tally) take(fates []sim.Fate, log *told, before float64) (rest []sim.Fate, err error) {
	near := slices.Clone(t.bad)
	for _, f := range fates {
		if f.Part.Defective() {
			near = append(near, f)
		}
	}
	slices.SortFunc(near, func(a, b sim.Fate) int { return cmp.Compare(a.Part.MM, b.Part.MM) })
	t.bad = slices.DeleteFunc(slices.Clone(near), func(f sim.Fate) bool { return f.Part.MM >= before || f.Part.MM < before-t.clear })
	for _, f := range fates {
		if f.Part.MM >= before {
			rest = append(rest, f)
			continue
		}
		if f.Side == sim.Removed {
			return nil, errors.New("a part was taken off the belt: this is no bench any more")
		}
		v := t.verdict(f, log)
		if f.Part.Defective() {
			t.takeDefective(f, v)
		} else {
			t.takeGood(f, v, near)
		}
	}
	return rest, nil
}

// verdict finds what was said of a part, and counts it with its kind. Its
// outcome is "none" where nothing was.
func (t *tally) verdict(f sim.Fate, log *told) judged {
	k := t.byKind[f.Part.Kind]
	if k == nil {
		k = &OfKind{}
		t.byKind[f.Part.Kind] = k
	}
	k.Drawn++
	if f.Side == sim.Passed {
		k.Passed++
	} else {
		k.Rejected++
	}
	v, known := log.find(f.Part.Lane, f.Tick, 0.4*t.layout.DiameterMM*t.layout.PerMM)
	if !known {
		k.NotJudged++
		v.outcome = "none"
		return v
	}
	t.judged++
	if v.late && v.entered > 0 {
		t.entered = append(t.entered, v.entered)
	}
	if v.outcome == "inconclusive" {
		t.undecidable++
	} else {
		side := 0
		if f.Part.Defective() {
			side = 1
		}
		t.scores[side] = append(t.scores[side], v.score)
	}
	if v.opened {
		t.opened++
		t.firedOffMM = max(t.firedOffMM, math.Abs(float64(v.fired)-t.lead)/t.layout.PerMM)
	}
	return v
}

func (t *tally) takeDefective(f sim.Fate, v judged) {
	t.defective++
	passed := f.Side == sim.Passed
	c := t.curves[f.Part.Kind]
	if c == nil {
		c = newCurve(f.Part.Kind)
		t.curves[f.Part.Kind] = c
	}
	c.add(f.Part, passed)
	if s, ok := StatedOf(t.stated, f.Part.Kind); ok {
		side := t.below
		if s.covers(f.Part) {
			side = t.above
		}
		n := side[f.Part.Kind]
		n.add(passed)
		side[f.Part.Kind] = n
	}
	if passed {
		t.escapes++
		t.escaped = first(t.escaped, f, v)
	}
}

func (t *tally) takeGood(f sim.Fate, v judged, bad []sim.Fate) {
	t.good++
	switch {
	case f.Side == sim.Passed:
	case beside(bad, f.Part, t.clear, clearAcross(t.layout, t.clear)):
		t.collateral++
	default:
		t.falseRejects++
		t.why[whyOf(v)]++
		t.rejected = first(t.rejected, f, v)
	}
}

// first adds to a list that a report shows the beginning of.
func first(list []Escape, f sim.Fate, v judged) []Escape {
	if len(list) >= most {
		return list
	}
	return append(list, Escape{f.Part.N, f.Part.Kind, f.Part.SizeMM, f.Part.Contrast, f.Part.DeltaE, v.outcome, v.score, v.reason})
}

// whyOf says in one word what made a verdict a reject. A pass that was
// rejected all the same was so by the controller.
func whyOf(v judged) string {
	switch {
	case v.outcome == "pass":
		return "passed, but kept by the controller"
	case v.outcome == "fail" && v.class != "":
		return v.class
	}
	return v.outcome
}

// clearAcross is the clear distance across the belt of parts that need so much
// along it: long parts lie along their lanes.
func clearAcross(l sim.Layout, clear float64) float64 {
	if l.WidthMM == 0 {
		return clear
	}
	return clear * l.WidthMM / l.DiameterMM
}

// beside reports whether a defective part lies too close for the gate to part
// the two: within clear mm along the belt, and across mm across it.
func beside(bad []sim.Fate, p sim.Part, clear, across float64) bool {
	i, _ := slices.BinarySearchFunc(bad, p.MM-clear, func(f sim.Fate, mm float64) int { return cmp.Compare(f.Part.MM, mm) })
	for ; i < len(bad) && bad[i].Part.MM <= p.MM+clear; i++ {
		if q := bad[i].Part; math.Hypot((q.MM-p.MM)/clear, (q.AcrossMM-p.AcrossMM)/across) < 1 {
			return true
		}
	}
	return false
}

// auroc is the chance that a defective part's score lies above a good one's.
func (t *tally) auroc() float64 { return draw.AUROC(t.scores[0], t.scores[1]) }
