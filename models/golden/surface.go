package golden

import (
	"math"

	"linesman/vision/lanes"
)

// widths is the number of widths at which differences are looked for: a hair,
// a spot, a stain, and a line.
const widths = 4

// stroke is the width of lines: not a place but a stretch is averaged, in the
// direction in which it is strangest.
const stroke = 3

// brim is how far within the edge, in golden pixels, the surface ends; beyond,
// a part's true edge and a chip look alike, and the outline tells.
const brim = 2

// strides is how densely each width is looked at: every pixel, every second.
var strides = [widths]int{1, 1, 2, 1}

// boxes is the half width of the box that, applied twice, makes a width; the
// finest is a binomial of five.
var boxes = [stroke]int{0, 2, 5}

// difference fills diff with how much brighter (1 is twice as bright) or
// darker the part is than a good one under its own light.
func (s *scratch) difference(m *Model) {
	p := &s.pose
	n := s.grey.size
	reach := (m.radius - brim) * p.scale
	s.window = window{
		max(int(p.x-reach), 0), max(int(p.y-reach), 0),
		min(int(p.x+reach)+2, n), min(int(p.y+reach)+2, n),
	}
	clear(s.inside) // all of it: who follows a strange place, or looks up a spread's, comes beyond the window
	inPrint := p.printMap()
	inverse, strength, half := float32(1/p.scale), float32(p.strength), float32(m.body.half)
	edge := float32((m.radius - brim) * (m.radius - brim))
	across := func(i int) float32 { return (float32(i) + 0.5 - float32(p.x)) * inverse }
	for j := s.window.y0; j < s.window.y1; j++ {
		out, inside := s.diff.v[j*n:(j+1)*n], s.inside[j*n:(j+1)*n]
		clear(out[s.window.x0:s.window.x1])
		s.chords[j] = chord{}
		v := (float32(j) + 0.5 - float32(p.y)) * inverse
		if v*v > edge {
			continue
		}
		far := math.Sqrt(float64(edge-v*v)) * p.scale
		x0, x1 := max(int(p.x-far)-1, s.window.x0), min(int(p.x+far)+2, s.window.x1)
		for ; x0 < x1; x0++ {
			if u := across(x0); u*u+v*v <= edge {
				break
			}
		}
		for ; x0 < x1; x1-- {
			if u := across(x1 - 1); u*u+v*v <= edge {
				break
			}
		}
		if x0 >= x1 {
			continue
		}
		s.chords[j] = chord{x0, x1}
		r, u := s.row(x1-x0), across(x0)
		lanes.Line(r.x, u+half, inverse)
		lanes.Line(r.y, v+half, 0)
		lanes.Look(r.a, r.x, r.y, m.body.v, m.body.side())
		if m.turned {
			pu, pv := inPrint.to(u, v)
			lanes.Line(r.x, pu+half, inPrint.cos*inverse)
			lanes.Line(r.y, pv+half, -inPrint.sin*inverse)
			lanes.Look(r.b, r.x, r.y, m.print.v, m.print.side())
			lanes.Add(r.a, r.b, strength)
		}
		lanes.Line(r.b, p.light(u, v), float32(p.tilt[1])*inverse)
		lanes.Multiply(r.a, r.a, r.b)
		lanes.Relative(out[x0:x1], s.grey.v[j*n+x0:j*n+x1], r.a, 1/float32(p.gain), leastWanted)
		for k, want := range r.a {
			inside[x0+k] = want >= leastWanted
		}
	}
}

// leastWanted is the brightness that a good part must have at a place, 1 being the
// usual, for the part to be compared there: on black nothing is a share of.
const leastWanted = 0.02

// peak is the strangest place of a surface.
type peak struct {
	z     float64 // in deviations of good parts at that place
	diff  float64 // relative brightness there
	x, y  int     // pixel of the crop
	width int
}

