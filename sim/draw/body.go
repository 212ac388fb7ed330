package draw

import (
	"math"

	"linesman/sim"
)

// body is a part ready to be drawn. Lengths are pixels.
type body struct {
	look    look
	outline outline
	x, y    float32 // centre
	reachX  float32
	reachY  float32
	perMM   float32
	cap     bool
	sin     float32 // of the part's turn
	cos     float32
}

// body prepares a part for the picture taken at travelled.
func (p *Painter) body(travelled float64, part sim.Part) body {
	per := p.layout.PxPerMM()
	b := body{look: lookOf(p.layout, part), perMM: float32(per), cap: p.layout.Product == sim.Caps}
	b.outline = b.look.outline.scaled(per)
	b.x, b.y = float32(p.X(travelled, part.MM)), float32(part.AcrossMM*per)
	b.reachX, b.reachY = float32(b.outline.reach(1, 0)), float32(b.outline.reach(0, 1))
	if b.look.shell != nil { // an open end has corners beyond the outline
		corner := float32(play * b.outline.wide)
		b.reachX, b.reachY = b.reachX+corner, b.reachY+corner
	}
	sin, cos := math.Sincos(part.Angle)
	b.sin, b.cos = float32(sin), float32(cos)
	return b
}

// profile is the brightness of a part by the distance from its edge, in
// hundredths of a millimetre, and how much of it comes from the lamp's side.
type profile struct{ level, slope []float32 }

// depth is how far in from the edge a profile reaches, in tenths of a
// millimetre; beyond is face.
const depth = 32

func newProfile(at func(tenths float64) (level, slope float64)) profile {
	var p profile
	for i := range depth*10 + 1 {
		level, slope := at(float64(i) / 10)
		p.level, p.slope = append(p.level, float32(level)), append(p.slope, float32(slope))
	}
	return p
}

//go:norace
func (p *profile) at(inside float32) (level, slope float32) {
	if inside >= depth {
		return p.level[depth*10], p.slope[depth*10]
	}
	i := int(max(inside, 0) * 10)
	return p.level[i], p.slope[i]
}

// step rises smoothly from 0 at a to 1 at b.
func step(a, b, v float64) float64 {
	t := min(max((v-a)/(b-a), 0), 1)
	return t * t * (3 - 2*t)
}

var (
	// A flat tablet with a bevelled edge.
	tabletProfile = newProfile(func(in float64) (float64, float64) {
		bevel := 1 - step(0, 9, in)
		return 1 - 0.16*bevel*bevel - 0.04*bevel, 0.12 * bevel
	})
	// A moulded cap: knurled skirt, rounded shoulder, a shallow rim, flat top.
	capProfile = newProfile(func(in float64) (float64, float64) {
		skirt := 1 - step(2, 7, in)
		shoulder := step(3, 8, in) - step(8, 15, in)
		rim := step(17, 19, in) - step(19, 22, in)
		return 1 - 0.30*skirt - 0.07*shoulder - 0.05*rim, 0.10*skirt + 0.11*shoulder - 0.05*rim
	})
)

const (
	speckle  = 0.022 // deviation of a tablet's speckle
	frosting = 0.008 // of a cap's
	teeth    = 90    // of the knurl
)

// canvas is the picture before it is exposed.
type canvas struct {
	pix           []byte
	stride        int
	width, height int
}

// window returns the pixels that a rectangle about (x, y) covers in the picture.
func (c canvas) window(x, y, rx, ry float32) (x0, x1, y0, y1 int) {
	return max(int(x-rx), 0), min(int(x+rx)+1, c.width), max(int(y-ry), 0), min(int(y+ry)+1, c.height)
}

// speck draws dirt.
//
//go:norace
func (c canvas) speck(s speck) {
	x0, x1, y0, y1 := c.window(s.x, s.y, s.radius+1, s.radius+1)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			dx, dy := float32(x)+0.5-s.x, float32(y)+0.5-s.y
			m := clamp(s.radius - float32(math.Sqrt(float64(dx*dx+dy*dy))) + 0.5)
			c.tint(x, y, 1+s.gain*m)
		}
	}
}

