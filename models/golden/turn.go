package golden

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"

	"linesman/vision/lanes"
)

const (
	ringCount = 24
	ringFrom  = 0.12 // of the radius
	ringTo    = 0.88
	// Nothing but tilted light varies this slowly around a part.
	slowest = 2
)

// rings are the golden print's angular spectra, ring by ring from the centre.
type rings struct {
	spectrum [ringCount][]complex128
	power    float64
}

// polar unrolls parts around their centre. It belongs to one goroutine.
type polar struct {
	angles   int
	fft      *fourier.FFT
	row      []float64
	spectrum [ringCount][]complex128
	cross    []complex128
	match    []float64
	sin, cos []float64
	u, v     []float32 // places of one ring
}

func newPolar(radius float64) *polar {
	n := raysFor(radius)
	p := &polar{angles: n, fft: fourier.NewFFT(n), row: make([]float64, n), cross: make([]complex128, n/2+1), match: make([]float64, n)}
	for i := range p.spectrum {
		p.spectrum[i] = make([]complex128, n/2+1)
	}
	p.sin, p.cos = make([]float64, n), make([]float64, n)
	p.u, p.v = make([]float32, n), make([]float32, n)
	for i := range n {
		p.sin[i], p.cos[i] = math.Sincos(2 * math.Pi * float64(i) / float64(n))
	}
	return p
}

// unroll fills p.spectrum from at, which gives the print alone at a place of
// the golden picture, and returns the power in it.
func (p *polar) unroll(radius float64, at func(u, v float32) float32) (power float64) {
	for k := range ringCount {
		r := ringAt(radius, k)
		for i := range p.row {
			p.row[i] = float64(at(float32(r*p.cos[i]), float32(r*p.sin[i])))
		}
		power += p.transform(radius, k)
	}
	return power
}

// ringAt is the radius of ring k of a part.
func ringAt(radius float64, k int) float64 {
	return radius * (ringFrom + (ringTo-ringFrom)*float64(k)/(ringCount-1))
}

// transform makes the spectrum of ring k from p.row, and returns the power in it. A
// ring speaks for its circumference.
func (p *polar) transform(radius float64, k int) (power float64) {
	weight := math.Sqrt(ringAt(radius, k) / radius)
	for i := range p.row {
		p.row[i] *= weight
	}
	spectrum := p.fft.Coefficients(p.spectrum[k], p.row)
	for i := range spectrum {
		if i < slowest {
			spectrum[i] = 0
			continue
		}
		re, im := real(spectrum[i]), imag(spectrum[i])
		power += re*re + im*im
	}
	return power
}

// keep copies what was unrolled last.
func (p *polar) keep(power float64) *rings {
	r := &rings{power: power}
	for k := range r.spectrum {
		r.spectrum[k] = append([]complex128(nil), p.spectrum[k]...)
	}
	return r
}

// against finds the turn at which what was unrolled last, of that power,
// correlates best with the golden rings: radians, and the correlation, 1 at best.
func (p *polar) against(g *rings, power float64) (turn, match float64) {
	clear(p.cross)
	for k := range ringCount {
		a, b := p.spectrum[k], g.spectrum[k]
		for i := slowest; i < len(a); i++ {
			re, im := real(b[i]), -imag(b[i])
			p.cross[i] += complex(real(a[i])*re-imag(a[i])*im, real(a[i])*im+imag(a[i])*re)
		}
	}
	p.match = p.fft.Sequence(p.match, p.cross)
	best := 0
	for i, v := range p.match {
		if v > p.match[best] {
			best = i
		}
	}
	n := p.angles
	before, here, after := p.match[(best+n-1)%n], p.match[best], p.match[(best+1)%n]
	at := float64(best)
	if bend := before - 2*here + after; bend < 0 {
		at += 0.5 * (before - after) / bend
	}
	// Sequence does not divide by n, and each half spectrum stands for both.
	scale := 2 * math.Sqrt(g.power*power)
	if scale > 0 {
		match = here / scale
	}
	return 2 * math.Pi * at / float64(n), match
}

// site is a place of the golden print with a slope worth measuring by.
type site struct{ u, v, print, du, dv float32 }

const mostSites = 3000

// findSites picks the places by which prints are brought into register.
func findSites(f *field, radius float64) []site {
	var all []site
	var slopes []float32
	n := f.side()
	reach := float32(0.9 * radius)
	for j := 1; j < n-1; j++ {
		for i := 1; i < n-1; i++ {
			u, v := float32(i-f.half), float32(j-f.half)
			if u*u+v*v > reach*reach {
				continue
			}
			k := j*n + i
			s := site{u, v, f.v[k], (f.v[k+1] - f.v[k-1]) / 2, (f.v[k+n] - f.v[k-n]) / 2}
			all = append(all, s)
			slopes = append(slopes, s.du*s.du+s.dv*s.dv)
		}
	}
	if len(all) == 0 {
		return nil
	}
	// Half the places at the steepest slopes, thinned to what time allows.
	least := pick(append([]float32(nil), slopes...), len(slopes)-max(len(slopes)/6, 1))
	var steep []site
	for i, s := range all {
		if slopes[i] >= least && slopes[i] > 0 {
			steep = append(steep, s)
		}
	}
	step := max(len(steep)/mostSites, 1)
	out := steep[:0]
	for i := 0; i < len(steep); i += step {
		out = append(out, steep[i])
	}
	return out
}

