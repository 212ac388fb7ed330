package panel_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/models/panel"
	"linesman/models/supervised/graphs"
	"linesman/models/teach"
	"linesman/part"
	"linesman/rules"
	"linesman/vision"
)

const side = 64

// folders writes the folders of a segmenter, which finds stains, and of a detector,
// which finds scratches, both by what is dark.
func folders(t *testing.T) (maps, boxes string) {
	t.Helper()
	dir := t.TempDir()
	maps, boxes = filepath.Join(dir, "maps"), filepath.Join(dir, "boxes")
	write := func(dir, card string, graph []byte) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"card.yaml": []byte(card), "model.onnx": graph} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	const head = "name: %s\nversion: \"1\"\nlicence: drawn by a test\ninput: {width: 64, height: 64, fit: stretch, divide: 255}\n"
	write(maps, fmt.Sprintf("kind: segmenter\n"+head, "stains")+"output: {activation: sigmoid}\nclasses: [{name: stain, threshold: 0.5}, {name: bright, ignore: true}]\n", graphs.Maps(side))
	write(boxes, fmt.Sprintf("kind: detector\n"+head, "scratches")+"output: {head: yolov8, activation: none, overlap: 0.4}\nclasses: [{name: scratch, threshold: 0.9}, {name: bright, ignore: true}]\n", graphs.Boxes(side))
	return maps, boxes
}

