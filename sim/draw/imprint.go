package draw

import (
	"image"
	"math"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"linesman/sim"
)

// art is one drawing that a cap's printing plate can carry.
type art uint8

const (
	artGood art = iota
	artNone
	artNoLogo
	artNoText
	artHalfText
	artOtherLogo
	artOtherText
	artOther      // another brand altogether
	artTurnedLogo // the logo turned against its text
	arts
)

// imprint is how a cap was printed. Lengths in mm.
type imprint struct {
	art      art
	mirrored bool
	x, y     float32 // of the plate from the cap's centre
	strength float32 // of the ink, 0 to 1
	size     float64 // of what is missing or wrong
}

// Geometry of the print, mm from the cap's centre.
const (
	textRadius = 9.3 // of the text's feet
	textHeight = 2.0
	logoRadius = 6.2
	artExtent  = 11.5 // half the plate
	artPerMM   = 20   // plate pixels a millimetre
	artPx      = 2 * artExtent * artPerMM

	shiftLeast = 1.0 // of a shifted print; at most sizeRange times it
)

// imprintOf decides how a cap is printed.
func imprintOf(d *dice, p sim.Part) imprint {
	m := imprint{
		strength: float32(d.span(0.86, 0.98)),
		x:        float32(d.span(-printSpread, printSpread)),
		y:        float32(d.span(-printSpread, printSpread)),
	}
	whole := 2 * (textRadius + textHeight)
	switch p.Kind {
	case sim.MissingPrint:
		m.art = [...]art{artNone, artNoLogo, artNoText, artHalfText}[d.below(4)]
		m.size = whole
		if m.art == artNoLogo {
			m.size = 2 * logoRadius
		}
	case sim.WrongPrint:
		m.size = whole
		switch d.below(6) {
		case 0:
			m.art, m.size = artOtherLogo, 2*logoRadius
		case 1:
			m.art = artOtherText
		case 2:
			m.art = artOther
		case 3:
			m.art, m.size = artTurnedLogo, 2*logoRadius
		case 4:
			m.mirrored = true
		default:
			m.size = d.logSpan(shiftLeast, sizeRange*shiftLeast)
			sin, cos := math.Sincos(d.span(0, 2*math.Pi))
			m.x, m.y = float32(m.size*cos), float32(m.size*sin)
		}
	}
	return m
}

// plates returns the ink cover of every art, 0..255, artPx a side; made once.
var plates = sync.OnceValue(func() [arts][]byte {
	var p [arts][]byte
	for a := range arts {
		p[a] = plate(a)
	}
	return p
})

// plate draws one art.
func plate(a art) []byte {
	z := vector.NewRasterizer(artPx, artPx)
	switch a {
	case artNone:
	case artGood, artNoText, artOtherText, artHalfText:
		drop(z, 0)
	case artTurnedLogo:
		drop(z, 2*math.Pi/5)
	case artOtherLogo, artOther:
		star(z)
	}
	switch a {
	case artGood, artNoLogo, artOtherLogo, artTurnedLogo:
		arc(z, "SPRING WATER", -math.Pi/2)
		arc(z, "STILL", math.Pi/2)
	case artHalfText:
		arc(z, "SPRING WATER", -math.Pi/2)
	case artOtherText, artOther:
		arc(z, "ORANGE SODA", -math.Pi/2)
		arc(z, "LIGHT", math.Pi/2)
	}
	return rasterise(z)
}

// rasterise returns the cover of a drawn path.
func rasterise(z *vector.Rasterizer) []byte {
	out := image.NewAlpha(image.Rect(0, 0, artPx, artPx))
	z.Draw(out, out.Rect, image.Opaque, image.Point{})
	return out.Pix
}

// pen moves a rasteriser in mm about the plate's centre, turned.
type pen struct {
	z        *vector.Rasterizer
	sin, cos float64
}

