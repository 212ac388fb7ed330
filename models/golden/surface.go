package golden

import "math"

// widths is the number of widths at which differences are looked for: a hair,
// a spot, a stain.
const widths = 3

// brim is how far within the edge, in golden pixels, the surface ends; beyond,
// a part's true edge and a chip look alike, and the outline tells.
const brim = 2

// strides is how densely each width is looked at: every pixel, every second.
var strides = [widths]int{1, 1, 2}

// boxes is the half width of the box that, applied twice, makes a width; the
// finest is a binomial of five.
var boxes = [widths]int{0, 2, 5}

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
	inPrint := p.printMap()
	gain, inverse, strength := 1/float32(p.gain), float32(1/p.scale), float32(p.strength)
	edge := float32((m.radius - brim) * (m.radius - brim))
	for j := s.window.y0; j < s.window.y1; j++ {
		v := (float32(j) + 0.5 - float32(p.y)) * inverse
		row, out, inside := s.grey.v[j*n:(j+1)*n], s.diff.v[j*n:(j+1)*n], s.inside[j*n:(j+1)*n]
		for i := s.window.x0; i < s.window.x1; i++ {
			u := (float32(i) + 0.5 - float32(p.x)) * inverse
			out[i], inside[i] = 0, false
			if u*u+v*v > edge {
				continue
			}
			want := m.body.at(u, v)
			if m.turned {
				want += strength * m.print.at(inPrint.to(u, v))
			}
			if want *= p.light(u, v); want < 0.02 {
				continue
			}
			out[i], inside[i] = row[i]*gain/want-1, true
		}
	}
}

// smooth averages diff at every width.
func (s *scratch) smooth() {
	w := s.window
	s.binomial(s.diff.v, s.smoothed[0].v, w)
	for k := 1; k < widths; k++ {
		out := s.smoothed[k].v
		s.boxRows(s.diff.v, out, w, boxes[k])
		s.boxRows(out, out, w, boxes[k])
		s.boxColumns(out, w, boxes[k])
		s.boxColumns(out, w, boxes[k])
	}
}

// binomial is a Gaussian of a pixel's deviation, both ways. Beyond the window
// everything is 0.
func (s *scratch) binomial(in, out []float32, w window) {
	n := s.grey.size
	for j := w.y0; j < w.y1; j++ {
		a, o := in[j*n+w.x0:j*n+w.x1], s.pass[j*n+w.x0:j*n+w.x1]
		last := len(a) - 1
		for i := range a {
			if i >= 2 && i <= last-2 {
				o[i] = (a[i-2]+a[i+2])*(1.0/16) + (a[i-1]+a[i+1])*(4.0/16) + a[i]*(6.0/16)
				continue
			}
			v := a[i] * (6.0 / 16)
			for d, k := range [3]float32{0, 4.0 / 16, 1.0 / 16} {
				if d > 0 && i-d >= 0 {
					v += k * a[i-d]
				}
				if d > 0 && i+d <= last {
					v += k * a[i+d]
				}
			}
			o[i] = v
		}
	}
	row := func(j int) []float32 {
		return s.pass[min(max(j, w.y0), w.y1-1)*n+w.x0 : min(max(j, w.y0), w.y1-1)*n+w.x1]
	}
	for j := w.y0; j < w.y1; j++ {
		a, b, c, d, e := row(j-2), row(j-1), row(j), row(j+1), row(j+2)
		o := out[j*n+w.x0 : j*n+w.x1]
		for i := range o {
			o[i] = (a[i]+e[i])*(1.0/16) + (b[i]+d[i])*(4.0/16) + c[i]*(6.0/16)
		}
	}
}

// boxRows averages over half pixels to both sides along rows; in and out may
// be the same.
func (s *scratch) boxRows(in, out []float32, w window, half int) {
	n := s.grey.size
	k := 1 / float32(2*half+1)
	width := w.x1 - w.x0
	if width <= 2*half {
		return
	}
	for j := w.y0; j < w.y1; j++ {
		a, o := in[j*n+w.x0:j*n+w.x1], out[j*n+w.x0:j*n+w.x1]
		t := s.pass[:width]
		copy(t, a)
		var sum float32
		for i := range half {
			sum += t[i]
		}
		for i := range t {
			if i+half < width {
				sum += t[i+half]
			}
			o[i] = sum * k
			if i >= half {
				sum -= t[i-half]
			}
		}
	}
}

// boxColumns averages over half pixels up and down, in place.
func (s *scratch) boxColumns(v []float32, w window, half int) {
	n := s.grey.size
	k := 1 / float32(2*half+1)
	width, height := w.x1-w.x0, w.y1-w.y0
	if height <= 2*half {
		return
	}
	// The rows still needed unsmoothed wait in a ring; pass has room for it,
	// since a window is never wider than the crop.
	ring := 2*half + 1
	sum := s.pass[:width]
	kept := s.pass[width : width+ring*width]
	clear(sum)
	clear(kept)
	add := func(j int) {
		row := v[(w.y0+j)*n+w.x0:][:width]
		slot := kept[j%ring*width:][:width]
		for i, x := range row {
			sum[i] += x - slot[i]
			slot[i] = x
		}
	}
	drop := func(j int) {
		slot := kept[j%ring*width:][:width]
		for i := range slot {
			sum[i] -= slot[i]
			slot[i] = 0
		}
	}
	for j := range half {
		add(j)
	}
	for j := range height {
		if j+half < height {
			add(j + half)
		} else if j-half-1 >= 0 {
			drop(j - half - 1)
		}
		row := v[(w.y0+j)*n+w.x0:][:width]
		for i, x := range sum {
			row[i] = x * k
		}
	}
}

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

// worstPlace finds where the surface is strangest at one width.
func (s *scratch) worstPlace(m *Model, width int) peak {
	n := s.grey.size
	p := &s.pose
	inPrint := p.printMap()
	inverse := float32(1 / p.scale)
	f := &m.spread[width]
	side := 2*f.half + 1
	var best float32
	worst := peak{width: width}
	step := strides[width]
	for j := s.window.y0; j < s.window.y1; j += step {
		row, inside := s.smoothed[width].v[j*n:(j+1)*n], s.inside[j*n:(j+1)*n]
		u0, v := (0.5-float32(p.x))*inverse, (float32(j)+0.5-float32(p.y))*inverse
		// Place in the spread's own grid, rounded.
		gx, gy := inPrint.to(u0, v)
		gx, gy = gx+float32(f.half)+0.5, gy+float32(f.half)+0.5
		dx, dy := inPrint.cos*inverse, -inPrint.sin*inverse
		for i := s.window.x0; i < s.window.x1; i += step {
			if !inside[i] {
				continue
			}
			a, b := int(gx+dx*float32(i)), int(gy+dy*float32(i))
			if uint(a) >= uint(side) || uint(b) >= uint(side) {
				continue
			}
			d := row[i]
			if z := max(d, -d) / f.v[b*side+a]; z > best {
				best, worst.x, worst.y, worst.diff = z, i, j, float64(d)
			}
		}
	}
	worst.z = float64(best)
	return worst
}

// worst finds where the surface is strangest at any width.
func (s *scratch) worst(m *Model) peak {
	var worst peak
	for w := range widths {
		if p := s.worstPlace(m, w); p.z > worst.z {
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
