package draw

import (
	"math"

	"linesman/sim"
)

// What of a capsule faces the camera well enough for a flaw to be placed there.
const (
	facing   = 0.70 // of the body's radius, across
	endMM    = 1.6  // from the end
	jointMM  = 0.4  // from the joint
	emptyEnd = 0.8  // from the end to where powder is missing
)

// shellFlaw places what lies on a capsule.
func (l *look) shellFlaw(d *dice, p sim.Part) {
	s := l.shell
	half := capHalf
	if d.below(2) == 0 {
		half = bodyHalf
	}
	if s.off != noHalf {
		half = s.off
	}
	l.colour = s.of(half)
	switch p.Kind {
	case sim.Good, sim.WrongColour, sim.MissingHalf, sim.NotClosed, sim.DoubleCap, sim.SquashedEnd:
		return
	}
	f := newFlaw(d, p)
	l.flaw = f
	var u, v float64
	switch p.Kind {
	case sim.EmptyHalf:
		f.soft, f.long, f.radius = 0.5, float32(p.SizeMM/2), s.bodyR-emptyEnd
		f.dirX, f.dirY = float32(half)*float32(l.outline.cos), float32(half)*float32(l.outline.sin)
		f.boundary = f.long + f.radius
		u = float64(half) * (float64(s.half) - emptyEnd - p.SizeMM/2)
	case sim.Crack:
		f.jag(d, p.SizeMM, 2*facing*float64(s.bodyR))
		along, across := f.pathReach()
		u, v = s.spot(d, half, along, across)
	default:
		f.tinted(d, l.colour, p)
		u, v = s.spot(d, half, float64(f.boundary), float64(f.boundary))
	}
	sin, cos := l.outline.sin, l.outline.cos
	f.turn(sin, cos)
	f.x, f.y = float32(u*cos-v*sin), float32(u*sin+v*cos)
}

// spot chooses a place on a half's face for something that reaches so far from
// its middle along and across.
func (s *shell) spot(d *dice, h side, along, across float64) (u, v float64) {
	lo := float64(h)*float64(s.joint) + jointMM + along
	hi := max(float64(s.half)-endMM-along, lo)
	wide := max(facing*float64(s.bodyR)-across, 0)
	return float64(h) * d.span(lo, hi), d.span(-wide, wide)
}

// jag lays a crack's path, a jagged line as steep against the axis as a face so
// far across allows.
func (f *flaw) jag(d *dice, width, across float64) {
	f.half, f.soft = float32(width/2), 0
	length := width * crackLength
	steep := math.Pi / 2
	if length > 0.8*across {
		steep = math.Asin(0.8 * across / length)
	}
	f.walk(d, length, d.span(-steep, steep))
}
