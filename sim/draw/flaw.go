package draw

import (
	"math"

	"linesman/sim"
)

// The share of the radius that is face; flaws other than chips lie wholly on it.
const (
	tabletFace = 0.80
	capFace    = 0.84

	// glint is the bright side of a dent or bubble as a share of its dark side, which
	// the contrast is of: more would burn out on a light part.
	glint = 0.5
)

// flaw is a place on a part that is darker (or, for half a dent, brighter)
// than it should be. Lengths are mm from the part's centre, as it lies.
type flaw struct {
	kind     sim.Kind
	x, y     float32
	radius   float32    // mean, of blobs
	waves    [3]float32 // share of the radius by which a blob's rim swings, 2 to 4 times around
	phases   [3]float32
	soft     float32    // width of the rim's fading
	tint     [3]float32 // change of each channel, negative darkens; their luma is the contrast
	path     [][2]float32
	half     float32 // half a crack's width
	dirX     float32 // of a dent, towards the lamp; of an empty half, towards its end
	dirY     float32
	notchX   float32 // of a chip: where nothing is left
	notchY   float32
	notch    float32 // radius
	long     float32 // half the length of an empty half, along (dirX, dirY)
	boundary float32 // radius of a circle around (x, y) that holds it all
}

// newFlaw is a grey blob of a part's size and contrast, not yet placed.
func newFlaw(d *dice, p sim.Part) *flaw {
	f := &flaw{kind: p.Kind, radius: float32(p.SizeMM / 2), soft: 0.08}
	grey := float32(p.Contrast)
	f.tint = [3]float32{-grey, -grey, -grey}
	for i := range f.waves {
		f.waves[i] = float32(d.span(0.03, 0.10))
		f.phases[i] = float32(d.span(0, 2*math.Pi))
	}
	f.boundary = f.radius * 1.35
	return f
}

// tinted gives a blob on a colour what its kind looks like.
func (f *flaw) tinted(d *dice, on rgb, p sim.Part) {
	switch p.Kind {
	case sim.Stain:
		f.soft = 0.2 * f.radius
		f.tint = stainTint(d, on, p.Contrast)
	case sim.Dent:
		f.soft = 0.15 * f.radius
		f.dirX, f.dirY = lampX, lampY
	case sim.Hole:
		f.soft = 0.05
	case sim.ForeignMatter:
		f.soft = 0.05
		f.tint = matterTint(d, on, p.Contrast)
		for i := range f.waves { // splinters, not drops
			f.waves[i] *= 1.6
		}
		f.boundary = f.radius * 1.5
	}
}

// flawOf places a part's flaw.
func flawOf(d *dice, l *look, layout sim.Layout, p sim.Part) *flaw {
	radius := l.outline.half
	face := radius * tabletFace
	if layout.Product == sim.Caps {
		face = radius * capFace
	}
	size := p.SizeMM
	f := newFlaw(d, p)
	room := face - float64(f.boundary)
	switch p.Kind {
	case sim.Crack:
		f.crack(d, size, face)
		return f
	case sim.Chip:
		sin, cos := math.Sincos(d.span(0, 2*math.Pi))
		at := radius - 0.42*size
		f.x, f.y = float32(at*cos), float32(at*sin)
		f.notch = float32(0.4 * size)
		out := radius + 0.4*size - 0.16*size
		f.notchX, f.notchY = float32(out*cos), float32(out*sin)
		return f
	}
	f.tinted(d, l.colour, p)
	r := room * math.Sqrt(d.unit())
	sin, cos := math.Sincos(d.span(0, 2*math.Pi))
	f.x, f.y = float32(r*cos), float32(r*sin)
	return f
}

// stainTint is a brown or grey-green film: every channel darker, blue the
// most or the least, the luma by exactly the contrast.
func stainTint(d *dice, on rgb, contrast float64) [3]float32 {
	return filmTint([3]float64{d.span(0.6, 0.9), d.span(0.9, 1.1), d.span(1.1, 1.6)}, on, contrast)
}

// matterTint is what does not belong: rust, hair, fibre, metal.
func matterTint(d *dice, on rgb, contrast float64) [3]float32 {
	return filmTint([3]float64{d.span(0.4, 1.6), d.span(0.7, 1.3), d.span(0.4, 1.6)}, on, contrast)
}

