package teach_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/models/teach"
	"linesman/models/weights"
	"linesman/vision"
)

// cloth draws one woven patch, 96 x 96; a bad one has a dark hole at (56..72, 24..40).
func cloth(seed uint64, bad bool) anomaly.Picture {
	random := rand.New(rand.NewPCG(seed, 9))
	p := anomaly.Picture{Width: 96, Height: 96, Pix: make([]byte, 0, 3*96*96)}
	light := 1 + 0.1*(random.Float64()-0.5)
	for y := range 96 {
		for x := range 96 {
			v := 130.0
			if (x/6+y/6)%2 == 0 {
				v = 160
			}
			v = v*light + 6*random.NormFloat64()
			if bad && x >= 56 && x < 72 && y >= 24 && y < 40 {
				v = 40
			}
			b := byte(max(0, min(v, 255)))
			p.Pix = append(p.Pix, b, b, byte(0.8*float64(b)))
		}
	}
	return p
}

// shelf is a Source of parts in memory.
type shelf []anomaly.Part

func (s shelf) Len() int                         { return len(s) }
func (s shelf) Part(i int) (anomaly.Part, error) { return s[i], nil }

func cloths(from, n int, bad bool) shelf {
	var s shelf
	for i := range n {
		s = append(s, anomaly.Part{Picture: cloth(uint64(from+i), bad)})
	}
	return s
}

func input(good teach.Source) teach.Input {
	return teach.Input{
		Name: "cloth", Version: "1", Good: good, Open: onnx.Open, Bank: 200,
		Fit: anomaly.Input{Fit: anomaly.FitArea, Size: 96, Enlarge: 2}, Network: weights.Quick, // as the tests are to be
	}
}

