package draw

import (
	"math"

	"linesman/sim"
)

// Colours of good parts at the lamps' nominal strength.
var (
	tabletColour = rgb{204, 200, 190}
	capColour    = rgb{206, 201, 186}
	inkColour    = rgb{72, 137, 166}
)

// Natural spread of good parts.
const (
	sizeSpread   = 0.005 // of the diameter, either way
	colourSpread = 1.3   // delta E, at most
	tiltSpread   = 0.02  // brightness from one side to the other, either way
	printSpread  = 0.15  // mm, either way along both axes
)

// smallest holds the least size of each flaw in mm; the largest is three times it.
var smallest = map[sim.Kind]float64{
	sim.Chip: 0.6, sim.Spot: 0.3, sim.Crack: 0.15, sim.Dent: 1, sim.Stain: 0.5,
	sim.EmptyHalf: emptyLeast, sim.Hole: 0.4, sim.NotClosed: openLeast, sim.ForeignMatter: 0.4, sim.SquashedEnd: 0.5, sim.Bubble: 0.5,
}

// The extremes of what a flaw may be.
const (
	sizeRange                   = 3.0
	crackLength                 = 2.0 / 0.15 // times its width
	leastDelta, mostDelta       = 6.0, 18.0  // of a wrong colour, delta E
	leastContrast, mostContrast = 0.15, 0.40
)

// look is everything about one part that shows, as its seed decides.
type look struct {
	outline outline // mm, turned as it lies
	colour  rgb
	tiltX   float32 // brightness change a millimetre
	tiltY   float32
	grain   float32 // strength of the speckle, about 1
	grainX  int     // where in the speckle this part is cut from
	grainY  int
	print   imprint // caps
	shell   *shell  // capsules; the colour is then that of the half with the flaw
	flaw    *flaw
	deltaE  float64 // from a good part's colour, where that is the flaw
}

// lookOf works out the look of a part. Flaw places are in mm from its centre,
// as it lies.
func lookOf(layout sim.Layout, p sim.Part) look {
	d := roll(p.Seed, 1)
	half := layout.DiameterMM / 2 * (1 + d.span(-sizeSpread, sizeSpread))
	sin, cos := math.Sincos(p.Angle)
	l := look{
		outline: outline{form: round, half: half, wide: half, sin: sin, cos: cos},
		grain:   float32(d.span(0.7, 1.3)),
		grainX:  d.below(grainSize),
		grainY:  d.below(grainSize),
		tiltX:   float32(d.span(-tiltSpread, tiltSpread) / half),
		tiltY:   float32(d.span(-tiltSpread, tiltSpread) / half),
	}
	base := tabletColour
	switch layout.Product {
	case sim.Caps:
		base = capColour
		l.print = imprintOf(&d, p)
	case sim.Capsules:
		l.shell = shellOf(&d, layout, p)
		l.outline = l.shell.outline(p.Angle)
		d = roll(p.Seed, 2)
		l.shellFlaw(&d, p)
		return l
	}
	l.colour = base.away(&d, d.span(0, colourSpread))
	d = roll(p.Seed, 2)
	switch p.Kind {
	case sim.WrongColour:
		l.deltaE = p.DeltaE
		l.colour = base.away(&d, p.DeltaE)
	case sim.ForeignPart:
		l.foreign(&d, p.Angle)
	case sim.Good, sim.MissingPrint, sim.WrongPrint:
	default:
		l.flaw = flawOf(&d, &l, layout, p)
	}
	return l
}

// foreign turns a tablet's look into that of some other product's tablet.
func (l *look) foreign(d *dice, angle float64) {
	o := &l.outline
	switch d.below(4) {
	case 0: // the next smaller punch
		o.half = d.span(3.9, 4.15)
		o.wide = o.half
	case 1:
		*o = outline{form: oval, half: d.span(4.7, 5), wide: d.span(3, 3.4)}
	case 2:
		*o = outline{form: oblong, half: d.span(4.8, 5.2), wide: d.span(2.5, 2.9)}
	default: // the same punch, another product
		l.deltaE = d.span(mostDelta, 2*mostDelta)
		l.colour = l.colour.away(d, l.deltaE)
	}
	if o.form != round { // guides keep long parts along the lane
		o.sin, o.cos = math.Sincos(lying(angle))
	}
}

// lying folds any angle into the third of a radian that a lane's guides leave
// a long part.
func lying(angle float64) float64 { return math.Remainder(angle, math.Pi) / (math.Pi / 2) * 0.33 }

// describe writes into the part what its look makes of the flaw: size and
// contrast of a colour, a foreign part or a print.
func (l *look) describe(layout sim.Layout, p *sim.Part) {
	if l.shell != nil {
		l.shell.describe(layout, p)
		return
	}
	switch p.Kind {
	case sim.WrongColour, sim.ForeignPart:
		base := tabletColour
		if layout.Product == sim.Caps {
			base = capColour
		}
		p.SizeMM = 2 * l.outline.half
		p.Contrast = math.Abs(l.colour.luma()-base.luma()) / base.luma()
		p.DeltaE = l.deltaE
	case sim.MissingPrint, sim.WrongPrint:
		p.SizeMM = l.print.size
		p.Contrast = math.Abs(l.colour.luma()-l.inked().luma()) / l.colour.luma()
	}
}

// inked returns the colour of the part under its print.
func (l *look) inked() rgb {
	var c rgb
	for i := range c {
		c[i] = l.colour[i] + (inkColour[i]-l.colour[i])*float64(l.print.strength)
	}
	return c
}
