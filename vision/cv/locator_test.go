package cv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"linesman/camera"
	"linesman/vision"
)

// disc is one round thing on the drawn belt, in pixels of the sensor.
type disc struct {
	x, y, r float64
	colour  [3]float64
}

// scene is a belt with discs, drawn plainly: soft edges, shading, noise.
type scene struct {
	w, h    int
	belt    [3]float64
	shading float64 // share by which the light falls off towards the right
	light   float64
	noise   float64 // levels
	discs   []disc
}

func (s scene) draw(seed uint64) *camera.Frame {
	rng := rand.New(rand.NewPCG(seed, 1))
	f := camera.NewPool(1).Get(s.w, s.h, camera.RGB)
	for y := range s.h {
		for x := range s.w {
			px, py := float64(x)+0.5, float64(y)+0.5
			colour := s.belt
			for _, d := range s.discs {
				if math.Abs(px-d.x) > d.r+2 || math.Abs(py-d.y) > d.r+2 {
					continue
				}
				k := min(max(d.r-math.Hypot(px-d.x, py-d.y)+0.5, 0), 1)
				for c := range colour {
					colour[c] += k * (d.colour[c] - colour[c])
				}
			}
			gain := s.light * (1 - s.shading*px/float64(s.w))
			for c, v := range colour {
				f.Pix[y*f.Stride+3*x+c] = byte(min(max(v*gain+s.noise*rng.NormFloat64()+0.5, 0), 255))
			}
		}
	}
	return f
}

func tablets() vision.LocateSettings {
	return vision.LocateSettings{MMPerPx: 0.1, DiameterMM: 9, Lanes: 8, LaneMM: 10, Belt: "+x"}
}

var (
	white = [3]float64{215, 210, 200}
	dark  = [3]float64{50, 60, 55}
	blue  = [3]float64{40, 90, 160}
)

// grid lays 8 lanes of 7 tablets, whole, in their nominal places.
func grid(colour [3]float64) (discs []disc) {
	for lane := range 8 {
		for i := range 7 {
			discs = append(discs, disc{140 + 120*float64(i) + 2.5*float64(lane%3), 50 + 100*float64(lane), 45, colour})
		}
	}
	return discs
}

func locate(t testing.TB, l *Locator, f *camera.Frame) *vision.Crops {
	t.Helper()
	var crops vision.Crops
	if err := l.Locate(f, &crops); err != nil {
		t.Fatalf("Locate: %v", err)
	}
	return &crops
}

