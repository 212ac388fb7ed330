package golden

import (
	"math"
	"slices"

	"linesman/vision"
	"linesman/vision/lanes"
)

// scratch is what judging one part needs, kept from part to part.
type scratch struct {
	grey  plane // mean of the three channels
	edge  plane // 1 on a part's colour, 0 on the belt's
	pose  pose
	level float32 // of edge on the part itself

	radii    []float64 // by direction; NaN where a neighbour hides the edge
	sin, cos []float64 // of the directions
	rays     *lanes.Rays
	rim      []rimPlace
	lit      []litPlace
	deviance []float32
	arc      []float32
	few      []float32 // for medians

	polar         *polar
	strange       bool
	diff          plane // relative difference from the golden picture
	inside        []bool
	smoothed      [widths]plane
	pass          []float32
	padded        [2][]float32 // a row of the crop and what lies beyond its ends
	broad         []float32    // the finest width and what lies about it
	strokeAt      []int        // see strokesOf
	places        [4][]float32 // where is looked, and what is seen there
	grid          grid
	register      registering
	window        window
	chords        []chord // by row of the crop, those of the window
	strokesAcross int     // for which strokeAt was made
}

// looks are places and what is seen at them: coordinates, and two readings.
type looks struct{ x, y, a, b []float32 }

// row returns room for n places, until it is called again.
func (s *scratch) row(n int) looks {
	for i := range s.places {
		if cap(s.places[i]) < n {
			s.places[i] = make([]float32, n)
		}
		s.places[i] = s.places[i][:n]
	}
	return looks{s.places[0], s.places[1], s.places[2], s.places[3]}
}

// window is the part of the crop that the part can cover.
type window struct{ x0, y0, x1, y1 int }

// chord is the stretch of a row that a part is compared on, x1 beyond it.
type chord struct{ x0, x1 int }

func newScratch(m *Model) *scratch {
	s := blankScratch(m.size, m.rays)
	if m.turned {
		s.polar = newPolar(m.radius)
	}
	return s
}

func blankScratch(size, rays int) *scratch {
	n := size * size
	s := &scratch{
		radii: make([]float64, rays), deviance: make([]float32, rays), arc: make([]float32, rays),
		inside: make([]bool, n), pass: make([]float32, n), chords: make([]chord, size),
	}
	cos32, sin32 := make([]float32, rays), make([]float32, rays)
	for i := range rays {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(rays))
		s.sin, s.cos = append(s.sin, sin), append(s.cos, cos)
		cos32[i], sin32[i] = float32(cos), float32(sin)
	}
	s.rays = lanes.NewRays(cos32, sin32)
	for i := range s.padded {
		s.padded[i] = make([]float32, size+2*boxes[stroke-1])
	}
	for _, p := range []*plane{&s.grey, &s.edge, &s.diff, &s.smoothed[0], &s.smoothed[1], &s.smoothed[2], &s.smoothed[stroke]} {
		*p = plane{size, make([]float32, n)}
	}
	return s
}

// load takes the crop apart: its grey, and how far each pixel's colour is from
// the belt's towards a good part's under the same light.
func (s *scratch) load(crop *vision.Crop, ratio [3]float32) {
	var w [3]float32
	var length, zero float32
	for c, b := range crop.Surround {
		w[c] = b*ratio[c] - b
		length += w[c] * w[c]
	}
	length = max(length, 1)
	for c, b := range crop.Surround {
		w[c] /= length
		zero += w[c] * b
	}
	lanes.Mean(s.grey.v, crop.Pix)
	lanes.Project(s.edge.v, crop.Pix, w, zero)
	s.pose = pose{x: float64(crop.Size) / 2, y: float64(crop.Size) / 2}
	if back, ok := crop.ToSensor.Inverse(); ok && crop.Centre != (vision.Point{}) {
		p := back.Apply(crop.Centre)
		if math.Abs(p.X-s.pose.x) < float64(crop.Size)/4 && math.Abs(p.Y-s.pose.y) < float64(crop.Size)/4 {
			s.pose.x, s.pose.y = p.X, p.Y
		}
	}
}

// medianOn is the median of a plane on the ring between two radii.
func (s *scratch) medianOn(p *plane, from, to float64, step int) float32 {
	s.few = s.few[:0]
	x, y := s.pose.x, s.pose.y
	// The square of a distance tells which side of a radius it is on, but for what is
	// too near to it for the rounding.
	const near = 1e-12
	outOfIt, within := from*from*(1-near), from*from*(1+near)
	inside, beyond := to*to*(1-near), to*to*(1+near)
	for j := max(int(y-to), 0); j < min(int(y+to)+1, p.size); j += step {
		dy := float64(j) + 0.5 - y
		row := p.v[j*p.size : (j+1)*p.size]
		for i := max(int(x-to), 0); i < min(int(x+to)+1, p.size); i += step {
			dx := float64(i) + 0.5 - x
			square := dx*dx + dy*dy
			if square < outOfIt || square > beyond {
				continue
			}
			if square <= within || square >= inside {
				if d := math.Hypot(dx, dy); d < from || d > to {
					continue
				}
			}
			s.few = append(s.few, row[i])
		}
	}
	if len(s.few) == 0 {
		return 0
	}
	return median(s.few)
}

// median reorders v.
func median(v []float32) float32 {
	return pick(v, len(v)/2)
}

// pick is quickselect: the k-th smallest of v, which is reordered.
func pick(v []float32, k int) float32 {
	lo, hi := 0, len(v)-1
	for hi-lo > 16 {
		a, b, c := v[lo], v[(lo+hi)/2], v[hi]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i, j = i+1, j-1
			}
		}
		if k <= j {
			hi = j
		} else if k >= i {
			lo = i
		} else {
			return v[k]
		}
	}
	slices.Sort(v[lo : hi+1])
	return v[k]
}
