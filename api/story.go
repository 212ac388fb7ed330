package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"linesman/access"
	"linesman/event"
	"linesman/proof"
)

// Story is one part from trigger to confirmation, with its gaps.
type Story struct {
	Outcome    string   `json:"outcome,omitempty" doc:"of the last verdict; absent if the log has none"`
	Score      float64  `json:"score" doc:"unclamped, 1 = threshold"`
	Reasons    []Reason `json:"reasons"`
	Late       bool     `json:"late"`
	Collateral bool     `json:"collateral"`
	Went       string   `json:"went,omitempty" enum:"ejected,exited" doc:"as a sensor saw it"`
	Recipe     Named    `json:"recipe"`
	Model      Named    `json:"model"`
	Picture    string   `json:"picture_sha256,omitempty" doc:"see /api/v1/evidence"`
	Heatmap    string   `json:"heatmap_sha256,omitempty"`
	Label      *Sample  `json:"label,omitempty" doc:"what a person holds it to be; absent where nobody said"`
	Steps      []Step   `json:"steps" doc:"in the order of the line, whether the log has them or not"`
	Verdicts   []Ruling `json:"verdicts" doc:"oldest first; each overrules the one before"`
	Gaps       []string `json:"gaps" doc:"what the log does not say, and why if it says that"`
}

// Named is a recipe or model that judged.
type Named struct {
	Name   string `json:"name" doc:"name@version"`
	SHA256 string `json:"sha256"`
}

// Step is one stage of a part's way.
type Step struct {
	Step     string     `json:"step" enum:"trigger,exposure,located,judged,acknowledged,due,gated,confirmed,lost,suspect"`
	Seq      uint64     `json:"seq,omitempty" doc:"of the event that says it"`
	At       *time.Time `json:"at,omitempty" doc:"absent where the log has no time of it; from gated on the time at which the controller's reading arrived"`
	TookMS   *float64   `json:"took_ms,omitempty" doc:"since the step before that has a time"`
	Tick     *Tick      `json:"tick,omitempty"`
	Deadline *time.Time `json:"deadline,omitempty"`
	MarginMS *float64   `json:"margin_ms,omitempty" doc:"to spare before the deadline; below 0 is late"`
	Text     string     `json:"text,omitempty" doc:"for a person"`
	Cause    string     `json:"cause,omitempty" doc:"id of the event behind it; of somebody at the gate that of the alarm"`
	Missing  bool       `json:"missing" doc:"the log does not have it"`
}

// Ruling is one verdict on a part.
type Ruling struct {
	Seq     uint64    `json:"seq"`
	Cause   string    `json:"cause,omitempty" doc:"id of the event that this verdict overrules"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome" enum:"pass,fail,inconclusive"`
	Score   float64   `json:"score"`
	Late    bool      `json:"late"`
	Reasons []Reason  `json:"reasons"`
}

// readable is the log as far as somebody may read it.
type readable struct {
	events
	who access.Identity
}

// Read leaves out what may not be read, as if it were not there.
func (r readable) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	found, err := r.events.Read(ctx, f)
	return slices.DeleteFunc(found, func(e event.Event) bool { return !mayRead(r.who, e) }), err
}

// story tells one part; nil for one of which the log has nothing.
func (s *server) story(ctx context.Context, id string) (*Story, error) {
	told, err := proof.TellFrom(ctx, readable{s.Log, identity(ctx)}, id, s.evidenceKept(ctx))
	if errors.Is(err, event.ErrGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &Story{
		Outcome: told.Outcome, Score: number(told.Score), Reasons: wireEventReasons(told.Reasons), Late: told.Late, Collateral: told.Collateral, Went: told.Went,
		Recipe: Named(told.Recipe), Model: Named(told.Model), Picture: told.Picture, Heatmap: told.Heatmap,
		Steps: make([]Step, 0, len(told.Steps)), Verdicts: make([]Ruling, 0, len(told.Verdicts)), Gaps: told.Gaps,
	}
	if told.Label != nil {
		label := wireSample(*told.Label)
		out.Label = &label
	}
	for _, st := range told.Steps {
		step := Step{Step: st.Name, Seq: st.Seq, At: moment(st.At), TookMS: st.TookMS, Deadline: moment(st.Deadline), MarginMS: st.MarginMS, Text: st.Text, Cause: st.Cause, Missing: st.Missing}
		if st.Tick != nil {
			step.Tick = &Tick{st.Tick.Epoch, st.Tick.Count}
		}
		out.Steps = append(out.Steps, step)
	}
	for _, v := range told.Verdicts {
		out.Verdicts = append(out.Verdicts, Ruling{v.Seq, v.Cause, v.At, v.Outcome, number(v.Score), v.Late, wireEventReasons(v.Reasons)})
	}
	return out, nil
}

// evidenceKept says whether a picture can still be opened.
func (s *server) evidenceKept(ctx context.Context) func(sha string) bool {
	return func(sha string) bool {
		file, err := s.Evidence(ctx, sha)
		return err == nil && file.Close() == nil
	}
}

func wireEventReasons(rs []event.Reason) []Reason {
	out := make([]Reason, 0, len(rs))
	for _, r := range rs {
		out = append(out, Reason{r.Rule, r.Class, r.Camera, number(r.Measured), number(r.Limit), r.Unit, r.Text})
	}
	return out
}
