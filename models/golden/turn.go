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
	angles   int          // in which a turn is looked for
	back     *fourier.FFT // of as many
	ring     [ringCount]ringAngles
	row      []float64
	spectrum [ringCount][]complex128
	cross    []complex128
	match    []float64
	sin, cos []float64
}

// ringAngles are the directions in which one ring is looked at, one a pixel of its
// circumference: what is finer says nothing of a turn.
type ringAngles struct {
	radius float64
	n      int
	fft    *fourier.FFT
	u, v   []float32 // places
}

func newPolar(radius float64) *polar {
	n := raysFor(radius)
	p := &polar{angles: n, back: fourier.NewFFT(n), row: make([]float64, n), cross: make([]complex128, n/2+1), match: make([]float64, n)}
	plans := map[int]*fourier.FFT{n: p.back}
	for k := range p.ring {
		r := radius * (ringFrom + (ringTo-ringFrom)*float64(k)/(ringCount-1))
		own := 64
		for own < n && float64(own) < 2*math.Pi*r {
			own *= 2
		}
		if plans[own] == nil {
			plans[own] = fourier.NewFFT(own)
		}
		p.ring[k] = ringAngles{radius: r, n: own, fft: plans[own]}
		p.spectrum[k] = make([]complex128, own/2+1)
	}
	p.sin, p.cos = make([]float64, n), make([]float64, n)
	for i := range n {
		p.sin[i], p.cos[i] = math.Sincos(2 * math.Pi * float64(i) / float64(n))
	}
	for k := range p.ring {
		ring := &p.ring[k]
		for i := 0; i < n; i += n / ring.n {
			ring.u, ring.v = append(ring.u, float32(ring.radius*p.cos[i])), append(ring.v, float32(ring.radius*p.sin[i]))
		}
	}
	return p
}

// unroll fills p.spectrum from at, which gives the print alone at a place of
// the golden picture, and returns the power in it.
func (p *polar) unroll(radius float64, at func(u, v float32) float32) (power float64) {
	for k := range ringCount {
		for i, u := range p.ring[k].u {
			p.row[i] = float64(at(u, p.ring[k].v[i]))
		}
		power += p.transform(radius, k)
	}
	return power
}

