package golden

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/vision"
)

// flaw is what is wrong with a drawn part.
type flaw struct {
	x, y, r  float64 // a disc on the part, pixels from its centre
	contrast float64 // relative brightness of it
	crack    bool    // a line as long as the disc is wide, instead of it
	bite     float64 // pixels missing from the edge around angle 1
	radius   float64 // added to the part's
	tint     float64 // levels added to red, taken from blue
	noPrint  bool
}

const (
	testSize   = 96
	testRadius = 34
)

// part draws one part for itself: a disc with a bevel on a noisy belt, lamps
// at the upper left, its print turned. Every good part differs a little.
func part(rng *rand.Rand, printed bool, f flaw) vision.Crop {
	c := vision.Crop{Size: testSize, Pix: make([]byte, 3*testSize*testSize), Mask: make([]byte, testSize*testSize), ToSensor: vision.Shift(500, 300)}
	light := 0.9 + 0.2*rng.Float64()
	belt := [3]float64{60 * light, 70 * light, 65 * light}
	for k, b := range belt {
		c.Surround[k] = float32(b)
	}
	x, y := testSize/2+rng.Float64()-0.5, testSize/2+rng.Float64()-0.5
	r := testRadius*(1+0.004*rng.NormFloat64()) + f.radius
	turn := 2 * math.Pi * rng.Float64()
	sin, cos := math.Sincos(turn)
	shade := 1 + 0.01*rng.NormFloat64()
	for j := range testSize {
		for i := range testSize {
			dx, dy := float64(i)+0.5-x, float64(j)+0.5-y
			d := math.Hypot(dx, dy)
			edge := r
			if a := math.Atan2(dy, dx) - 1; math.Abs(a) < 0.15 {
				edge -= f.bite
			}
			cover := min(max(edge-d+0.5, 0), 1)
			v := 205 * shade * (1 - 0.15*min(max((d-r+6)/6, 0), 1)) * (1 - 0.002*(dx+dy)/testRadius*6)
			if pu, pv := cos*dx+sin*dy, cos*dy-sin*dx; printed && !f.noPrint {
				v *= 1 - 0.4*mark(pu, pv)
			}
			if math.Hypot(dx-f.x, dy-f.y) < f.r && (!f.crack || math.Abs(dx-f.x+0.6*(dy-f.y)) < 1) {
				v *= 1 + f.contrast
			}
			for k, tint := range [3]float64{f.tint, 0, -f.tint} {
				level := light*((v+tint)*cover) + belt[k]*(1-cover) + 4*rng.NormFloat64()
				c.Pix[3*(j*testSize+i)+k] = byte(min(max(level+0.5, 0), 255))
			}
			if cover > 0.5 {
				c.Mask[j*testSize+i] = 255
				c.Area++
			}
		}
	}
	return c
}

// mark is the print: an L with soft edges.
func mark(u, v float64) float64 {
	soft := func(d float64) float64 { return min(max(d+0.5, 0), 1) }
	long := min(soft(u+14), soft(-8-u), soft(v+18), soft(16-v))
	short := min(soft(u+14), soft(12-u), soft(v-10), soft(16-v))
	return max(long, short)
}

func good(seed uint64, n int, printed bool) []vision.Crop {
	rng := rand.New(rand.NewPCG(seed, 1))
	crops := make([]vision.Crop, n)
	for i := range crops {
		crops[i] = part(rng, printed, flaw{})
	}
	return crops
}

var plain = sync.OnceValues(func() (*Model, error) { return Teach(good(1, 60, false), 0.1, nil) })
var printed = sync.OnceValues(func() (*Model, error) { return Teach(good(1, 60, true), 0.1, nil) })

