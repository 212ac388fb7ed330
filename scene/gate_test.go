package scene

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// yardView draws a yard in grey with the noise of a sensor, the light of the
// hour, and whoever walks in it.
type yardView struct {
	rng    *rand.Rand
	ground []float64
	noise  float64
	normal []float64 // drawn once, read from a random place on
	pix    []byte
}

func newYardView(seed uint64, noise float64) *yardView {
	v := &yardView{rng: rand.New(rand.NewPCG(seed, 5)), ground: make([]float64, 160*90), noise: noise, pix: make([]byte, 160*90)}
	for range 1 << 16 {
		v.normal = append(v.normal, v.rng.NormFloat64())
	}
	for y := range 90 {
		for x := range 160 {
			v.ground[y*160+x] = 90 + 40*math.Sin(float64(x)/9) + 30*math.Sin(float64(y)/7) + 20*v.rng.Float64()
		}
	}
	return v
}

// figure is a dark upright box in the yard.
type figure struct{ x, y, w, h, grey float64 }

func (v *yardView) picture(light float64, figures ...figure) Grey {
	at := v.rng.IntN(len(v.normal))
	for i, g := range v.ground {
		x, y := float64(i%160), float64(i/160)
		for _, f := range figures {
			if x >= f.x && x < f.x+f.w && y >= f.y && y < f.y+f.h {
				g = f.grey
			}
		}
		v.pix[i] = byte(min(max(g*light+v.noise*v.normal[(at+i)%len(v.normal)], 0), 255))
	}
	return Grey{Width: 160, Height: 90, Stride: 160, Pix: v.pix}
}

func TestGateStaysClosed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		noise float64
		light func(s float64) float64
		looks int // at most, in two and a half minutes at 5 pictures a second, the floor's 30 among them
	}{
		{"a still yard", 2, func(float64) float64 { return 1 }, 40},
		{"a noisy night", 7, func(float64) float64 { return 0.4 }, 40},
		{"a cloud every minute", 2, func(s float64) float64 { return 1 + 0.3*math.Sin(s/10) }, 44},
		{"the exposure jumps every twenty seconds", 2, func(s float64) float64 { return 1 + 0.25*float64(int(s/20)%2) }, 44},
	} {
		v := newYardView(1, tt.noise)
		g, _ := NewGate(GateSettings{})
		looks, why := 0, map[string]int{}
		for n := range 750 {
			s := float64(n) / 5
			if l := g.Glance(v.picture(tt.light(s)), after(s), false); l.Look {
				looks++
				why[l.Why.String()]++
			}
		}
		t.Logf("%s: looked at %d of 750 pictures: %v", tt.name, looks, why)
		if looks > tt.looks {
			t.Errorf("%s: looked at %d of 750 pictures (%v), want at most %d", tt.name, looks, why, tt.looks)
		}
		if looks < 28 {
			t.Errorf("%s: looked at %d of 750 pictures: the floor of 5 s asks for 30", tt.name, looks)
		}
	}
}

func TestGateOpens(t *testing.T) {
	for _, tt := range []struct {
		name   string
		figure func(s float64) figure
		light  float64
	}{
		{"walks in from the side", func(s float64) figure { return figure{-4 + 8*s, 50, 5, 14, 40} }, 1},
		{"far away", func(s float64) figure { return figure{60 + 3*s, 20, 3, 8, 30} }, 1},
		{"at night", func(s float64) figure { return figure{60 + 6*s, 40, 5, 14, 190} }, 0.4},
		{"in grey before grey", func(s float64) figure { return figure{60 + 6*s, 40, 6, 16, 140} }, 1},
	} {
		v := newYardView(2, 3)
		g, _ := NewGate(GateSettings{})
		for n := range 300 {
			g.Glance(v.picture(tt.light), after(float64(n)/5), false)
		}
		opened := -1
		for n := range 20 {
			s := 60 + float64(n)/5
			f := tt.figure(float64(n) / 5)
			if l := g.Glance(v.picture(tt.light, f), after(s), false); l.Why == Moving {
				opened = n + 1
				break
			}
		}
		if opened < 1 || opened > 2 {
			t.Errorf("%s: opened at picture %d, want 1 or 2", tt.name, opened)
		}
	}
}

