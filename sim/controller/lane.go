package controller

import (
	"linesman/part"
	"linesman/plc"
)

// lane is one row's queue and gate. Ticks are of the parts' centres at the gate.
type lane struct {
	number            int
	booted            int64
	slots             []*slot     // by due
	sightings         []*sighting // by at
	spans             []span      // when the gate was commanded open, by from
	open              bool
	gate, eject, exit uint32 // edges counted
}

// slot is an entry taken from the ring.
type slot struct {
	trigger uint32
	due     int64
	outcome part.Outcome
	state   state
	taken   bool // a sighting is its part
}

// state is what became of a slot.
type state uint8

const (
	waiting state = iota
	opened
	rejected // kept, too late, refused or vetoed
	absent   // a pass whose part did not come
)

// sighting is a part at the gate sensor.
type sighting struct {
	at      int64
	settled bool // told stray or not
	done    bool // seen in the bin or at the exit
}

// span is a stretch for which the gate stands open, at the gate's own place:
// the valve's response is taken off where it is commanded.
type span struct {
	from, to int64
	cut      bool // by a hold: what lay in it went either way
}

// insert keeps a list in order of its key.
func insert[T any](list []T, x T, key func(T) int64) []T {
	i := len(list)
	for i > 0 && key(list[i-1]) > key(x) {
		i--
	}
	list = append(list, x)
	copy(list[i+1:], list[i:])
	list[i] = x
	return list
}

// ahead is how many ticks before its effect the gate must be commanded: the
// valve's response at the measured speed.
func (c *Controller) ahead() int64 {
	return int64(c.speed.speed*c.cfg.Response.Seconds() + 0.5)
}

// opening returns the tick at which the slot's gate must be commanded.
func (c *Controller) opening(s *slot) int64 { return s.due - c.window/2 - c.ahead() }

// act does all that is due in a lane by now: opens and closes.
func (c *Controller) act(l *lane) {
	for _, s := range l.slots {
		if s.state == waiting && s.outcome == part.Pass && c.opening(s) <= c.now {
			c.decide(l, s)
		}
	}
	if l.open && l.spans[len(l.spans)-1].to-c.ahead() <= c.now {
		l.open = false
		c.wiring.Gate(l.number, false)
	}
}

// decide opens the gate for a pass, or says why not.
func (c *Controller) decide(l *lane, s *slot) {
	result := c.may(l, s)
	switch {
	case result == plc.Opened:
		s.state = opened
		c.openUntil(l, s.due-c.window/2, s.due+c.window/2)
		c.answer(l, s, result, c.now)
		return
	case result == plc.Absent:
		s.state = absent
	default:
		s.state = rejected
	}
	if result == plc.Vetoed {
		c.counts.vetoed++
	}
	c.answer(l, s, result, 0)
}

// openUntil commands the gate and prolongs the span it stands in.
func (c *Controller) openUntil(l *lane, from, to int64) {
	if n := len(l.spans); l.open && n > 0 {
		l.spans[n-1].to = max(l.spans[n-1].to, to)
		return
	}
	l.spans = append(l.spans, span{from: from, to: to})
	l.open = true
	c.wiring.Gate(l.number, true)
}

// cut closes the gate before its time.
func (c *Controller) cut(l *lane) {
	if !l.open {
		return
	}
	l.spans[len(l.spans)-1].cut = true
	l.open = false
	c.wiring.Gate(l.number, false)
}

// may says whether a pass may open the gate: steady belt, its part seen, and
// nothing that is not a pass in the group of parts that touch it.
func (c *Controller) may(l *lane, s *slot) plc.EchoResult {
	slack := c.window / 4 // a speed that rose since the last scan
	switch {
	case c.why != 0:
		return plc.Refused
	case c.opening(s)+slack < c.now:
		return plc.TooLate
	case c.speed.unsteady:
		return plc.Vetoed
	}
	lo, hi := c.group(l, s.due)
	if hi+c.clear > c.now+c.ticks(c.cfg.SensorMM) {
		return plc.Vetoed // its end is not yet in sight
	}
	var slots []*slot
	for _, o := range l.slots {
		if o.due < lo || o.due > hi {
			continue
		}
		if o.outcome != part.Pass || o.state == rejected {
			return plc.Vetoed
		}
		slots = append(slots, o)
	}
	mine := false
	for _, g := range l.sightings {
		if g.at < lo || g.at > hi {
			continue
		}
		o := c.match(&slots, g.at)
		if o == nil {
			return plc.Vetoed // a part without an entry
		}
		mine = mine || o == s
	}
	if !mine {
		return plc.Absent
	}
	return plc.Opened
}

// group returns the stretch of entries and sightings around tick in which each
// is closer to the next than the clearance.
func (c *Controller) group(l *lane, tick int64) (lo, hi int64) {
	lo, hi = tick, tick
	for grown := true; grown; {
		grown = false
		stretch := func(t int64) {
			if t < lo && t > lo-c.clear {
				lo, grown = t, true
			}
			if t > hi && t < hi+c.clear {
				hi, grown = t, true
			}
		}
		for _, s := range l.slots {
			stretch(s.due)
		}
		for _, g := range l.sightings {
			stretch(g.at)
		}
	}
	return lo, hi
}

// match takes the first of slots, in order of due, within half a window of at,
// dropping those that lie before. An entry admits one part.
func (c *Controller) match(slots *[]*slot, at int64) *slot {
	for len(*slots) > 0 {
		o := (*slots)[0]
		switch d := at - o.due; {
		case d < -c.window/2:
			return nil
		case d > c.window/2:
			*slots = (*slots)[1:]
		default:
			*slots = (*slots)[1:]
			return o
		}
	}
	return nil
}

// arm loads the lane's compare register with the next tick to act at.
func (c *Controller) arm(l *lane) {
	next, any := int64(0), false
	at := func(tick int64) {
		if !any || tick < next {
			next, any = tick, true
		}
	}
	for _, s := range l.slots {
		if s.state == waiting && s.outcome == part.Pass {
			at(c.opening(s))
		}
	}
	if l.open {
		at(l.spans[len(l.spans)-1].to - c.ahead())
	}
	if !any {
		c.wiring.Unload(l.number)
		return
	}
	c.wiring.Load(l.number, next-c.now)
}
