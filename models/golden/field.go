package golden

import "math"

// field is a square picture about a part's centre: half pixels to each side of
// the middle one. Beyond it, it is 0.
type field struct {
	half int
	v    []float32
}

func newField(half int) field {
	n := 2*half + 1
	return field{half, make([]float32, n*n)}
}

func (f *field) side() int { return 2*f.half + 1 }

// at interpolates the field at (x, y) from the centre.
func (f *field) at(x, y float32) float32 {
	n := 2*f.half + 1
	x, y = x+float32(f.half), y+float32(f.half)
	if !(x >= 0 && y >= 0) {
		return 0
	}
	i, j := int(x), int(y)
	if i >= n-1 || j >= n-1 {
		return 0
	}
	fx, fy := x-float32(i), y-float32(j)
	k := j*n + i
	a, b := f.v[k:k+2:k+2], f.v[k+n:k+n+2:k+n+2]
	top := a[0] + fx*(a[1]-a[0])
	return top + fy*(b[0]+fx*(b[1]-b[0])-top)
}

// near is the field at the pixel nearest to (x, y); within the field only.
func (f *field) near(x, y float32) float32 {
	i, j := int(x+float32(f.half)+0.5), int(y+float32(f.half)+0.5)
	n := 2*f.half + 1
	if uint(i) >= uint(n) || uint(j) >= uint(n) {
		return 0
	}
	return f.v[j*n+i]
}

// plane is one value a pixel of a crop. Places count from its corner, the
// first pixel's centre at (0.5, 0.5).
type plane struct {
	size int
	v    []float32
}

// at interpolates, holding the border's value beyond it.
func (p *plane) at(x, y float32) float32 {
	last := float32(p.size) - 1.001
	x, y = min(max(x-0.5, 0), last), min(max(y-0.5, 0), last)
	i, j := int(x), int(y)
	fx, fy := x-float32(i), y-float32(j)
	k := j*p.size + i
	a, b := p.v[k:k+2:k+2], p.v[k+p.size:k+p.size+2:k+p.size+2]
	top := a[0] + fx*(a[1]-a[0])
	return top + fy*(b[0]+fx*(b[1]-b[0])-top)
}

// pose is where a part lies in its crop, how it is turned, and how it is lit.
type pose struct {
	x, y     float64 // centre
	radius   float64
	scale    float64    // radius over that of the golden picture
	turn     float64    // radians, clockwise in the picture
	shift    [2]float64 // of the print from the centre, golden pixels
	zoom     float64    // of the print: plates do not grow with the part
	strength float64    // of the print, 1 as taught
	match    float64    // correlation with the golden print, 1 at best
	gain     float64    // grey level of the part
	tilt     [3]float64 // brightness: level, slope along x and y per golden pixel
}

// printMap maps places of the golden picture as the camera sees it to the
// print's own turn, place and scale.
type printMap struct{ sin, cos, x, y float32 }

func (p *pose) printMap() printMap {
	s, c := math.Sincos(p.turn)
	k := 1 / p.zoom
	return printMap{float32(s * k), float32(c * k), float32(p.shift[0] * k), float32(p.shift[1] * k)}
}

func (m printMap) to(u, v float32) (pu, pv float32) {
	return m.cos*u + m.sin*v - m.x, m.cos*v - m.sin*u - m.y
}

// from maps a place of the print back to the picture.
func (p *pose) from() func(pu, pv float32) (u, v float32) {
	s64, c64 := math.Sincos(p.turn)
	s, c, k := float32(s64), float32(c64), float32(p.zoom)
	x, y := float32(p.shift[0]), float32(p.shift[1])
	return func(pu, pv float32) (u, v float32) {
		pu, pv = k*pu+x, k*pv+y
		return c*pu - s*pv, s*pu + c*pv
	}
}

func (p *pose) light(u, v float32) float32 {
	return float32(p.tilt[0]) + float32(p.tilt[1])*u + float32(p.tilt[2])*v
}
