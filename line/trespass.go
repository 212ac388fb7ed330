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
	cause string // id of the event that says so
}

// Trespass says that somebody is where nobody may be, such as in the ejector's
// zone: parts that pass the gate from now on are suspect, up to TrespassOver of
// the same key, and where hold is set the line is asked to hold. cause is the id
// of the event that says so; it stands in the log beside what follows from it.
//
// This is advice after the picture of an ordinary camera, no safety function:
// whoever must be kept from harm needs a guard or a light curtain.
func (s *Station) Trespass(key, why, cause string, hold bool) error {
	return s.ask(func(o *owner) error {
		if hold {
			o.said = why
			o.s.cfg.Outputs.Hold(why)
		}
		if _, stands := o.trespasses[key]; !stands && len(o.trespasses) < mostTrespasses {
			o.trespasses[key] = trespass{o.ctl.status.Now, why, cause}
		}
		return nil
	})
}

// TrespassOver says that it is over, and names the parts that passed meanwhile.
// A key that does not stand is none.
func (s *Station) TrespassOver(key string) error {
	return s.ask(func(o *owner) error { o.trespassOver(key); return nil })
}

func (o *owner) trespassOver(key string) {
	t, stands := o.trespasses[key]
	if !stands {
		return
	}
	delete(o.trespasses, key)
	now := o.ctl.status.Now
	if now == t.from {
		return // the belt stood
	}
	e := o.about(nil, "gate", event.PartSuspect{Line: string(o.s.cfg.Line), From: eventTick(t.from), To: eventTick(now), Why: t.why,
		WhatTo: "somebody may have touched what passed the gate meanwhile: look at it before it is used"})
	e.Cause = t.cause
	o.s.cfg.Events.Emit(e)
}