func taught(t testing.TB, f func() (*Model, error)) *Model {
	t.Helper()
	m, err := f()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tells fails unless a channel rejects the crop in such words.
func tells(t *testing.T, m *Model, crop *vision.Crop, channel, text string) {
	t.Helper()
	readings, err := m.Score(crop, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range readings {
		if m.Channels()[i] == channel && r.Score > 1 && strings.Contains(r.Text, text) {
			return
		}
	}
	t.Errorf("%v says %+v, want %s above 1 with %q", m.Channels(), readings, channel, text)
}

func TestFlawsAreToldByTheirChannel(t *testing.T) {
	cases := []struct {
		name    string
		printed bool
		flaw    flaw
		channel string
		text    string
	}{
		{"dark spot", false, flaw{x: 10, y: -5, r: 2, contrast: -0.25}, "surface", "dark place"},
		{"bright spot", false, flaw{x: -12, y: 8, r: 2, contrast: 0.2}, "surface", "bright place"},
		{"faint stain", false, flaw{x: -12, y: 8, r: 7, contrast: -0.08}, "surface", "dark place"},
		{"faint crack", false, flaw{x: 4, y: -6, r: 9, contrast: -0.05, crack: true}, "surface", "dark line"},
		{"chip", false, flaw{bite: 4}, "outline", "is missing"},
		{"too large", false, flaw{radius: 3}, "size", "too large"},
		{"too small", false, flaw{radius: -3}, "size", "too small"},
		{"wrong colour", false, flaw{tint: 12}, "colour", "colour off"},
		{"spot beside the print", true, flaw{x: 0, y: -22, r: 2, contrast: -0.25}, "print", "dark place"},
		{"missing print", true, flaw{noPrint: true}, "print", "bright place"},
		{"chip of a printed part", true, flaw{bite: 4}, "outline", "is missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := taught(t, plain)
			if c.printed {
				m = taught(t, printed)
			}
			rng := rand.New(rand.NewPCG(99, 2))
			for range 5 { // turned differently every time
				crop := part(rng, c.printed, c.flaw)
				tells(t, m, &crop, c.channel, c.text)
			}
		})
	}
}

// TestEveryMeasureIsNamed: a part that is wrong in several ways has a reason for each,
// the strongest first; a good one has one reading and no more.
func TestEveryMeasureIsNamed(t *testing.T) {
	m := taught(t, plain)
	rng := rand.New(rand.NewPCG(7, 3))
	for name, tt := range map[string]struct {
		flaw flaw
		want []string
	}{
		"spot, colour, size": {flaw{x: 10, y: -5, r: 2, contrast: -0.25, tint: 12, radius: 3}, []string{"surface", "colour", "size"}},
		"colour alone":       {flaw{tint: 12}, []string{"colour"}},
		"good":               {flaw{}, nil},
	} {
		crop := part(rng, false, tt.flaw)
		var r anomaly.Reading
		if err := (channel{m}).Score(&anomaly.Part{Picture: anomaly.PictureOf(&crop), Crop: &crop}, models.Ask{}, &r); err != nil {
			t.Fatal(err)
		}
		said := map[string]float64{r.Class: r.Score}
		for _, a := range r.Also {
			if a.Score > r.Score || a.Limit == 0 || a.Unit == "" || said[a.Class] > 0 {
				t.Errorf("%s: beside %s %.2f it says %+v", name, r.Class, r.Score, a)
			}
			said[a.Class] = a.Score
		}
		for _, class := range tt.want {
			if said[class] <= 1 {
				t.Errorf("%s: %s is %.2f, want above 1 of %v", name, class, said[class], said)
			}
		}
		if tt.want == nil && (r.Score >= 1 || len(r.Also) > 0) {
			t.Errorf("a good part: %v", said)
		}
	}
}

func TestGoodPartsPassWhateverTheirLightAndTurn(t *testing.T) {
	for _, p := range []struct {
		name  string
		model func() (*Model, error)
		print bool
	}{{"plain", plain, false}, {"printed", printed, true}} {
		m := taught(t, p.model)
		for i, crop := range good(7, 150, p.print) {
			name, worst, err := m.Worst(&crop)
			if err != nil || worst.Score >= 1 {
				t.Errorf("%s part %d: %s %.2f %s %v, want below 1", p.name, i, name, worst.Score, worst.Text, err)
			}
		}
	}
}

func TestPrintIsFoundOnlyWhereThereIsOne(t *testing.T) {
	if m := taught(t, plain); m.turned {
		t.Error("a plain part is said to have a print")
	}
	if m := taught(t, printed); !m.turned {
		t.Error("the print was not found")
	}
}

func TestPlaceOfAFlawIsInSensorPixels(t *testing.T) {
	m := taught(t, plain)
	crop := part(rand.New(rand.NewPCG(5, 5)), false, flaw{x: 10, y: -5, r: 3, contrast: -0.3})
	readings, err := m.Score(&crop, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := readings[Surface].Box.Centre()
	if math.Abs(at.X-(500+48+10)) > 2 || math.Abs(at.Y-(300+48-5)) > 2 {
		t.Errorf("spot found at %v, drawn at (558, 343)", at)
	}
	if a := readings[Surface].Area; a < 10 || a > 80 {
		t.Errorf("spot of 28 pixels measured as %v", a)
	}
}

func TestManyGoroutinesAgree(t *testing.T) {
	m := taught(t, printed)
	crops := good(11, 8, true)
	want := make([]float64, len(crops))
	for i := range crops {
		_, r, err := m.Worst(&crops[i])
		if err != nil {
			t.Fatal(err)
		}
		want[i] = r.Score
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range crops {
				if _, r, err := m.Worst(&crops[i]); err != nil || r.Score != want[i] {
					t.Errorf("part %d: %v %v, alone %v", i, r.Score, err, want[i])
				}
			}
		})
	}
	wg.Wait()
}

func TestSavedModelsAnswerTheSame(t *testing.T) {
	for _, f := range []func() (*Model, error){plain, printed} {
		m := taught(t, f)
		data := m.Save()
		loaded, err := Load(data)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(loaded.Save(), data) {
			t.Error("saving what was loaded gives other bytes")
		}
		for i, crop := range good(13, 5, m.turned) {
			_, a, _ := m.Worst(&crop)
			_, b, err := loaded.Worst(&crop)
			if err != nil || a != b {
				t.Errorf("part %d: %+v before, %+v after, %v", i, a, b, err)
			}
		}
	}
}

