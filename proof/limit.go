package proof

import (
	"context"
	"fmt"
	"slices"

	"linesman/event"
)

// LimitSamples judges stored parts of which people said what they are, the good
// and the bad, by what judges a line now. It is the short proof that a recipe can
// still tell them apart: at its activation and each day. Parts that its model was
// taught from count, and are no proof: they are in no bound. between is called after
// each, so that a line beside it is not slowed; its error ends the run.
func (r *Replay) LimitSamples(ctx context.Context, labels []Labelled, taught map[string]bool, between func() error) (event.SamplesJudged, error) {
	out := event.SamplesJudged{}
	for i := range labels {
		l := &labels[i]
		if l.Unlearned != "" {
			out.Unjudged++
			continue
		}
		s, err := r.verdictOf(ctx, l)
		if err != nil {
			return out, err
		}
		judged, err := r.again(ctx, []stored{s})
		if err != nil {
			return out, err
		}
		enter(&out, l, taught[l.Part], &judged[0], s.verdict.Evidence)
		if between != nil {
			if err := between(); err != nil {
				return out, err
			}
		}
	}
	bound(&out.Good)
	bound(&out.Bad)
	return out, nil
}

// mostWrong is how many samples judged against their label are named.
const mostWrong = 50

// enter adds one sample to the tally.
func enter(out *event.SamplesJudged, l *Labelled, taught bool, r *Replayed, picture string) {
	if r.Why != "" || r.Is == nil {
		out.Unjudged++
		return
	}
	bad, passed := Label(l.Label).Bad(), r.Is.Outcome == "pass"
	tally := &out.Good
	if bad {
		tally = &out.Bad
	}
	tally.Parts++
	if taught {
		tally.Taught++
	}
	if passed != bad {
		return
	}
	tally.Wrong++
	if taught {
		tally.TaughtWrong++
	}
	w := event.WrongSample{Part: l.Part, Label: l.Label, Class: l.Class, Outcome: r.Is.Outcome, Score: r.Is.Score, Reasons: r.Is.Reasons, Picture: picture}
	at := len(out.Wrong)
	if bad { // what escapes is named before what is thrown away
		at = int(out.Bad.Wrong) - 1
	}
	out.Wrong = slices.Insert(out.Wrong, min(at, len(out.Wrong)), w)
	out.Wrong = out.Wrong[:min(len(out.Wrong), mostWrong)]
}

// bound gives a tally its bound, by the parts that were not taught from.
func bound(t *event.SampleTally) {
	if upper, ok := Upper(t.Wrong-t.TaughtWrong, t.Parts-t.Taught); ok {
		t.Upper = upper
	}
}

// TellLimitSamples says it in one line each.
func TellLimitSamples(s event.SamplesJudged) []string {
	say := func(t event.SampleTally, kind, wrong string) string {
		if t.Parts == 0 {
			return "no known-" + kind + " part could be judged"
		}
		text := fmt.Sprintf("%d of %d known-%s parts %s", t.Wrong, t.Parts, kind, wrong)
		if t.Taught > 0 {
			text += fmt.Sprintf("; the model was taught from %d of them, which prove nothing", t.Taught)
		}
		if t.Upper > 0 {
			text += fmt.Sprintf("; at most %.2g %% of such parts (95 %%)", 100*t.Upper)
		}
		return text
	}
	return []string{say(s.Bad, "bad", "let through"), say(s.Good, "good", "rejected")}
}
