package vision

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"linesman/camera"
)

func TestSettingsSayWhatIsWrongAndTheCure(t *testing.T) {
	good := LocateSettings{MMPerPx: 0.1, DiameterMM: 9, Lanes: 8, LaneMM: 10, Belt: "+x"}
	cases := []struct {
		name   string
		change func(*LocateSettings)
		want   string // of the error; empty: none
	}{
		{"as in the example", func(*LocateSettings) {}, ""},
		{"lanes left out", func(s *LocateSettings) { s.Lanes, s.LaneMM = 0, 0 }, ""},
		{"no scale", func(s *LocateSettings) { s.MMPerPx = 0 }, "mm_per_px"},
		{"scale is no number", func(s *LocateSettings) { s.MMPerPx = math.NaN() }, "mm_per_px"},
		{"no diameter", func(s *LocateSettings) { s.DiameterMM = 0 }, "diameter_mm"},
		{"diameter of a few pixels", func(s *LocateSettings) { s.DiameterMM = 1 }, "move the camera nearer"},
		{"diameter in micrometres", func(s *LocateSettings) { s.DiameterMM = 9000 }, "check mm_per_px"},
		{"negative area", func(s *LocateSettings) { s.MinAreaMM2 = -1 }, "min_area_mm2"},
		{"area beyond the part's", func(s *LocateSettings) { s.MinAreaMM2 = 100 }, "no part would be found"},
		{"negative lanes", func(s *LocateSettings) { s.Lanes = -1 }, "lanes"},
		{"lanes without their distance", func(s *LocateSettings) { s.LaneMM = 0 }, "lane_mm is missing"},
		{"unknown direction", func(s *LocateSettings) { s.Belt = "left" }, "+x, -x, +y, -y"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := good
			c.change(&s)
			err := s.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err == nil && (s.Lanes < 1 || s.MinAreaMM2 <= 0 || s.Belt == "") {
				t.Errorf("defaults not filled in: %+v", s)
			}
		})
	}
}

func TestCropSizes(t *testing.T) {
	for mm, want := range map[float64]int{9: 112, 28: 320, 20: 224, 2: 32} {
		if got := (LocateSettings{MMPerPx: 0.1, DiameterMM: mm}).CropSize(); got != want {
			t.Errorf("%v mm: crop of %d, want %d", mm, got, want)
		}
	}
}

func TestLanesStandInThePicturesMiddle(t *testing.T) {
	s := LocateSettings{MMPerPx: 0.1, Lanes: 3, LaneMM: 10}
	for across, want := range map[float64]int{0: 1, 60: 1, 149: 1, 151: 2, 200: 2, 251: 3, 399: 3} {
		if got := s.Lane(across, 400); got != want {
			t.Errorf("at %v of 400: lane %d, want %d", across, got, want)
		}
	}
}

func TestInverseUndoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		m := Affine{rng.NormFloat64(), rng.NormFloat64(), 100 * rng.Float64(), rng.NormFloat64(), rng.NormFloat64(), 100 * rng.Float64()}
		back, ok := m.Inverse()
		if !ok {
			continue
		}
		p := Point{rng.Float64(), rng.Float64()}
		if q := back.Apply(m.Apply(p)); math.Hypot(q.X-p.X, q.Y-p.Y) > 1e-6 {
			t.Errorf("%+v maps %v and back to %v", m, p, q)
		}
	}
	if _, ok := (Affine{A: 1, D: 1}).Inverse(); ok {
		t.Error("a map that flattens the plane has an inverse")
	}
}

func TestOverlapOfBoxes(t *testing.T) {
	a := Box{0, 0, 10, 10}
	for want, b := range map[float64]Box{1: a, 0: {20, 0, 30, 10}, 1.0 / 3: {5, 0, 15, 10}} {
		if got := a.Overlap(b); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v and %v overlap %v, want %v", a, b, got, want)
		}
	}
}

func TestCropsAreRecycled(t *testing.T) {
	var c Crops
	first := &c.Add(32).Pix[0]
	c.Add(32)
	c.Cut = 3
	c.Reset()
	if len(c.Items) != 0 || c.Cut != 0 {
		t.Fatalf("after Reset: %d crops, %d cut", len(c.Items), c.Cut)
	}
	again := c.Add(32)
	if &again.Pix[0] != first || len(again.Pix) != 3*32*32 || len(again.Mask) != 32*32 || again.Lane != 0 {
		t.Error("the buffer was not used again, or not cleared")
	}
	kept := again.Clone()
	again.Pix[0], again.Mask[0] = 7, 7
	if kept.Pix[0] == 7 || kept.Mask[0] == 7 {
		t.Error("a clone shares its pixels")
	}
}

func TestLetterboxKeepsShapeAndBrightness(t *testing.T) {
	const w, h = 40, 20
	pix := make([]byte, 3*w*h)
	for i := range pix {
		pix[i] = byte(i / 3 % w * 6) // a ramp along x
	}
	n := Normalise{Deviation: [3]float32{1, 1, 1}}
	for _, side := range []int{10, 20, 80} {
		l := Fit(w, h, side, side)
		out := make([]float32, 3*side*side)
		l.Fill(pix, 3*w, n, [3]byte{9, 9, 9}, out)
		if out[0] != 9 || out[3*side*side-1] != 9 {
			t.Errorf("side %d: corners %v %v, want the pad", side, out[0], out[3*side*side-1])
		}
		x, y := side/2, side/2
		at := l.ToPicture().Apply(Point{float64(x) + 0.5, float64(y) + 0.5})
		if got, want := float64(out[y*side+x]), 6*(at.X-0.5); math.Abs(got-want) > 0.1 {
			t.Errorf("side %d: middle %v, want %v", side, got, want)
		}
	}
}

func TestQualityTellsPicturesApart(t *testing.T) {
	draw := func(at func(x, y int) float64, noise float64) *camera.Frame {
		rng := rand.New(rand.NewPCG(1, 1))
		f := camera.NewPool(1).Get(200, 120, camera.RGB)
		for i := range f.Pix {
			f.Pix[i] = byte(min(max(at(i/3%200, i/600)+noise*rng.NormFloat64(), 0), 255))
		}
		return f
	}
	edge := func(soft float64) func(x, y int) float64 {
		return func(x, y int) float64 { return 60 + 140/(1+math.Exp(-(float64(x)-100)/soft)) }
	}
	var scratch []byte
	sharp, blurred := Inspect(draw(edge(0.3), 0), &scratch), Inspect(draw(edge(4), 0), &scratch)
	if sharp.Focus < 10*blurred.Focus || sharp.Covered || blurred.Covered {
		t.Errorf("sharp %+v, blurred %+v", sharp, blurred)
	}
	if q := Inspect(draw(func(x, y int) float64 { return 300 * float64(x/100) }, 0), &scratch); math.Abs(q.Clipped-1) > 0.01 {
		t.Errorf("black and white: %+v, want all clipped", q)
	}
	for name, f := range map[string]*camera.Frame{
		"lens cap": draw(func(x, y int) float64 { return 2 }, 1),
		"even fog": draw(func(x, y int) float64 { return 120 }, 5),
	} {
		if q := Inspect(f, &scratch); !q.Covered {
			t.Errorf("%s: %+v, want covered", name, q)
		}
	}
}
