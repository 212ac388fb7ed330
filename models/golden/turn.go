package golden

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
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
}

func newPolar(radius float64) *polar {
	n := raysFor(radius)
	p := &polar{angles: n, fft: fourier.NewFFT(n), row: make([]float64, n), cross: make([]complex128, n/2+1), match: make([]float64, n)}
	for i := range p.spectrum {
		p.spectrum[i] = make([]complex128, n/2+1)
	}
	p.sin, p.cos = make([]float64, n), make([]float64, n)
	for i := range n {
		p.sin[i], p.cos[i] = math.Sincos(2 * math.Pi * float64(i) / float64(n))
	}
	return p
}

// unroll fills p.spectrum from at, which gives the print alone at a place of
// the golden picture, and returns the power in it.
func (p *polar) unroll(radius float64, at func(u, v float32) float32) (power float64) {
	for k := range ringCount {
		r := radius * (ringFrom + (ringTo-ringFrom)*float64(k)/(ringCount-1))
		weight := math.Sqrt(r / radius) // a ring speaks for its circumference
		for i := range p.row {
			p.row[i] = weight * float64(at(float32(r*p.cos[i]), float32(r*p.sin[i])))
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
	scale, x, y := float32(p.scale), float32(p.x), float32(p.y)
	gain := 1 / float32(p.gain)
	power := s.polar.unroll(m.radius, func(u, v float32) float32 {
		return s.grey.at(x+u*scale, y+v*scale)*gain/p.light(u, v) - m.body.at(u, v)
	})
	p.turn, p.match = s.polar.against(m.rings, power)
	p.shift = m.shift
	s.register(m, 4)
}

// register refines place, turn, size and strength of the print by Gauss-Newton on
// the sites, in rounds that stop when nothing moves any more.
func (s *scratch) register(m *Model, rounds int) {
	p := &s.pose
	scale, x, y := float32(p.scale), float32(p.x), float32(p.y)
	gain := 1 / float32(p.gain)
	for range rounds {
		place := p.from()
		strength, zoom := float32(p.strength), float32(p.zoom)
		sx, sy := float32(p.shift[0]), float32(p.shift[1])
		const width = unknowns + 1
		var eq [unknowns * width]float64
		for i := range m.sites {
			t := &m.sites[i]
			u, v := place(t.u, t.v)
			want := m.body.at(u, v) + strength*t.print
			e := s.grey.at(x+u*scale, y+v*scale)*gain/p.light(u, v) - want
			w := float32(1)
			if a := max(e, -e); a > 0.1 {
				w = 0.1 / a
			}
			// A print moved by (dx, dy), turned by da and grown by dz shows at
			// this place what it has at (u - dx + v da - u dz, v - dy - u da - v dz).
			pu, pv := zoom*t.u+sx, zoom*t.v+sy
			j := [unknowns + 1]float32{
				-strength * t.du, -strength * t.dv, strength * (t.du*pv - t.dv*pu),
				-strength * (t.du*t.u + t.dv*t.v), t.print, want, e,
			}
			for a := range unknowns {
				ja := w * j[a]
				for b := a; b <= unknowns; b++ {
					eq[a*width+b] += float64(ja * j[b])
				}
			}
		}
		for a := range unknowns {
			for b := range a {
				eq[a*width+b] = eq[b*width+a]
			}
		}
		if !solveIn(eq[:], unknowns, 1e-12) {
			return
		}
		var d [unknowns]float64
		for a := range d {
			d[a] = eq[a*width+unknowns]
		}
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

// unknowns of a print's register: shift, turn, zoom, strength, and the level of
// the light, which ink that was not yet known may have drawn astray.
const unknowns = 6

// mostZoom is how much larger or smaller than usual, against its part, a print
// may be and still be brought into register.
const mostZoom = 0.03

func limited(v, most float64) float64 { return min(max(v, -most), most) }