// tint multiplies a pixel.
//
//go:norace
func (c canvas) tint(x, y int, f float32) {
	px := c.pix[y*c.stride+x*3:][:3:3]
	for k := range px {
		px[k] = byte(min(float32(px[k])*f+0.5, 255))
	}
}

// shadow darkens the belt around a part, most on the side away from the lamp.
//
//go:norace
func (c canvas) shadow(b *body) {
	reach, dark := float32(7), float32(0.45)
	switch {
	case b.cap:
		reach, dark = 16, 0.55
	case b.look.shell != nil:
		reach, dark = 12, 0.5
	}
	x0, x1, y0, y1 := c.window(b.x, b.y, b.reachX+reach, b.reachY+reach)
	inner := b.outline.half
	if b.outline.form != round {
		inner = b.outline.wide
	}
	core := float32((inner - 2) * (inner - 2))
	if b.look.flaw != nil && b.look.flaw.notch > 0 {
		core = float32((inner - 14) * (inner - 14))
	}
	for y := y0; y < y1; y++ {
		dy := float32(y) + 0.5 - b.y
		for x := x0; x < x1; x++ {
			dx := float32(x) + 0.5 - b.x
			if dx*dx+dy*dy < core {
				continue
			}
			inside, nx, ny := b.outline.edge(dx, dy)
			if inside < -reach {
				continue
			}
			near := 1 - max(-inside, 0)/reach
			away := 0.55 - 0.45*(nx*lampX+ny*lampY)
			c.tint(x, y, 1-dark*near*near*away)
		}
	}
}

// whole draws a part but for a flaw that lies on it.
func (c canvas) whole(b *body) {
	if b.look.shell != nil {
		c.shell(b)
		return
	}
	c.body(b)
}

// body draws a round or foreign part without its flaw.
//
//go:norace
func (c canvas) body(b *body) {
	l := &b.look
	tile := grain()
	surface, grit := &tabletProfile, float32(speckle/40)
	var ink []byte
	if b.cap {
		surface, grit = &capProfile, frosting/40
		ink = plates()[l.print.art]
	}
	grit *= l.grain
	colour := [3]float32{float32(l.colour[0]), float32(l.colour[1]), float32(l.colour[2])}
	toInk := [3]float32{float32(inkColour[0]) - colour[0], float32(inkColour[1]) - colour[1], float32(inkColour[2]) - colour[2]}
	tiltX, tiltY := l.tiltX/b.perMM, l.tiltY/b.perMM
	tenth := 10 / b.perMM
	leftX, topY := int(math.Floor(float64(b.x))), int(math.Floor(float64(b.y)))
	x0, x1, y0, y1 := c.window(b.x, b.y, b.reachX+1, b.reachY+1)
	for y := y0; y < y1; y++ {
		dy := float32(y) + 0.5 - b.y
		row := c.pix[y*c.stride:]
		speckles := tile[(l.grainY+y-topY)&(grainSize-1)*grainSize:][:grainSize:grainSize]
		for x := x0; x < x1; x++ {
			dx := float32(x) + 0.5 - b.x
			inside, nx, ny := b.outline.edge(dx, dy)
			if inside <= -0.5 {
				continue
			}
			cover := b.cover(inside, dx, dy)
			if cover <= 0 {
				continue
			}
			level, slope := surface.at(inside * tenth)
			level += slope*(nx*lampX+ny*lampY) + tiltX*dx + tiltY*dy
			level *= 1 + grit*float32(speckles[(l.grainX+x-leftX)&(grainSize-1)])
			px := row[x*3:][:3:3]
			var inked float32
			if ink != nil {
				level *= b.moulding(inside*tenth, dx*tenth, dy*tenth)
				inked = b.inked(ink, dx, dy)
			}
			for k := range px {
				v := (colour[k] + toInk[k]*inked) * level
				if cover < 1 {
					v = v*cover + float32(px[k])*(1-cover)
				}
				px[k] = byte(min(max(v+0.5, 0), 255))
			}
		}
	}
}

