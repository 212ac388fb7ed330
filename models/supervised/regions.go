package supervised

import (
	"fmt"
	"math"
	"slices"

	"linesman/models"
	"linesman/vision"
)

// maps is what reading a segmenter's answer needs to itself.
type maps struct {
	p      []float32 // probabilities, a plane a class
	seen   []bool
	queue  []int
	values []float32 // of one region
}

// mapsOf checks a segmenter's answer and returns the size of its maps.
func (c *Card) mapsOf(t models.Tensor) (w, h int, err error) {
	if s := t.Shape; len(s) == 4 && s[0] == 1 && s[1] == int64(len(c.Classes)) && s[2] > 0 && s[3] > 0 && s[2] <= maxSide && s[3] <= maxSide {
		return int(s[3]), int(s[2]), nil
	}
	return 0, 0, fmt.Errorf("the graph answers in the shape %v; by %d classes it should be [1, %d, H, W]: list all of the network's classes in its order, the background too, with ignore: true", t.Shape, len(c.Classes), len(c.Classes))
}

// readMaps finds the regions of each class that hang together above the floor.
func (s *scene) readMaps(t models.Tensor, m *maps) error {
	w, h, err := s.card.mapsOf(t)
	if err != nil {
		return err
	}
	if m.p, err = s.card.probabilities(t.Data, w*h, m.p); err != nil {
		return err
	}
	s.found, s.below, s.complete = s.found[:0], 0, true
	if cap(m.seen) < w*h {
		m.seen = make([]bool, w*h)
	}
	m.seen = m.seen[:w*h]
	toPicture := s.cellToPicture(w, h)
	for class, k := range s.card.Classes {
		if k.Ignore {
			continue
		}
		clear(m.seen)
		plane, level := m.p[class*w*h:(class+1)*w*h], float32(s.floor*k.Threshold)
		for i, v := range plane {
			if m.seen[i] || !s.cellOnPicture(toPicture, i%w, i/w) {
				continue
			}
			if v < level {
				if score := float64(v) / k.Threshold; score > s.below && s.cellOnPart(toPicture, i%w, i/w) {
					s.below = score
				}
				continue
			}
			s.region(class, plane, i, w, h, level, toPicture, m)
		}
	}
	// A rounded level may leave a score at the floor itself on this side of it.
	s.below = min(s.below, math.Nextafter(s.floor, 0))
	return nil
}

// probabilities makes all values of an answer probabilities.
func (c *Card) probabilities(data []float32, n int, p []float32) ([]float32, error) {
	if cap(p) < len(data) {
		p = make([]float32, len(data))
	}
	p = p[:len(data)]
	if c.Output.Activation != "softmax" {
		for i, v := range data {
			q, err := c.Output.probability(float64(v))
			if err != nil {
				return p, err
			}
			p[i] = float32(q)
		}
		return p, nil
	}
	for i := range n {
		highest := math.Inf(-1)
		for k := i; k < len(data); k += n {
			v := float64(data[k])
			if !finite(v) {
				return p, errNoNumber
			}
			highest = max(highest, v)
		}
		sum := 0.
		for k := i; k < len(data); k += n {
			e := math.Exp(float64(data[k]) - highest)
			p[k], sum = float32(e), sum+e
		}
		for k := i; k < len(data); k += n {
			p[k] = float32(float64(p[k]) / sum)
		}
	}
	return p, nil
}

// cellToPicture maps cells of the answer's grid to pixels of the picture.
func (s *scene) cellToPicture(w, h int) vision.Affine {
	kx, ky := float64(s.card.Input.Width)/float64(w), float64(s.card.Input.Height)/float64(h)
	t := s.at.toPicture
	return vision.Affine{A: t.A * kx, C: t.C, E: t.E * ky, F: t.F}
}

func (s *scene) cellOnPicture(t vision.Affine, x, y int) bool {
	c := t.Apply(vision.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5})
	return c.X >= 0 && c.Y >= 0 && c.X < float64(s.picture.Width) && c.Y < float64(s.picture.Height)
}

// cellOnPart reports whether any pixel under a cell lies on the part.
func (s *scene) cellOnPart(t vision.Affine, x, y int) bool {
	if s.picture.Mask == nil {
		return true
	}
	b := t.ApplyBox(vision.Box{X0: float64(x), Y0: float64(y), X1: float64(x) + 1, Y1: float64(y) + 1})
	for py := int(b.Y0); py < int(math.Ceil(b.Y1)); py++ {
		for px := int(b.X0); px < int(math.Ceil(b.X1)); px++ {
			if s.onPart(px, py) {
				return true
			}
		}
	}
	return false
}

// region notes what hangs together above a level around a cell, if it counts. Its
// score is of the probability that as much of it reaches as its class needs to count.
func (s *scene) region(class int, plane []float32, from, w, h int, level float32, t vision.Affine, m *maps) {
	m.queue, m.values = append(m.queue[:0], from), m.values[:0]
	m.seen[from] = true
	box, part := vision.Box{X0: math.Inf(1), Y0: math.Inf(1), X1: math.Inf(-1), Y1: math.Inf(-1)}, false
	for len(m.queue) > 0 {
		i := m.queue[len(m.queue)-1]
		m.queue = m.queue[:len(m.queue)-1]
		x, y := i%w, i/w
		m.values = append(m.values, plane[i])
		box = vision.Box{X0: min(box.X0, float64(x)), Y0: min(box.Y0, float64(y)), X1: max(box.X1, float64(x+1)), Y1: max(box.Y1, float64(y+1))}
		part = part || s.cellOnPart(t, x, y)
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				nx, ny := x+dx, y+dy
				if nx < 0 || ny < 0 || nx >= w || ny >= h {
					continue
				}
				if j := ny*w + nx; !m.seen[j] && plane[j] >= level && s.cellOnPicture(t, nx, ny) {
					m.seen[j] = true
					m.queue = append(m.queue, j)
				}
			}
		}
	}
	k := s.card.Classes[class]
	cell := math.Abs(t.A * t.E) // pixels of the picture
	need := max(1, int(math.Ceil(k.LeastAreaPx/max(cell*s.scale(), 1e-9)-1e-6)))
	if !part || len(m.values) < need {
		return
	}
	slices.Sort(m.values)
	p := float64(m.values[len(m.values)-need])
	// A level rounded to 32 bits must not leave a region out of the list it made.
	f := found{class: class, score: max(p/k.Threshold, s.floor), box: t.ApplyBox(box), area: float64(len(m.values)) * cell}
	edge := vision.Box{X1: float64(s.picture.Width), Y1: float64(s.picture.Height)}
	f.box = vision.Box{X0: max(f.box.X0, edge.X0), Y0: max(f.box.Y0, edge.Y0), X1: min(f.box.X1, edge.X1), Y1: min(f.box.Y1, edge.Y1)}
	s.found = append(s.found, f)
}

// warmMaps is the heat map of a segmenter's answer.
func (s *scene) warmMaps(t models.Tensor, m *maps) models.Heatmap {
	w, h, _ := s.card.mapsOf(t)
	heat, toPicture := s.cool(), s.cellToPicture(w, h)
	for class, k := range s.card.Classes {
		if k.Ignore {
			continue
		}
		for i, v := range m.p[class*w*h : (class+1)*w*h] {
			x, y := float64(i%w), float64(i/w)
			if s.cellOnPicture(toPicture, i%w, i/w) {
				s.warm(&heat, toPicture.ApplyBox(vision.Box{X0: x, Y0: y, X1: x + 1, Y1: y + 1}), v/float32(k.Threshold))
			}
		}
	}
	return heat
}