// turn finds how the part is turned, and brings the print into register.
func (s *scratch) turn(m *Model) {
	p := &s.pose
	p.turn, p.match = s.polar.against(m.rings, s.unroll(m))
	p.shift = m.shift
	s.bringIntoRegister(m, 4)
}

// unroll fills the spectra with the part's print alone, and returns the power in it.
func (s *scratch) unroll(m *Model) (power float64) {
	p := &s.pose
	scale, x, y := float32(p.scale), float32(p.x)-0.5, float32(p.y)-0.5
	gain, half := 1/float32(p.gain), float32(m.body.half)
	n := s.polar.angles
	at := s.row(n)
	u, v := s.polar.u, s.polar.v
	for k := range ringCount {
		r := ringAt(m.radius, k)
		for i := range n {
			u[i], v[i] = float32(r*s.polar.cos[i]), float32(r*s.polar.sin[i])
			at.x[i], at.y[i] = u[i]+half, v[i]+half
		}
		lanes.Look(at.a, at.x, at.y, m.body.v, m.body.side())
		for i := range n {
			at.x[i], at.y[i] = x+u[i]*scale, y+v[i]*scale
		}
		lanes.Look(at.b, at.x, at.y, s.grey.v, s.grey.size)
		for i := range n {
			s.polar.row[i] = float64(at.b[i]*gain/p.light(u[i], v[i]) - at.a[i])
		}
		power += s.polar.transform(m.radius, k)
	}
	return power
}

// registering is room for a print's sites: where each lies on the part, and how what
// is seen there would change.
type registering struct {
	u, v    []float32
	column  [unknowns + 1][]float32
	weighed []float32
}

func (r *registering) room(n int) {
	if len(r.u) == n {
		return
	}
	r.u, r.v, r.weighed = make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range r.column {
		r.column[i] = make([]float32, n)
	}
}

// bringIntoRegister refines place, turn, size and strength of the print by
// Gauss-Newton on the sites, in rounds that stop when nothing moves any more.
func (s *scratch) bringIntoRegister(m *Model, rounds int) {
	for range rounds {
		d, ok := s.step(m)
		if !ok {
			return
		}
		p := &s.pose
		p.shift[0] += limited(d[0], 3)
		p.shift[1] += limited(d[1], 3)
		p.turn += limited(d[2], 0.05)
		p.zoom = limited(p.zoom+d[3]-1, mostZoom) + 1
		p.strength = m.strength.hold(p.strength + d[4])
		for k := range p.tilt {
			p.tilt[k] *= 1 + limited(d[5], 0.1)
		}
		if math.Abs(d[0])+math.Abs(d[1])+(math.Abs(d[2])+math.Abs(d[3]))*m.radius < 0.05 {
			return
		}
	}
}

// step is one round of bringIntoRegister: by how much each unknown is off.
func (s *scratch) step(m *Model) (d [unknowns]float64, ok bool) {
	p := &s.pose
	scale, x, y := float32(p.scale), float32(p.x)-0.5, float32(p.y)-0.5
	gain, half := 1/float32(p.gain), float32(m.body.half)
	strength, zoom := float32(p.strength), float32(p.zoom)
	sx, sy := float32(p.shift[0]), float32(p.shift[1])
	place := p.from()
	n := len(m.sites)
	s.register.room(n)
	at, u, v, column := s.row(n), s.register.u, s.register.v, &s.register.column
	for i := range m.sites {
		u[i], v[i] = place(m.sites[i].u, m.sites[i].v)
		at.x[i], at.y[i] = u[i]+half, v[i]+half
	}
	lanes.Look(at.a, at.x, at.y, m.body.v, m.body.side())
	for i := range n {
		at.x[i], at.y[i] = x+u[i]*scale, y+v[i]*scale
	}
	lanes.Look(at.b, at.x, at.y, s.grey.v, s.grey.size)
	weight := at.x
	for i := range m.sites {
		t := &m.sites[i]
		want := at.a[i] + strength*t.print
		e := at.b[i]*gain/p.light(u[i], v[i]) - want
		weight[i] = 1
		if a := max(e, -e); a > 0.1 {
			weight[i] = 0.1 / a
		}
		// A print moved by (dx, dy), turned by da and grown by dz shows at
		// this place what it has at (u - dx + v da - u dz, v - dy - u da - v dz).
		pu, pv := zoom*t.u+sx, zoom*t.v+sy
		column[0][i], column[1][i] = -strength*t.du, -strength*t.dv
		column[2][i] = strength * (t.du*pv - t.dv*pu)
		column[3][i] = -strength * (t.du*t.u + t.dv*t.v)
		column[4][i], column[5][i], column[6][i] = t.print, want, e
	}
	const width = unknowns + 1
	var eq [unknowns * width]float64
	for a := range unknowns {
		weighed := s.register.weighed
		for i, c := range column[a] {
			weighed[i] = weight[i] * c
		}
		for b := a; b <= unknowns; b++ {
			eq[a*width+b] = lanes.Dot(weighed, column[b])
			if b < unknowns {
				eq[b*width+a] = eq[a*width+b]
			}
		}
	}
	if !solveIn(eq[:], unknowns, 1e-12) {
		return d, false
	}
	for a := range d {
		d[a] = eq[a*width+unknowns]
	}
	return d, true
}

// unknowns of a print's register: shift, turn, zoom, strength, and the level of
// the light, which ink that was not yet known may have drawn astray.
const unknowns = 6

// mostZoom is how much larger or smaller than usual, against its part, a print
// may be and still be brought into register.
const mostZoom = 0.03

func limited(v, most float64) float64 { return min(max(v, -most), most) }
