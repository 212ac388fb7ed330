package golden

import (
	"errors"
	"math"

	"linesman/vision"
	"linesman/vision/lanes"
)

// arcs is the number of widths at which the outline is smoothed.
const arcs = 2

// arcWidth is each width in rays to either side; a ray is 1 to 2 pixels.
var arcWidth = [arcs]int{1, 4}

// arcPeak is the worst place of an outline.
type arcPeak struct {
	z     float64
	off   float64 // pixels, inwards negative
	ray   int
	width int
}

// errHidden is returned where neighbours leave too little of the edge to see.
var errHidden = errors.New("more than half of the part's edge is hidden by its neighbours")

// raysFor is how many directions an outline of this radius is measured in.
func raysFor(radius float64) int {
	if radius < 80 {
		return 256
	}
	return 512
}

// findOutline measures the edge in all directions and fits the part's centre
// and radius to it, little moved by chips. expect is the product's radius.
// share is how far from the belt's colour to the part's the edge begins.
func (s *scratch) findOutline(crop *vision.Crop, expect, share float64, rays int) error {
	s.level = s.medianOn(&s.edge, 0.5*expect, 0.85*expect, max(int(expect/20), 2)) * float32(share)
	if s.level < 0.05 {
		s.level = 0.5 // nothing like a part; the edge will be strange, and say so
	}
	s.pose.radius = expect
	for range 3 {
		s.castRays(crop, expect, rays)
		r, dx, dy, seen := s.fitCircle()
		if seen*2 < rays {
			return errHidden
		}
		s.pose.x, s.pose.y, s.pose.radius = s.pose.x+dx, s.pose.y+dy, r
		if math.Hypot(dx, dy) < 0.4 {
			// Small moves need no new rays: take them off the radii.
			for i := range s.radii {
				s.radii[i] -= dx*s.cos[i] + dy*s.sin[i]
			}
			break
		}
	}
	return nil
}

// castRays finds, in each direction, where the part's colour falls towards
// the belt's.
func (s *scratch) castRays(crop *vision.Crop, expect float64, rays int) {
	x, y := float32(s.pose.x), float32(s.pose.y)
	from, expect32 := float32(0.72*expect), float32(expect)
	limit := float32(min(expect*1.13+4, float64(crop.Size)/2-1))
	const step = 0.75
	s.rays.Fall(s.edge.v, s.edge.size, x, y, from, step, limit, s.level)
	at := s.rays.At[:rays]
	for i, r := range at {
		if before, here := s.rays.Before[i], s.rays.Here[i]; r <= limit {
			if drop := before - here; drop > 1e-6 && before >= s.level {
				at[i] = r - step*(s.level-here)/drop
			}
		}
	}
	beyond := s.lookBeyond(x, y, at)
	for i, r := range at {
		sin, cos := s.rays.Sin[i], s.rays.Cos[i]
		neighbour := func(r float32) bool { return s.isNeighbour(crop, x+r*cos, y+r*sin) }
		s.radii[i] = math.NaN()
		if math.IsInf(float64(r), 1) { // a part as far as anybody looks
			if !neighbour(limit) {
				s.radii[i] = float64(limit)
			}
			continue
		}
		// A ray through the place of touching leaves by the neighbour's edge.
		clear := r < expect32-3 || !neighbour(r-2)
		for k, seen := range beyond[i*lookPast : (i+1)*lookPast] {
			if seen > s.level {
				if clear = !neighbour(r + float32(k+2)); !clear {
					break
				}
			}
		}
		if clear {
			s.radii[i] = float64(r)
		}
	}
}

// lookPast is at how many places beyond the edge, 2 pixels from it and more, a
// neighbour is looked for that would blur it.
const lookPast = 3

// lookBeyond returns what is seen beyond the edge of every ray, lookPast places one
// after the other. It lives until the next row.
func (s *scratch) lookBeyond(x, y float32, edge []float32) []float32 {
	to := s.row(lookPast * len(edge))
	for i, r := range edge {
		sin, cos := s.rays.Sin[i], s.rays.Cos[i]
		for k := range lookPast {
			far := r + float32(k+2)
			to.x[lookPast*i+k], to.y[lookPast*i+k] = x+far*cos-0.5, y+far*sin-0.5
		}
	}
	lanes.Look(to.a, to.x, to.y, s.edge.v, s.edge.size)
	return to.a
}

