package proof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"linesman/event"
)

// Sample says which stored parts are to be judged again.
type Sample struct {
	Parts    int       // at most; drawn evenly from all whose picture is kept
	From, To time.Time // of the verdict; zero does not restrict
	Seed     uint64
}

// Report is what a sample showed.
type Report struct {
	Verdicts   int            `json:"verdicts"`           // first verdicts on parts in that time
	Kept       int            `json:"with_pictures"`      // of these
	Drawn      int            `json:"drawn"`              // of these
	Again      int            `json:"judged_again"`       // of these
	Outcome    int            `json:"outcome_changed"`    // parts
	Reasons    int            `json:"reasons_changed"`    // parts
	Score      int            `json:"score_changed"`      // parts, by more than 1e-4
	Largest    float64        `json:"largest_difference"` // of a score
	LargestOf  string         `json:"largest_difference_part,omitempty"`
	ByOutcome  map[string]int `json:"by_outcome"` // judged again, by the recorded outcome
	Impossible map[Why]int    `json:"not_possible"`
	Examples   map[Why]string `json:"not_possible_for_example"` // the first of each, in full
	Changed    []Replayed     `json:"changed"`
}

// page is how many events are read at a time.
const page = 1000

// Sample judges a sample of stored parts again.
func (r *Replay) Sample(ctx context.Context, s Sample) (*Report, error) {
	if s.Parts <= 0 {
		return nil, fmt.Errorf("a sample of %d parts shows nothing: want at least 1", s.Parts)
	}
	out := &Report{ByOutcome: map[string]int{}, Impossible: map[Why]int{}, Examples: map[Why]string{}}
	parts, err := r.draw(ctx, s, out)
	if err != nil {
		return nil, err
	}
	all, err := r.again(ctx, parts)
	if err != nil {
		return nil, err
	}
	for i := range all {
		out.add(&all[i])
	}
	return out, nil
}

// draw takes every kept part with the same chance (reservoir sampling: the log
// is read once, and only the sample is held).
func (r *Replay) draw(ctx context.Context, s Sample, out *Report) ([]stored, error) {
	rng := rand.New(rand.NewPCG(s.Seed, 0x5a3d1e))
	var drawn []*stored
	held := map[string]*stored{} // by part
	f := event.Filter{Types: []event.Type{event.PartJudged{}.EventType()}, From: s.From, To: s.To, Limit: page}
	for {
		events, err := r.Log.Read(ctx, f)
		if err != nil {
			return nil, err
		}
		if len(events) == 0 {
			break
		}
		f.After = events[len(events)-1].Seq
		for _, e := range events {
			p, err := event.As[event.PartJudged](e)
			if err != nil {
				return nil, err
			}
			meant := r.Of == nil || r.Of(p)
			if meant && e.Cause == "" { // others overrule the one before
				out.Verdicts++
			}
			if h := held[e.Part]; h != nil {
				h.take(e, p)
				continue
			}
			if !meant || p.Evidence == "" {
				continue
			}
			out.Kept++
			at := len(drawn)
			if at < s.Parts {
				drawn = append(drawn, nil)
			} else if at = rng.IntN(out.Kept); at >= s.Parts {
				continue
			} else {
				delete(held, drawn[at].part)
			}
			next := &stored{}
			next.take(e, p)
			drawn[at], held[e.Part] = next, next
		}
		if r.Progress != nil {
			r.Progress(out.Verdicts, 0)
		}
	}
	out.Drawn = len(drawn)
	if n := out.Verdicts - out.Kept; n > 0 {
		out.Impossible[NotKept] = n
	}
	parts := make([]stored, len(drawn))
	for i := range drawn {
		parts[i] = *drawn[i]
	}
	slices.SortFunc(parts, func(a, b stored) int { return int(int64(a.seq) - int64(b.seq)) })
	return parts, nil
}

// mostChanged is how many changed parts a report names.
const mostChanged = 1000

func (out *Report) add(r *Replayed) {
	if r.Why != "" {
		out.Impossible[r.Why]++
		if out.Examples[r.Why] == "" {
			out.Examples[r.Why] = "part " + r.Part + ": " + r.Error
		}
		return
	}
	out.Again++
	out.ByOutcome[r.Was.Outcome]++
	if r.Outcome {
		out.Outcome++
	}
	if r.Reasons {
		out.Reasons++
	}
	if r.Score {
		out.Score++
	}
	if r.Difference > out.Largest {
		out.Largest, out.LargestOf = r.Difference, r.Part
	}
	if r.Changed() && len(out.Changed) < mostChanged {
		out.Changed = append(out.Changed, *r)
	}
}
