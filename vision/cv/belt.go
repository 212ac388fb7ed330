package cv

import (
	"math"

	"linesman/vision/lanes"
)

// terms is the number of terms of the belt's shading: 1, x, y, xx + yy, xx - yy, xy.
const terms = 6

// belt is the bare belt as this frame shows it: a colour whose brightness
// varies slowly over the picture. Coordinates run from -1 to 1 both ways.
type belt struct {
	coef [3][terms]float64 // R, G, B levels, 0..255
	set  bool
}

// at evaluates the belt's colour at (x, y), each -1..1.
func (b *belt) at(x, y float64) [3]float64 {
	var out [3]float64
	for c := range out {
		k := &b.coef[c]
		out[c] = k[0] + k[1]*x + k[2]*y + k[3]*(x*x+y*y) + k[4]*(x*x-y*y) + k[5]*x*y
	}
	return out
}

// flat makes an evenly lit belt of one colour.
func flat(colour [3]float64) belt {
	var b belt
	for c, v := range colour {
		b.coef[c][0] = v
	}
	b.set = true
	return b
}

// scaled is the same belt under light stronger by a factor.
func (b belt) scaled(gain float64) belt {
	for c := range b.coef {
		for i := range b.coef[c] {
			b.coef[c][i] *= gain
		}
	}
	return b
}

// evenBelt is the side, in pixels of the sensor, of a stretch of belt whose
// brightness is about the same.
const evenBelt = 110

// stiffness of each term of the shading against the others: lamps and lenses
// fall off from one side to the other and from the middle outwards; other
// shapes are most likely the belt's own.
var stiffness = [terms]float64{0, 1, 1, 1, 10, 10}

// sketch is the frame shrunk until noise has cancelled, RGB, used to learn the belt.
type sketch struct {
	w, h  int
	pix   []byte
	scale float64 // sensor pixels in one of ours

	columns []column
	rows    [][9]float64 // of the fit
}

func (s *sketch) place(i int) (x, y float64) {
	return (float64(i%s.w)+0.5)*2/float64(s.w) - 1, (float64(i/s.w)+0.5)*2/float64(s.h) - 1
}

// tolerance is how far from the belt's level a pixel may be and still be belt:
// a share of the level, and the levels that noise and rounding make.
func tolerance(level, share float64) float64 { return share*level + 4 }

// fit refines b on the pixels of s within share of it, several rounds, and
// returns the share of the sketch that is belt. Fewer than a fiftieth: no fit.
func (s *sketch) fit(b *belt, share float64, rounds int) float64 {
	var covered float64
	for range rounds {
		normal, n := s.belong(b, share)
		var m [terms][terms]float64
		var rhs [3][terms]float64
		for j := range m {
			for k := range m {
				m[j][k] = normal.Product(j, k)
			}
			for c := range rhs {
				rhs[c][j] = normal.Of(j, c)
			}
		}
		covered = float64(n) / float64(s.w*s.h)
		if covered < 0.02 {
			return covered
		}
		// A belt has patches of its own, lighter and darker, and what the fit
		// takes for shading must be more than they are: the fewer patches are in
		// sight, the stiffer the fit. The level itself stays free.
		patches := float64(n) * s.scale / (evenBelt * evenBelt)
		stiff := min(25/(patches*patches), 0.5) * float64(n)
		for j := range m {
			m[j][j] += stiff * stiffness[j]
		}
		for c := range rhs {
			if k, ok := solve(m, rhs[c]); ok {
				b.coef[c] = k
			}
		}
	}
	return covered
}

// belong gathers the pixels within share of b, and returns how many there are.
func (s *sketch) belong(b *belt, share float64) (normal lanes.Normal, n int) {
	s.columns = s.columns[:0]
	for x := range s.w {
		fx := (float64(x)+0.5)*2/float64(s.w) - 1
		s.columns = append(s.columns, columnOf(b, fx))
	}
	for y := range s.h {
		fy := (float64(y)+0.5)*2/float64(s.h) - 1
		yy := fy * fy
		var across [3]float64
		for c := range across {
			across[c] = b.coef[c][2] * fy
		}
		s.rows = s.rows[:0]
		line := s.pix[3*y*s.w : 3*(y+1)*s.w]
		for x := range s.columns {
			at := &s.columns[x]
			p := line[3*x : 3*x+3 : 3*x+3]
			bowl, saddle := at.square+yy, at.square-yy
			near := true
			for c, v := range p {
				want := at.level[c] + across[c] + b.coef[c][3]*bowl + b.coef[c][4]*saddle + at.cross[c]*fy
				if math.Abs(float64(v)-want) > tolerance(want, share) {
					near = false
					break
				}
			}
			if near {
				s.rows = append(s.rows, [9]float64{1, at.x, fy, bowl, saddle, at.x * fy, float64(p[0]), float64(p[1]), float64(p[2])})
			}
		}
		n += len(s.rows)
		normal.Add(s.rows)
	}
	return normal, n
}

