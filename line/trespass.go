package line

import (
	"linesman/event"
	"linesman/part"
)

// mostTrespasses bounds how many are kept at once; more are refused.
const mostTrespasses = 64

// trespass is somebody who stands where nobody may while parts pass.
type trespass struct {
	from  part.Tick // parts at the gate from here on
	why   string
	cause string // id of the event that says so; empty until it is known
	began string // id of our event that says that it began; empty until the belt's place is known
}

// Trespass says that somebody is where nobody may be, such as in the ejector's
// zone: parts that pass the gate from now on are suspect, up to TrespassOver of
// the same key, and where hold is set the line is asked to hold. The log has it at
// once, so that nothing of it is lost with the process. cause is the id of the
// event that says so, empty where it is not known yet; see TrespassBecause.
//
// This is advice after the picture of an ordinary camera, no safety function:
// whoever must be kept from harm needs a guard or a light curtain.
func (s *Station) Trespass(key, why, cause string, hold bool) error {
	return s.ask(func(o *owner) error {
		if hold {
			o.said = why
			o.hold(why)
		}
		if o.trespasses[key] == nil && len(o.trespasses) < mostTrespasses {
			t := &trespass{why: why, cause: cause}
			o.trespasses[key] = t
			o.trespassBegins(t)
		}
		return nil
	})
}

// TrespassBecause names the event that says of a trespass why it is one. A key that
// does not stand is none.
func (s *Station) TrespassBecause(key, cause string) error {
	return s.ask(func(o *owner) error {
		if t := o.trespasses[key]; t != nil && t.cause == "" {
			if t.cause = cause; t.began != "" {
				o.suspects(t.why, cause, t.began, t.from, o.ctl.status.Now, true)
			}
		}
		return nil
	})
}

// TrespassOver says that it is over, and between which ticks parts passed meanwhile.
// A key that does not stand is none.
func (s *Station) TrespassOver(key string) error {
	return s.ask(func(o *owner) error { o.trespassOver(key); return nil })
}

// Trespassed is a trespass of an earlier run of which the log has no end: the
// process was killed, or the power failed.
type Trespassed struct {
	Began string // id of the event that says that it began
	Cause string // id of the event that says why; may be empty
	From  part.Tick
	Why   string
}

// TrespassesLeft ends what earlier runs have left open, as soon as the place of the
// belt is known. Who stands there still is told of by Trespass.
func (s *Station) TrespassesLeft(left []Trespassed) error {
	return s.ask(func(o *owner) error {
		o.unended = append(o.unended, left...)
		if o.ctl.known {
			o.endLeft()
		}
		return nil
	})
}

// located begins and ends what had to wait for the controller's first reading.
func (o *owner) located() {
	for _, t := range o.trespasses {
		if t.began == "" {
			o.trespassBegins(t)
		}
	}
	o.endLeft()
}

func (o *owner) trespassBegins(t *trespass) {
	if !o.ctl.known {
		return
	}
	t.from = o.ctl.status.Now
	t.began = o.suspects(t.why, t.cause, "", t.from, t.from, true)
}

func (o *owner) trespassOver(key string) {
	t := o.trespasses[key]
	if t == nil {
		return
	}
	delete(o.trespasses, key)
	if t.began != "" {
		o.suspects(t.why, t.cause, t.began, t.from, o.ctl.status.Now, false)
	}
}

// endLeft ends the trespasses of earlier runs where the belt is now. Their ticks are
// in an epoch of their own.
func (o *owner) endLeft() {
	now := o.ctl.status.Now
	for _, t := range o.unended {
		from, why := now.Near(uint64(t.From.Count), o.set.Encoder.Bits), t.Why+"; then the process ended without a word, and nobody knows for how long"
		if now.Before(from) { // the counter began anew meanwhile
			from = part.Tick{Epoch: now.Epoch}
			why += ", and so did the controller"
		}
		o.suspects(why, t.Cause, t.Began, from, now, false)
	}
	o.unended = nil
}

// suspects tells of the parts that pass the gate while somebody stands where nobody
// may, and returns the event's id.
func (o *owner) suspects(why, cause, began string, from, to part.Tick, open bool) (id string) {
	e := o.about(nil, "gate", event.PartSuspect{Line: string(o.s.cfg.Line), From: eventTick(from), To: eventTick(to), Open: open, Began: began, Why: why,
		WhatTo: "somebody may have touched what passed the gate meanwhile: look at it before it is used"})
	e.ID, e.Cause = event.NewID(), cause
	o.s.cfg.Events.Emit(e)
	return e.ID
}