// isNeighbour reports whether a place that looks like a part is another's.
func (s *scratch) isNeighbour(crop *vision.Crop, x, y float32) bool {
	i, j := int(x), int(y)
	if uint(i) >= uint(crop.Size) || uint(j) >= uint(crop.Size) {
		return true
	}
	return crop.Mask[j*crop.Size+i] == 0
}

// rimPlace is where one ray shows the edge, and how far off the circle that is.
type rimPlace struct{ cos, sin, radius, off float64 }

// fitCircle fits radius and centre to the radii, several rounds, each leaving
// out what the last found far off.
func (s *scratch) fitCircle() (r, dx, dy float64, seen int) {
	s.rim = s.rim[:0]
	for i, v := range s.radii {
		if !math.IsNaN(v) {
			s.rim = append(s.rim, rimPlace{cos: s.cos[i], sin: s.sin[i], radius: v})
		}
	}
	limit := math.Inf(1)
	for range 4 {
		var n, c, s1, v, cc, cs, cv, ss, sv float64 // sums of products
		for i := range s.rim {
			p := &s.rim[i]
			if p.off > limit {
				continue
			}
			n, c, s1, v = n+1, c+p.cos, s1+p.sin, v+p.radius
			cc, cs, cv = cc+p.cos*p.cos, cs+p.cos*p.sin, cv+p.cos*p.radius
			ss, sv = ss+p.sin*p.sin, sv+p.sin*p.radius
		}
		if n < 8 {
			return r, dx, dy, 0
		}
		eq := [3 * 4]float64{n, c, s1, v, c, cc, cs, cv, s1, cs, ss, sv}
		if !solveIn(eq[:], 3, 1e-9) {
			return r, dx, dy, 0
		}
		r, dx, dy = eq[3], eq[7], eq[11]
		var sum float64
		for i := range s.rim {
			p := &s.rim[i]
			p.off = math.Abs(p.radius - r - dx*p.cos - dy*p.sin)
			sum += p.off
		}
		limit = max(2.5*sum/float64(len(s.rim)), 0.75)
	}
	return r, dx, dy, len(s.rim)
}

// roughness is how far, on average, an outline strays from its circle.
func (s *scratch) roughness() float64 {
	var sum, n float64
	for _, v := range s.radii {
		if !math.IsNaN(v) {
			sum += math.Abs(v - s.pose.radius)
			n++
		}
	}
	return sum / max(n, 1)
}

// deviate writes how far the outline is from the circle and from what good
// outlines do, pixels of the golden picture; 0 where it can not be seen.
func (s *scratch) deviate(shape, turnedBy []float32) {
	n := len(s.radii)
	back := 0.0
	if len(turnedBy) > 0 {
		back = s.pose.turn / (2 * math.Pi) * float64(n)
	}
	for i, v := range s.radii {
		s.deviance[i] = 0
		if math.IsNaN(v) {
			continue
		}
		d := float32((v - s.pose.radius) / s.pose.scale)
		if len(shape) > 0 {
			d -= shape[i]
		}
		if len(turnedBy) > 0 {
			d -= around(turnedBy, float64(i)-back)
		}
		s.deviance[i] = d
	}
}

// around interpolates a closed curve.
func around(v []float32, at float64) float32 {
	n := len(v)
	f := math.Floor(at)
	i := ((int(f) % n) + n) % n
	k := float32(at - f)
	return v[i] + k*(v[(i+1)%n]-v[i])
}

// smoothArc averages the deviance over a number of rays to either side.
func (s *scratch) smoothArc(width int) []float32 {
	n := len(s.deviance)
	var sum float32
	for k := -width; k <= width; k++ {
		sum += s.deviance[(k+n)%n]
	}
	for i := range n {
		s.arc[i] = sum / float32(2*width+1)
		sum += s.deviance[(i+width+1)%n] - s.deviance[(i-width+n)%n]
	}
	return s.arc
}

// worstArc finds the outline's strangest place.
func (s *scratch) worstArc(outline *[arcs][]float32) arcPeak {
	var worst arcPeak
	for w, width := range arcWidth {
		for i, d := range s.smoothArc(width) {
			if z := math.Abs(float64(d / outline[w][i])); z > worst.z {
				worst = arcPeak{z: z, off: float64(d), ray: i, width: width}
			}
		}
	}
	return worst
}