func newLocator(t testing.TB, s vision.LocateSettings) *Locator {
	t.Helper()
	l, err := NewLocator(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// missing lists the discs no crop is centred on within a pixel and a half.
func missing(discs []disc, crops *vision.Crops) (out []disc) {
	for _, d := range discs {
		if !slices.ContainsFunc(crops.Items, func(c vision.Crop) bool {
			return math.Hypot(c.Centre.X-d.x, c.Centre.Y-d.y) < 1.5
		}) {
			out = append(out, d)
		}
	}
	return out
}

func TestLocateFindsEveryTablet(t *testing.T) {
	lone := []disc{{500, 250, 45, white}}
	touch := []disc{{200, 150, 45, white}, {290, 150, 45, white}, {245, 228, 45, white}, {600, 450, 45, white}, {600, 541, 45, white}}
	square := []disc{{300, 300, 45, white}, {390, 300, 45, white}, {300, 390, 45, white}, {390, 390, 45, white}}
	// A capsule of discs end on to a tablet: found whole, and only once.
	long := []disc{{300, 300, 45, white}, {373, 300, 28, white}, {385, 300, 28, white}, {397, 300, 28, white}}
	foreign := []disc{{200, 150, 45, white}, {320, 150, 36, [3]float64{120, 60, 60}}, {440, 150, 45, white}}
	cases := []struct {
		name  string
		scene scene
		parts []disc // nil: every disc is a part
	}{
		{"full frame, dark belt", scene{belt: dark, light: 1, noise: 5, discs: grid(white)}, nil},
		{"full frame, light belt", scene{belt: [3]float64{225, 225, 220}, light: 1, noise: 5, discs: grid(blue)}, nil},
		{"parts nearly as light as the belt", scene{belt: [3]float64{150, 150, 150}, light: 1, noise: 5, discs: grid([3]float64{195, 190, 185})}, nil},
		{"shading of a quarter", scene{belt: [3]float64{90, 110, 100}, shading: 0.25, light: 1.1, noise: 5, discs: grid(white)}, nil},
		{"one tablet", scene{belt: dark, light: 0.9, noise: 5, discs: lone}, nil},
		{"touching in and across lanes", scene{belt: dark, light: 1, noise: 5, discs: touch}, nil},
		{"four touching all round", scene{belt: blue, light: 1, noise: 5, discs: square}, nil},
		{"a long foreign part against a tablet", scene{belt: dark, light: 1, noise: 5, discs: long}, []disc{long[0], long[2]}}, // the middle disc stands for the capsule
		{"a foreign part among tablets", scene{belt: dark, light: 1, noise: 5, discs: foreign}, nil},
		{"empty belt with shading", scene{belt: blue, shading: 0.3, light: 1, noise: 5}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.scene.w, c.scene.h = 1000, 800
			crops := locate(t, newLocator(t, tablets()), c.scene.draw(1))
			want := c.scene.discs
			if c.parts != nil {
				want = c.parts
			}
			if m := missing(want, crops); len(m) > 0 || len(crops.Items) != len(want) {
				t.Errorf("found %d parts of %d, missing %v", len(crops.Items), len(want), m)
			}
			if crops.Cut != 0 || crops.Quality.Covered {
				t.Errorf("cut %d, covered %v, want 0 and false", crops.Cut, crops.Quality.Covered)
			}
			for _, got := range crops.Items {
				if want := 1 + int(got.Centre.Y/100); got.Lane != want {
					t.Errorf("part at %v in lane %d, want %d", got.Centre, got.Lane, want)
				}
			}
		})
	}
}

func TestLocateCountsPartsAcrossTheEdge(t *testing.T) {
	whole := disc{500, 150, 45, white}
	s := scene{w: 1000, h: 800, belt: dark, light: 1, noise: 5, discs: []disc{
		whole, {10, 250, 45, white}, {980, 350, 45, white}, {1, 450, 45, white},
		{500, 40, 45, white}, // across the top edge, which another frame will not show better
	}}
	crops := locate(t, newLocator(t, tablets()), s.draw(2))
	if crops.Cut != 3 || len(crops.Items) != 2 {
		t.Errorf("cut %d and found %d, want 3 and 2", crops.Cut, len(crops.Items))
	}
	s.discs = s.discs[:1]
	settings := tablets()
	settings.Belt, settings.Lanes = "+y", 1
	crops = locate(t, newLocator(t, settings), s.draw(2))
	if len(crops.Items) != 1 || crops.Items[0].Lane != 1 {
		t.Errorf("belt along y: %d parts, want one in lane 1", len(crops.Items))
	}
}

func TestCropShowsThePartAsTheSensorSawIt(t *testing.T) {
	hole := disc{507, 246, 8, dark} // a spot of the belt's colour must not leave the mask
	part := disc{500.3, 250.6, 45, white}
	s := scene{w: 1000, h: 800, belt: dark, shading: 0.2, light: 1, noise: 3, discs: []disc{part, hole}}
	f := s.draw(3)
	crops := locate(t, newLocator(t, tablets()), f)
	if len(crops.Items) != 1 {
		t.Fatalf("found %d parts, want 1", len(crops.Items))
	}
	c := crops.Items[0]
	if c.Size != 112 || len(c.Pix) != 3*112*112 || len(c.Mask) != 112*112 {
		t.Fatalf("crop of %d with %d and %d bytes", c.Size, len(c.Pix), len(c.Mask))
	}
	at := c.ToSensor.Apply(vision.Point{X: 20.5, Y: 60.5})
	x, y := int(at.X), int(at.Y)
	if got, want := fmt.Sprint(c.Pix[3*(60*112+20):][:3]), fmt.Sprint(f.Pix[y*f.Stride+3*x:][:3]); got != want {
		t.Errorf("pixel (20, 60) is %s, the sensor's is %s", got, want)
	}
	if want := math.Pi * 45 * 45; math.Abs(c.Area-want) > 0.02*want {
		t.Errorf("area %.0f, want %.0f", c.Area, want)
	}
	inverse, _ := c.ToSensor.Inverse()
	mid := inverse.Apply(vision.Point{X: 507, Y: 246})
	if c.Mask[int(mid.Y)*112+int(mid.X)] != 255 {
		t.Error("the spot is not in the mask")
	}
	if want := 50 * (1 - 0.2*0.5); math.Abs(float64(c.Surround[0])-want) > 1 {
		t.Errorf("surround %v, want red of %.1f", c.Surround, want)
	}
}

func TestTouchingPartsShareNoPixel(t *testing.T) {
	s := scene{w: 1000, h: 800, belt: dark, light: 1, noise: 5, discs: []disc{{200, 150, 45, white}, {289, 152, 45, white}}}
	crops := locate(t, newLocator(t, tablets()), s.draw(4))
	if len(crops.Items) != 2 {
		t.Fatalf("found %d parts, want 2", len(crops.Items))
	}
	owner := map[vision.Point]int{}
	for i, c := range crops.Items {
		if !c.Touching {
			t.Errorf("part %d does not say that it touched", i)
		}
		for j, m := range c.Mask {
			if m == 0 {
				continue
			}
			p := c.ToSensor.Apply(vision.Point{X: float64(j % c.Size), Y: float64(j / c.Size)})
			if was, taken := owner[p]; taken {
				t.Fatalf("pixel %v belongs to parts %d and %d", p, was, i)
			}
			owner[p] = i
		}
	}
}

func TestBeltIsFollowedThroughLightAndKnownWhenCovered(t *testing.T) {
	l := newLocator(t, tablets())
	s := scene{w: 1000, h: 800, belt: dark, shading: 0.1, light: 1, noise: 5, discs: grid(white)}
	for i, light := range []float64{1, 0.9, 1.1, 0.95} {
		s.light = light
		if got := len(locate(t, l, s.draw(uint64(i))).Items); got != len(s.discs) {
			t.Errorf("light %v: found %d parts, want %d", light, got, len(s.discs))
		}
	}
	covered := scene{w: 1000, h: 800, belt: [3]float64{160, 110, 90}, shading: 0.3, light: 1, noise: 5}
	if q := locate(t, l, covered.draw(9)).Quality; !q.Covered {
		t.Errorf("a hand before the lens: %+v, want covered", q)
	}
	bare := scene{w: 1000, h: 800, belt: dark, shading: 0.1, light: 1, noise: 5}
	if got := locate(t, l, bare.draw(10)); got.Quality.Covered || len(got.Items) != 0 {
		t.Errorf("bare belt: %d parts, %+v, want none and not covered", len(got.Items), got.Quality)
	}
	black := scene{w: 1000, h: 800, noise: 1}
	if q := locate(t, newLocator(t, tablets()), black.draw(11)).Quality; !q.Covered {
		t.Errorf("lens cap: %+v, want covered", q)
	}
}

func TestBrokenFramesAreErrors(t *testing.T) {
	l := newLocator(t, tablets())
	var crops vision.Crops
	for name, f := range map[string]*camera.Frame{
		"no pixels":   {Width: 1000, Height: 800, Stride: 3000},
		"short":       {Width: 1000, Height: 800, Stride: 3000, Pix: make([]byte, 3000*799)},
		"thin stride": {Width: 1000, Height: 800, Stride: 2000, Pix: make([]byte, 3000*800)},
		"tiny":        {Width: 50, Height: 40, Stride: 150, Pix: make([]byte, 150*40)},
	} {
		if err := l.Locate(f, &crops); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := l.Locate((scene{w: 999, h: 801, belt: dark, light: 1, discs: grid(white)}).draw(1), &crops); err != nil || len(crops.Items) != 56 {
		t.Errorf("odd size after broken ones: %d parts, %v", len(crops.Items), err)
	}
}

func BenchmarkLocateTablets(b *testing.B) {
	l := newLocator(b, tablets())
	f := (scene{w: 1000, h: 800, belt: dark, shading: 0.1, light: 1, noise: 5, discs: grid(white)}).draw(1)
	var crops vision.Crops
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Locate(f, &crops); err != nil {
			b.Fatal(err)
		}
	}
	if len(crops.Items) != 56 {
		b.Fatalf("found %d", len(crops.Items))
	}
}
