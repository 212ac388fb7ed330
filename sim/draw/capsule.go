package draw

import (
	"math"

	"linesman/sim"
)

// A two-piece capsule of hard gelatine, size 1 or so: a cap pushed over a body
// that is a little thinner. Both let some light through, so that the powder
// inside shows. Lengths in mm.
const (
	capsuleCapMM  = 10.6 // from the cap's end to its edge, the joint
	capsuleBodyMM = 16.4 // from the body's end to its rim, inside the cap
	bodyThinner   = 0.2  // of radius, than the cap
	lockMM        = 1.5  // the locking ring, from the joint
	closureSpread = 0.25 // of the whole length, either way: how far the halves are pushed together
	cutSpread     = 0.08 // of the cap's length, either way
	play          = 0.10 // radians that a channel leaves a capsule, either way

	openLeast  = 0.6 // beyond the usual length, of a capsule that is not closed
	emptyLeast = 3.0 // length of a half that holds no powder
)

// Colours of the halves of good capsules at the lamps' nominal strength, over powder.
var (
	capsuleCapColour  = rgb{76, 128, 116}
	capsuleBodyColour = rgb{198, 187, 160}
)

// side is one of a capsule's halves.
type side int8

const (
	noHalf   side = 0
	capHalf  side = 1  // lies towards +u
	bodyHalf side = -1 // lies towards -u
)

// shell is a capsule's shape and shine. Lengths are mm; u runs along its axis
// from the middle towards the cap's end, v across.
type shell struct {
	half       float32 // of the whole length
	capR       float32 // radii
	bodyR      float32
	joint      float32 // u of the cap's edge
	rim        float32 // u of the body's rim, seen faintly through the cap
	colour     [2]rgb  // of cap and body
	gloss      float32 // strength of the highlights, about 1
	ripple     float32 // phase of what makes them uneven
	dimples    []dimple
	missing    side
	secondEdge float32 // u of the edge of a second cap that covers the body's end
	second     bool
	squashed   side // whose end is flat
	squash     float32
	lean       float32 // of the flat place
	bruise     float32 // how much darker it is
	off        side    // whose colour is wrong, or which is empty
}

// dimple is one of the dents of the locking ring, where it faces the camera.
type dimple struct{ v, wide float32 }

// lies folds any angle into the two ways a channel lets a capsule lie: cap
// first or body first, each with some play.
func lies(angle float64) float64 {
	turn := math.Pi * math.Floor(angle/math.Pi)
	return turn + play*((angle-turn)*2/math.Pi-1)
}

// shellOf works out a capsule's shape and colours, and what is wrong with them.
func shellOf(d *dice, layout sim.Layout, p sim.Part) *shell {
	r := layout.WidthMM / 2 * (1 + d.span(-sizeSpread, sizeSpread))
	length := layout.DiameterMM + d.span(-closureSpread, closureSpread)
	capMM := capsuleCapMM + d.span(-cutSpread, cutSpread)
	s := &shell{
		capR: float32(r), bodyR: float32(r - bodyThinner),
		gloss: float32(d.span(0.75, 1.15)), ripple: float32(d.span(0, 2*math.Pi)),
		colour: [2]rgb{capsuleCapColour.away(d, d.span(0, colourSpread)), capsuleBodyColour.away(d, d.span(0, colourSpread))},
	}
	s.lock(d.span(0, 2*math.Pi))
	wrong := roll(p.Seed, 4)
	which := capHalf
	if wrong.below(2) == 0 {
		which = bodyHalf
	}
	switch p.Kind {
	case sim.WrongColour:
		s.off = which
		s.recolour(&wrong, p.DeltaE)
	case sim.EmptyHalf:
		s.off = which
	case sim.NotClosed:
		length = layout.DiameterMM + closureSpread + p.SizeMM
	case sim.SquashedEnd:
		s.squashed, s.squash, s.lean, s.bruise = which, float32(p.SizeMM), float32(wrong.span(-0.2, 0.2)), float32(p.Contrast)
	}
	s.close(length, capMM)
	switch p.Kind {
	case sim.MissingHalf:
		s.lose(which, capMM)
	case sim.DoubleCap:
		s.second, s.secondEdge = true, s.joint-float32(wrong.span(0.1, 1))
	}
	return s
}

// close pushes the halves together to a length.
func (s *shell) close(length, capMM float64) {
	s.half = float32(length / 2)
	s.joint = s.half - float32(capMM)
	s.rim = float32(capsuleBodyMM) - s.half
}

// lose takes one half away; what is left lies about its own middle.
func (s *shell) lose(which side, capMM float64) {
	s.missing = which
	if which == capHalf {
		s.half = capsuleBodyMM / 2
		s.rim = s.half
		s.joint = s.half
		return
	}
	s.half = float32(capMM / 2)
	s.joint = -s.half
}

// recolour gives the half that is off another colour.
func (s *shell) recolour(d *dice, delta float64) {
	if s.off == capHalf {
		s.colour[0] = capsuleCapColour.away(d, delta)
		return
	}
	s.colour[1] = capsuleBodyColour.away(d, delta)
}

// lock sets the locking ring's dimples, a sixth of a turn apart, for a capsule
// that has rolled so far.
func (s *shell) lock(rolled float64) {
	for i := range 6 {
		sin, cos := math.Sincos(rolled + float64(i)*math.Pi/3)
		if cos > 0.25 {
			s.dimples = append(s.dimples, dimple{float32(sin) * s.capR, float32(0.5 * cos)})
		}
	}
}

// usual is the colour that a good capsule's half has.
func (h side) usual() rgb {
	if h == capHalf {
		return capsuleCapColour
	}
	return capsuleBodyColour
}

// of returns a half's colour.
func (s *shell) of(h side) rgb {
	if h == capHalf {
		return s.colour[0]
	}
	return s.colour[1]
}

// seen is the length of a half that shows.
func (s *shell) seen(h side) float64 {
	if h == capHalf {
		return float64(s.half - s.joint)
	}
	return float64(s.half + s.joint)
}

// outline is the shape that neighbours, shadows and boxes go by.
func (s *shell) outline(angle float64) outline {
	sin, cos := math.Sincos(angle)
	return outline{form: oblong, half: float64(s.half), wide: float64(s.capR), sin: sin, cos: cos}
}

// describe writes into the part what its shape or colour makes of the flaw.
func (s *shell) describe(layout sim.Layout, p *sim.Part) {
	differ := func(a, b rgb) float64 { return math.Abs(a.luma()-b.luma()) / b.luma() }
	capColour, bodyColour, bare := s.of(capHalf), s.of(bodyHalf), beltColour[sim.Capsules]
	switch p.Kind {
	case sim.WrongColour:
		p.SizeMM, p.Contrast = s.seen(s.off), differ(s.of(s.off), s.off.usual())
	case sim.NotClosed: // body shows where the cap should be
		p.Contrast = differ(bodyColour, capColour)
	case sim.DoubleCap:
		p.SizeMM, p.Contrast = float64(s.half+s.secondEdge), differ(capColour, bodyColour)
	case sim.MissingHalf:
		p.SizeMM, p.Contrast = layout.DiameterMM-2*float64(s.half), differ(bare, s.missing.usual())
	}
}
