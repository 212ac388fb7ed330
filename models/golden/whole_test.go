package golden

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
)

const wholeWidth, wholeHeight = 180, 140

// laid draws a whole picture: the part at x, y, turned as chance has it, on its belt.
func laid(rng *rand.Rand, f flaw, x, y int) anomaly.Picture {
	c := part(rng, true, f)
	p := anomaly.Picture{Width: wholeWidth, Height: wholeHeight, Pix: make([]byte, 3*wholeWidth*wholeHeight)}
	for i := range p.Pix {
		p.Pix[i] = byte(min(max(float64(c.Surround[i%3])+4*rng.NormFloat64()+0.5, 0), 255))
	}
	for v := range testSize {
		for u := range testSize {
			if px, py := x-testSize/2+u, y-testSize/2+v; px >= 0 && py >= 0 && px < wholeWidth && py < wholeHeight {
				copy(p.Pix[3*(py*wholeWidth+px):][:3], c.Pix[3*(v*testSize+u):])
			}
		}
	}
	return p
}

// anywhere draws good ones.
func anywhere(rng *rand.Rand) anomaly.Picture {
	return laid(rng, flaw{}, 50+rng.IntN(80), 50+rng.IntN(40))
}

// setOff learns the ground of pictures and returns them as a model's channels see them.
func setOff(pictures []anomaly.Picture) func(p anomaly.Picture) anomaly.Part {
	l := anomaly.NewGroundLearner()
	for i := range pictures {
		l.See(i, &pictures[i])
	}
	for i := range pictures {
		l.HeldOut(i, &pictures[i])
	}
	g := l.Ground()
	if g == nil {
		panic("the drawn pictures show no ground")
	}
	return func(p anomaly.Picture) anomaly.Part {
		part := anomaly.Part{Picture: p}
		g.SetOff(&part)
		return part
	}
}

// drawn is what 40 good pictures teach, and how others are set off as they are.
type drawn struct {
	*Whole
	off func(anomaly.Picture) anomaly.Part
	err error
}

var wholes = sync.OnceValue(func() (d drawn) {
	rng := rand.New(rand.NewPCG(5, 1))
	pictures := make([]anomaly.Picture, 40)
	for i := range pictures {
		pictures[i] = anywhere(rng)
	}
	d.off = setOff(pictures)
	d.Whole, d.err = TeachWhole(len(pictures), func(i int) (anomaly.Part, error) { return d.off(pictures[i]), nil })
	return d
})

func taughtWhole(t testing.TB) (*Whole, func(anomaly.Picture) anomaly.Part) {
	t.Helper()
	d := wholes()
	if d.err != nil {
		t.Fatal(d.err)
	}
	return d.Whole, d.off
}

