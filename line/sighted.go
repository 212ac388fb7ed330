package line

import (
	"fmt"
	"time"

	"linesman/event"
	"linesman/part"
)

// sighted takes one part of a frame, as one setup saw it: a new one, or another
// view of one that is already on its way. It returns the part if it is now
// complete.
func (o *owner) sighted(l *looked, k *look, i int, pos part.Position, doubts []string) *tracked {
	p, view := &k.parts[i], &o.set.Views[l.view]
	gate := o.set.gateOf(p.lane)
	if gate == nil {
		o.emit("line", event.PartSuspect{Line: string(o.s.cfg.Line), Lane: p.lane, From: eventTick(pos.Tick), To: eventTick(pos.Tick),
			Why: fmt.Sprintf("a part was seen in lane %d, which has no gate", p.lane), WhatTo: "correct part.lanes and part.lane_mm of the recipe, or add the gate"})
		return nil
	}
	at := o.set.gateTick(view, gate, pos.Tick, p.aheadMM)
	diameter := k.by.Recipe.Part.DiameterMM * o.set.Encoder.PerMM
	facts := frameFacts{l.frame.Camera, l.frame.Seq, l.frame.Trigger, l.ticket, l.frame.At}
	if t := o.lanes[p.lane-1].find(at, int64(0.4*diameter)); t != nil {
		if t.has(l.view) || t.submitted {
			p.crop.free()
			return nil // the frame before showed it already, or the other setup
		}
		if k.by != t.setup {
			if l.lookedBy(t.setup) {
				p.crop.free()
				return nil // that setup's look is the one that counts
			}
			p.wronglyBy(k.by, t.setup)
		}
		t.views = append(t.views, sightingOf{l.view, facts, k.quality, *p})
		if l.frame.At.After(t.exposed) { // the newest view's counts, whichever was looked at last
			t.exposed, t.Deadline = l.frame.At, l.frame.At.Add(o.set.Deadline.D())
		}
		t.doubts = append(t.doubts, doubts...)
		return o.complete(t, k.judged)
	}
	place := o.placeAtGate(p.lane, at)
	term := o.termAt(place)
	if k.by != term.setup {
		if l.lookedBy(term.setup) {
			// It is for the other setup's look to find this part; what that one
			// took for a hair before the changeover is taken here.
			last := o.terms[len(o.terms)-1]
			off, _ := place.Sub(last.from)
			if k.also != nil || k.by != last.setup || off >= 0 || off < -int64(0.1*diameter) {
				p.crop.free()
				return nil
			}
			term = last
			place = term.from
		} else {
			p.wronglyBy(k.by, term.setup)
		}
	}
	if !term.told {
		o.announce()
	}
	t := &tracked{Part: part.Part{
		ID: part.NewID(), Line: o.s.cfg.Line, Recipe: term.setup.id, Batch: o.batchAt(place).id,
		Trigger: l.frame.Trigger, Lane: p.lane, Seen: l.frame.At, GateAt: at, Due: at,
		Deadline: l.frame.At.Add(o.set.Deadline.D()),
	}, setup: term.setup, batch: o.batchAt(place), exposed: l.frame.At, doubts: append([]string(nil), doubts...)}
	if why := o.wish.doubt(place, term.setup); why != "" {
		t.doubts = append(t.doubts, why)
	}
	t.timing = event.Timing{Exposure: l.frame.At.UTC(), Located: k.located.UTC(), Deadline: t.Deadline.UTC()}
	t.views = append(t.views, sightingOf{l.view, facts, k.quality, *p})
	o.lanes[p.lane-1].expect(t)
	t.batch.ledger.Found++
	return o.complete(t, k.judged)
}

// lookedBy reports whether a setup has looked at the frame and could say something.
func (k *look) lookedBy(u *setup) bool {
	for l := k; l != nil; l = l.also {
		if l.by == u && l.missing == "" {
			return true
		}
	}
	return false
}

// wronglyBy makes a sighting say nothing: it is by the setup of another part of
// the belt, so its part is inconclusive.
func (p *sighting) wronglyBy(by, right *setup) {
	p.failed, p.unanswered = fmt.Sprintf("changeover: the frame was looked at by %s, the part is judged by %s", by.id, right.id), false
}

// complete judges a part once every view that the recipe asks for is there.
func (o *owner) complete(t *tracked, at time.Time) *tracked {
	if len(t.views) < len(t.setup.required) {
		return nil
	}
	o.judge(t, at)
	return t
}