func (p pen) at(x, y float64) (float32, float32) {
	return float32((x*p.cos - y*p.sin + artExtent) * artPerMM), float32((x*p.sin + y*p.cos + artExtent) * artPerMM)
}
func (p pen) move(x, y float64) { p.z.MoveTo(p.at(x, y)) }
func (p pen) line(x, y float64) { p.z.LineTo(p.at(x, y)) }
func (p pen) cube(a, b, c, d, e, f float64) {
	x1, y1 := p.at(a, b)
	x2, y2 := p.at(c, d)
	x3, y3 := p.at(e, f)
	p.z.CubeTo(x1, y1, x2, y2, x3, y3)
}

// drop draws a water drop with a wave cut out of it.
func drop(z *vector.Rasterizer, turn float64) {
	sin, cos := math.Sincos(turn)
	p := pen{z, sin, cos}
	p.move(0, -6)
	p.cube(1.4, -3, 4.2, -0.8, 4.2, 1.8)
	p.cube(4.2, 4.2, 2.3, 5.8, 0, 5.8)
	p.cube(-2.3, 5.8, -4.2, 4.2, -4.2, 1.8)
	p.cube(-4.2, -0.8, -1.4, -3, 0, -6)
	z.ClosePath()
	// The other way round, so that the winding leaves a hole.
	p.move(-3.1, 2)
	p.cube(-2, 3.4, -1, 3.2, 0, 2.4)
	p.cube(1, 1.6, 2, 1.4, 3.1, 2.6)
	p.line(3.1, 1.4)
	p.cube(2, 0.2, 1, 0.4, 0, 1.2)
	p.cube(-1, 2, -2, 2.2, -3.1, 0.8)
	z.ClosePath()
}

// star draws five points.
func star(z *vector.Rasterizer) {
	p := pen{z, 0, 1}
	for i := range 10 {
		r := 6.0
		if i%2 == 1 {
			r = 2.6
		}
		sin, cos := math.Sincos(float64(i)*math.Pi/5 - math.Pi/2)
		if i == 0 {
			p.move(r*cos, r*sin)
		} else {
			p.line(r*cos, r*sin)
		}
	}
	z.ClosePath()
}

// arc sets words around the centre, their middle at the angle, feet inwards.
func arc(z *vector.Rasterizer, words string, middle float64) {
	face, err := sfnt.Parse(gobold.TTF)
	if err != nil {
		panic("draw: the font that comes with the library does not parse: " + err.Error())
	}
	var buf sfnt.Buffer
	const em = 1000
	scale := textHeight / (0.72 * em) // capitals are 0.72 em high
	advance := func(r rune) (sfnt.GlyphIndex, float64) {
		g, err := face.GlyphIndex(&buf, r)
		if err != nil {
			panic("draw: the font lacks a letter: " + err.Error())
		}
		w, err := face.GlyphAdvance(&buf, g, fixed.I(em), 0)
		if err != nil {
			panic("draw: the font lacks a width: " + err.Error())
		}
		return g, (float64(w)/64*1.08 + 40) * scale / textRadius
	}
	var whole float64
	for _, r := range words {
		_, w := advance(r)
		whole += w
	}
	at := middle - whole/2
	for _, r := range words {
		g, w := advance(r)
		segments, err := face.LoadGlyph(&buf, g, fixed.I(em), nil)
		if err != nil {
			panic("draw: the font lacks an outline: " + err.Error())
		}
		sin, cos := math.Sincos(at + w/2 + math.Pi/2)
		p := pen{z, sin, cos}
		place := func(q fixed.Point26_6) (float64, float64) {
			return float64(q.X)/64*scale - w*textRadius/2, float64(q.Y)/64*scale - textRadius
		}
		for i, s := range segments {
			x, y := place(s.Args[0])
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					z.ClosePath()
				}
				p.move(x, y)
			case sfnt.SegmentOpLineTo:
				p.line(x, y)
			case sfnt.SegmentOpQuadTo:
				x2, y2 := place(s.Args[1])
				ax, ay := p.at(x, y)
				bx, by := p.at(x2, y2)
				z.QuadTo(ax, ay, bx, by)
			case sfnt.SegmentOpCubeTo:
				x2, y2 := place(s.Args[1])
				x3, y3 := place(s.Args[2])
				p.cube(x, y, x2, y2, x3, y3)
			}
		}
		z.ClosePath()
		at += w
	}
}
