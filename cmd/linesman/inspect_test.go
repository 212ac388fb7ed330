package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"linesman/models/anomaly"
	"linesman/proof/accuracy"
)

// drawPlate writes a small picture of a grey plate; spot lays a dark square on it.
func drawPlate(t *testing.T, file string, seed uint64, spot bool) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		v := uint8(150 + rng.IntN(12))
		if x, y := i%64, i/64; spot && x >= 20 && x < 36 && y >= 24 && y < 40 {
			v /= 4
		}
		img.SetRGBA(i%64, i/64, color.RGBA{v, v, v, 255})
	}
	writePNG(t, file, img)
}

// drawMask marks a square of a mask of so many pixels a side.
func drawMask(t *testing.T, file string, side int, on bool) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range side * side {
		if x, y := i%side, i/side; on && x >= 20 && x < 36 && y >= 24 && y < 40 {
			img.Pix[i] = 255
		}
	}
	writePNG(t, file, img)
}

func writePNG(t *testing.T, file string, img image.Image) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	out, err := os.Create(file)
	must(t, err)
	must(t, png.Encode(out, img))
	must(t, out.Close())
}

// The layouts a set may have, and what is refused in which words.
func TestFindLabelled(t *testing.T) {
	const plate, white, black, small = "plate", "white", "black", "small"
	for name, c := range map[string]struct {
		files   map[string]string
		want    string // name kind mask, sorted
		refused string
	}{
		"folders":          {map[string]string{"good/a.png": plate, "cut/a.png": plate}, "cut/a.png cut -, good/a.png good -", ""},
		"test":             {map[string]string{"test/good/a.png": plate, "test/cut/b.png": plate, "train/good/c.png": plate}, "cut/b.png cut -, good/a.png good -", ""},
		"train beside":     {map[string]string{"good/a.png": plate, "cut/b.png": plate, "train/good/c.png": plate}, "cut/b.png cut -, good/a.png good -", ""},
		"masks":            {map[string]string{"good/a.png": plate, "cut/b.png": plate, "masks/b.png": white, "masks/a.png": white}, "cut/b.png cut masks/b.png, good/a.png good -", ""},
		"masks by defect":  {map[string]string{"test/good/0.png": plate, "test/cut/0.png": plate, "test/dent/0.png": plate, "ground_truth/cut/0_mask.png": white, "ground_truth/dent/0_mask.png": white}, "cut/0.png cut ground_truth/cut/0_mask.png, dent/0.png dent ground_truth/dent/0_mask.png, good/0.png good -", ""},
		"masks alone":      {map[string]string{"a.png": plate, "b.png": plate, "c.png": plate, "masks/b.png": white, "masks/c.png": black}, "a.png good -, b.png marked masks/b.png, c.png good -", ""},
		"no good":          {map[string]string{"cut/a.png": plate}, "", `no picture in a folder "good"`},
		"nothing":          {map[string]string{"good/readme.txt": ""}, "", `no picture in a folder "good"`},
		"good alone":       {map[string]string{"good/a.png": plate}, "", "only good pictures"},
		"loose":            {map[string]string{"good/a.png": plate, "cut/a.png": plate, "b.png": plate}, "", "b.png lies in no folder"},
		"no mask is white": {map[string]string{"a.png": plate, "masks/a.png": black}, "", "all 1 pictures are good"},
		"mask's size":      {map[string]string{"good/a.png": plate, "cut/b.png": plate, "masks/b.png": small}, "", "32 x 32 pixels, its picture cut/b.png 64 x 64"},
		"no mask at all":   {map[string]string{"good/a.png": plate, "cut/b.png": plate, "masks/b.png": ""}, "", "write it as PNG"},
		"whose mask":       {map[string]string{"good/a.png": plate, "cut/b.png": plate, "dent/b.png": plate, "masks/b.png": white}, "", "could be that of cut/b.png or of dent/b.png"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, what := range c.files {
				switch path := filepath.Join(dir, file); what {
				case plate:
					drawPlate(t, path, 1, false)
				case small:
					drawMask(t, path, 32, true)
				case white, black:
					drawMask(t, path, 64, what == white)
				default:
					must(t, os.MkdirAll(filepath.Dir(path), 0o755))
					must(t, os.WriteFile(path, []byte(what), 0o644))
				}
			}
			found, err := findLabelled(dir, "")
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), dir) {
					t.Errorf("refused with %v, want %q and the folder", err, c.refused)
				}
				return
			}
			must(t, err)
			var got []string
			for _, l := range found {
				mask := "-"
				if l.mask != "" {
					mask = filepath.ToSlash(strings.TrimPrefix(l.mask, dir+string(filepath.Separator)))
				}
				got = append(got, l.name+" "+l.kind+" "+mask)
			}
			slices.Sort(got)
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("found %s, want %s", text, c.want)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	set := t.TempDir()
	for name, c := range map[string]struct {
		cmd  InspectCmd
		want string
	}{
		"nothing to judge":  {InspectCmd{}, "--report DIR"},
		"masks alone":       {InspectCmd{Masks: "m", Paths: []string{"a.png"}}, "--report DIR"},
		"a curve alone":     {InspectCmd{Curve: []int{5}, Paths: []string{"a.png"}}, "--report DIR"},
		"pictures beside":   {InspectCmd{Report: set, Paths: []string{"a.png"}}, "leave out a.png"},
		"heat maps beside":  {InspectCmd{Report: set, Heatmaps: "h"}, "without --report"},
		"two on one output": {InspectCmd{Report: set, JSON: true, Out: "-"}, "give --out a file"},
		"no such folder":    {InspectCmd{Report: set, Out: filepath.Join(set, "none", "r.html")}, "--out"},
		"an empty set":      {InspectCmd{Report: set}, "good"},
	} {
		if err := c.cmd.Run(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestCurveSteps(t *testing.T) {
	set := t.TempDir()
	c := InspectCmd{Report: set, Curve: []int{5}}
	if _, err := c.curveSteps(); err == nil || !strings.Contains(err.Error(), "--teach DIR") {
		t.Errorf("nothing to teach from: %v", err)
	}
	for _, name := range []string{"a", "b", "c"} {
		drawPlate(t, filepath.Join(set, "train", "good", name+".png"), 1, false)
	}
	c.Curve = []int{50, 2, 3, 10}
	if got, err := c.curveSteps(); err != nil || !slices.Equal(got, []int{2, 3}) {
		t.Errorf("steps %v, %v; want 2 and 3: there are 3 pictures", got, err)
	}
	c.Report = filepath.Join(set, "test")
	if got := c.teachFolder(); got != filepath.Join(set, "train", "good") {
		t.Errorf("of its test folder: taught from %q", got)
	}
	c.Curve = []int{1}
	if _, err := c.curveSteps(); err == nil || !strings.Contains(err.Error(), "--curve 1") {
		t.Errorf("one picture: %v", err)
	}
}

// The order is that of ../shared/measure/anomaly.py, so that both teach from the
// same pictures: the names' sums begin with 5870 (c), 5f59 (b), 7f07 (a) and a14a (d).
func TestByHash(t *testing.T) {
	got := byHash([]string{"x/a.png", "x/b.png", "x/c.png", "x/d.png"})
	if want := []string{"x/c.png", "x/b.png", "x/a.png", "x/d.png"}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

// A model of located parts is told from one of whole pictures.
func TestWhole(t *testing.T) {
	for fit, want := range map[string]bool{anomaly.FitSquare: false, anomaly.FitArea: true} {
		err := whole(&anomaly.Model{Card: anomaly.Card{Input: anomaly.Input{Fit: fit}}}, "models/cap")
		if (err == nil) != want || !want && !strings.Contains(err.Error(), "models/cap") {
			t.Errorf("fit %s: %v", fit, err)
		}
	}
}

func TestLifted(t *testing.T) {
	got := lifted([]float32{0, drawnFrom, 1, 2.5})
	for i, want := range []float32{0, 1.0 / 3, 1, 2.5} {
		if d := got[i] - want; d > 1e-6 || d < -1e-6 {
			t.Errorf("%d: %v, want %v", i, got[i], want)
		}
	}
}

// A thin crack is outlined though the picture is brought down in size, and stays
// in sight itself.
func TestDrawOutline(t *testing.T) {
	m := mask{100, 100, make([]bool, 100*100)}
	for y := 20; y < 80; y++ {
		m.on[y*100+51] = true
	}
	img := image.NewRGBA(image.Rect(0, 0, 50, 50))
	drawOutline(img, m)
	for _, c := range []struct {
		x, y int
		want bool
	}{{24, 25, true}, {25, 25, false}, {26, 25, true}, {23, 25, false}, {25, 9, true}, {25, 40, true}, {25, 8, false}} {
		if got := img.RGBAAt(c.x, c.y) == outline; got != c.want {
			t.Errorf("outline at %d, %d: %t, want %t", c.x, c.y, got, c.want)
		}
	}
}

// The whole way: taught from plates, proved on a set with masks, a file that is
// no picture, a copy, and a curve.
func TestInspectReport(t *testing.T) {
	set := filepath.Join(t.TempDir(), "plates & more")
	for i := range 8 {
		drawPlate(t, filepath.Join(set, "train", "good", string(rune('a'+i))+".png"), uint64(i), false)
	}
	for i := range 3 {
		drawPlate(t, filepath.Join(set, "test", "good", string(rune('a'+i))+".png"), uint64(100+i), false)
		drawPlate(t, filepath.Join(set, "test", "spot", string(rune('p'+i))+".png"), uint64(200+i), true)
		drawMask(t, filepath.Join(set, "masks", string(rune('p'+i))+".png"), 64, true)
	}
	drawPlate(t, filepath.Join(set, "test", "good", "copy.png"), 100, false)
	must(t, os.WriteFile(filepath.Join(set, "test", "spot", "torn.png"), []byte("no picture"), 0o644))
	model, page := filepath.Join(set, "..", "model"), filepath.Join(set, "..", "report.html")
	teachCmd := TeachCmd{Good: filepath.Join(set, "train", "good"), Out: model, Threads: 2}
	must(t, teachCmd.Run(t.Context()))

	c := InspectCmd{Model: model, Report: set, Out: page, Threads: 2, JSON: true, Curve: []int{4, 50}}
	var m accuracy.Measured
	must(t, json.Unmarshal(printed(t, func() error { return c.Run(t.Context()) }), &m))
	if m.Good.Pictures != 4 || m.Defective.Pictures != 4 || m.Defective.Failed != 3 || m.Defective.Unjudged != 1 || m.Escapes.Count != 1 {
		t.Errorf("good %+v, defective %+v, escapes %+v", m.Good, m.Defective, m.Escapes)
	}
	if m.AUROC.Value != 0.75 { // three lie above all good ones, the torn one below
		t.Errorf("AUROC %+v, want 0.75", m.AUROC)
	}
	if m.Pixel == nil || *m.Pixel < 0.9 {
		t.Errorf("AUROC by pixel %v, want the spots to be found", m.Pixel)
	}
	if len(m.Curve) != 2 || m.Curve[0].Parts != 4 || m.Curve[1].Parts != 8 || m.Curve[1].Escapes.Of != 4 {
		t.Errorf("curve %+v", m.Curve)
	}
	text, err := os.ReadFile(page)
	must(t, err)
	for _, want := range []string{"plates &amp; more", "spot/torn.png</td><td>unreadable picture", "Copies of other pictures: 1 (good/a.png and good/copy.png)", "taught anew", "data:image/jpeg;base64,", "The good place it was compared with", "most like "} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(string(text), "Pictures that are also in") {
		t.Error("the page suspects pictures that were not taught")
	}
	inspectNearest(t, model, filepath.Join(set, "test"))
	c.Curve, c.Teach = nil, filepath.Join(set, "test", "good")
	must(t, json.Unmarshal(printed(t, func() error { return c.Run(t.Context()) }), &m))
	text, err = os.ReadFile(page)
	must(t, err)
	if !strings.Contains(string(text), "Pictures that are also in") {
		t.Error("the page does not say that it was judged what may have been taught")
	}
}

// printed returns what a command writes to the standard output.
func printed(t *testing.T, run func() error) []byte {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	stdout := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = stdout }()
	all := make(chan []byte)
	go func() {
		text, _ := io.ReadAll(r) // what is missing fails the test that reads it
		all <- text
	}()
	err = run()
	w.Close()
	text := <-all
	must(t, err)
	return text
}

// inspectNearest asks what rejected pictures were compared with.
func inspectNearest(t *testing.T, model, dir string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "strips")
	c := InspectCmd{Model: model, Threads: 2, JSON: true, Nearest: out, Paths: []string{filepath.Join(dir, "spot", "p.png"), filepath.Join(dir, "good", "a.png")}}
	lines := json.NewDecoder(bytes.NewReader(printed(t, func() error { return c.Run(t.Context()) })))
	var bad, good answer
	must(t, lines.Decode(&bad))
	must(t, lines.Decode(&good))
	n := bad.Nearest
	if n == nil || !n.Kept || n.Distance <= 0 || n.Patch[2] <= n.Patch[0] || !strings.HasSuffix(n.File, ".png") || good.Nearest != nil {
		t.Fatalf("the spot was compared with %+v, the good plate with %+v; want a good plate for the spot alone", n, good.Nearest)
	}
	f, err := os.Open(filepath.Join(out, "p.png"))
	must(t, err)
	defer f.Close()
	strip, err := png.DecodeConfig(f)
	must(t, err)
	if strip.Width < 2*paneSide+2*paneGap+64 || strip.Height < paneSide {
		t.Errorf("a strip of %d x %d", strip.Width, strip.Height)
	}
	if _, err := os.Stat(filepath.Join(out, "a.png")); err == nil {
		t.Error("a strip was written of a picture that passed")
	}

	m, err := anomaly.Read(model)
	must(t, err)
	var samples []anomaly.Part
	for _, s := range m.Card.Samples {
		p, err := anomaly.DecodePicture(m.Samples[s.File])
		must(t, err)
		samples = append(samples, anomaly.Part{Picture: p})
	}
	m.Origins, m.Kept = nil, nil // as it was taught before
	must(t, m.Seal(samples, c.options()))
	c.Model = filepath.Join(out, "older")
	must(t, m.Write(c.Model))
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "teach it anew") {
		t.Errorf("an older model: %v, want it to say that it can not", err)
	}
	e, why, err := explainer(c.Model, c.options())
	if e != nil || err != nil || !strings.Contains(why, "before models noted") {
		t.Errorf("an older model explains: %v, %q, %v", e, why, err)
	}
	c.Nearest = ""
	if lines := printed(t, func() error { return c.Run(t.Context()) }); bytes.Count(lines, []byte("score")) != 2 {
		t.Errorf("an older model judges: %s", lines)
	}
}
