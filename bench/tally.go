package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"linesman/event"
	"linesman/sim"
	"linesman/sim/draw"
)

// judged is a verdict as the log tells it.
type judged struct {
	due     uint32
	outcome string
	score   float64
	reason  string
	class   string // of the strongest finding
	late    bool
	fired   int64 // ticks between the commanded opening and the part's due tick
	opened  bool
}

// told is what the log says of a run.
type told struct {
	lanes map[int][]judged // by due tick
	began bool             // the hold of the start is over
	holds map[string]int   // by reason
}

// readLog collects the last verdict on every part, in the order of due ticks.
func readLog(ctx context.Context, log event.Log) (*told, error) {
	parts := map[string]*judged{}
	lane := map[string]int{}
	t := &told{lanes: map[int][]judged{}, holds: map[string]int{}}
	for after := uint64(0); ; {
		events, err := log.Read(ctx, event.Filter{After: after, Types: []event.Type{"linesman.part.judged.v1", "linesman.part.gated.v1", "linesman.line.held.v1"}, Limit: 1000})
		if err != nil {
			return nil, err
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			after = e.Seq
			if err := t.take(e, parts, lane); err != nil {
				return nil, err
			}
		}
	}
	for id, p := range parts {
		t.lanes[lane[id]] = append(t.lanes[lane[id]], *p)
	}
	for _, l := range t.lanes {
		slices.SortFunc(l, func(a, b judged) int { return int(int32(a.due - b.due)) })
	}
	return t, nil
}

func (t *told) take(e event.Event, parts map[string]*judged, lane map[string]int) error {
	switch e.Type {
	case "linesman.part.judged.v1":
		var p event.PartJudged
		if err := json.Unmarshal(e.Data, &p); err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
		v := parts[e.Part]
		if v == nil {
			v = &judged{}
			parts[e.Part] = v
		}
		v.due, v.outcome, v.score, v.late = uint32(p.Due.Count), p.Outcome, p.Score, p.Late
		if len(p.Reasons) > 0 {
			v.reason, v.class = p.Reasons[0].Text, p.Reasons[0].Class
		}
		lane[e.Part] = p.Lane
	case "linesman.part.gated.v1":
		var p event.PartGated
		if err := json.Unmarshal(e.Data, &p); err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
		if v := parts[e.Part]; v != nil && p.Result == "opened" {
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

// tally is the account of one run, by truth.
type tally struct {
	good, defective, judged                        int
	escapes, falseRejects, collateral, undecidable int
	byKind                                         map[sim.Kind]*OfKind
	escaped, rejected                              []Escape
	why                                            map[string]int // false rejects by what was found
	scores                                         [2][]float64   // of good, of defective
	opened                                         int
	firedOffMM                                     float64
}

// account compares every part's fate at the gate with the truth. A good part
// that was rejected counts as collateral if it lay against a defective one:
// the gate can not let one of the two through.
func account(fates []sim.Fate, log *told, l sim.Layout, clear float64, lead float64) (*tally, error) {
	t := &tally{byKind: map[sim.Kind]*OfKind{}, why: map[string]int{}}
	var bad []sim.Fate
	for _, f := range fates {
		if f.Part.Defective() {
			bad = append(bad, f)
		}
	}
	slices.SortFunc(bad, func(a, b sim.Fate) int { return cmp.Compare(a.Part.MM, b.Part.MM) })
	for _, f := range fates {
		k := t.byKind[f.Part.Kind]
		if k == nil {
			k = &OfKind{}
			t.byKind[f.Part.Kind] = k
		}
		k.Drawn++
		if f.Side == sim.Removed {
			return nil, errors.New("a part was taken off the belt: this is no bench any more")
		}
		passed := f.Side == sim.Passed
		if passed {
			k.Passed++
		} else {
			k.Rejected++
		}
		v, known := log.find(f.Part.Lane, f.Tick, 0.4*l.DiameterMM*l.PerMM)
		if known {
			t.judged++
			if v.outcome == "inconclusive" {
				t.undecidable++
			}
			if v.opened {
				t.opened++
				t.firedOffMM = max(t.firedOffMM, math.Abs(float64(v.fired)-lead)/l.PerMM)
			}
		} else {
			k.NotJudged++
			v.outcome = "none"
		}
		e := Escape{f.Part.N, f.Part.Kind, f.Part.SizeMM, f.Part.Contrast, f.Part.DeltaE, v.outcome, v.score, v.reason}
		switch {
		case f.Part.Defective():
			t.defective++
			if known && v.outcome != "inconclusive" {
				t.scores[1] = append(t.scores[1], v.score)
			}
			if passed {
				t.escapes++
				t.escaped = append(t.escaped, e)
			}
		default:
			t.good++
			if known && v.outcome != "inconclusive" {
				t.scores[0] = append(t.scores[0], v.score)
			}
			switch {
			case passed:
			case beside(bad, f.Part, clear, clearAcross(l, clear)):
				t.collateral++
			default:
				t.falseRejects++
				t.why[whyOf(v)]++
				t.rejected = append(t.rejected, e)
			}
		}
	}
	return t, nil
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

// Upper95 returns the one-sided 95 % upper confidence bound on a rate of which
// k of n were seen (Clopper and Pearson 1934). Nothing seen of nothing says 1.
func Upper95(k, n int) float64 {
	if n == 0 || k >= n {
		return 1
	}
	return distuv.Beta{Alpha: float64(k) + 1, Beta: float64(n - k)}.Quantile(0.95)
}