// transform makes the spectrum of ring k from p.row, and returns the power in it. A
// ring speaks for its circumference.
func (p *polar) transform(radius float64, k int) (power float64) {
	ring := &p.ring[k]
	row := p.row[:ring.n]
	weight := math.Sqrt(ring.radius/radius) * float64(p.angles/ring.n)
	for i := range row {
		row[i] *= weight
	}
	spectrum := ring.fft.Coefficients(p.spectrum[k], row)
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
	p.match = p.back.Sequence(p.match, p.cross)
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

// sites are places of the golden print with a slope worth measuring by: where each
// is, what is printed there, its slope, and how the print there changes when it
// turns (rise) and grows (spread).
type sites struct{ u, v, print, du, dv, rise, spread []float32 }

func (s *sites) add(u, v, print, du, dv float32) {
	s.u, s.v, s.print = append(s.u, u), append(s.v, v), append(s.print, print)
	s.du, s.dv = append(s.du, du), append(s.dv, dv)
	s.rise, s.spread = append(s.rise, du*v-dv*u), append(s.spread, du*u+dv*v)
}

const mostSites = 3000

// findSites picks the places by which prints are brought into register.
func findSites(f *field, radius float64) (found sites) {
	var at []int
	var slopes []float32
	n := f.side()
	reach := float32(0.9 * radius)
	slope := func(k int) (du, dv float32) { return (f.v[k+1] - f.v[k-1]) / 2, (f.v[k+n] - f.v[k-n]) / 2 }
	for j := 1; j < n-1; j++ {
		for i := 1; i < n-1; i++ {
			if u, v := float32(i-f.half), float32(j-f.half); u*u+v*v <= reach*reach {
				du, dv := slope(j*n + i)
				at, slopes = append(at, j*n+i), append(slopes, du*du+dv*dv)
			}
		}
	}
	if len(at) == 0 {
		return found
	}
	// The sixth of the places at the steepest slopes, thinned to what time allows.
	least := pick(append([]float32(nil), slopes...), len(slopes)-max(len(slopes)/6, 1))
	var steep []int
	for i, k := range at {
		if slopes[i] >= least && slopes[i] > 0 {
			steep = append(steep, k)
		}
	}
	step := max(len(steep)/mostSites, 1)
	for i := 0; i < len(steep); i += step {
		k := steep[i]
		du, dv := slope(k)
		found.add(float32(k%n-f.half), float32(k/n-f.half), f.v[k], du, dv)
	}
	return found
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
	for k := range ringCount {
		u, v := s.polar.ring[k].u, s.polar.ring[k].v
		n := len(u)
		at := s.row(n)
		for i := range n {
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

// registering is room for one round of a print's register.
type registering struct{ weight, weighed, want, off, turned []float32 }

func (r *registering) room(n int) {
	for _, v := range []*[]float32{&r.weight, &r.weighed, &r.want, &r.off, &r.turned} {
		*v = sized(*v, n)
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
	p, t, r := &s.pose, &m.sites, &s.register
	n := len(t.u)
	r.room(n)
	at := s.row(n)
	s.seeSites(m, at)
	strength := float32(p.strength)
	copy(r.want, at.a)
	lanes.Add(r.want, t.print, strength)
	for i, want := range r.want {
		e := at.b[i] - want
		r.off[i], r.weight[i] = e, 1
		if a := max(e, -e); a > 0.1 {
			r.weight[i] = 0.1 / a
		}
	}
	// A print moved by (dx, dy), turned by da and grown by dz shows at this place
	// what it has at (u - dx + v da - u dz, v - dy - u da - v dz), turned about the
	// part's centre, not its own.
	lanes.Line(r.turned, 0, 0)
	lanes.Add(r.turned, t.rise, float32(p.zoom))
	lanes.Add(r.turned, t.du, float32(p.shift[1]))
	lanes.Add(r.turned, t.dv, -float32(p.shift[0]))
	column := [unknowns + 1][]float32{t.du, t.dv, r.turned, t.spread, t.print, r.want, r.off}
	const width = unknowns + 1
	var eq [unknowns * width]float64
	for a := range unknowns {
		lanes.Multiply(r.weighed, r.weight, column[a])
		for b := a; b <= unknowns; b++ {
			eq[a*width+b] = lanes.Dot(r.weighed, column[b])
			if b < unknowns {
				eq[b*width+a] = eq[a*width+b]
			}
		}
	}
	if !solveIn(eq[:], unknowns, 1e-12) {
		return d, false
	}
	each := [unknowns]float64{-1 / p.strength, -1 / p.strength, 1 / p.strength, -1 / p.strength, 1, 1}
	for a := range d {
		d[a] = each[a] * eq[a*width+unknowns]
	}
	return d, true
}

// seeSites looks at the places of the print's sites on the part: the body of a good
// one in at.a, and this one in its light in at.b.
func (s *scratch) seeSites(m *Model, at looks) {
	p, t := &s.pose, &m.sites
	sin64, cos64 := math.Sincos(p.turn)
	sin, cos, zoom := float32(sin64), float32(cos64), float32(p.zoom)
	sx, sy, half := float32(p.shift[0]), float32(p.shift[1]), float32(m.body.half)
	lanes.Line(at.x, half+cos*sx-sin*sy, 0)
	lanes.Add(at.x, t.u, zoom*cos)
	lanes.Add(at.x, t.v, -zoom*sin)
	lanes.Line(at.y, half+sin*sx+cos*sy, 0)
	lanes.Add(at.y, t.u, zoom*sin)
	lanes.Add(at.y, t.v, zoom*cos)
	lanes.Look(at.a, at.x, at.y, m.body.v, m.body.side())
	light := s.register.weight
	lanes.Line(light, p.light(-half, -half), 0)
	lanes.Add(light, at.x, float32(p.tilt[1]))
	lanes.Add(light, at.y, float32(p.tilt[2]))
	// Places of the part become places of the crop.
	scale := float32(p.scale)
	x, y := s.register.off, s.register.turned
	lanes.Line(x, float32(p.x)-0.5-half*scale, 0)
	lanes.Add(x, at.x, scale)
	lanes.Line(y, float32(p.y)-0.5-half*scale, 0)
	lanes.Add(y, at.y, scale)
	lanes.Look(at.b, x, y, s.grey.v, s.grey.size)
	gain := 1 / float32(p.gain)
	for i, l := range light {
		at.b[i] *= gain / l
	}
}

// unknowns of a print's register: shift, turn, zoom, strength, and the level of
// the light, which ink that was not yet known may have drawn astray.
const unknowns = 6

// mostZoom is how much larger or smaller than usual, against its part, a print
// may be and still be brought into register.
const mostZoom = 0.03

func limited(v, most float64) float64 { return min(max(v, -most), most) }
