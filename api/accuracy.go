package api

import (
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/event"
	"linesman/part"
)

// Accuracy is what the limit samples prove of a line: stored parts of which people
// said what they are, judged again by what judges the line (docs/learning.md).
type Accuracy struct {
	Line   string         `json:"line"`
	State  string         `json:"state" enum:"none,current,stale" doc:"none: no limit sample of this line was ever judged; stale: the last judgement is by another recipe or model than judges now"`
	Why    string         `json:"why,omitempty" doc:"what is stale, for a person"`
	Recipe string         `json:"recipe" doc:"name@version that judges now"`
	Model  string         `json:"model" doc:"name@version that judges now"`
	Judged *JudgedSamples `json:"judged,omitempty" doc:"the last judgement by what judges now; where there is none, the last there is"`
}

// JudgedSamples is one judgement of the limit samples.
type JudgedSamples struct {
	At       time.Time     `json:"at"`
	Seq      string        `json:"seq" doc:"of its event; a decimal string"`
	Reason   string        `json:"reason" enum:"activation,schedule,operator" doc:"what made it happen"`
	Recipe   Named         `json:"recipe" doc:"that judged"`
	Model    Named         `json:"model" doc:"that judged"`
	Bad      SampleTally   `json:"known_bad" doc:"labelled a missed defect or a defect; wrong: would pass, an escape"`
	Good     SampleTally   `json:"known_good" doc:"labelled good or a false reject; wrong: would be rejected"`
	Unjudged uint64        `json:"unjudged" doc:"labelled parts without a picture, or that could not be judged"`
	Wrong    []WrongSample `json:"wrong" doc:"those judged against their label, bad ones first; at most 50"`
}

// SampleTally counts limit samples of one kind.
type SampleTally struct {
	Parts       uint64  `json:"parts" doc:"judged"`
	Wrong       uint64  `json:"wrong" doc:"of these, against their label"`
	Taught      uint64  `json:"taught,omitempty" doc:"of parts: the model was taught from them, so they prove nothing"`
	TaughtWrong uint64  `json:"taught_wrong,omitempty" doc:"of wrong: taught from"`
	Upper       float64 `json:"upper_95,omitempty" doc:"one-sided 95 % bound of the share of such parts judged wrong (Clopper and Pearson), by those not taught from; absent where the counts allow none"`
}

// WrongSample is one limit sample judged against its label.
type WrongSample struct {
	Part    string  `json:"part"`
	Label   string  `json:"label"`
	Class   string  `json:"class,omitempty"`
	Outcome string  `json:"outcome"`
	Score   float64 `json:"score" doc:"1 = threshold"`
}

type accuracyAnswer struct{ Body Accuracy }

func (s *server) registerAccuracy(a huma.API) {
	huma.Register(a, get("/lines/{line}/accuracy", "accuracy", "What the limit samples prove of what judges now"), s.accuracy)
}

// judgedBy is by what a line judges, in hashes.
type judgedBy struct{ recipe, model string }

func (s *server) accuracy(ctx context.Context, q *lineQuery) (*accuracyAnswer, error) {
	st, ok := s.find(part.LineID(q.Line))
	if !ok {
		return nil, huma.Error404NotFound("line " + strconv.Quote(q.Line) + " is not of this site; see /api/v1/lines")
	}
	out := &accuracyAnswer{Accuracy{Line: q.Line, State: "none", Recipe: st.Recipe, Model: st.Model}}
	by, err := s.judgesNow(ctx, q.Line)
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	events, err := readable{s.Log, identity(ctx)}.Read(ctx, event.Filter{Newest: true, Limit: 200, Types: []event.Type{event.SamplesJudged{}.EventType()}})
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	for _, e := range events {
		j, err := event.As[event.SamplesJudged](e)
		if err != nil || j.Line != q.Line {
			continue
		}
		current := by == judgedBy{j.RecipeHash, j.ModelHash}
		if current || out.Body.Judged == nil {
			out.Body.Judged = wireJudged(e, &j)
		}
		if current {
			out.Body.State, out.Body.Why = "current", ""
			break
		}
		if out.Body.State == "none" {
			out.Body.State, out.Body.Why = "stale", staleOf(&j, by, st.Recipe, st.Model)
		}
	}
	return out, nil
}

// judgesNow returns by what a line judges, as it was last said in the log.
func (s *server) judgesNow(ctx context.Context, id string) (by judgedBy, err error) {
	for _, typ := range []event.Type{event.RecipeActivated{}.EventType(), event.ModelActivated{}.EventType()} {
		events, err := s.Log.Read(ctx, event.Filter{Newest: true, Limit: 200, Types: []event.Type{typ}})
		if err != nil {
			return by, err
		}
		for _, e := range events {
			if r, err := event.As[event.RecipeActivated](e); err == nil && r.Line == id {
				by.recipe = r.Hash
				break
			}
			if m, err := event.As[event.ModelActivated](e); err == nil && m.Line == id {
				by.model = m.Hash
				break
			}
		}
	}
	return by, nil
}

// staleOf says in words what has changed since a judgement.
func staleOf(j *event.SamplesJudged, by judgedBy, recipe, model string) string {
	why := "judged by "
	switch {
	case j.RecipeHash != by.recipe && j.Recipe != recipe:
		return why + "recipe " + j.Recipe + "; now " + recipe + " judges"
	case j.ModelHash != by.model && j.Model != model:
		return why + "model " + j.Model + "; now " + model + " judges"
	case j.RecipeHash != by.recipe:
		return why + "recipe " + j.Recipe + ", whose text has changed since"
	}
	return why + "model " + j.Model + ", whose files have changed since"
}

func wireJudged(e event.Event, j *event.SamplesJudged) *JudgedSamples {
	out := &JudgedSamples{At: e.Time.UTC(), Seq: decimal(e.Seq), Reason: j.Why, Recipe: Named{j.Recipe, j.RecipeHash}, Model: Named{j.Model, j.ModelHash},
		Bad: SampleTally(j.Bad), Good: SampleTally(j.Good), Unjudged: j.Unjudged, Wrong: []WrongSample{}}
	for _, w := range j.Wrong {
		out.Wrong = append(out.Wrong, WrongSample{w.Part, w.Label, w.Class, w.Outcome, number(w.Score)})
	}
	return out
}