// solve is Gaussian elimination with pivoting.
func solve(m [terms][terms]float64, v [terms]float64) ([terms]float64, bool) {
	for i := range terms {
		p := i
		for r := i + 1; r < terms; r++ {
			if math.Abs(m[r][i]) > math.Abs(m[p][i]) {
				p = r
			}
		}
		if math.Abs(m[p][i]) < 1e-9 {
			return v, false
		}
		m[i], m[p] = m[p], m[i]
		v[i], v[p] = v[p], v[i]
		for r := i + 1; r < terms; r++ {
			f := m[r][i] / m[i][i]
			for c := i; c < terms; c++ {
				m[r][c] -= f * m[i][c]
			}
			v[r] -= f * v[i]
		}
	}
	for i := terms - 1; i >= 0; i-- {
		for c := i + 1; c < terms; c++ {
			v[i] -= m[i][c] * v[c]
		}
		v[i] /= m[i][i]
	}
	return v, true
}

// gain finds by how much the light has changed since b was learned, as the
// commonest ratio of the sketch to b among pixels that kept its hue. ok is
// false when fewer than a twentieth of the picture agree.
func (s *sketch) gain(b *belt) (gain float64, ok bool) {
	const bins, low, high = 96, 0.6, 1.6
	var hist [bins]float64
	n := 0
	for i := 0; i < s.w*s.h; i += 2 {
		x, y := s.place(i)
		want := b.at(x, y)
		p := s.pix[3*i : 3*i+3]
		sum := float64(p[0]) + float64(p[1]) + float64(p[2])
		r := sum / (want[0] + want[1] + want[2])
		n++
		if r <= low || r >= high {
			continue
		}
		same := true
		for c, v := range p {
			if math.Abs(float64(v)-want[c]*r) > tolerance(want[c], 0.05) {
				same = false
				break
			}
		}
		if same {
			hist[int((r-low)/(high-low)*bins)]++
		}
	}
	best, at := 0.0, 0
	for i := 2; i < bins-2; i++ {
		v := hist[i-2] + hist[i-1] + hist[i] + hist[i+1] + hist[i+2]
		// Of two peaks the one nearer the light as it was is the belt.
		if v *= 1 - 0.5*math.Abs(low+(float64(i)+0.5)/bins*(high-low)-1); v > best {
			best, at = v, i
		}
	}
	if best < 0.05*float64(n) {
		return 1, false
	}
	var weight, mean float64
	for i := at - 2; i <= at+2; i++ {
		weight += hist[i]
		mean += hist[i] * (low + (float64(i)+0.5)/bins*(high-low))
	}
	return mean / weight, true
}

// modes returns the commonest colours of the sketch, commonest first, each
// apart from the others.
func (s *sketch) modes() [][3]float64 {
	const most = 5
	hist := map[int]int{}
	n := s.w * s.h
	for i := range n {
		hist[bin(s.pix[3*i:3*i+3])]++
	}
	taken := make([]bool, n)
	var out [][3]float64
	for len(out) < most {
		top, key := 0, -1
		for k, v := range hist {
			if v > top || v == top && k < key {
				top, key = v, k
			}
		}
		if key < 0 || top < n/200 {
			break
		}
		delete(hist, key)
		colour := [3]float64{float64(key>>8)*16 + 8, float64(key>>4&15)*16 + 8, float64(key&15)*16 + 8}
		mass := 0
		for range 6 {
			var sum [3]float64
			mass = 0
			for i := range n {
				if p := s.pix[3*i : 3*i+3]; !taken[i] && within(p, colour, 0.12) {
					for c, v := range p {
						sum[c] += float64(v)
					}
					mass++
				}
			}
			if mass == 0 {
				break
			}
			for c := range colour {
				colour[c] = sum[c] / float64(mass)
			}
		}
		if mass < n/40 {
			continue
		}
		for i := range n {
			if p := s.pix[3*i : 3*i+3]; !taken[i] && within(p, colour, 0.16) {
				taken[i] = true
				if k := bin(p); hist[k] > 0 {
					hist[k]--
				}
			}
		}
		out = append(out, colour)
	}
	return out
}

func bin(p []byte) int { return int(p[0]>>4)<<8 | int(p[1]>>4)<<4 | int(p[2]>>4) }

func within(p []byte, colour [3]float64, share float64) bool {
	for c, v := range p {
		if math.Abs(float64(v)-colour[c]) > tolerance(colour[c], share) {
			return false
		}
	}
	return true
}