func TestWhatCanNotBeJudgedIsAnError(t *testing.T) {
	m := taught(t, plain)
	whole := part(rand.New(rand.NewPCG(5, 5)), false, flaw{})
	bare := whole
	bare.Mask = nil
	if _, err := m.Score(&bare, nil); !errors.Is(err, ErrNotLocated) {
		t.Errorf("no mask: %v, want ErrNotLocated", err)
	}
	other := whole
	other.Size = 112
	if _, err := m.Score(&other, nil); err == nil {
		t.Error("a crop of another size: no error")
	}
	short := whole
	short.Pix = short.Pix[:100]
	if _, err := m.Score(&short, nil); err == nil {
		t.Error("a crop without its pixels: no error")
	}
	black := whole
	black.Pix = make([]byte, len(whole.Pix))
	if readings, err := m.Score(&black, nil); err == nil && readings[Colour].Score < 1 {
		t.Errorf("a black part: %+v, want a fail or an error", readings)
	}
}

func TestTeachRefusesWhatItCanNotLearnFrom(t *testing.T) {
	few := good(1, Fewest-1, false)
	mixed := good(1, Fewest, false)
	mixed[3].Size = 112
	bare := good(1, Fewest, false)
	bare[0].Mask = nil
	for name, c := range map[string]struct {
		crops []vision.Crop
		scale float64
		want  string
	}{
		"too few":      {few, 0.1, "need at least"},
		"mixed sizes":  {mixed, 0.1, "good part 4"},
		"not located":  {bare, 0.1, "not located"},
		"unknown size": {good(1, Fewest, false), 0, "mm_per_px"},
	} {
		if _, err := Teach(c.crops, c.scale, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestShadeDoubtsBrightnessMore: another belt makes all parts seem lighter or darker,
// not redder.
func TestShadeDoubtsBrightnessMore(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	var all [][3]float64
	for range 200 {
		all = append(all, [3]float64{80 + 0.5*rng.NormFloat64(), 2 + 0.5*rng.NormFloat64(), 5 + 0.5*rng.NormFloat64()})
	}
	s := shadeOf(all)
	far := func(d [3]float64) float64 {
		z, _ := s.distance([3]float64{s.Lab[0] + d[0], s.Lab[1] + d[1], s.Lab[2] + d[2]})
		return z
	}
	if lighter, redder := far([3]float64{3, 0, 0}), far([3]float64{0, 3, 0}); lighter > 0.8*redder || lighter < 0.4*redder {
		t.Errorf("lighter by 3 is %.2f deviations, redder by 3 %.2f", lighter, redder)
	}
}

// TestReadsModelsOfBefore saves what a model of before lines were looked for holds:
// it judges by what it has, and is saved as it was.
func TestReadsModelsOfBefore(t *testing.T) {
	for _, c := range []struct {
		model *Model
		crop  vision.Crop
		magic string
	}{
		{taught(t, printed), good(3, 1, true)[0], magicBefore},
		{taught(t, bars), goodBars(3, 1)[0], longBefore},
	} {
		before, err := Load(c.model.Save())
		if err != nil {
			t.Fatal(err)
		}
		before.spread[stroke] = field{}
		if before.long != nil {
			for i := range before.long.stances {
				before.long.stances[i].spread[stroke] = nil
			}
		}
		data := before.Save()
		if !bytes.HasPrefix(data, []byte(c.magic)) {
			t.Fatalf("saved as %q, want %q", data[:len(c.magic)], c.magic)
		}
		back, err := Load(data)
		if err != nil {
			t.Fatal(err)
		}
		want, err := before.Score(&c.crop, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := back.Score(&c.crop, nil); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", c.magic, got, err, want)
		}
		if !bytes.Equal(back.Save(), data) {
			t.Errorf("%s: saved otherwise than it was read", c.magic)
		}
	}
}

func FuzzLoad(f *testing.F) {
	m, err := Teach(good(1, Fewest, true), 0.1, nil)
	if err != nil {
		f.Fatal(err)
	}
	data := m.Save()
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte(magic))
	if m, err = Teach(goodBars(1, Fewest), 0.1, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(m.Save())
	f.Add([]byte(longMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Load(data)
		if err == nil && !bytes.Equal(m.Save(), data) {
			t.Error("loaded bytes that no model was saved as")
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("%v, want ErrDamaged", err)
		}
	})
}

func BenchmarkScore(b *testing.B) {
	for _, p := range []struct {
		name  string
		model func() (*Model, error)
		crop  vision.Crop
	}{{"round", printed, good(3, 1, true)[0]}, {"long", bars, goodBars(3, 1)[0]}} {
		b.Run(p.name, func(b *testing.B) {
			m := taught(b, p.model)
			var keep [channels]Reading
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Score(&p.crop, keep[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