// covers returns how much of the pixel at (dx, dy) from its centre the part covers.
//
//go:norace
func (b *body) covers(dx, dy float32) float32 {
	if s := b.look.shell; s != nil {
		u, v := (dx*b.cos+dy*b.sin)/b.perMM, (dy*b.cos-dx*b.sin)/b.perMM
		return clamp(max(s.inCap(u, v), s.inBody(u, v), s.inSecond(u, v))*b.perMM + 0.5)
	}
	inside, _, _ := b.outline.edge(dx, dy)
	return b.cover(inside, dx, dy)
}

// cover returns how much of a pixel the part covers; a chip leaves a notch.
//
//go:norace
func (b *body) cover(inside, dx, dy float32) float32 {
	if f := b.look.flaw; f != nil && f.notch > 0 {
		x, y := dx/b.perMM-f.notchX, dy/b.perMM-f.notchY
		inside = min(inside, (float32(math.Sqrt(float64(x*x+y*y)))-f.notch)*b.perMM)
	}
	return clamp(inside + 0.5)
}

// moulding is a cap's knurl and the mark of its gate, turned with it. Lengths
// are tenths of a millimetre.
//
//go:norace
func (b *body) moulding(inside, dx, dy float32) float32 {
	if inside < 6 {
		angle := math.Atan2(float64(dy), float64(dx)) - math.Atan2(float64(b.sin), float64(b.cos))
		return 1 + 0.05*(1-max(inside, 0)/6)*float32(math.Cos(teeth*angle))
	}
	if r := dx*dx + dy*dy; r < 49 {
		r = float32(math.Sqrt(float64(r)))
		return 1 - 0.06*clamp(7-r)*clamp((r-3)/2)
	}
	return 1
}

// inked returns the ink on a place of a cap, 0 none to 1 full.
//
//go:norace
func (b *body) inked(ink []byte, dx, dy float32) float32 {
	p := &b.look.print
	u := (dx*b.cos+dy*b.sin)/b.perMM - p.x
	v := (dy*b.cos-dx*b.sin)/b.perMM - p.y
	if p.mirrored {
		u = -u
	}
	u, v = (u+artExtent)*artPerMM-0.5, (v+artExtent)*artPerMM-0.5
	if u < 0 || v < 0 || u >= artPx-1 || v >= artPx-1 {
		return 0
	}
	i, j := int(u), int(v)
	fu, fv := u-float32(i), v-float32(j)
	at := ink[j*int(artPx)+i:]
	below := at[int(artPx):]
	m := (float32(at[0])*(1-fu)+float32(at[1])*fu)*(1-fv) + (float32(below[0])*(1-fu)+float32(below[1])*fu)*fv
	return m / 255 * p.strength
}

// flaw draws what is wrong with a part onto it.
//
//go:norace
func (c canvas) flaw(b *body) {
	f := b.look.flaw
	if f == nil {
		return
	}
	reach := f.boundary*b.perMM + 1
	x0, x1, y0, y1 := c.window(b.x+f.x*b.perMM, b.y+f.y*b.perMM, reach, reach)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			dx, dy := float32(x)+0.5-b.x, float32(y)+0.5-b.y
			m := f.at(dx/b.perMM, dy/b.perMM, 1/b.perMM) * b.covers(dx, dy)
			if m == 0 {
				continue
			}
			px := c.pix[y*c.stride+x*3:][:3:3]
			for k := range px {
				px[k] = byte(min(max(float32(px[k])*(1+m*f.tint[k])+0.5, 0), 255))
			}
		}
	}
}
