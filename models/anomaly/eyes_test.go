package anomaly

import (
	"math"
	"math/rand/v2"
	"testing"
)

// scene draws a picture of 160 x 120: a fixed pattern of stripes and a bright disc
// whose colour is given, moved by dx, dy, with a little noise.
func scene(seed uint64, disc [3]float64, dx, dy int) Picture {
	random := rand.New(rand.NewPCG(seed, 3))
	p := Picture{Width: 160, Height: 120, Pix: make([]byte, 0, 3*160*120)}
	for y := range p.Height {
		for x := range p.Width {
			u, v := float64(x-dx), float64(y-dy)
			c := 90 + 30*math.Sin(u/5+v/11) + 20*math.Sin(v/4)
			if (u*u)/900 > 1 && int(u)%40 < 3 {
				c += 40
			}
			inside := (u-80)*(u-80)+(v-60)*(v-60) < 30*30
			for k := range 3 {
				w := c
				if inside {
					w = disc[k] + 10*math.Sin(u*v/90)
				}
				p.Pix = append(p.Pix, byte(max(0, min(255, w+1.5*random.NormFloat64()))))
			}
		}
	}
	return p
}

var plain = [3]float64{150, 140, 120}

// taughtEyes are of 12 scenes that lie alike to half a cell.
func taughtEyes(t *testing.T) *Eyes {
	t.Helper()
	good := make([]Picture, 12)
	for i := range good {
		good[i] = scene(uint64(i), plain, 0, 0)
	}
	l := NewEyesLearner(&good[0], len(good))
	for i := range good {
		l.See(i, &good[i])
	}
	for i := range good {
		l.Again(i, &good[i])
	}
	e := l.Eyes()
	if e.Light == nil || e.Place == nil || e.Focus == nil {
		t.Fatalf("light %v, place %v, focus %v: want all three of scenes that lie alike", e.Light != nil, e.Place != nil, e.Focus != nil)
	}
	e.Focus.Threshold = 1
	return e
}

func lit(p Picture, gain [3]float64) Picture {
	out := Picture{Width: p.Width, Height: p.Height, Pix: make([]byte, len(p.Pix))}
	for i, v := range p.Pix {
		out.Pix[i] = byte(min(255, math.Round(float64(v)*gain[i%3])))
	}
	return out
}

func soft(p Picture, sigma float64) Picture {
	var s Smoother
	n := p.Width * p.Height
	out := Picture{Width: p.Width, Height: p.Height, Pix: make([]byte, 3*n)}
	from, into := make([]float32, n), make([]float32, n)
	for k := range 3 {
		for i := range n {
			from[i] = float32(p.Pix[3*i+k])
		}
		s.Filter(from, into, p.Width, p.Height, Gauss(sigma))
		for i, v := range into {
			out.Pix[3*i+k] = byte(v + 0.5)
		}
	}
	return out
}

// apart is the mean difference of grey values where both count.
func apart(a, b Picture) float64 {
	sum, n := 0.0, 0
	for i := range a.Width * a.Height {
		if a.Mask != nil && a.Mask[i] == 0 {
			continue
		}
		for k := range 3 {
			sum += math.Abs(float64(a.Pix[3*i+k]) - float64(b.Pix[3*i+k]))
			n++
		}
	}
	return sum / float64(n)
}

func TestMend(t *testing.T) {
	e := taughtEyes(t)
	want := scene(99, plain, 0, 0)
	red := [3]float64{190, 110, 90}
	for _, c := range []struct {
		name        string
		taken, want Picture
		touched     bool
		within      float64 // grey values
	}{
		{"as taught", want, want, false, 0},
		{"darker lamp", lit(want, [3]float64{0.8, 0.8, 0.8}), want, true, 2},
		{"brighter lamp", lit(want, [3]float64{1.2, 1.2, 1.2}), want, true, 2},
		{"a cast", lit(want, [3]float64{1.1, 1, 0.9}), want, true, 3},
		{"too dark", lit(want, [3]float64{0.5, 0.5, 0.5}), lit(want, [3]float64{0.5, 0.5, 0.5}), false, 0},
		{"a part of another colour", scene(7, red, 0, 0), scene(7, red, 0, 0), false, 0},
		{"moved", scene(99, plain, 4, -3), want, true, 4},
		{"moved too far", scene(99, plain, 40, 0), scene(99, plain, 40, 0), false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := e.Mend(c.taken)
			if touched := &m.Pix[0] != &c.taken.Pix[0]; touched != c.touched {
				t.Fatalf("touched %v (moved by %d, %d), want %v", touched, m.dx, m.dy, c.touched)
			}
			if d := apart(m.Picture, c.want); m.Soft || d > c.within {
				t.Errorf("%.2f grey values off (soft %v), want at most %v", d, m.Soft, c.within)
			}
		})
	}
}

// TestMendBlurred holds that a blurred picture, whatever its blur, comes to the look
// of good ones in the soft state.
func TestMendBlurred(t *testing.T) {
	e := taughtEyes(t)
	sharp := scene(99, plain, 0, 0)
	state := Soften(&sharp, 0)
	for _, sigma := range []float64{1.3, 2} {
		taken := soft(sharp, sigma)
		m := e.Mend(taken)
		if d := apart(m.Picture, state); !m.Soft || d > 4 {
			t.Errorf("blurred by %.1f px: soft %v, %.2f grey values from the soft state, want at most 4", sigma, m.Soft, d)
		}
	}
}

// TestEyesSaved holds that eyes read again mend alike, and that damaged ones are refused.
func TestEyesSaved(t *testing.T) {
	e := taughtEyes(t)
	data, err := e.save()
	if err != nil {
		t.Fatal(err)
	}
	again, err := readEyes(data)
	if err != nil {
		t.Fatal(err)
	}
	taken := lit(scene(5, plain, 4, 4), [3]float64{0.8, 0.8, 0.8})
	a, b := e.Mend(taken), again.Mend(taken)
	if a.dx != b.dx || a.dy != b.dy || a.dx == 0 || string(a.Pix) != string(b.Pix) {
		t.Errorf("moved by %d, %d; read again %d, %d, want the same picture", a.dx, a.dy, b.dx, b.dy)
	}
	for _, damage := range []func(*Eyes){
		func(e *Eyes) { e.Mean = e.Mean[1:] },
		func(e *Eyes) { e.Place.Weight = e.Place.Weight[1:] },
		func(e *Eyes) { e.Light.Tolerance = 0 },
		func(e *Eyes) { e.Focus.Threshold = 0 },
	} {
		bad, err := readEyes(data)
		if err != nil {
			t.Fatal(err)
		}
		damage(bad)
		if text, err := bad.save(); err != nil {
			t.Fatal(err)
		} else if _, err := readEyes(text); err == nil {
			t.Error("damaged eyes were read")
		}
	}
}
