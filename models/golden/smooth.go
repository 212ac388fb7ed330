package golden

import (
	"math"

	"linesman/vision/lanes"
)

// smooth averages diff at every width.
func (s *scratch) smooth() {
	w := s.window
	s.binomial(s.diff.v, s.smoothed[0].v, w)
	for k := 1; k < stroke; k++ {
		out := s.smoothed[k].v
		s.boxRows(s.diff.v, out, w, boxes[k])
		s.boxColumns(out, w, boxes[k])
		s.boxColumns(out, w, boxes[k])
	}
	s.strokes(w)
}

const (
	directions  = 8 // of strokes, over half a turn
	strokeTaps  = 9 // places averaged along one
	strokeStep  = 2 // pixels between them
	strokeReach = strokeStep * (strokeTaps - 1) / 2
)

// strokes averages the finest width along straight lines, and keeps at each place the
// strongest of all directions: a crack is too narrow for a box to tell it from noise,
// but long. Beyond the window everything is 0. Only what is compared is looked at.
func (s *scratch) strokes(w window) {
	n, width, height := s.grey.size, w.x1-w.x0, w.y1-w.y0
	if width <= 0 || height <= 0 {
		return
	}
	across := width + 2*strokeReach
	s.broad = sized(s.broad, across*(height+2*strokeReach))
	clear(s.broad)
	for j := range height {
		copy(s.broad[(j+strokeReach)*across+strokeReach:][:width], s.smoothed[0].v[(w.y0+j)*n+w.x0:])
	}
	if s.strokesAcross != across {
		s.strokesAcross, s.strokeAt = across, strokesOf(across)
	}
	for j := range height {
		on := s.chords[w.y0+j]
		if on.x0 >= on.x1 {
			continue
		}
		out := s.smoothed[stroke].v[(w.y0+j)*n:][on.x0:on.x1]
		lanes.Strokes(out, s.broad, (j+strokeReach)*across+strokeReach+on.x0-w.x0, s.strokeAt, strokeTaps)
	}
}

// strokesOf are the places of all strokes in a picture that is so many pixels wide,
// counted from the middle's.
func strokesOf(across int) (at []int) {
	for d := range directions {
		sin, cos := math.Sincos(math.Pi * float64(d) / directions)
		for k := range strokeTaps {
			r := float64(strokeStep*k - strokeReach)
			at = append(at, int(math.Round(r*sin))*across+int(math.Round(r*cos)))
		}
	}
	return at
}

// binomial is a Gaussian of a pixel's deviation, both ways: along rows beyond the
// window everything is 0, along columns as at its border.
func (s *scratch) binomial(in, out []float32, w window) {
	n, width := s.grey.size, w.x1-w.x0
	if width <= 0 {
		return
	}
	padded := s.padded[0][:width+4]
	clear(padded)
	for j := w.y0; j < w.y1; j++ {
		copy(padded[2:], in[j*n+w.x0:j*n+w.x1])
		lanes.Weigh(s.pass[j*n+w.x0:j*n+w.x1], padded[:width], padded[1:], padded[2:], padded[3:], padded[4:])
	}
	row := func(j int) []float32 {
		j = min(max(j, w.y0), w.y1-1)
		return s.pass[j*n+w.x0 : j*n+w.x1]
	}
	for j := w.y0; j < w.y1; j++ {
		lanes.Weigh(out[j*n+w.x0:j*n+w.x1], row(j-2), row(j-1), row(j), row(j+1), row(j+2))
	}
}

// boxRows averages over half pixels to both sides along rows, twice. Beyond the
// window everything is 0.
func (s *scratch) boxRows(in, out []float32, w window, half int) {
	n, width := s.grey.size, w.x1-w.x0
	if width <= 2*half { // nothing so narrow has this width
		for j := w.y0; j < w.y1 && width > 0; j++ {
			clear(out[j*n+w.x0 : j*n+w.x1])
		}
		return
	}
	taps := 2*half + 1
	k := 1 / float32(taps)
	first, second := s.padded[0][:width+2*half], s.padded[1][:width+2*half]
	clear(first)
	clear(second)
	for j := w.y0; j < w.y1; j++ {
		copy(first[half:], in[j*n+w.x0:j*n+w.x1])
		lanes.Box(second[half:half+width], first, taps, k)
		lanes.Box(out[j*n+w.x0:j*n+w.x1], second, taps, k)
	}
}

// boxColumns averages over half pixels up and down, in place. Beyond the window
// everything is 0.
func (s *scratch) boxColumns(v []float32, w window, half int) {
	n := s.grey.size
	width, height := w.x1-w.x0, w.y1-w.y0
	if height <= 2*half || width <= 0 {
		return
	}
	// The rows that are still part of the sum wait in a ring; pass has room for it,
	// since a window is never wider than the crop.
	ring := 2*half + 1
	k := 1 / float32(ring)
	sum, beyond := s.padded[0][:width], s.padded[1][:width]
	kept := s.pass[:ring*width]
	clear(sum)
	clear(beyond)
	clear(kept)
	row := func(j int) []float32 { return v[(w.y0+j)*n+w.x0:][:width] }
	for j := range half {
		copy(kept[j*width:][:width], row(j))
		for i, x := range row(j) {
			sum[i] += x
		}
	}
	for j := range height {
		in := beyond
		if j+half < height {
			in = row(j + half)
		}
		lanes.Slide(row(j), in, sum, kept[(j+half)%ring*width:][:width], k)
	}
}
