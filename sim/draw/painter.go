package draw

import (
	"fmt"
	"math"
	"time"

	"linesman/camera"
	"linesman/sim"
	"linesman/vision"
)

// Options say how the camera is set. The zero value is a belt that stands.
type Options struct {
	Exposure time.Duration // with SpeedMMs, the motion blur
	SpeedMMs float64
	// LightGain is the lamps' strength as a share of nominal before they
	// drift; 0: 1. Less draws a failing lamp.
	LightGain float64
}

// Painter draws what the camera sees. It keeps no state between pictures:
// the same place of the belt with the same parts gives the same pixels, and
// Paint may be called from many goroutines at once.
type Painter struct {
	layout        sim.Layout
	width, height int
	seed          uint64
	gain          float64
	blur          int32 // share of a pixel that goes to each side, of 256
	belt          *belt
	light         *light
}

// NewPainter prepares a belt and its lamps. The seed is theirs and the
// noise's; parts bring their own. A motion blur beyond half a pixel is refused
// by config, and drawn as half a pixel here.
func NewPainter(layout sim.Layout, seed uint64, o Options) *Painter {
	width, height := layout.FramePx()
	if o.LightGain == 0 {
		o.LightGain = 1
	}
	streak := min(o.Exposure.Seconds()*o.SpeedMMs/layout.MMPerPx, 0.5)
	return &Painter{
		layout: layout, width: width, height: height, seed: seed, gain: o.LightGain,
		// A box of that length centred on the pixel reaches half of it into
		// each neighbour, which is on average a quarter of the way there.
		blur:  int32(math.Round(streak / 8 * 256)),
		belt:  newBelt(layout, seed),
		light: newLight(width, height, seed),
	}
}

// Size returns the picture's width and height in pixels.
func (p *Painter) Size() (width, height int) { return p.width, p.height }

// X returns where a place of the belt stands in the picture, in pixels from
// its left edge.
func (p *Painter) X(travelled, mm float64) float64 {
	return float64(p.width)/2 + (travelled-p.layout.CameraMM-mm)/p.layout.MMPerPx
}

// Box returns the true bounds of a part in the picture taken when the belt has
// travelled so far. It may reach beyond the picture.
func (p *Painter) Box(travelled float64, part sim.Part) vision.Box {
	l := lookOf(p.layout, part)
	x, y := p.X(travelled, part.MM), part.AcrossMM/p.layout.MMPerPx
	w, h := l.outline.reach(1, 0)/p.layout.MMPerPx, l.outline.reach(0, 1)/p.layout.MMPerPx
	return vision.Box{X0: x - w, Y0: y - h, X1: x + w, Y1: y + h}
}

// Whole reports whether the picture shows all of the part.
func (p *Painter) Whole(travelled float64, part sim.Part) bool {
	b := p.Box(travelled, part)
	return b.X0 >= 0 && b.Y0 >= 0 && b.X1 <= float64(p.width) && b.Y1 <= float64(p.height)
}

// Span returns the parts' MM between which a picture taken when the belt has
// travelled so far shows anything of them.
func (p *Painter) Span(travelled float64) (low, high float64) {
	middle := travelled - p.layout.CameraMM
	half := p.layout.FrameXMM/2 + p.layout.DiameterMM
	return middle - half, middle + half
}

// Paint draws the picture taken when the belt has travelled so far, of those
// of the parts that are in it, into the frame's pixels: RGB of the layout's
// size. It touches no other field of the frame.
func (p *Painter) Paint(travelled float64, parts []sim.Part, f *camera.Frame) {
	if f.Width != p.width || f.Height != p.height || f.Format != camera.RGB {
		panic(fmt.Sprintf("draw: a frame of %dx%d with %d bytes a pixel for a picture of %dx%d RGB",
			f.Width, f.Height, f.Format.Channels(), p.width, p.height))
	}
	c := canvas{pix: f.Pix, stride: f.Stride, width: p.width, height: p.height}
	left := math.Floor(p.X(travelled, 0))
	p.belt.paint(c.pix, c.stride, c.width, -int64(left))
	low, high := p.Span(travelled)
	for _, s := range p.belt.dirt(low, high, p.layout.PxPerMM(), func(mm float64) float64 { return p.X(travelled, mm) }, nil) {
		c.speck(s)
	}
	bodies := make([]body, 0, 80)
	for _, part := range parts {
		if part.MM > low && part.MM < high {
			bodies = append(bodies, p.body(travelled, part))
		}
	}
	for i := range bodies {
		c.shadow(&bodies[i])
	}
	for i := range bodies {
		c.whole(&bodies[i])
		c.flaw(&bodies[i])
	}
	p.expose(travelled, c)
}

// expose turns what lies there into what the sensor reads: light, motion blur
// and noise.
//
//go:norace
func (p *Painter) expose(travelled float64, c canvas) {
	d := roll(p.seed, 41, math.Float64bits(travelled))
	strength := int32(math.Round(p.gain * p.light.strength(travelled) * (1 << lightBits)))
	tile := noise()
	for y := range c.height {
		row := c.pix[y*c.stride:][:c.width*3]
		rowLight := p.light.rows[y] * strength >> lightBits
		at := int(d.next() & (noiseSize - 1))
		if at+len(row) > noiseSize {
			at -= len(row)
		}
		grit := tile[at:][:len(row)]
		if p.blur > 0 {
			streak(row, p.blur)
		}
		for x, column := range p.light.columns {
			gain := column * rowLight >> lightBits
			px, n := row[x*3:][:3:3], grit[x*3:][:3:3]
			px[0] = sense(px[0], gain, n[0])
			px[1] = sense(px[1], gain, n[1])
			px[2] = sense(px[2], gain, n[2])
		}
	}
}

// sense returns what a pixel reads in a light, with noise in noiseUnits.
//
//go:norace
func sense(albedo byte, gain int32, noise int16) byte {
	v := int32(albedo)*gain>>(lightBits-noiseBits) + int32(noise) + noiseUnit/2
	return byte(min(max(v>>noiseBits, 0), 255))
}

// streak moves side/256 of every pixel of an RGB row to each of its neighbours.
//
//go:norace
func streak(row []byte, side int32) {
	keep := 256 - 2*side
	mix := func(before, here, after int32) byte { return byte((here*keep + (before+after)*side + 128) >> 8) }
	r, g, b := int32(row[0]), int32(row[1]), int32(row[2])
	for i := 0; i+6 <= len(row); i += 3 {
		px := row[i:][:6:6]
		r1, g1, b1 := int32(px[0]), int32(px[1]), int32(px[2])
		px[0], px[1], px[2] = mix(r, r1, int32(px[3])), mix(g, g1, int32(px[4])), mix(b, b1, int32(px[5]))
		r, g, b = r1, g1, b1
	}
}
