//go:build cgo

package line_test

import (
	"fmt"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/sim"
)

// toldWithin is how soon an event must name what went wrong at the gate.
const toldWithin = 2 * time.Second

// truth is what the gate says of a whole run.
type truth struct {
	passed, rejected, removed int
	unjudged, defective       int      // on the good side without a verdict that passed, or with a flaw
	silent                    []string // of these, those that no event named in time
	lostGood                  int      // good parts that are not on the good side
}

// verdict is the last word of the log on one part.
type verdict struct {
	outcome string
	lane    int
	due     part.Tick
}

// truth compares the fates at the gate with the log. A part on the good side
// must be good, and a verdict of ours must have passed a part at that very
// tick; else an event must have named the tick, or the part, in time.
func (p *plant) truth() truth {
	r, _ := p.record()
	verdicts := map[string]verdict{}
	for _, e := range r.events {
		if j, err := event.As[event.PartJudged](e); err == nil {
			verdicts[e.Part] = verdict{j.Outcome, j.Lane, part.Tick(j.Due)}
		}
	}
	window := int64(p.set.Gates[0].WindowMM/2*p.set.Encoder.PerMM) + 1
	var t truth
	for _, f := range r.fates {
		switch f.Side {
		case sim.Rejected:
			t.rejected++
		case sim.Removed:
			t.removed++
		case sim.Passed:
			t.passed++
		}
		if f.Side != sim.Passed {
			if !f.Part.Defective() && f.Side == sim.Rejected {
				t.lostGood++
			}
			continue
		}
		judged := false
		for _, v := range verdicts {
			if d, ok := v.due.Sub(f.tick); ok && v.lane == f.Part.Lane && v.outcome == "pass" && max(d, -d) <= window {
				judged = true
			}
		}
		if judged && !f.Part.Defective() {
			continue
		}
		if !judged {
			t.unjudged++
		}
		if f.Part.Defective() {
			t.defective++
		}
		if !r.named(f) {
			t.silent = append(t.silent, fmt.Sprintf("part %d (%s) at tick %v, %s, judged %v", f.Part.N, f.Part.Kind, f.tick, f.At.UTC().Format("15:04:05.000"), judged))
		}
	}
	return t
}

// named reports whether an event told in time that the tick of this fate may
// have let the wrong part through.
func (r record) named(f fate) bool {
	for _, e := range r.events {
		if e.Time.After(f.At.Add(toldWithin)) {
			continue
		}
		from, to, lane, ok := tickRange(e)
		if ok && (lane == 0 || lane == f.Part.Lane) && !f.tick.Before(part.Tick(from)) && !part.Tick(to).Before(f.tick) {
			return true
		}
	}
	return false
}

// tickRange returns the ticks and the lane, 0 for all, that an event names as
// lost or doubtful.
func tickRange(e event.Event) (from, to event.Tick, lane int, ok bool) {
	if s, err := event.As[event.PartSuspect](e); err == nil {
		return s.From, s.To, s.Lane, true
	}
	if l, err := event.As[event.PartLost](e); err == nil {
		return l.From, l.To, l.Lane, true
	}
	if m, err := event.As[event.LedgerMismatch](e); err == nil {
		return m.From, m.To, m.Lane, true
	}
	return from, to, 0, false
}
