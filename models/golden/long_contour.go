package golden

import (
	"math"

	"linesman/vision"
)

// reach is how far to either side of its usual place the edge is looked for:
// pixels, by half the part's width.
func reach(halfWidth float64) float64 { return min(max(0.2*halfWidth, 4), 12) }

// follow looks for the edge along the outline and brings the part into register
// by it: s.lie is refined, s.off says how far outwards of the contour the edge
// is at each knot, pixels of the frame, NaN where a neighbour hides it.
func (s *longScratch) follow(crop *vision.Crop, l *long) error {
	const rounds = 4
	contour := l.contour
	s.levers = s.levers[:0]
	for i := range contour {
		s.levers = append(s.levers, contour[i].lever())
	}
	for range rounds {
		s.cast(crop, l)
		move, seen := s.fit()
		if seen*2 < len(contour) {
			return errHidden
		}
		s.move(move)
		var most float64
		for i := range contour {
			d := move.at(&s.levers[i])
			s.off[i] -= d
			most = max(most, math.Abs(d))
		}
		if most < 0.3 { // small moves need no new rays
			break
		}
	}
	return nil
}

// cast finds, at each knot, where the part's colour falls towards the belt's. Where the
// joint may be, what has the colour of either side of it is part.
func (s *longScratch) cast(crop *vision.Crop, l *long) {
	const step = 0.75
	far := float32(s.reach)
	var over [3]float32
	for c, b := range crop.Surround {
		over[c] = 1 / max(b, 1)
	}
	for i := range l.contour {
		k := &l.contour[i]
		like, other := k, (*knot)(nil)
		if l.besides != nil && l.besides[i] != (beside{}) {
			like, other = &l.contour[l.besides[i][0]], &l.contour[l.besides[i][1]]
		}
		at := func(r float32) float32 {
			x, y := s.lie.to(k.U+r*k.NormalU, k.V+r*k.NormalV)
			red, green, blue := colourAt(crop, x, y)
			red, green, blue = red*over[0], green*over[1], blue*over[2]
			share := red*like.ToPart[0] + green*like.ToPart[1] + blue*like.ToPart[2] - like.Zero
			if other != nil {
				share = max(share, red*other.ToPart[0]+green*other.ToPart[1]+blue*other.ToPart[2]-other.Zero)
			}
			return share
		}
		s.off[i] = math.NaN()
		if k.ToPart == [3]float32{} {
			continue // part and belt look alike here
		}
		before := at(-far)
		if before < 0.5 {
			s.off[i] = float64(-far)
			continue
		}
		for r := -far + step; ; r += step {
			if r > far {
				if x, y := s.lie.to(k.U+far*k.NormalU, k.V+far*k.NormalV); !neighbour(crop, x, y) {
					s.off[i] = float64(far)
				}
				break
			}
			here := at(r)
			if here >= 0.5 {
				before = here
				continue
			}
			x, y := s.lie.to(k.U+(r-2)*k.NormalU, k.V+(r-2)*k.NormalV)
			if r < -3 || !neighbour(crop, x, y) {
				s.off[i] = float64(r - step*(0.5-here)/max(before-here, 1e-6))
			}
			break
		}
	}
}

// neighbour reports whether a place that looks like a part is another's.
func neighbour(crop *vision.Crop, x, y float32) bool {
	i, j := int(x), int(y)
	if x < 0 || y < 0 || i >= crop.Size || j >= crop.Size {
		return true
	}
	return crop.Mask[j*crop.Size+i] == 0
}

// move is a small change of how a part lies: shifts along and across, a turn,
// and growth of length and width.
type move [5]float64

// lever is what each number of a move does at a knot.
type lever [5]float64

func (k *knot) lever() lever {
	u, v, nu, nv := float64(k.U), float64(k.V), float64(k.NormalU), float64(k.NormalV)
	return lever{nu, nv, nv*u - nu*v, nu * u, nv * v}
}

// at is how far the contour goes outwards at a knot when the part moves so.
func (m *move) at(t *lever) float64 {
	return m[0]*t[0] + m[1]*t[1] + m[2]*t[2] + m[3]*t[3] + m[4]*t[4]
}

// rimKnot is a knot at which the edge was seen: how far off it is, and how far off when
// the part has moved.
type rimKnot struct {
	lever
	off, rest float64
}

func (s *longScratch) move(m move) {
	l := &s.lie
	a, b := m[0]*l.along, m[1]*l.across
	l.x, l.y = l.x+a*l.cos-b*l.sin, l.y+a*l.sin+b*l.cos
	sin, cos := math.Sincos(m[2])
	l.sin, l.cos = l.sin*cos+l.cos*sin, l.cos*cos-l.sin*sin
	l.along, l.across = l.along*(1+m[3]), l.across*(1+m[4])
}