func TestGateKeepsLooking(t *testing.T) {
	v := newYardView(3, 2)
	g, _ := NewGate(GateSettings{Floor: 3 * time.Second})
	var last time.Time
	for n := range 500 {
		s := float64(n) / 5
		busy := s >= 20 && s < 40
		l := g.Glance(v.picture(1), after(s), busy)
		if busy && !l.Look {
			t.Fatalf("at %v s somebody is followed, and it does not look", s)
		}
		if l.Look {
			last = after(s)
		}
		if after(s).Sub(last) > 3*time.Second {
			t.Fatalf("at %v s it has not looked for %v", s, after(s).Sub(last))
		}
	}
	if l := g.Glance(Grey{Width: 160, Height: 90, Stride: 160, Pix: make([]byte, 5)}, after(101), false); !l.Look {
		t.Error("a picture that is none need not be looked at")
	}
	if l := g.Glance(v.picture(1), after(-100), false); !l.Look {
		t.Error("after a clock that stepped back it waits")
	}
	dark := Grey{Width: 160, Height: 90, Stride: 160, Pix: make([]byte, 160*90)}
	if l := g.Glance(dark, after(102), false); !l.Look || l.Why != Upheaval {
		t.Errorf("covered: %+v", l)
	}
}

// TestChanged holds that what is put down is told of while it lies there, and
// that nothing else is.
func TestChanged(t *testing.T) {
	v := newYardView(4, 2)
	g, _ := NewGate(GateSettings{})
	told, wrong := 0.0, 0
	for n := range 5 * 200 {
		s := float64(n) / 5
		var fs []figure
		if s > 60 && s < 70 { // somebody walks by and puts it down
			fs = append(fs, figure{16 * (s - 60), 40, 6, 18, 30})
		}
		if s > 65 && s < 150 {
			fs = append(fs, figure{80, 50, 9, 9, 20})
		}
		g.Glance(v.picture(1+0.1*math.Sin(s/15), fs...), after(s), false)
		if n%5 != 0 {
			continue
		}
		for _, b := range g.Changed() {
			c := b.Centre()
			switch {
			case math.Abs(c.X*160-84.5) < 5 && math.Abs(c.Y*90-54.5) < 5:
				if told == 0 {
					told = s
				}
				if s > 160 {
					wrong++
				}
			case s > 80 || s < 60:
				t.Logf("at %v s: %v", s, b)
				wrong++
			}
		}
	}
	if told < 65 || told > 75 || wrong > 0 {
		t.Errorf("told of it at %v s (put down at 65), %d times of what is not there", told, wrong)
	}
}

func TestGateSettingsRefuse(t *testing.T) {
	for says, s := range map[string]GateSettings{
		"gate.floor is 2m0s":  {Floor: 2 * time.Minute},
		"gate.hold is -1s":    {Hold: -time.Second},
		"gate.least is 300":   {Least: 300},
		"gate.blocks is 1000": {Blocks: 1000},
	} {
		if _, err := NewGate(s); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

func TestGateAllocatesNothing(t *testing.T) {
	v := newYardView(1, 3)
	g, _ := NewGate(GateSettings{})
	p := v.picture(1)
	n := 0
	if a := testing.AllocsPerRun(100, func() { n++; g.Glance(p, after(float64(n)/5), false); g.Changed() }); a > 0 {
		t.Errorf("%v allocations a picture", a)
	}
}

func BenchmarkGate(b *testing.B) {
	v := newYardView(1, 3)
	g, _ := NewGate(GateSettings{})
	p := v.picture(1)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		g.Glance(p, after(float64(n)/5), false)
	}
}
