package supervised

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"linesman/models"
	"linesman/vision"
)

// mostBoxes is how many boxes above the floor are compared with each other; where
// there are more, the weakest go and the list is not complete.
const mostBoxes = 1000

// errNoNumber says that a network's answer is none.
var errNoNumber = errors.New("the network answers with what is no number")

// table is a detector's answer: boxes by values, in either order.
type table struct {
	data          []float32
	n             int // boxes
	across, along int // from value to value, from box to box
}

func (t *table) at(box, value int) float64 { return float64(t.data[box*t.along+value*t.across]) }

// width is how many values a head has for each box.
func (h Head) width(classes int) int {
	switch h {
	case YOLOv8:
		return 4 + classes
	case YOLOv10:
		return 6
	}
	return 5 + classes
}

// boxesOf lays a table over a detector's answer, or says in which shape it should be.
func (c *Card) boxesOf(t models.Tensor) (table, error) {
	w, h := int64(c.Output.Head.width(len(c.Classes))), c.Output.Head
	if len(t.Shape) == 3 && t.Shape[0] == 1 {
		a, b := t.Shape[1], t.Shape[2]
		rows, columns := table{t.Data, int(a), 1, int(w)}, table{t.Data, int(b), int(b), 1}
		switch {
		case h == YOLOX && b == w && int(a) == c.cells(), h == YOLOv10 && b == w, h == YOLOv5 && b == w, h == YOLOv8 && b == w && a != w:
			return rows, nil
		case (h == YOLOv8 || h == YOLOv5) && a == w:
			return columns, nil
		}
	}
	want := fmt.Sprintf("[1, N, %d]", w)
	switch h {
	case YOLOv8:
		want = fmt.Sprintf("[1, %d, N]", w)
	case YOLOX:
		want = fmt.Sprintf("[1, %d, %d]", c.cells(), w)
	}
	return table{}, fmt.Errorf("the graph answers in the shape %v; by output.head %s and %d classes it should be %s: correct head, classes, input or strides", t.Shape, h, len(c.Classes), want)
}

// cells is how many boxes a YOLOX head has.
func (c *Card) cells() (n int) {
	for _, s := range c.Output.Strides {
		n += c.Input.Width / s * (c.Input.Height / s)
	}
	return n
}

// probability reads a value of the network as one.
func (out *Output) probability(v float64) (float64, error) {
	if !finite(v) {
		return 0, errNoNumber
	}
	if out.Activation == "sigmoid" {
		return 1 / (1 + math.Exp(-v)), nil
	}
	if v < -0.001 || v > 1.001 {
		return 0, fmt.Errorf("the network answers %.4g where its card says that it gives probabilities: output.activation should be sigmoid or softmax, or output another one", v)
	}
	return v, nil
}

// readBoxes finds what a detector's answer says.
func (s *scene) readBoxes(t table) error {
	out := &s.card.Output
	s.found, s.below, s.complete = s.found[:0], 0, true
	used, grid := 0, grids{card: s.card}
	for i := range t.n {
		box, err := s.boxAt(t, i, &grid)
		if err != nil {
			return err
		}
		anything, class, many := 1., 0, len(s.card.Classes)
		switch out.Head {
		case YOLOv5, YOLOX:
			if anything, err = out.probability(t.at(i, 4)); err != nil {
				return err
			}
		case YOLOv10:
			p, err := out.probability(t.at(i, 4))
			if err != nil {
				return err
			}
			if p == 0 {
				continue // no box
			}
			used++
			if class = int(t.at(i, 5)); float64(class) != t.at(i, 5) || class < 0 || class >= many {
				return fmt.Errorf("the network answers with class %v of %d: list all classes on its card, in its order", t.at(i, 5), many)
			}
			s.take(class, p, box)
			continue
		}
		first := out.Head.width(0)
		for class := range many {
			p, err := out.probability(t.at(i, first+class))
			if err != nil {
				return err
			}
			s.take(class, anything*p, box)
		}
	}
	if out.Head == YOLOv10 && (used >= out.Most || s.floor*s.strictest() < out.Least) {
		s.complete = false
	}
	s.strongestFirst(mostBoxes)
	if out.Overlap > 0 {
		s.found = suppress(s.found, out.Overlap)
	}
	return nil
}

// strictest is the lowest threshold of a class.
func (s *scene) strictest() float64 {
	least := 1.
	for _, c := range s.card.Classes {
		if !c.Ignore {
			least = min(least, c.Threshold)
		}
	}
	return least
}

// take notes one box of one class, if it counts.
func (s *scene) take(class int, p float64, box vision.Box) {
	c := &s.card.Classes[class]
	if c.Ignore {
		return
	}
	f := found{class: class, score: p / c.Threshold, box: s.at.toPicture.ApplyBox(box)}
	switch {
	case f.score >= s.floor && s.counts(&f):
		s.found = append(s.found, f)
	case f.score < s.floor && f.score > s.below && s.counts(&f):
		s.below = f.score
	}
}

// boxAt returns a box in pixels of the input.
func (s *scene) boxAt(t table, i int, g *grids) (box vision.Box, err error) {
	out, in := &s.card.Output, &s.card.Input
	v := [4]float64{t.at(i, 0), t.at(i, 1), t.at(i, 2), t.at(i, 3)}
	if out.Head == YOLOX {
		k, x, y := g.next()
		v = [4]float64{(v[0] + x) * k, (v[1] + y) * k, math.Exp(v[2]) * k, math.Exp(v[3]) * k}
	}
	if out.Units == "shares" {
		w, h := float64(in.Width), float64(in.Height)
		v[0], v[1], v[2], v[3] = v[0]*w, v[1]*h, v[2]*w, v[3]*h
	}
	for _, n := range v {
		if !finite(n) {
			return box, errNoNumber
		}
	}
	if out.Boxes == "xyxy" {
		return vision.Box{X0: v[0], Y0: v[1], X1: v[2], Y1: v[3]}, nil
	}
	return vision.Box{X0: v[0] - v[2]/2, Y0: v[1] - v[3]/2, X1: v[0] + v[2]/2, Y1: v[1] + v[3]/2}, nil
}

// grids counts through the cells of a YOLOX head.
type grids struct {
	card        *Card
	level, x, y int
}

// next returns a cell's size in pixels and its place in cells.
func (g *grids) next() (size, x, y float64) {
	k := g.card.Output.Strides[g.level]
	size, x, y = float64(k), float64(g.x), float64(g.y)
	if g.x++; g.x == g.card.Input.Width/k {
		g.x, g.y = 0, g.y+1
	}
	if g.y == g.card.Input.Height/k {
		g.y, g.level = 0, g.level+1
	}
	return size, x, y
}

// suppress keeps of each class the strongest of those that overlap by more than a
// share of their joint area. The strongest come first; it works in place.
func suppress(all []found, overlap float64) []found {
	kept := all[:0]
	for _, f := range all {
		same := func(k found) bool { return k.class == f.class && k.box.Overlap(f.box) > overlap }
		if !slices.ContainsFunc(kept, same) {
			kept = append(kept, f)
		}
	}
	return kept
}