func heard(t testing.TB, w *Whole, p anomaly.Part) anomaly.Reading {
	t.Helper()
	var r anomaly.Reading
	if err := w.Score(&p, models.Ask{}, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// What lies anywhere and any way round is found, and its flaws are told in the picture's
// own pixels.
func TestWhole(t *testing.T) {
	w, off := taughtWhole(t)
	rng := rand.New(rand.NewPCG(6, 1))
	for i := range 30 {
		if r := heard(t, w, off(anywhere(rng))); r.Score >= 1 {
			t.Errorf("good picture %d scores %.2f for %s", i, r.Score, r.Class)
		}
	}
	for name, c := range map[string]struct {
		flaw  flaw
		class string
		box   float64 // pixels at most from the flaw to its box's middle; 0: anywhere
	}{
		"spot":        {flaw{x: 20, y: -6, r: 3, contrast: -0.4}, "print", 6},
		"no print":    {flaw{noPrint: true}, "print", 0},
		"chip":        {flaw{bite: 6}, "outline", 0},
		"larger":      {flaw{radius: 3}, "size", 0},
		"yellow cast": {flaw{tint: 14}, "colour", 0},
	} {
		t.Run(name, func(t *testing.T) {
			x, y := 55+rng.IntN(70), 52+rng.IntN(36)
			r := heard(t, w, off(laid(rng, c.flaw, x, y)))
			all := append([]anomaly.Reading{r}, r.Also...)
			for _, r := range all {
				if at := r.Box.Centre(); r.Class == c.class && r.Score >= 1 && r.Unit != "mm" &&
					(c.box == 0 || math.Hypot(at.X-float64(x)-c.flaw.x, at.Y-float64(y)-c.flaw.y) < c.box) {
					return
				}
			}
			t.Errorf("at %d, %d it is told as %+v, want %s", x, y, all, c.class)
		})
	}
}

// The heat map is hot where the flaw is, and nowhere else.
func TestWholeHeat(t *testing.T) {
	w, off := taughtWhole(t)
	rng := rand.New(rand.NewPCG(13, 1))
	for name, c := range map[string]struct {
		flaw flaw
		x, y float64 // of the flaw, from the part's centre
	}{
		"good": {flaw{}, 0, 0},
		"spot": {flaw{x: 18, y: -8, r: 3, contrast: -0.4}, 18, -8},
		"chip": {flaw{bite: 6}, testRadius * math.Cos(1), testRadius * math.Sin(1)},
	} {
		p := off(laid(rng, c.flaw, 100, 66))
		var r anomaly.Reading
		if err := w.Score(&p, models.Ask{Heatmap: true}, &r); err != nil {
			t.Fatal(err)
		}
		hot := 0
		for i, v := range r.Heat.Score {
			x, y := float64(i%r.Heat.Width*heatStride+heatStride/2), float64(i/r.Heat.Width*heatStride+heatStride/2)
			if v < 1 {
				continue
			}
			if hot++; math.Hypot(x-100-c.x, y-66-c.y) > 20 { // the widest it looks at is 20 px across, twice smoothed
				t.Errorf("%s: %.2f at %v, %v", name, v, x, y)
			}
		}
		if (hot > 0) != (name != "good") {
			t.Errorf("%s: %d cells are hot, and it scores %.2f", name, hot, r.Score)
		}
	}
}

// A picture taken with twice the pixels is judged as it was taught.
func TestWholeOfAnotherSize(t *testing.T) {
	w, off := taughtWhole(t)
	rng := rand.New(rand.NewPCG(7, 1))
	for name, c := range map[string]struct {
		flaw flaw
		bad  bool
	}{"good": {flaw{}, false}, "spot": {flaw{x: 20, y: -6, r: 3, contrast: -0.4}, true}} {
		small := laid(rng, c.flaw, 90, 70)
		large := anomaly.Picture{Width: 2 * wholeWidth, Height: 2 * wholeHeight, Pix: make([]byte, 12*wholeWidth*wholeHeight)}
		for y := range large.Height {
			for x := range large.Width {
				copy(large.Pix[3*(y*large.Width+x):][:3], small.Pix[3*(y/2*wholeWidth+x/2):])
			}
		}
		r := heard(t, w, off(large))
		if (r.Score >= 1) != c.bad {
			t.Errorf("%s: twice as large it scores %.2f for %s", name, r.Score, r.Class)
		}
		if at := r.Box.Centre(); c.bad && math.Hypot(at.X-220, at.Y-128) > 12 {
			t.Errorf("the spot at 220, 128 is boxed at %+v", at)
		}
	}
}

// What can not be compared is rejected, never passed.
func TestWholeOfNothing(t *testing.T) {
	w, off := taughtWhole(t)
	rng := rand.New(rand.NewPCG(8, 1))
	empty := laid(rng, flaw{}, -200, -200)
	for name, p := range map[string]anomaly.Part{
		"empty tray":          off(empty),
		"no ground set off":   {Picture: anywhere(rng)},
		"half in the picture": off(laid(rng, flaw{}, wholeWidth, 70)),
		"a sliver of it":      off(laid(rng, flaw{}, wholeWidth+30, 70)),
	} {
		if r := heard(t, w, p); !(r.Score >= 1) {
			t.Errorf("%s scores %.2f for %s", name, r.Score, r.Class)
		}
		readings, complete, err := w.Places(&p, 1, nil)
		if err != nil || complete && len(readings) == 0 {
			t.Errorf("%s has no places: %v", name, err)
		}
	}
	c := part(rng, true, flaw{})
	if err := w.Score(&anomaly.Part{Picture: anomaly.PictureOf(&c), Crop: &c}, models.Ask{}, new(anomaly.Reading)); err == nil {
		t.Error("a located part was judged by what whole pictures look like")
	}
}

func TestWholePlaces(t *testing.T) {
	w, off := taughtWhole(t)
	rng := rand.New(rand.NewPCG(9, 1))
	p := off(laid(rng, flaw{x: -20, y: 8, r: 3, contrast: -0.5, bite: 7}, 90, 70))
	readings, complete, err := w.Places(&p, 1, nil)
	if err != nil || !complete {
		t.Fatalf("%v, complete %v", err, complete)
	}
	classes := map[string]bool{}
	for _, r := range readings {
		classes[r.Class] = true
		if r.Unit == "mm" {
			t.Errorf("%s is told in mm, and nobody said how large a pixel is", r.Class)
		}
	}
	if !classes["print"] || !classes["outline"] {
		t.Errorf("of a spot and a chip it names %v", classes)
	}
}

// Only what is round, alone in its picture and shown often enough is compared.
func TestWholeNeedsARoundProduct(t *testing.T) {
	for name, c := range map[string]struct {
		n    int
		draw func(rng *rand.Rand) anomaly.Picture
	}{
		"few": {Fewest - 1, anywhere},
		"crumbs of every shape": {30, func(rng *rand.Rand) anomaly.Picture {
			return laid(rng, flaw{bite: 25 * rng.Float64(), radius: -12 * rng.Float64()}, 60+rng.IntN(60), 70)
		}},
		"two in a picture": {30, func(rng *rand.Rand) anomaly.Picture {
			p, q := laid(rng, flaw{radius: -8}, 48, 70), laid(rng, flaw{radius: -8}, 132, 70)
			for y := range wholeHeight {
				copy(p.Pix[3*(y*wholeWidth+90):3*(y+1)*wholeWidth], q.Pix[3*(y*wholeWidth+90):])
			}
			return p
		}},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 1))
			pictures := make([]anomaly.Picture, c.n)
			for i := range pictures {
				pictures[i] = c.draw(rng)
			}
			off := setOff(pictures)
			if _, err := TeachWhole(c.n, func(i int) (anomaly.Part, error) { return off(pictures[i]), nil }); !errors.Is(err, ErrNoOutline) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	broken := errors.New("card reader gone")
	if _, err := TeachWhole(30, func(int) (anomaly.Part, error) { return anomaly.Part{}, broken }); !errors.Is(err, broken) {
		t.Errorf("a picture that can not be read is told as %v", err)
	}
}

// TestWholeOfFew: what few good ones teach rejects few of the later ones.
func TestWholeOfFew(t *testing.T) {
	for n, most := range map[int]int{Fewest: 3, 20: 2} { // of 50
		rejected := 0
		for seed := range uint64(2) {
			rng := rand.New(rand.NewPCG(100+seed, uint64(n)))
			pictures := make([]anomaly.Picture, n)
			for i := range pictures {
				pictures[i] = anywhere(rng)
			}
			off := setOff(pictures)
			w, err := TeachWhole(n, func(i int) (anomaly.Part, error) { return off(pictures[i]), nil })
			if err != nil {
				t.Fatal(err)
			}
			for range 25 {
				if heard(t, w, off(anywhere(rng))).Score >= 1 {
					rejected++
				}
			}
		}
		if rejected > most {
			t.Errorf("taught by %d: %d of 50 good ones are rejected", n, rejected)
		}
	}
}

func TestWholeSaved(t *testing.T) {
	w, off := taughtWhole(t)
	data := w.Save()
	again, err := LoadWhole(data)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Save(), data) {
		t.Error("saved again it is not the same")
	}
	p := off(laid(rand.New(rand.NewPCG(10, 1)), flaw{x: 10, y: 10, r: 4, contrast: 0.3}, 80, 60))
	if a, b := heard(t, w, p), heard(t, again, p); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("before %+v, after %+v", a, b)
	}
	head := len(wholeMagic)
	for name, broken := range map[string][]byte{
		"nothing": nil, "a located one": w.model.Save(), "shorter": data[:len(data)-5], "head alone": data[:head+12],
		"no width": append(append(bytes.Clone(data[:head]), 0, 0, 0, 0), data[head+4:]...),
		"altered":  append(bytes.Clone(data[:400]), append([]byte{data[400] ^ 1}, data[401:]...)...),
	} {
		if _, err := LoadWhole(broken); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzLoadWhole(f *testing.F) {
	w, off := taughtWhole(f)
	data := w.Save()
	f.Add(data)
	f.Add(data[:60])
	p := off(anywhere(rand.New(rand.NewPCG(11, 1))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if w, err := LoadWhole(data); err == nil {
			heard(t, w, p)
		}
	})
}

func BenchmarkWhole(b *testing.B) {
	w, off := taughtWhole(b)
	p := off(anywhere(rand.New(rand.NewPCG(12, 1))))
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Score(&p, models.Ask{}, new(anomaly.Reading)); err != nil {
			b.Fatal(err)
		}
	}
}