func open(t *testing.T, taught string, others ...string) *panel.Panel {
	t.Helper()
	p, err := panel.Load(taught, others, anomaly.Options{Open: onnx.Open})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// crop is a grey part with dark boxes on it; a pixel is 2 x 2 of the sensor.
func crop(boxes ...vision.Box) vision.Crop {
	c := vision.Crop{Size: side, Pix: slices.Repeat([]byte{200}, 3*side*side), Mask: slices.Repeat([]byte{255}, side*side), ToSensor: vision.Affine{A: 2, C: 100, E: 2, F: 100}}
	for _, b := range boxes {
		for y := int(b.Y0); y < int(b.Y1); y++ {
			for x := int(b.X0); x < int(b.X1); x++ {
				copy(c.Pix[3*(y*side+x):], []byte{30, 30, 30})
			}
		}
	}
	return c
}

func detect(t *testing.T, d models.Detector, ask models.Ask, crops ...vision.Crop) []models.Result {
	t.Helper()
	out := make([]models.Result, len(crops))
	if err := d.Detect(t.Context(), crops, ask, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTogether(t *testing.T) {
	maps, boxes := folders(t)
	both, first, second := open(t, "", maps, boxes), open(t, "", maps), open(t, "", boxes)
	if first.Model().Name != "stains" || both.Model().Name != "stains+scratches" || both.Model().Version != "1+1" {
		t.Errorf("alone %+v, together %+v", first.Model(), both.Model())
	}
	if again := open(t, "", boxes, maps); again.Model().SHA256 == both.Model().SHA256 || first.Model().SHA256 == both.Model().SHA256 {
		t.Error("other models have the same hash")
	}
	crops := []vision.Crop{crop(), crop(vision.Box{X0: 16, Y0: 16, X1: 24, Y1: 24}), crop(vision.Box{X0: 20, Y0: 20, X1: 23, Y1: 22})}
	ask := models.Ask{Places: 1, Heatmap: true}
	got, a, b := detect(t, both, ask, crops...), detect(t, first, ask, crops...), detect(t, second, ask, crops...)
	for i := range got {
		if got[i].Anomaly != max(a[i].Anomaly, b[i].Anomaly) || len(got[i].Findings) != len(a[i].Findings)+len(b[i].Findings) || got[i].Listed != 1 || got[i].Model != both.Model() {
			t.Errorf("part %d: %+v of %+v and %+v", i, got[i], a[i], b[i])
		}
		if !slices.IsSortedFunc(got[i].Findings, func(x, y models.Finding) int { return int(math.Copysign(1, y.Score-x.Score)) }) {
			t.Errorf("part %d: %+v are not the strongest first", i, got[i].Findings)
		}
	}
	if len(a[2].Findings) != 1 || len(b[2].Findings) != 0 || got[2].Anomaly < 1 {
		t.Errorf("a stain too small for the detector: %+v", got[2])
	}
	if again := detect(t, both, ask, crops[1], crops[0]); again[0].Anomaly != got[1].Anomaly || len(again[0].Findings) != len(got[1].Findings) || len(again[1].Findings) != 0 {
		t.Errorf("used again: %+v", again)
	}
	whole := anomaly.PictureOf(&crops[1])
	whole.Mask = nil
	if r, err := both.Look(t.Context(), whole, ask); err != nil || r.Anomaly != got[1].Anomaly || len(r.Findings) != len(got[1].Findings) || r.Model != both.Model() {
		t.Errorf("as a whole picture: %+v, %v", r, err)
	}
}

// Beside a taught model the worst counts, whichever it is of, and the list of places
// is as complete as that of the least.
func TestBesideTaught(t *testing.T) {
	maps, _ := folders(t)
	var good teach.Crops
	for i := range 8 {
		c := crop()
		for k := range c.Pix {
			c.Pix[k] = byte(190 + (i+k*7)%20)
		}
		good = append(good, c)
	}
	m, err := teach.Teach(t.Context(), teach.Input{Name: "cap", Version: "1", Open: onnx.Open, Threads: 1, Bank: 100, Good: good, Fit: anomaly.Input{Fit: anomaly.FitSquare, Size: side}})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "cap")
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
	f, err := panel.Read(dir, []string{maps})
	if err != nil {
		t.Fatal(err)
	}
	options := anomaly.Options{Open: onnx.Open, Channels: channel.All()}
	p, err := f.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	lone, err := panel.Load(dir, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	defer lone.Close()
	if f.Model() != p.Model() || p.Model().Name != "cap+stains" || lone.Model() != m.Card.Model() || p.Parity() != lone.Parity() {
		t.Errorf("together %+v, read as %+v; alone %+v", p.Model(), f.Model(), lone.Model())
	}
	dark := crop(vision.Box{X0: 16, Y0: 16, X1: 24, Y1: 24})
	got, taught := detect(t, p, models.Ask{}, dark, good[0]), detect(t, lone, models.Ask{}, dark, good[0])
	named := slices.ContainsFunc(got[0].Findings, func(f models.Finding) bool { return f.Name == "stain" && f.Score >= 1 })
	if !named || got[0].Anomaly < taught[0].Anomaly || len(got[0].Findings) != len(taught[0].Findings)+1 {
		t.Errorf("a stain: %+v, by the taught model alone %+v", got[0], taught[0])
	}
	if got[1].Anomaly != taught[1].Anomaly || got[1].Anomaly >= 1 {
		t.Errorf("a good part: %v, by the taught model alone %v", got[1].Anomaly, taught[1].Anomaly)
	}
}

// A list that one of the models cut is not complete.
func TestNotListed(t *testing.T) {
	maps, boxes := folders(t)
	var specks []vision.Box
	for i := range 225 {
		x, y := float64(2+4*(i%15)), float64(2+4*(i/15))
		specks = append(specks, vision.Box{X0: x, Y0: y, X1: x + 1, Y1: y + 1})
	}
	for _, p := range []*panel.Panel{open(t, "", maps, boxes), open(t, "", boxes, maps)} {
		got := detect(t, p, models.Ask{Places: 1}, crop(specks...), crop(specks[:5]...))
		if got[0].Listed != 0 || got[1].Listed != 1 || len(got[1].Findings) != 5 {
			t.Errorf("%s: many places are listed from %v, five from %v: %+v", p.Model().Name, got[0].Listed, got[1].Listed, got[1].Findings)
		}
	}
}

// One judge that has no answer, fails, or answers with no number is never made good by
// another.
func TestNoAnswer(t *testing.T) {
	maps, boxes := folders(t)
	broken, err := panel.Read("", []string{boxes, maps, boxes})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		run  func(out []models.Tensor) error
		says string
	}{
		{"no number", func(out []models.Tensor) error { out[0].Data[5] = float32(math.Inf(1)); return nil }, "no number"},
		{"another shape", func(out []models.Tensor) error { out[0].Shape = []int64{1, 2}; return nil }, "shape [1 2]"},
		{"no output", func(out []models.Tensor) error { out[0] = models.Tensor{}; return nil }, "shape []"},
		{"a failure", func([]models.Tensor) error { return context.DeadlineExceeded }, "deadline"},
	} {
		fails := false
		p, err := broken.Open(anomaly.Options{Open: func(graph []byte, threads int) (models.Session, error) {
			s, err := onnx.Open(graph, threads)
			if !bytes.Equal(graph, graphs.Maps(side)) {
				return s, err
			}
			return &spoilt{s, func(out []models.Tensor) error {
				if fails {
					return c.run(out)
				}
				return nil
			}}, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		fails = true
		r := detect(t, p, models.Ask{Places: 1}, crop(vision.Box{X0: 16, Y0: 16, X1: 24, Y1: 24}))[0]
		if _, err := p.Look(t.Context(), anomaly.Picture{Width: 1, Height: 1, Pix: make([]byte, 3)}, models.Ask{}); err == nil {
			t.Errorf("%s: a whole picture is judged", c.name)
		}
		if !strings.Contains(r.Unanswered, c.says) || r.Anomaly < 1 || len(r.Findings) > 0 {
			t.Errorf("%s: %+v", c.name, r)
		}
		v := rules.Judge(rules.Input{Views: []rules.View{{Missing: r.Unanswered, Result: r}}}, rules.Limits{Anomaly: 1, MaxClipped: 1}, "")
		if v.Outcome != part.Inconclusive {
			t.Errorf("%s: the outcome is %v", c.name, v.Outcome)
		}
		p.Close()
	}
}

// spoilt is a session whose answers are changed.
type spoilt struct {
	models.Session
	change func(out []models.Tensor) error
}

func (s *spoilt) Run(in []models.Tensor, keep *models.Buffers) ([]models.Tensor, error) {
	out, err := s.Session.Run(in, keep)
	if err == nil {
		out = slices.Clone(out)
		err = s.change(out)
	}
	return out, err
}

// The recipe's classes judge by size and place what such a network finds.
func TestClasses(t *testing.T) {
	maps, _ := folders(t)
	p := open(t, "", maps)
	limits := rules.Limits{Classes: map[string]rules.Class{"stain": {MinAreaMM2: 1}}}
	if err := limits.Validate(); err != nil {
		t.Fatal(err)
	}
	// 0.1 mm a pixel of the sensor, so that 0.2 mm one of the crop.
	toPart := vision.Affine{A: 0.1, C: -16, E: 0.1, F: -16}
	for _, c := range []struct {
		name  string
		boxes []vision.Box
		want  part.Outcome
	}{
		{"nothing", nil, part.Pass},
		{"0.96 mm2", []vision.Box{{X0: 10, Y0: 10, X1: 16, Y1: 14}}, part.Pass},
		{"1.2 mm2", []vision.Box{{X0: 10, Y0: 10, X1: 16, Y1: 15}}, part.Fail},
		{"two of 0.96 mm2", []vision.Box{{X0: 10, Y0: 10, X1: 16, Y1: 14}, {X0: 30, Y0: 30, X1: 36, Y1: 34}}, part.Pass},
		{"one of them too large", []vision.Box{{X0: 10, Y0: 10, X1: 16, Y1: 14}, {X0: 30, Y0: 30, X1: 36, Y1: 44}}, part.Fail},
	} {
		r := detect(t, p, models.Ask{Places: limits.Places()}, crop(c.boxes...))[0]
		v := rules.Judge(rules.Input{Views: []rules.View{{Name: "top", Result: r, ToPart: toPart}}}, limits, "")
		if v.Outcome != c.want {
			t.Errorf("%s: %v %+v, want %v", c.name, v.Outcome, v.Reasons, c.want)
		}
		if c.want == part.Fail && (v.Reasons[0].Class != "stain" || !strings.HasPrefix(v.Reasons[0].Text, "stain: segmenter ")) {
			t.Errorf("%s: the reason is %+v", c.name, v.Reasons[0])
		}
	}
}

func TestReadRefuses(t *testing.T) {
	maps, _ := folders(t)
	for name, c := range map[string]struct {
		taught string
		others []string
		want   string
	}{
		"trained elsewhere, named as taught": {maps, nil, "name it by models:"},
		"no folder":                          {"", []string{t.TempDir()}, "no card.yaml or card.json"},
		"nothing":                            {"", nil, "no model is named"},
	} {
		if _, err := panel.Load(c.taught, c.others, anomaly.Options{Open: onnx.Open}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, err, c.want)
		}
	}
	if _, err := anomaly.Read(maps); err == nil || !strings.Contains(err.Error(), `kind "segmenter"`) {
		t.Errorf("read as a taught model: %v", err)
	}
}
