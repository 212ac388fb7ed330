package vision

import (
	"math"
	"sync"

	"linesman/vision/lanes"
)

// Letterbox is where a picture stands after it was shrunk or grown to fit a
// square or rectangle without changing its shape.
type Letterbox struct {
	Scale  float64 // tensor pixels to one of the picture
	Left   float64 // empty tensor pixels before the picture
	Top    float64
	W, H   int // of the tensor
	pw, ph int // of the picture
}

// Fit returns the letterbox of a picture of pw x ph pixels in w x h, in its middle.
func Fit(pw, ph, w, h int) Letterbox {
	k := math.Min(float64(w)/float64(pw), float64(h)/float64(ph))
	return Letterbox{Scale: k, Left: (float64(w) - k*float64(pw)) / 2, Top: (float64(h) - k*float64(ph)) / 2, W: w, H: h, pw: pw, ph: ph}
}

// ToPicture maps the tensor's pixels to the picture's.
func (l Letterbox) ToPicture() Affine {
	return Affine{A: 1 / l.Scale, C: -l.Left / l.Scale, E: 1 / l.Scale, F: -l.Top / l.Scale}
}

// Normalise says how a byte becomes a number: (v - Mean) / Deviation by channel, red
// first.
type Normalise struct {
	Mean, Deviation [3]float32
	BGR             bool // the first plane is blue, the last red
}

// Fill writes the picture (RGB, stride bytes from row to row) into a tensor of
// 3 planes of H x W numbers. Shrinking averages all pixels that fall on one
// (no aliasing), growing interpolates. What is beside the picture becomes pad,
// a byte of each channel.
//
// Both are products of a part along the rows and one along the columns, so that
// each pixel is read about once: rows are summed first, then what falls on one
// column.
func (l Letterbox) Fill(pix []byte, stride int, n Normalise, pad [3]byte, out []float32) {
	plane := l.W * l.H
	var k, off, beside [3]float32
	for c := range 3 {
		k[c] = 1 / n.Deviation[c]
		off[c] = -n.Mean[c] / n.Deviation[c]
		beside[c] = float32(pad[c])*k[c] + off[c]
	}
	if n.BGR {
		beside[0], beside[2] = beside[2], beside[0]
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.fit(l)
	even := n.Mean[0] == n.Mean[1] && n.Mean[1] == n.Mean[2] && n.Deviation[0] == n.Deviation[1] && n.Deviation[1] == n.Deviation[2]
	for y := range l.H {
		first, weights := s.rows.of(y)
		if len(weights) == 0 {
			fill(out, plane, y*l.W, (y+1)*l.W, beside)
			continue
		}
		lanes.Weighted(s.sum[:3*l.pw], pix[first*stride:], stride, weights)
		fill(out, plane, y*l.W, y*l.W+s.from, beside)
		fill(out, plane, y*l.W+s.to, (y+1)*l.W, beside)
		at := y*l.W + s.from
		end := y*l.W + s.to
		red, green, blue := out[at:end], out[plane+at:plane+end], out[2*plane+at:2*plane+end]
		if n.BGR {
			red, blue = blue, red
		}
		if even {
			s.narrow.Planes(red, green, blue, s.sum, n.Mean[0], k[0])
			continue
		}
		s.narrow.Planes(red, green, blue, s.sum, 0, 1)
		for c, row := range [3][]float32{red, green, blue} {
			for i, v := range row {
				row[i] = v*k[c] + off[c]
			}
		}
	}
}

// fill writes one colour from one place of each plane up to another.
func fill(out []float32, plane, from, to int, colour [3]float32) {
	for c, v := range colour {
		row := out[c*plane+from : c*plane+to]
		for i := range row {
			row[i] = v
		}
	}
}

// scratch is what Fill works in: kept from picture to picture, which are mostly of
// one size.
type scratch struct {
	box      Letterbox // that the rest was worked out for
	rows     taps
	narrow   *lanes.Narrowing // columns from..to
	from, to int
	sum      []float32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// fit works out what falls where.
func (s *scratch) fit(l Letterbox) {
	if s.box == l {
		return
	}
	var columns taps
	columns.spread(l.pw, l.W, l.Left, l.Scale)
	s.rows.spread(l.ph, l.H, l.Top, l.Scale)
	s.from, s.to = columns.inside()
	var first []int
	var weights [][]float32
	for x := s.from; x < s.to; x++ {
		i, w := columns.of(x)
		first, weights = append(first, i), append(weights, w)
	}
	s.narrow, s.box = lanes.NewNarrowing(first, weights), l
	s.sum = make([]float32, max(3*l.pw, s.narrow.Reach()))
}

// taps are, along one side, the pixels of the picture that fall on each of the
// tensor's, with their weights; none for what lies beside the picture.
type taps struct {
	first   []int
	from    []int // where its weights begin; one more than there are pixels
	weights []float32
}

// spread works them out for a picture of from pixels in a tensor of to.
func (t *taps) spread(from, to int, before, scale float64) {
	t.first, t.from, t.weights = t.first[:0], append(t.from[:0], 0), t.weights[:0]
	for i := range to {
		a, b := (float64(i)-before)/scale, (float64(i)+1-before)/scale
		switch middle := (a + b) / 2; {
		case middle < 0 || middle >= float64(from):
			t.first = append(t.first, 0)
		case scale < 1:
			t.average(from, a, b)
		default:
			t.between(from, middle-0.5)
		}
		t.from = append(t.from, len(t.weights))
	}
}

// average weighs the pixels from a to b by their share.
func (t *taps) average(from int, a, b float64) {
	a, b = max(a, 0), min(b, float64(from))
	t.first = append(t.first, int(a))
	for x := int(a); x < from && float64(x) < b; x++ {
		share := min(b, float64(x)+1) - max(a, float64(x))
		t.weights = append(t.weights, float32(share/(b-a)))
	}
}

// between weighs the two pixels beside a place, counted from the first one's middle.
func (t *taps) between(from int, at float64) {
	at = min(max(at, 0), float64(from-1))
	i := min(int(at), max(from-2, 0))
	t.first = append(t.first, i)
	share := float32(at) - float32(i)
	if t.weights = append(t.weights, 1-share); i+1 < from {
		t.weights = append(t.weights, share)
	}
}

// of returns the first pixel that falls on i, and the weights from there on.
func (t *taps) of(i int) (first int, weights []float32) {
	return t.first[i], t.weights[t.from[i]:t.from[i+1]]
}

// inside returns from where to where pixels of the picture fall.
func (t *taps) inside() (from, to int) {
	for i := range t.first {
		if t.from[i+1] > t.from[i] {
			if to == 0 {
				from = i
			}
			to = i + 1
		}
	}
	return from, to
}