// TestTeach goes the whole way: teach, write, read, judge.
func TestTeach(t *testing.T) {
	in := input(cloths(0, 12, false))
	in.Network = weights.Network{} // the default
	in.Defects = cloths(100, 4, true)
	var mu sync.Mutex
	stages := map[string]int{}
	in.Progress = func(stage string, done, total int) {
		mu.Lock()
		defer mu.Unlock()
		if done < stages[stage] || done > total {
			t.Errorf("%s: %d of %d after %d", stage, done, total, stages[stage])
		}
		stages[stage] = done
	}
	m, err := teach.Teach(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if c := m.Card; !strings.Contains(c.Chosen, weights.Thorough.Name) || c.Data[0].What != weights.Thorough.Source {
		t.Errorf("the card says %s of %v, want the network for whole pictures", c.Chosen, c.Data)
	}
	if stages["looking at good parts"] != 12 {
		t.Errorf("progress %v, want all 12 parts looked at", stages)
	}
	if f := m.Card.Figures; f.AUROC == nil || *f.AUROC != 1 || f.Defects != 4 || *f.Missed != 0 {
		t.Errorf("figures %+v, want all four defects found", f)
	}
	if c := m.Card; c.FalseRejectRate < 0.01 || c.FalseRejectRate < float64(c.Figures.GoodAbove)/12 {
		t.Errorf("false reject rate %v with %d of 12 held-out parts above the threshold", c.FalseRejectRate, c.Figures.GoodAbove)
	}
	d := served(t, m)
	rejected := 0
	for i := range 20 {
		r, err := d.Look(t.Context(), cloth(uint64(200+i), false), models.Ask{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Anomaly > 1 {
			rejected++
		}
	}
	if most := m.Card.FalseRejectAtMost; most < 1-math.Pow(0.05, 1./12)-1e-9 || most < m.Card.FalseRejectRate || !strings.Contains(m.Card.Chosen, "(95 %)") {
		t.Errorf("12 good parts promise at most %.3f false rejects: %s", most, m.Card.Chosen)
	}
	if rejected > 2 {
		t.Errorf("%d of 20 good parts rejected, want at most 2", rejected)
	}
	r, err := d.Look(t.Context(), cloth(300, true), models.Ask{Heatmap: true})
	if err != nil {
		t.Fatal(err)
	}
	if b := r.Findings[0].Box; r.Anomaly < 1.2 || b.X0 > 60 || b.X1 < 68 || b.Y0 > 28 || b.Y1 < 36 || b.X1-b.X0 > 64 {
		t.Errorf("hole: score %.2f in %v, want above 1.2 around (56..72, 24..40)", r.Anomaly, b)
	}
}

// TestSameAgain holds that teaching the same parts gives the same model.
func TestSameAgain(t *testing.T) {
	var hashes [2]string
	for i := range hashes {
		m, err := teach.Teach(t.Context(), input(cloths(0, 4, false)))
		if err != nil {
			t.Fatal(err)
		}
		if hashes[i] = m.Card.SHA256; len(m.Channels) != 1 {
			t.Errorf("%d channels beside the network, want contrast", len(m.Channels))
		}
	}
	if hashes[0] != hashes[1] {
		t.Errorf("model %s, then %s", hashes[0], hashes[1])
	}
}

// TestLocatedParts teaches round parts whose surroundings differ wildly, and
// must not mind the surroundings.
func TestLocatedParts(t *testing.T) {
	disc := func(seed uint64, bad bool) anomaly.Part {
		p := cloth(seed, bad)
		p.Mask = make([]byte, 96*96)
		random := rand.New(rand.NewPCG(seed, 4))
		beside := byte(random.IntN(256))
		for y := range 96 {
			for x := range 96 {
				if i := y*96 + x; (x-48)*(x-48)+(y-48)*(y-48) < 40*40 {
					p.Mask[i] = 255
				} else if (x-48)*(x-48)+(y-48)*(y-48) > 46*46 {
					p.Pix[3*i] = beside
				}
			}
		}
		c := vision.Crop{Size: 96, Pix: p.Pix, Mask: p.Mask, ToSensor: vision.Affine{A: 1, E: 1}}
		return anomaly.Part{Picture: p, Crop: &c}
	}
	var good shelf
	for i := range 12 {
		good = append(good, disc(uint64(i), false))
	}
	in := input(good)
	in.Fit = teach.LocatedParts
	m, err := teach.Teach(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.Detector(anomaly.Options{Open: onnx.Open, Channels: channel.All()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	crops := []vision.Crop{*disc(50, false).Crop, *disc(51, true).Crop}
	out := make([]models.Result, 2)
	if err := d.Detect(t.Context(), crops, models.Ask{}, out); err != nil {
		t.Fatal(err)
	}
	if out[0].Anomaly > 1.1 || out[1].Anomaly < 1.2 {
		t.Errorf("good %.2f, bad %.2f; want below 1.1 and above 1.2", out[0].Anomaly, out[1].Anomaly)
	}
}

func TestTeachRefuses(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.png": "no picture", "b.png": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	broken, err := teach.FindPictures(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		ctx   context.Context
		alter func(*teach.Input)
		want  string
	}{
		{"nothing", t.Context(), func(in *teach.Input) { in.Good = nil }, "too few good parts"},
		{"one part", t.Context(), func(in *teach.Input) { in.Good = cloths(0, 1, false) }, "too few good parts: 1"},
		{"no picture", t.Context(), func(in *teach.Input) { in.Good = broken }, "remove it or replace it"},
		{"stopped", cancelled, func(*teach.Input) {}, "context canceled"},
		{"rate", t.Context(), func(in *teach.Input) { in.FalseRejectRate = 0.7 }, "false reject rate"},
		{"size", t.Context(), func(in *teach.Input) { in.Fit.Size = 100 }, "multiple of 32"},
		{"no runtime", t.Context(), func(in *teach.Input) { in.Open = nil }, "Open is not set"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := input(cloths(0, 3, false))
			c.alter(&in)
			_, err := teach.Teach(c.ctx, in)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to say %q", err, c.want)
			}
		})
	}
	in := input(cloths(0, 1, false))
	if _, err := teach.Teach(t.Context(), in); !errors.Is(err, teach.ErrTooFew) {
		t.Errorf("error %v, want ErrTooFew", err)
	}
}

func TestFindPictures(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.PNG", "a.png", "deep/c.png", ".hidden/d.png", ".e.png", "notes.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		img := image.NewGray(image.Rect(0, 0, 2, 2))
		img.Set(0, 0, color.White)
		if err := png.Encode(f, img); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	found, err := teach.FindPictures(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range found {
		rel, _ := filepath.Rel(dir, path)
		names = append(names, rel)
	}
	if got, want := strings.Join(names, " "), "a.png b.PNG deep/c.png"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	if _, err := found.Part(0); err != nil {
		t.Error(err)
	}
	if _, err := teach.FindPictures(filepath.Join(dir, "notes.txt")); err == nil {
		t.Error("a file was taken for a folder")
	}
}
