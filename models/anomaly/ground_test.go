package anomaly

import (
	"math"
	"math/rand/v2"
	"testing"
)

// onGround draws a round product of a radius on grey ground with grain, in light that
// falls off to the right; radius 0 is ground alone.
func onGround(seed uint64, radius, light float64) Picture {
	const w, h = 160, 120
	random := rand.New(rand.NewPCG(seed, 4))
	cx, cy := w/2+10*(random.Float64()-0.5), h/2+10*(random.Float64()-0.5)
	p := Picture{Width: w, Height: h}
	for y := range h {
		for x := range w {
			c := [3]float64{90, 92, 95}
			if math.Hypot(float64(x)-cx, float64(y)-cy) < radius {
				c = [3]float64{190, 130, 60}
			}
			fall := light * (1.1 - 0.2*float64(x)/w)
			grain := 4 * random.NormFloat64()
			for _, v := range c {
				p.Pix = append(p.Pix, byte(max(0, min(255, v*fall+grain))))
			}
		}
	}
	return p
}

// filled draws pictures that the product fills; rim darkens so many pixels at the edge.
func filled(seed uint64, rim int) Picture {
	p := onGround(seed, 1000, 1)
	for y := range p.Height {
		for x := range p.Width {
			if min(x, y, p.Width-1-x, p.Height-1-y) < rim {
				copy(p.Pix[3*(y*p.Width+x):], []byte{12, 12, 12})
			}
		}
	}
	return p
}

func groundFrom(n int, draw func(seed uint64) Picture) *Ground {
	l := NewGroundLearner()
	for _, take := range []func(int, *Picture){l.See, l.HeldOut} {
		for i := range n {
			p := draw(uint64(i))
			take(i, &p)
		}
	}
	return l.Ground()
}

func TestGroundIsDecidedByGoodParts(t *testing.T) {
	for _, c := range []struct {
		name string
		want bool
		draw func(uint64) Picture
	}{
		{"a disc on ground", true, func(s uint64) Picture { return onGround(s, 30, 1) }},
		{"discs of many sizes", true, func(s uint64) Picture { return onGround(s, 25+float64(s%10), 1) }},
		{"ground alone", false, func(s uint64) Picture { return onGround(s, 0, 1) }},
		{"the product fills the picture", false, func(s uint64) Picture { return filled(s, 0) }},
		{"all but a dark edge", false, func(s uint64) Picture { return filled(s, 6) }},
		{"some on ground and some that fill the picture", false, func(s uint64) Picture { return onGround(s, 30+500*float64(s%3/2), 1) }},
	} {
		if g := groundFrom(24, c.draw); (g != nil) != c.want {
			t.Errorf("%s: ground found: %v, want %v", c.name, g != nil, c.want)
		}
	}
}

func TestGroundIsSetOff(t *testing.T) {
	g := groundFrom(24, func(s uint64) Picture { return onGround(s, 30, 1) })
	if g == nil {
		t.Fatal("no ground found")
	}
	data, err := g.save()
	if err != nil {
		t.Fatal(err)
	}
	if g, err = readGround(data); err != nil {
		t.Fatal(err)
	}
	judged := func(p Picture, x, y int) bool { return p.Mask == nil || p.Mask[y*p.Width+x] > 127 }
	crumb := onGround(100, 30, 1)
	for y := 10; y < 15; y++ {
		for x := 20; x < 25; x++ {
			copy(crumb.Pix[3*(y*crumb.Width+x):], []byte{190, 130, 60})
		}
	}
	gap := onGround(101, 30, 1)
	for y := range gap.Height { // a slit of ground from the picture's edge to the middle
		for x := 76; x < 84; x++ {
			if y < 60 {
				copy(gap.Pix[3*(y*gap.Width+x):], []byte{90, 92, 95})
			}
		}
	}
	for _, c := range []struct {
		name      string
		picture   Picture
		in, out   [2]int // places judged and not judged
		extension [2]float64
	}{
		{"a good part", onGround(102, 30, 1), [2]int{80, 60}, [2]int{10, 110}, [2]float64{0, 0.7}},
		{"its outline", onGround(102, 30, 1), [2]int{80, 28}, [2]int{150, 10}, [2]float64{0, 0.7}},
		{"under a lamp of 0.7", onGround(103, 30, 0.7), [2]int{80, 60}, [2]int{10, 110}, [2]float64{0, 0.7}},
		{"a crumb on the ground", crumb, [2]int{22, 12}, [2]int{10, 110}, [2]float64{0, 0.9}},
		{"a gap in the part", gap, [2]int{80, 40}, [2]int{10, 110}, [2]float64{0, 2}},
		{"half a part", onGround(104, 20, 1), [2]int{80, 60}, [2]int{10, 110}, [2]float64{1, 10}},
		{"a part far too large", onGround(105, 45, 1), [2]int{80, 60}, [2]int{3, 117}, [2]float64{1, 20}},
	} {
		p := Part{Picture: c.picture}
		g.SetOff(&p)
		if !judged(p.Picture, c.in[0], c.in[1]) || judged(p.Picture, c.out[0], c.out[1]) {
			t.Errorf("%s: judged at %v: %v, at %v: %v; want true and false", c.name, c.in, judged(p.Picture, c.in[0], c.in[1]), c.out, judged(p.Picture, c.out[0], c.out[1]))
		}
		if f := g.extension(&p); f.Score < c.extension[0] || f.Score > c.extension[1] {
			t.Errorf("%s: the extension scores %.2f (%.1f %%, limit %.1f), want %v", c.name, f.Score, f.Measured, f.Limit, c.extension)
		}
	}
	// Ground alone, or none at all, is judged as it is and never passes.
	for name, picture := range map[string]Picture{"ground alone": onGround(106, 0, 1), "no ground": filled(107, 0)} {
		p := Part{Picture: picture}
		if g.SetOff(&p); g.extension(&p).Score < 1 {
			t.Errorf("%s: the extension scores %.2f, want it rejected", name, g.extension(&p).Score)
		}
	}
}

// What a mask leaves out already stays out.
func TestGroundKeepsTheMask(t *testing.T) {
	g := groundFrom(24, func(s uint64) Picture { return onGround(s, 30, 1) })
	p := Part{Picture: onGround(200, 30, 1)}
	p.Mask = make([]byte, p.Width*p.Height)
	for i := range p.Mask {
		if i%p.Width < 80 {
			p.Mask[i] = 255
		}
	}
	g.SetOff(&p)
	if p.Mask[60*p.Width+90] > 127 || p.Mask[60*p.Width+70] <= 127 {
		t.Error("want the left half of the part judged and no more")
	}
}

func TestGrow(t *testing.T) {
	const w, h = 9, 5
	cells := make([]bool, w*h)
	cells[2*w+1], cells[0] = true, true
	grow(cells, w, h, 2)
	for i, have := range cells {
		x, y := i%w, i/w
		if want := x <= 3 && y <= 4 || x <= 2 && y <= 2; have != want {
			t.Errorf("%d, %d: %v, want %v", x, y, have, want)
		}
	}
}

func FuzzReadGround(f *testing.F) {
	data, err := groundFrom(8, func(s uint64) Picture { return onGround(s, 30, 1) }).save()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"colours":"AA==","least":0.1,"most":0.2,"slack":0.1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := readGround(data)
		if err != nil {
			return
		}
		p := Part{Picture: onGround(1, 30, 1)}
		g.SetOff(&p)
		if s := g.extension(&p).Score; s != s || s < 0 {
			t.Errorf("the extension scores %v", s)
		}
	})
}
