package controller

import (
	"slices"

	"linesman/part"
	"linesman/plc"
)

// settle closes the books of what has gone by: fails that were kept, parts
// without an entry, parts that no sensor confirmed.
func (c *Controller) settle(l *lane) {
	for _, s := range l.slots {
		if s.state == waiting && s.outcome != part.Pass && s.due+c.window/2 < c.now {
			s.state = rejected
			c.answer(l, s, plc.Kept, 0)
		}
	}
	for _, g := range l.sightings {
		if !g.settled && g.at+c.window/2 < c.now {
			g.settled = true
			c.settleSighting(l, g)
		}
		if late := g.at + c.ticks(max(c.cfg.EjectMM, c.cfg.ExitMM)) + c.clear; !g.done && late < c.now {
			g.done = true
			c.counts.unsure++
			c.hold(plc.HoldUnconfirmed)
		}
	}
	c.forget(l)
}

// settleSighting looks for the entry of a part at the gate.
func (c *Controller) settleSighting(l *lane, g *sighting) {
	for _, s := range l.slots {
		if d := g.at - s.due; !s.taken && d >= -c.window/2 && d <= c.window/2 {
			s.taken = true
			c.strays = 0
			return
		}
	}
	c.counts.stray++
	if c.strays++; c.cfg.StrayHold > 0 && c.strays >= c.cfg.StrayHold {
		c.hold(plc.HoldStray)
	}
}

// forget drops what lies so far behind that no sensor can speak of it any more.
func (c *Controller) forget(l *lane) {
	gone := c.now - c.ticks(2*max(c.cfg.EjectMM, c.cfg.ExitMM)) - 4*c.clear
	l.slots = slices.DeleteFunc(l.slots, func(s *slot) bool { return s.due < gone })
	l.sightings = slices.DeleteFunc(l.sightings, func(g *sighting) bool { return g.at < gone })
	l.spans = slices.DeleteFunc(l.spans, func(s span) bool { return s.to < gone })
}

// ejected confirms the part that fell into the bin.
func (c *Controller) ejected(l *lane, tick int64) {
	if g := c.nearest(l, tick); g != nil {
		g.done = true
	}
}

// exited confirms a part at the exit, or finds one that should not be there.
func (c *Controller) exited(l *lane, tick int64) {
	g := c.nearest(l, tick)
	switch {
	case g != nil:
		g.done = true
		if c.passed(l, g.at) {
			return
		}
	case tick <= l.booted:
		return // it met the gate before the restart
	}
	c.counts.escaped++
	c.hold(plc.HoldEscape)
}

// nearest returns the unconfirmed sighting at tick, within half the clearance.
func (c *Controller) nearest(l *lane, tick int64) *sighting {
	var best *sighting
	distance := c.clear/2 + 1
	for _, g := range l.sightings {
		if d := max(g.at-tick, tick-g.at); !g.done && d < distance {
			best, distance = g, d
		}
	}
	return best
}

// passed reports whether the gate may have stood open at tick.
func (c *Controller) passed(l *lane, tick int64) bool {
	return slices.ContainsFunc(l.spans, func(s span) bool {
		edge := c.window / 8 // the valve's own scatter
		return tick >= s.from-edge && tick <= s.to+edge
	})
}
