package golden

import (
	"errors"
	"math"

	"linesman/vision"
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
	const (
		step = 0.75
		look = 4 // pixels beyond the edge in which a neighbour would blur it
	)
	for i := range rays {
		sin, cos := float32(s.sin[i]), float32(s.cos[i])
		s.radii[i] = math.NaN()
		before := s.edge.at(x+from*cos, y+from*sin)
		for r := from + step; ; r += step {
			if r > limit {
				if !s.isNeighbour(crop, x+limit*cos, y+limit*sin) {
					s.radii[i] = float64(limit)
				}
				break
			}
			here := s.edge.at(x+r*cos, y+r*sin)
			if here < s.level {
				drop := before - here
				at := r
				if drop > 1e-6 && before >= s.level {
					at = r - step*(s.level-here)/drop
				}
				// A ray through the place of touching leaves by the neighbour's edge.
				clear := at < expect32-3 || !s.isNeighbour(crop, x+(at-2)*cos, y+(at-2)*sin)
				for k := float32(1); k <= look; k++ {
					if s.edge.at(x+(at+k)*cos, y+(at+k)*sin) > s.level && k > 1 {
						clear = !s.isNeighbour(crop, x+(at+k)*cos, y+(at+k)*sin)
						if !clear {
							break
						}
					}
				}
				if clear {
					s.radii[i] = float64(at)
				}
				break
			}
			before = here
		}
	}
}

// isNeighbour reports whether a place that looks like a part is another's.
func (s *scratch) isNeighbour(crop *vision.Crop, x, y float32) bool {
	i, j := int(x), int(y)
	if uint(i) >= uint(crop.Size) || uint(j) >= uint(crop.Size) {
		return true
	}
	return crop.Mask[j*crop.Size+i] == 0
}

// fitCircle fits radius and centre to the radii, several rounds, each leaving
// out what the last found far off.
func (s *scratch) fitCircle() (r, dx, dy float64, seen int) {
	radii := s.radii
	limit := math.Inf(1)
	for range 4 {
		var eq [3 * 4]float64
		seen = 0
		for i, v := range radii {
			if math.IsNaN(v) {
				continue
			}
			sin, cos := s.sin[i], s.cos[i]
			if math.Abs(v-r-dx*cos-dy*sin) > limit {
				continue
			}
			seen++
			t := [4]float64{1, cos, sin, v}
			for j := range 3 {
				for k := range 4 {
					eq[j*4+k] += t[j] * t[k]
				}
			}
		}
		if seen < 8 {
			return r, dx, dy, 0
		}
		if !solveIn(eq[:], 3, 1e-9) {
			return r, dx, dy, 0
		}
		r, dx, dy = eq[3], eq[7], eq[11]
		var sum, n float64
		for i, v := range radii {
			if !math.IsNaN(v) {
				sum += math.Abs(v - r - dx*s.cos[i] - dy*s.sin[i])
				n++
			}
		}
		limit = max(2.5*sum/n, 0.75)
	}
	seen = 0
	for _, v := range radii {
		if !math.IsNaN(v) {
			seen++
		}
	}
	return r, dx, dy, seen
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
