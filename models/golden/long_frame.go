package golden

import (
	"math"

	"linesman/vision"
)

// stance is a long part as it looks lying one way: the lamps do not turn with it.
type stance struct {
	sin, cos float64 // of the axis, on average
	mean     []float32
	noise    []float32 // how far good parts are from the mean, unsmoothed
	spread   [widths][]float32
	// modes are the ways in which good parts look different from each other
	// besides their level of light: its slopes along and across, and what the
	// good parts themselves show together, such as highlights that are brighter
	// on one than on another. They are relative brightness by place.
	modes [][]float32
	held  []span // what good parts' share of each mode keeps within
}

// longScratch is what judging one long part needs, kept from part to part.
type longScratch struct {
	scratch
	lie    lie
	reach  float64   // see reach
	off    []float64 // of the edge from the contour, by knot; NaN where hidden
	shown  []float32 // the frame: grey, before anything is taken off
	shares []float64 // of the level and of each mode
	eq     []float64
}

func newLongScratch(l *long) *longScratch {
	s := &longScratch{scratch: *blankScratch(l.size, len(l.contour)), reach: reach(l.half[1]), off: make([]float64, len(l.contour)), shown: make([]float32, l.width*l.height)}
	s.window = window{0, 0, l.width, l.height}
	return s
}

// colourAt interpolates a crop, holding the border's colour beyond it.
func colourAt(crop *vision.Crop, x, y float32) (r, g, b float32) {
	n := crop.Size
	last := float32(n) - 1.001
	x, y = min(max(x-0.5, 0), last), min(max(y-0.5, 0), last)
	i, j := int(x), int(y)
	fx, fy := x-float32(i), y-float32(j)
	k := 3 * (j*n + i)
	p, q := crop.Pix[k:k+6:k+6], crop.Pix[k+3*n:k+3*n+6:k+3*n+6]
	mix := func(a, b, c, d byte) float32 {
		top := float32(a) + fx*(float32(b)-float32(a))
		low := float32(c) + fx*(float32(d)-float32(c))
		return top + fy*(low-top)
	}
	return mix(p[0], p[3], q[0], q[3]), mix(p[1], p[4], q[1], q[4]), mix(p[2], p[5], q[2], q[5])
}

// corner is the place of the frame's first pixel.
func (l *long) corner() (u, v float32) { return -float32(l.width / 2), -float32(l.height / 2) }

// straighten fills s.shown with the part laid straight, grey.
func (s *longScratch) straighten(crop *vision.Crop, l *long) {
	u0, v0 := l.corner()
	for j := range l.height {
		for i := range l.width {
			k := j*l.width + i
			if !l.inside[k] {
				continue
			}
			r, g, b := s.lie.colour(crop, l.bend(u0+float32(i), s.lie.shift), v0+float32(j))
			s.shown[k] = (r + g + b) * (1.0 / 3)
		}
	}
}

// stance returns the one that the part lies nearest to.
func (s *longScratch) stance(l *long) *stance {
	best, at := math.Inf(-1), 0
	for i := range l.stances {
		v := &l.stances[i]
		if d := v.sin*s.lie.sin + v.cos*s.lie.cos; d > best {
			best, at = d, i
		}
	}
	return &l.stances[at]
}

// compare fills diff and its smoothed pictures with how much brighter or darker
// than a good one the part is under its own light.
func (s *longScratch) compare(l *long, v *stance) {
	s.evenOut(l, v)
	s.divide(l, v)
	for k := range s.smoothed {
		clear(s.smoothed[k].v[:l.height*s.grey.size])
	}
	s.smooth()
}

// divide fills diff: what is shown over what a good part would show there.
func (s *longScratch) divide(l *long, v *stance) {
	n := s.grey.size
	for j := range l.height {
		row, shown := s.diff.v[j*n:][:l.width], s.shown[j*l.width:][:l.width]
		inside := s.inside[j*n:][:l.width]
		for i := range row {
			k := j*l.width + i
			row[i], inside[i] = 0, l.inside[k]
			if !inside[i] {
				continue
			}
			want := float32(s.shares[0])
			for m := range v.modes {
				want += float32(s.shares[m+1]) * v.modes[m][k]
			}
			row[i] = shown[i]/max(want*v.mean[k], 1) - 1
		}
	}
}

// evenOut finds the level and the modes of the part, little moved by what is
// wrong with it: each place counts by how surely good parts look alike there,
// and not at all when it is far off. A mode goes no further than in good parts.
func (s *longScratch) evenOut(l *long, v *stance) {
	n := len(v.modes) + 1
	s.shares = append(s.shares[:0], make([]float64, n)...)
	s.few = s.few[:0]
	for _, k := range l.lit {
		s.few = append(s.few, s.shown[k]/max(v.mean[k], 1))
	}
	s.shares[0] = float64(max(median(s.few), 0.01))
	if cap(s.eq) < n*(n+1) {
		s.eq = make([]float64, n*(n+1))
	}
	eq := s.eq[:n*(n+1)]
	t := make([]float64, n+1)
	limit := 8.0 // in deviations of good parts; the first round knows only the level
	for round := range 4 {
		clear(eq)
		var sum, seen float64
		for _, k := range l.lit {
			got, want := float64(s.shown[k]/max(v.mean[k], 1)), s.shares[0]
			t[0] = 1
			for m := range v.modes {
				t[m+1] = float64(v.modes[m][k])
				want += s.shares[m+1] * t[m+1]
			}
			w := 1 / (float64(v.noise[k]) * s.shares[0])
			off := math.Abs(got-want) * w
			if round == 0 {
				off = min(off, limit)
			}
			if off > limit {
				continue
			}
			sum, seen = sum+off, seen+1
			t[n] = got
			for a := range n {
				for b := a; b <= n; b++ {
					eq[a*(n+1)+b] += w * w * t[a] * t[b]
				}
			}
		}
		if seen < float64(4*n) {
			break
		}
		for a := range n {
			for b := range a {
				eq[a*(n+1)+b] = eq[b*(n+1)+a]
			}
			eq[a*(n+1)+a] *= 1 + 1e-6
		}
		if !solveIn(eq, n, 1e-12) {
			break
		}
		s.shares[0] = max(eq[n], 0.01)
		for m := range v.modes {
			s.shares[m+1] = s.shares[0] * v.held[m].hold(eq[(m+1)*(n+1)+n]/s.shares[0])
		}
		limit = max(3*sum/seen, 1)
	}
}
