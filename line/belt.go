package line

import (
	"slices"

	"linesman/part"
)

// lane is the account of one lane: parts on their way to the gate, and parts
// between the gate and the sensor that confirms where they went.
type lane struct {
	expected []*tracked // ascending by GateAt
	landing  []*tracked // ascending by gatedAt
	began    bool
	first    part.Tick // of the first part at the gate in this account
}

// since remembers the first part at the gate.
func (l *lane) since(at part.Tick) {
	if !l.began {
		l.began, l.first = true, at
	}
}

// inherited reports that a part with that tick at the gate met the gate's
// sensor before the account began: parts of a lane keep their order.
func (l *lane) inherited(at part.Tick) bool { return !l.began || at.Before(l.first) }

// due returns the part whose gate tick is nearest, within reach, be it on its
// way to the gate or past its sensor.
func (l *lane) due(at part.Tick, reach int64) *tracked {
	best := l.find(at, reach)
	if best != nil {
		d, _ := best.GateAt.Sub(at)
		reach = max(d, -d) - 1
	}
	for _, t := range l.landing {
		if d, ok := t.GateAt.Sub(at); ok && !t.unseen && max(d, -d) <= reach {
			best, reach = t, max(d, -d)
		}
	}
	return best
}

// expect puts a part in its place.
func (l *lane) expect(t *tracked) {
	i := len(l.expected)
	for i > 0 && t.GateAt.Before(l.expected[i-1].GateAt) {
		i--
	}
	l.expected = slices.Insert(l.expected, i, t)
}

// find returns the expected part nearest to the tick, within the tolerance.
func (l *lane) find(at part.Tick, tolerance int64) *tracked {
	var best *tracked
	for _, t := range l.expected {
		if d, ok := t.GateAt.Sub(at); ok {
			if d = max(d, -d); d <= tolerance {
				best, tolerance = t, d
			}
		}
	}
	return best
}

// arrive takes a part out of the expected ones.
func (l *lane) arrive(t *tracked) {
	l.expected = slices.DeleteFunc(l.expected, func(x *tracked) bool { return x == t })
}

// land takes the part out whose confirmation an edge is: the one that passed
// the gate the given distance before, else the oldest.
func (l *lane) land(edge part.Tick, distance, tolerance int64) *tracked {
	best, at := tolerance, -1
	for i, t := range l.landing {
		if d, ok := edge.Sub(t.gatedAt); ok {
			d -= distance
			if d = max(d, -d); d <= best {
				best, at = d, i
			}
		}
	}
	if at < 0 {
		return nil
	}
	t := l.landing[at]
	l.landing = slices.Delete(l.landing, at, at+1)
	return t
}

// cover knows which places of the belt no picture showed: everything before
// the first frame, and the ranges of frames that were lost.
type cover struct {
	began bool
	from  part.Tick // at the gate; parts before this were never in a picture
	blind []span
}

// span is a range of ticks at the gate.
type span struct{ from, to part.Tick }

func (c *cover) begin(from part.Tick) {
	if !c.began || c.from.Epoch != from.Epoch {
		c.began, c.from, c.blind = true, from, nil
	}
}

// miss remembers a blind range; the last hundred are enough, since a range
// leaves the gate within seconds.
func (c *cover) miss(s span) {
	if len(c.blind) == 100 {
		c.blind = slices.Delete(c.blind, 0, 1)
	}
	c.blind = append(c.blind, s)
}

// before reports whether a place of the belt had gone by when the first picture
// was taken.
func (c *cover) before(at part.Tick) bool { return !c.began || at.Before(c.from) }

// known reports whether it is already on record that a part at this gate tick
// has no picture.
func (c *cover) known(at part.Tick) bool {
	if c.before(at) {
		return true
	}
	for _, s := range c.blind {
		if !at.Before(s.from) && !s.to.Before(at) {
			return true
		}
	}
	return false
}

// onTheWay reports whether any part between its picture and its confirmation is of a
// kind.
func (o *owner) onTheWay(is func(*tracked) bool) bool {
	return slices.ContainsFunc(o.lanes, func(l lane) bool { return slices.ContainsFunc(l.expected, is) || slices.ContainsFunc(l.landing, is) })
}