// fit finds the move that best explains where the edge was seen, in several
// rounds, each leaving out what the last found far off.
func (s *longScratch) fit() (m move, seen int) {
	s.rim = s.rim[:0]
	for i, off := range s.off {
		if !math.IsNaN(off) {
			s.rim = append(s.rim, rimKnot{lever: s.levers[i], off: off})
		}
	}
	limit := math.Inf(1)
	for range 4 {
		var eq [5 * 6]float64
		near := 0
		for i := range s.rim {
			if k := &s.rim[i]; k.rest <= limit {
				near++
				k.addTo(&eq)
			}
		}
		for a := range 5 {
			for b := range a {
				eq[a*6+b] = eq[b*6+a]
			}
			// What the outline does not tell, such as the turn of a nearly
			// round one, stays as it is.
			eq[a*6+a] += 1e-3 * (1 + eq[a*6+a])
		}
		if near < 16 || !solveIn(eq[:], 5, 1e-9) {
			return m, 0
		}
		for a := range m {
			m[a] = eq[a*6+5]
		}
		var sum float64
		for i := range s.rim {
			k := &s.rim[i]
			k.rest = math.Abs(k.off - m.at(&k.lever))
			sum += k.rest
		}
		limit = max(2.5*sum/float64(len(s.rim)), 0.75)
	}
	return m, len(s.rim)
}

// addTo adds a knot to the normal equations, their upper half.
func (k *rimKnot) addTo(eq *[5 * 6]float64) {
	t0, t1, t2, t3, t4, off := k.lever[0], k.lever[1], k.lever[2], k.lever[3], k.lever[4], k.off
	eq[0] += t0 * t0
	eq[1] += t0 * t1
	eq[2] += t0 * t2
	eq[3] += t0 * t3
	eq[4] += t0 * t4
	eq[5] += t0 * off
	eq[7] += t1 * t1
	eq[8] += t1 * t2
	eq[9] += t1 * t3
	eq[10] += t1 * t4
	eq[11] += t1 * off
	eq[14] += t2 * t2
	eq[15] += t2 * t3
	eq[16] += t2 * t4
	eq[17] += t2 * off
	eq[21] += t3 * t3
	eq[22] += t3 * t4
	eq[23] += t3 * off
	eq[28] += t4 * t4
	eq[29] += t4 * off
}

// deviate writes how far the outline is from the contour; 0 where it can not
// be seen.
func (s *longScratch) deviate() {
	for i, off := range s.off {
		s.deviance[i] = 0
		if !math.IsNaN(off) {
			s.deviance[i] = float32(off)
		}
	}
}

// trace walks round the largest shape of a mask of width w and height h and
// returns the middles of the pixels along its edge, in order.
func trace(mask []bool, w, h int) (path [][2]float64) {
	set := func(x, y int) bool { return x >= 0 && y >= 0 && x < w && y < h && mask[y*w+x] }
	// Eight ways, clockwise as the picture is seen.
	ways := [8][2]int{{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}}
	done := make([]bool, len(mask))
	for y := range h {
		for x := range w {
			if !set(x, y) || set(x-1, y) || done[y*w+x] {
				continue
			}
			var here [][2]float64
			i, j, way := x, y, 6
			for range 4 * (w + h) * 4 {
				here = append(here, [2]float64{float64(i), float64(j)})
				done[j*w+i] = true
				turn := 0
				for ; turn < 8; turn++ {
					k := (way + 6 + turn) % 8
					if set(i+ways[k][0], j+ways[k][1]) {
						i, j, way = i+ways[k][0], j+ways[k][1], k
						break
					}
				}
				if turn == 8 || i == x && j == y {
					break
				}
			}
			if len(here) > len(path) {
				path = here
			}
		}
	}
	return path
}

// knots lays n knots at equal steps along a closed path that was smoothed over
// so many of its points to either side.
func knots(path [][2]float64, smooth, n int) []knot {
	for range 2 {
		path = smoothed(path, smooth)
	}
	length := make([]float64, len(path)+1)
	for i := range path {
		next := path[(i+1)%len(path)]
		length[i+1] = length[i] + math.Hypot(next[0]-path[i][0], next[1]-path[i][1])
	}
	out := make([]knot, n)
	at := 0
	for k := range n {
		want := length[len(path)] * float64(k) / float64(n)
		for length[at+1] < want {
			at++
		}
		f := (want - length[at]) / max(length[at+1]-length[at], 1e-9)
		a, b := path[at], path[(at+1)%len(path)]
		out[k].U, out[k].V = float32(a[0]+f*(b[0]-a[0])), float32(a[1]+f*(b[1]-a[1]))
	}
	upright(out)
	return out
}

func smoothed(path [][2]float64, half int) [][2]float64 {
	n := len(path)
	out := make([][2]float64, n)
	for i := range path {
		for d := -half; d <= half; d++ {
			p := path[((i+d)%n+n)%n]
			out[i][0] += p[0] / float64(2*half+1)
			out[i][1] += p[1] / float64(2*half+1)
		}
	}
	return out
}

// upright turns every knot's normal outwards, square to its neighbours.
func upright(contour []knot) {
	n := len(contour)
	var area float64
	for i := range contour {
		a, b := &contour[i], &contour[(i+1)%n]
		area += float64(a.U*b.V - b.U*a.V)
	}
	out := float32(1)
	if area < 0 {
		out = -1
	}
	for i := range contour {
		a, b := &contour[(i+n-2)%n], &contour[(i+2)%n]
		du, dv := b.U-a.U, b.V-a.V
		d := max(float32(math.Hypot(float64(du), float64(dv))), 1e-6)
		contour[i].NormalU, contour[i].NormalV = out*dv/d, -out*du/d
	}
}