// spreadAt returns how much good parts vary at a pixel of the crop.
func (s *scratch) spreadAt(m *Model, width int) func(x, y int) float32 {
	p := &s.pose
	inPrint := p.printMap()
	inverse := float32(1 / p.scale)
	cx, cy := float32(p.x)-0.5, float32(p.y)-0.5
	f := &m.spread[width]
	return func(x, y int) float32 {
		u, v := (float32(x)-cx)*inverse, (float32(y)-cy)*inverse
		return f.near(inPrint.to(u, v))
	}
}

// worstPlace finds where the surface is strangest at one width, if anything there is
// stranger than z deviations of good parts.
func (s *scratch) worstPlace(m *Model, width int, z float64) peak {
	n := s.grey.size
	p := &s.pose
	inPrint := p.printMap()
	inverse := float32(1 / p.scale)
	f := &m.spread[width]
	if len(f.v) == 0 {
		return peak{width: width} // a model of before lines were looked for
	}
	side := 2*f.half + 1
	best := float32(z)
	// No place varies less than the least, so that only what differs by more than
	// none needs to be looked up.
	least := m.least[width]
	none := 0.9999 * best * least
	worst := peak{width: width}
	step := strides[width]
	for j := s.window.y0; j < s.window.y1; j += step {
		row, inside := s.smoothed[width].v[j*n:(j+1)*n], s.inside[j*n:(j+1)*n]
		u0, v := (0.5-float32(p.x))*inverse, (float32(j)+0.5-float32(p.y))*inverse
		// Place in the spread's own grid, rounded.
		gx, gy := inPrint.to(u0, v)
		gx, gy = gx+float32(f.half)+0.5, gy+float32(f.half)+0.5
		dx, dy := inPrint.cos*inverse, -inPrint.sin*inverse
		for i, end := s.chords[j].x0, s.chords[j].x1; i < end; i++ {
			i += lanes.Beyond(row[i:end], none)
			if i >= end {
				break
			}
			if !inside[i] || (i-s.window.x0)%step != 0 {
				continue
			}
			a, b := int(gx+dx*float32(i)), int(gy+dy*float32(i))
			if uint(a) >= uint(side) || uint(b) >= uint(side) {
				continue
			}
			d := row[i]
			if z := max(d, -d) / f.v[b*side+a]; z > best {
				best, worst.x, worst.y, worst.diff, worst.z = z, i, j, float64(d), float64(z)
				none = 0.9999 * best * least
			}
		}
	}
	return worst
}

// worst finds where the surface is strangest at any width.
func (s *scratch) worst(m *Model) peak {
	var worst peak
	for w := range widths {
		if p := s.worstPlace(m, w, worst.z); p.z > worst.z {
			worst = p
		}
	}
	return worst
}

// extent follows a strange place to where it is half as strange, and returns
// its bounds (pixels of the crop, x1 and y1 beyond) and area.
func (s *scratch) extent(spread func(x, y int) float32, at peak) (x0, y0, x1, y1, area int) {
	const most = 40 // to each side; a reason needs no more
	n := s.grey.size
	v := s.smoothed[at.width].v
	var seen [2*most + 1][2*most + 1]bool
	queue := make([][2]int, 0, 256)
	push := func(x, y int) {
		i, j := x-at.x+most, y-at.y+most
		if uint(i) > 2*most || uint(j) > 2*most || seen[j][i] || uint(x) >= uint(n) || uint(y) >= uint(n) || !s.inside[y*n+x] {
			return
		}
		d := float64(v[y*n+x])
		if d*at.diff <= 0 || math.Abs(d)/float64(spread(x, y)) < at.z/2 {
			return
		}
		seen[j][i] = true
		queue = append(queue, [2]int{x, y})
	}
	x0, y0, x1, y1 = at.x, at.y, at.x+1, at.y+1
	push(at.x, at.y)
	for len(queue) > 0 {
		q := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		area++
		x0, y0, x1, y1 = min(x0, q[0]), min(y0, q[1]), max(x1, q[0]+1), max(y1, q[1]+1)
		push(q[0]-1, q[1])
		push(q[0]+1, q[1])
		push(q[0], q[1]-1)
		push(q[0], q[1]+1)
	}
	return x0, y0, x1, y1, max(area, 1)
}
