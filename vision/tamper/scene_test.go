package tamper_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"linesman/camera"
	"linesman/vision/tamper"
)

// yard paints a scene: walls, doors, racks and marks on the floor, each pixel
// with its light, and noise of a sensor. It is seeded; a failure replays.
type yard struct {
	width, height int
	base          []float64 // the scene in full light, larger than the picture
	margin        int
	random        *rand.Rand
	noise         [1 << 14]float64 // of a normal distribution
	pool          *camera.Pool
}

func newYard(seed uint64) *yard {
	y := &yard{width: 320, height: 180, margin: 50, random: rand.New(rand.NewPCG(seed, 2)), pool: camera.NewPool(4)}
	w, h := y.width+2*y.margin, y.height+2*y.margin
	y.base = make([]float64, w*h)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range y.noise {
		y.noise[i] = y.random.NormFloat64()
	}
	for i := range y.base {
		y.base[i] = 120
	}
	for range 90 {
		x0, y0 := r.IntN(w), r.IntN(h)
		dx, dy := 5+r.IntN(60), 5+r.IntN(45)
		lean, level := r.Float64()-0.5, 40+160*r.Float64()
		for j := y0; j < min(y0+dy, h); j++ {
			for i := x0; i < min(x0+dx, w); i++ {
				if k := i + int(lean*float64(j-y0)); k >= 0 && k < w {
					y.base[j*w+k] = level
				}
			}
		}
	}
	for i := range y.base { // grain: what only a sharp lens shows
		y.base[i] += 12 * (r.Float64() - 0.5)
	}
	return y
}

// view is how the camera sees the yard at a moment.
type view struct {
	dx, dy int                            // pixels by which it is turned
	light  float64                        // 1 is full light
	shade  float64                        // 0 to 1, of a shadow that lies over the right half
	blur   int                            // pixels of defocus
	haze   float64                        // 0 to 1, of grey that lies over everything
	noise  float64                        // grey levels
	before func(x, y int) (float64, bool) // what stands before the lens, if anything there
	clock  int                            // seconds, written in the corner; 0 is none
}

func (y *yard) frame(v view) *camera.Frame {
	f := y.pool.Get(y.width, y.height, camera.Grey)
	w := y.width + 2*y.margin
	for j := range y.height {
		grain := y.noise[y.random.IntN(len(y.noise)-y.width):]
		for i := range y.width {
			at := func(i, j int) float64 { return y.base[(j+y.margin+v.dy)*w+i+y.margin+v.dx] }
			value := at(i, j)
			if v.blur > 0 {
				value = 0
				for k := -v.blur; k <= v.blur; k++ {
					value += at(i+k, j) + at(i, j+k)
				}
				value /= float64(4*v.blur + 2)
			}
			value = v.light * (value + v.haze*(150-value))
			if i > y.width/2+j/4 {
				value *= 1 - v.shade
			}
			if v.before != nil {
				if o, there := v.before(i, j); there {
					value = o
				}
			}
			if v.clock > 0 && j < 6 && i < 30 && (i*7+j/3+v.clock*(i/10+1))%5 < 2 {
				value = 250
			}
			if v.noise > 0 {
				value += v.noise * grain[i]
			}
			f.Pix[j*f.Stride+i] = byte(min(max(value, 0), 255))
		}
	}
	return f
}

const fps = 2

// play shows the yard for a while and returns, for each fault, when it was last
// raised and cleared, as seconds of the play; -1 for never.
type play struct {
	t       testing.TB
	seed    uint64
	yard    *yard
	reduce  *tamper.Reducer
	detect  *tamper.Detector
	at      time.Time
	sight   tamper.Sight
	raised  map[tamper.Fault]bool
	reading []tamper.Reading
}

func newPlay(t testing.TB, seed uint64) *play {
	t.Helper()
	d, err := tamper.New(tamper.Settings{})
	must(t, err)
	return &play{t: t, seed: seed, yard: newYard(seed), reduce: tamper.NewReducer(), detect: d, at: time.Date(2026, 3, 14, 6, 0, 0, 0, time.UTC), raised: map[tamper.Fault]bool{}}
}

// run shows what view says at each second from 0 on and returns the second at
// which each fault was raised first.
func (p *play) run(lasts time.Duration, at func(s float64) view) map[tamper.Fault]float64 {
	p.t.Helper()
	first := map[tamper.Fault]float64{}
	for i := range int(lasts.Seconds() * fps) {
		s := float64(i) / fps
		f := p.yard.frame(at(s))
		must(p.t, p.reduce.Reduce(f, &p.sight))
		f.Release()
		p.see(s, first)
	}
	return first
}

// calm are ten seconds of each yard as it should be, to be shown again and again.
var calm = map[uint64][]tamper.Sight{}

// rest shows the yard as it should be for a while, and returns what run does.
func (p *play) rest(lasts time.Duration) map[tamper.Fault]float64 {
	p.t.Helper()
	sights, ok := calm[p.seed]
	if !ok {
		sights = make([]tamper.Sight, 10*fps)
		for i := range sights {
			f := p.yard.frame(view{light: 1, noise: 3})
			must(p.t, p.reduce.Reduce(f, &sights[i]))
			f.Release()
		}
		calm[p.seed] = sights
	}
	first := map[tamper.Fault]float64{}
	for i := range int(lasts.Seconds() * fps) {
		p.sight = sights[i%len(sights)]
		p.see(float64(i)/fps, first)
	}
	p.sight = tamper.Sight{} // the pixels are the yard's
	return first
}

func (p *play) see(s float64, first map[tamper.Fault]float64) {
	p.at = p.at.Add(time.Second / fps)
	p.sight.At = p.at
	p.reading = p.detect.See(&p.sight)
	for _, r := range p.reading {
		if r.Raised && !p.raised[r.Fault] {
			if _, before := first[r.Fault]; !before {
				first[r.Fault] = s
			}
		}
		p.raised[r.Fault] = r.Raised
	}
}

// well is the yard as it should be.
func well(float64) view { return view{light: 1, noise: 3} }

func wave(x, y int) float64 { return 70 + 15*math.Sin(float64(x+2*y)/40) }
