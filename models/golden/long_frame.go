package golden

import (
	"math"
	"slices"

	"linesman/vision"
	"linesman/vision/lanes"
)

// stance is a long part as it looks lying one way: the lamps do not turn with it.
type stance struct {
	sin, cos float64 // of the axis, on average
	mean     []float32
	noise    []float32 // how far good parts are from the mean, unsmoothed
	spread   [widths][]float32
	least    [widths]float32 // of the spread
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
	levers []lever   // of the contour
	rim    []rimKnot // where the edge was seen
	off    []float64 // of the edge from the contour, by knot; NaN where hidden
	shown  []float32 // the frame: grey, before anything is taken off
	shares []float64 // of the level and of each mode
	eq     []float64
	light  lightFit
	face   [][3]float32 // colours of the patches, see look
}

func newLongScratch(l *long) *longScratch {
	s := &longScratch{scratch: *blankScratch(l.size, len(l.contour)), reach: reach(l.half[1]), off: make([]float64, len(l.contour)), shown: make([]float32, l.width*l.height), face: make([][3]float32, len(l.face))}
	s.window = window{0, 0, l.width, l.height}
	for j := range l.height {
		s.chords[j] = chord{0, l.width} // teaching looks at what is beside the part, too
	}
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

// shade fills s.grey about the part as it lies.
func (s *longScratch) shade(crop *vision.Crop, l *long) {
	const margin = jointMost + 2
	u, v := l.half[0]*s.lie.along+margin, l.half[1]*s.lie.across+margin
	x, y := u*math.Abs(s.lie.cos)+v*math.Abs(s.lie.sin), u*math.Abs(s.lie.sin)+v*math.Abs(s.lie.cos)
	n := crop.Size
	x0, x1 := max(int(s.lie.x-x)-1, 0), min(int(s.lie.x+x)+3, n)
	for j := max(int(s.lie.y-y)-1, 0); j < min(int(s.lie.y+y)+3, n); j++ {
		if x0 < x1 {
			lanes.Mean(s.grey.v[j*n+x0:j*n+x1], crop.Pix[3*(j*n+x0):])
		}
	}
}

// straighten fills s.shown with the part laid straight, grey; see shade.
func (s *longScratch) straighten(l *long) {
	u0, v0 := l.corner()
	at := s.row(l.width)
	// What lie.to makes of a place: first what its u does, then what its v does.
	sin, cos := float32(s.lie.sin), float32(s.lie.cos)
	for i := range l.width {
		a := l.bend(u0+float32(i), s.lie.shift) * float32(s.lie.along)
		at.a[i], at.b[i] = float32(s.lie.x)+a*cos, float32(s.lie.y)+a*sin
	}
	for j := range l.height {
		b := (v0 + float32(j)) * float32(s.lie.across)
		lanes.Shift(at.x, at.a, -b*sin, -0.5)
		lanes.Shift(at.y, at.b, b*cos, -0.5)
		lanes.Look(s.shown[j*l.width:(j+1)*l.width], at.x, at.y, s.grey.v, s.grey.size)
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
	want := s.row(l.width).a
	for j := range l.height {
		places := func(v []float32) []float32 { return v[j*l.width:][:l.width] }
		row, shown, mean, on := s.diff.v[j*n:][:l.width], places(s.shown), places(v.mean), l.inside[j*l.width:][:l.width]
		for i := range want {
			want[i] = float32(s.shares[0])
		}
		for m := range v.modes {
			lanes.Add(want, places(v.modes[m]), float32(s.shares[m+1]))
		}
		copy(s.inside[j*n:][:l.width], on)
		lanes.Multiply(want, want, mean)
		lanes.Over(row, shown, want, 1)
		for i, in := range on {
			if !in {
				row[i] = 0
			}
		}
	}
}

// lightFit is room for the fit of a part's light: of each place what is
// seen there over the mean, how surely, and what each mode does there.
type lightFit struct {
	got, sure, want, weight, weighed []float32
	column                           [][]float32 // the level's, then the modes'
}

func (f *lightFit) room(places, columns int) {
	for _, v := range []*[]float32{&f.got, &f.sure, &f.want, &f.weight, &f.weighed} {
		*v = sized(*v, places)
	}
	for len(f.column) < columns {
		f.column = append(f.column, nil)
	}
	f.column = f.column[:columns]
	for i := range f.column {
		f.column[i] = sized(f.column[i], places)
	}
}

// sized is v, or new memory if that is too short, n long.
func sized(v []float32, n int) []float32 {
	if cap(v) < n {
		return make([]float32, n)
	}
	return v[:n]
}

// evenOut finds the level and the modes of the part, little moved by what is
// wrong with it: each place counts by how surely good parts look alike there,
// and not at all when it is far off. A mode goes no further than in good parts.
func (s *longScratch) evenOut(l *long, v *stance) {
	n := len(v.modes) + 1
	f := &s.light
	f.room(len(l.lit), n)
	for i, k := range l.lit {
		f.got[i], f.sure[i], f.column[0][i] = s.shown[k]/max(v.mean[k], 1), 1/v.noise[k], 1
		for m, mode := range v.modes {
			f.column[m+1][i] = mode[k]
		}
	}
	s.shares = slices.Grow(s.shares[:0], n)[:n]
	clear(s.shares)
	s.few = append(s.few[:0], f.got...)
	s.shares[0] = float64(max(median(s.few), 0.01))
	if cap(s.eq) < n*(n+1) {
		s.eq = make([]float64, n*(n+1))
	}
	eq := s.eq[:n*(n+1)]
	limit := float32(8) // in deviations of good parts; the first round knows only the level
	for round := range 4 {
		clear(f.want)
		for a, share := range s.shares {
			lanes.Add(f.want, f.column[a], float32(share))
		}
		level := 1 / float32(s.shares[0])
		var sum, seen float64
		for i, want := range f.want {
			w := f.sure[i] * level
			off := f.got[i] - want
			off = max(off, -off) * w
			if round == 0 {
				off = min(off, limit)
			}
			f.weight[i] = 0
			if off <= limit {
				sum, seen = sum+float64(off), seen+1
				f.weight[i] = w * w
			}
		}
		if seen < float64(4*n) {
			break
		}
		for a := range n {
			lanes.Multiply(f.weighed, f.weight, f.column[a])
			for b := a; b < n; b++ {
				eq[a*(n+1)+b] = lanes.Dot(f.weighed, f.column[b])
				eq[b*(n+1)+a] = eq[a*(n+1)+b]
			}
			eq[a*(n+1)+a] *= 1 + 1e-6
			eq[a*(n+1)+n] = lanes.Dot(f.weighed, f.got)
		}
		if !solveIn(eq, n, 1e-12) {
			break
		}
		s.shares[0] = max(eq[n], 0.01)
		for m := range v.modes {
			s.shares[m+1] = s.shares[0] * v.held[m].hold(eq[(m+1)*(n+1)+n]/s.shares[0])
		}
		limit = float32(max(3*sum/seen, 1))
	}
}
