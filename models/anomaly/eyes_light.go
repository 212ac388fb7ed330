package anomaly

import (
	"math"
	"slices"
)

// Lamp is how brightly good pictures are lit.
type Lamp struct {
	Seen      []Light `json:"seen"`      // of each good picture
	Tolerance float64 `json:"tolerance"` // how far from the nearest of them nothing is touched, as a logarithm
}

// Light is how bright a picture is against the mean good one, by red, green and
// blue: the logarithm of the median ratio over its places; over all of them, over
// its rim, and over what lies inside. Places too dark or too bright to compare do
// not count.
type Light struct {
	All    [3]float64 `json:"all"`
	Rim    [3]float64 `json:"rim"`
	Inside [3]float64 `json:"inside"`
	Known  [3]bool    `json:"known"` // that rim and inside have places enough
}

// How much light is taken back, as logarithms: of all colours together, and of one
// against the others. A picture that needs more is judged as it is.
const (
	MostLight = 0.35
	MostCast  = 0.15
)

// leastCast is what colours differ by where there is no cast, but in measuring.
const leastCast = 0.03

// rim is how wide the rim is, of the picture's sides.
const rim = 1.0 / 8

// ratios counts logarithms of ratios; its median is exact to a step.
type ratios struct {
	n      int
	counts [2*ratioReach + 1]int
}

// Steps of ratios: 512 for a factor of e, two of those each way.
const (
	ratioSteps = 512
	ratioReach = 2 * ratioSteps
)

func (r *ratios) add(v float64) {
	r.n++
	r.counts[max(0, min(2*ratioReach, ratioReach+int(math.Round(v*ratioSteps))))]++
}

func (r *ratios) median() float64 {
	left := r.n / 2
	for i, c := range r.counts {
		if left -= c; left < 0 {
			return float64(i-ratioReach) / ratioSteps
		}
	}
	return 0
}

// compare measures the painted picture's light, whose places lie dx, dy off.
func (e *Eyes) compare(r *eyeRoom, dx, dy int) (l Light) {
	w, h := e.W, e.H
	n := w * h
	mx, my := max(1, int(rim*float64(w))), max(1, int(rim*float64(h)))
	for k := range 3 {
		r.ring[k], r.middle[k], r.all[k] = ratios{}, ratios{}, ratios{}
	}
	ring, middle := 0, 0
	for y := max(0, -dy); y < min(h, h-dy); y++ {
		for x := max(0, -dx); x < min(w, w-dx); x++ {
			outside := x < mx || y < my || x >= w-mx || y >= h-my
			if outside {
				ring++
			} else {
				middle++
			}
			for k := range 3 {
				v, want := r.colour[k*n+(y+dy)*w+x+dx], e.Mean[k*n+y*w+x]
				// What was white may have been any brighter: it tells of less light alone.
				if v < 8 || want < 8 || v > 250 || want > 245 && v > 245 {
					continue
				}
				d := math.Log(float64(v) / float64(want))
				if r.all[k].add(d); outside {
					r.ring[k].add(d)
				} else {
					r.middle[k].add(d)
				}
			}
		}
	}
	for k := range 3 {
		l.All[k], l.Rim[k], l.Inside[k] = r.all[k].median(), r.ring[k].median(), r.middle[k].median()
		if 8*r.ring[k].n < ring {
			l.Rim[k] = 0 // as white as the mean good one
		}
		l.Known[k] = 8*r.ring[k].n >= ring && 8*r.middle[k].n >= middle
	}
	return l
}

// from is how far two lights are apart: the largest difference of a colour.
func (l Light) from(o Light) (d float64) {
	for k := range 3 {
		d = max(d, math.Abs(l.All[k]-o.All[k]))
	}
	return d
}

// nearestLight is the good picture lit most alike, but for one, and how far off it is.
func nearestLight(seen []Light, l Light, but int) (at int, off float64) {
	at, off = -1, math.Inf(1)
	for i, s := range seen {
		if d := l.from(s); i != but && d < off {
			at, off = i, d
		}
	}
	return at, off
}

// kind is the middle of the good pictures lit like the nearest that is not alone:
// parts of several colours have several.
func (m *Lamp) kind(l Light) (c Light, ok bool) {
	reach := 2 * m.Tolerance
	least := max(2, len(m.Seen)/20)
	best := math.Inf(1)
	for _, s := range m.Seen {
		if off := s.from(l); off < best {
			if mean, n := m.around(s, reach); n >= least {
				c, best, ok = mean, off, true
			}
		}
	}
	for range 5 {
		c, _ = m.around(c, reach)
	}
	return c, ok
}

// around is the mean of the good pictures lit within reach of c.
func (m *Lamp) around(c Light, reach float64) (mean Light, n int) {
	for _, s := range m.Seen {
		if s.from(c) > reach {
			continue
		}
		n++
		for k := range 3 {
			mean.All[k], mean.Rim[k], mean.Inside[k] = mean.All[k]+s.All[k], mean.Rim[k]+s.Rim[k], mean.Inside[k]+s.Inside[k]
			mean.Known[k] = mean.Known[k] || s.Known[k]
		}
	}
	if n == 0 {
		return c, 0
	}
	for k := range 3 {
		mean.All[k], mean.Rim[k], mean.Inside[k] = mean.All[k]/float64(n), mean.Rim[k]/float64(n), mean.Inside[k]/float64(n)
	}
	return mean, n
}

// excess is the gain by red, green and blue, as logarithms, that is to be taken
// back: as much as rim and inside have in common, for the light falls on both, and
// a part of another colour lies inside. ok is false where nothing is to be done.
func (m *Lamp) excess(l Light) (gain [3]float64, ok bool) {
	if _, off := nearestLight(m.Seen, l, -1); off <= m.Tolerance {
		return gain, false
	}
	good, ok := m.kind(l)
	if !ok {
		return gain, false
	}
	most, common := 0.0, 0.0
	for k := range 3 {
		a, b := l.Rim[k]-good.Rim[k], l.Inside[k]-good.Inside[k]
		// White that stays white tells nothing, white that became darker does.
		if !l.Known[k] || !good.Known[k] && a > 0 || a*b <= 0 {
			continue
		}
		// The rim varies less from part to part: it counts unless the inside changed far less.
		if gain[k] = a; math.Abs(b) < math.Abs(a)/2 {
			gain[k] = b
		}
		most = max(most, math.Abs(gain[k]))
		common += gain[k] / 3
	}
	apart := 0.0
	for k := range 3 {
		apart = max(apart, math.Abs(gain[k]-common))
	}
	if apart < leastCast {
		gain = [3]float64{common, common, common}
	}
	return gain, most > m.Tolerance && apart <= MostCast && math.Abs(common) <= MostLight
}

// relight takes a gain back. What is white may have been brighter: it stays as
// bright as the mean good picture is there.
func (e *Eyes) relight(m *Mended, gain [3]float64) Picture {
	p := m.Picture
	p.Pix = slices.Clone(p.Pix)
	var table [3][256]byte
	for k := range 3 {
		for v := range 256 {
			table[k][v] = byte(math.Round(min(255, float64(v)*math.Exp(-gain[k]))))
		}
	}
	for y := range p.Height {
		for x := range p.Width {
			at := p.Pix[3*(y*p.Width+x):][:3]
			for k, v := range at {
				at[k] = table[k][v]
				if v >= 250 && gain[k] > 0 {
					at[k] = max(at[k], byte(e.at(x, y, p.Width, p.Height)[k]))
				}
			}
		}
	}
	return p
}
