package controller

import (
	"linesman/part"
	"linesman/plc"
)

// laneRoom is how many entries a lane's queue holds.
const laneRoom = 256

// entries takes what the PC wrote into the ring, in order.
func (c *Controller) entries() {
	for {
		e, ok := c.image.nextEntry(c.cfg.LittleWords)
		if !ok {
			return
		}
		c.admit(e)
	}
}

// admit queues an entry, or says why not.
func (c *Controller) admit(e wireEntry) {
	if e.lane < 1 || int(e.lane) > len(c.lanes) {
		c.answer(&lane{number: int(e.lane) & 0xFF}, &slot{due: c.widen(e.due), trigger: e.trigger}, plc.Refused, 0)
		return
	}
	l := &c.lanes[e.lane-1]
	s := &slot{trigger: e.trigger, due: c.widen(e.due), outcome: outcome(e.outcome)}
	if e.boot != uint16(c.boot) || s.due-c.now > c.ticks(c.cfg.HorizonMM) || len(l.slots) >= laneRoom {
		c.answer(l, s, plc.Refused, 0)
		return
	}
	if c.again(l, s) {
		return
	}
	switch {
	case c.why != 0 || c.cfg.Pulse:
		s.state = rejected
		c.answer(l, s, plc.Refused, 0)
	case c.opening(s) <= c.now:
		s.state = rejected
		c.answer(l, s, plc.TooLate, 0)
	}
	l.slots = insert(l.slots, s, func(s *slot) int64 { return s.due })
}

// again deals with an entry that is there already: the same (lane, due) twice
// acts once, and of two outcomes the one that does not pass counts.
func (c *Controller) again(l *lane, s *slot) bool {
	for _, o := range l.slots {
		if o.due != s.due {
			continue
		}
		if o.state == waiting && s.outcome != part.Pass {
			o.outcome = s.outcome
		}
		return true
	}
	return false
}

// pulses serves the pass coils of pulse mode: the gate opens now and the pulse
// ends by itself, a window later.
func (c *Controller) pulses(in inputs) {
	for i := range c.lanes {
		if !in.pulse[i] || c.why != 0 {
			continue
		}
		l := &c.lanes[i]
		from := c.now + c.ahead()
		c.openUntil(l, from, from+c.window)
		c.answer(l, &slot{due: from + c.window/2}, plc.Opened, c.now)
	}
}