// filmTint darkens the channels in those shares, the luma by exactly the contrast.
func filmTint(share [3]float64, on rgb, contrast float64) [3]float32 {
	lost := rgb{on[0] * share[0], on[1] * share[1], on[2] * share[2]}.luma() / on.luma()
	var t [3]float32
	for i := range t {
		t[i] = float32(-contrast * share[i] / lost)
	}
	return t
}

// crack lays a jagged line of the given width on the face.
func (f *flaw) crack(d *dice, width, face float64) {
	f.half = float32(width / 2)
	f.soft = 0
	f.walk(d, width*crackLength, d.span(0, 2*math.Pi))
	r := max(face-float64(f.boundary), 0) * math.Sqrt(d.unit())
	sin, cos := math.Sincos(d.span(0, 2*math.Pi))
	f.x, f.y = float32(r*cos), float32(r*sin)
}

// walk lays a crack's path of a length about the origin.
func (f *flaw) walk(d *dice, length, heading float64) {
	const steps = 9
	xs, ys := [steps + 1]float64{}, [steps + 1]float64{}
	for i := range steps {
		turn := heading + d.span(-0.55, 0.55)
		xs[i+1] = xs[i] + length/steps*math.Cos(turn)
		ys[i+1] = ys[i] + length/steps*math.Sin(turn)
	}
	midX, midY := xs[steps]/2, ys[steps]/2
	var reach float64
	for i := range xs {
		x, y := xs[i]-midX, ys[i]-midY
		reach = max(reach, math.Hypot(x, y))
		f.path = append(f.path, [2]float32{float32(x), float32(y)})
	}
	f.boundary = float32(reach) + 2*f.half
}

// pathReach is how far a crack reaches from its middle along x and along y.
func (f *flaw) pathReach() (x, y float64) {
	for _, p := range f.path {
		x, y = max(x, math.Abs(float64(p[0]))), max(y, math.Abs(float64(p[1])))
	}
	return x, y
}

// turn turns a path with its part.
func (f *flaw) turn(sin, cos float64) {
	for i, p := range f.path {
		x, y := float64(p[0]), float64(p[1])
		f.path[i] = [2]float32{float32(x*cos - y*sin), float32(x*sin + y*cos)}
	}
}

// at returns how much of the flaw is at (x, y) mm from the part's centre: 0
// beside it, 1 on it, -1 on the bright side of a dent. px is a pixel in mm.
func (f *flaw) at(x, y, px float32) float32 {
	x, y = x-f.x, y-f.y
	switch f.kind {
	case sim.EmptyHalf:
		along, across := x*f.dirX+y*f.dirY, y*f.dirX-x*f.dirY
		return clamp(domed(along-f.long+f.radius, across, f.radius)/f.soft+0.5) * clamp((along+f.long)/f.soft+0.5)
	case sim.Crack:
		near := float32(math.Inf(1))
		for i := 1; i < len(f.path); i++ {
			near = min(near, segment(x, y, f.path[i-1], f.path[i]))
		}
		near = float32(math.Sqrt(float64(near)))
		return clamp((f.half-near)/px+0.5) * min(1, 2*f.half/px)
	}
	r := float32(math.Sqrt(float64(x*x + y*y)))
	if r > f.boundary+px {
		return 0
	}
	angle := math.Atan2(float64(y), float64(x))
	rim := float32(1)
	for i, w := range f.waves {
		rim += w * float32(math.Cos(float64(i+2)*angle+float64(f.phases[i])))
	}
	m := clamp((f.radius*rim-r)/max(px, f.soft) + 0.5)
	switch f.kind {
	case sim.Dent:
		m *= min(max((x*f.dirX+y*f.dirY)/(0.15*f.radius), -glint), 1)
	case sim.Hole: // light catches the rim away from the lamp
		if away := -(x*lampX + y*lampY); away > 0.55*f.radius {
			m *= 1 - 1.4*clamp((away-0.55*f.radius)/(0.3*f.radius))
		}
	case sim.Bubble: // a dark ring about a bright middle
		m *= 1 - (1+glint)*clamp((0.6*f.radius-r)/(0.2*f.radius)+0.5)
	}
	return m
}

// segment returns the squared distance of (x, y) to a line's piece.
func segment(x, y float32, a, b [2]float32) float32 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := clamp(((x-a[0])*dx + (y-a[1])*dy) / (dx*dx + dy*dy))
	x, y = x-a[0]-t*dx, y-a[1]-t*dy
	return x*x + y*y
}
