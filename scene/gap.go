package scene

import (
	"math"

	"linesman/vision"
)

// Gap is how far two are apart, measured between where they stand.
type Gap struct {
	// Heights is in heights of a person: of the first if it is one, else of the
	// other; without a floor it is all there is, and only good where both stand
	// about as far from the camera.
	Heights float64
	Metres  float64 // on the floor, if MetresKnown
	// MetresKnown: the floor is known, and the feet of both are seen.
	MetresKnown bool
}

// Within reports whether the gap is at most so many metres; where they are not
// known, at most as many of a person of 1.7 m.
func (g Gap) Within(metres float64) bool {
	if g.MetresKnown {
		return g.Metres <= metres
	}
	return g.Heights*personMetres <= metres
}

// personMetres is how tall a person is taken to be where no floor is known.
const personMetres = 1.7

// Between measures from a track to another one: between the lower edges of their
// boxes, since a vehicle is wide.
func (s *Settings) Between(a, b *Track, width, height int) Gap {
	p, q := nearest(a.Box, b.Box)
	return s.gap(a, b, p, q, width, height, a.Cut || b.Cut)
}

// ToZone measures from a track's foot to a zone; 0 inside.
func (s *Settings) ToZone(t *Track, zone string, width, height int) Gap {
	z, ok := s.Zones[zone]
	if !ok {
		return Gap{Heights: math.Inf(1)}
	}
	a := area{corners: make([]vision.Point, len(z.corners))}
	for i, c := range z.corners {
		a.corners[i] = vision.Point{X: c.X * float64(width), Y: c.Y * float64(height)}
	}
	if a.depth(t.Foot) >= 0 {
		return Gap{MetresKnown: s.Floor.Known()}
	}
	g := Gap{Heights: -a.depth(t.Foot) / t.Height()}
	if !s.Floor.Known() || t.Cut {
		return g
	}
	return s.toZoneOnFloor(t, &a, g, width, height)
}

// toZoneOnFloor measures in metres: what is nearest in the picture need not be
// nearest on the floor, so every edge is measured there.
func (s *Settings) toZoneOnFloor(t *Track, a *area, g Gap, width, height int) Gap {
	share := func(p vision.Point) vision.Point {
		return vision.Point{X: p.X / float64(width), Y: p.Y / float64(height)}
	}
	foot, ok := s.Floor.At(share(t.Foot))
	if !ok {
		return g
	}
	g.Metres = math.Inf(1)
	for i, c := range a.corners {
		p, ok1 := s.Floor.At(share(c))
		q, ok2 := s.Floor.At(share(a.corners[(i+1)%len(a.corners)]))
		if ok1 && ok2 {
			g.Metres, g.MetresKnown = min(g.Metres, toSegment(foot, p, q)), true
		}
	}
	return g
}

// gap measures between two places in pixels.
func (s *Settings) gap(a, b *Track, p, q vision.Point, width, height int, cut bool) Gap {
	tall := a.Height()
	if a.Label != Person && b.Label == Person {
		tall = b.Height()
	}
	g := Gap{Heights: math.Hypot(p.X-q.X, p.Y-q.Y) / tall}
	if !s.Floor.Known() || cut {
		return g
	}
	m, ok1 := s.Floor.At(vision.Point{X: p.X / float64(width), Y: p.Y / float64(height)})
	n, ok2 := s.Floor.At(vision.Point{X: q.X / float64(width), Y: q.Y / float64(height)})
	if ok1 && ok2 {
		g.Metres, g.MetresKnown = math.Hypot(m.X-n.X, m.Y-n.Y), true
	}
	return g
}

// nearest are the nearest places on the lower edges of two boxes.
func nearest(a, b vision.Box) (p, q vision.Point) {
	p.Y, q.Y = a.Y1, b.Y1
	switch {
	case a.X1 < b.X0:
		p.X, q.X = a.X1, b.X0
	case b.X1 < a.X0:
		p.X, q.X = a.X0, b.X1
	default:
		p.X = (max(a.X0, b.X0) + min(a.X1, b.X1)) / 2
		q.X = p.X
	}
	return p, q
}
