package main

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/recipe"
	"linesman/sim"
	"linesman/sim/draw"
)

func TestRenamed(t *testing.T) {
	const text = "# caps\nrecipe: cap-28\nversion: 7   # raise it\npart:\n  diameter_mm: 28\nmodel: old/folder   # from teaching\nkeep: {one_pass_in: 10}\n"
	got, err := renamed([]byte(text), "new", 8)
	want := "# caps\nrecipe: cap-28\nversion: 8   # raise it\npart:\n  diameter_mm: 28\nmodel: new   # from teaching\nkeep: {one_pass_in: 10}\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for name, text := range map[string]string{
		"no model":         "version: 1\n",
		"no version":       "model: x\n",
		"a model too much": "version: 1\nmodel: x\nmodel: y\n",
		"on one row":       "{version: 1, model: x}\n",
	} {
		if got, err := renamed([]byte(text), "new", 2); err == nil {
			t.Errorf("%s: made %q", name, got)
		}
	}
}

// coarse is the scale of these pictures, mm a pixel: small ones are taught soon.
const coarse = 0.25

// frames draws pictures of good caps as a camera files them.
func frames(t *testing.T, dir string, n int) {
	t.Helper()
	l := sim.Caps.Layout()
	l.MMPerPx = coarse
	painter := draw.NewPainter(l, 3, draw.Options{})
	w, h := painter.Size()
	f := camera.NewPool(1).Get(w, h, camera.RGB)
	for trigger, shot := range draw.Walk(l, draw.NewFeed(draw.Spec{Layout: l, Seed: 3, DefectRate: -1}), 525, time.Time{}) {
		painter.Paint(trigger.Travelled, shot.Visible, f)
		img := image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range w * h {
			copy(img.Pix[4*i:], f.Pix[3*i:3*i+3])
			img.Pix[4*i+3] = 255
		}
		file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%03d.png", trigger.N)))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, img); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if trigger.N == uint64(n) {
			return
		}
	}
}

// A recipe is made and names a model that judges located parts; teaching again
// would raise it.
func TestTeachWithRecipe(t *testing.T) {
	const parts = 12
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if err := os.Mkdir(good, 0o755); err != nil {
		t.Fatal(err)
	}
	frames(t, good, parts)
	c := TeachCmd{Good: good, Out: filepath.Join(dir, "models", "cap"), Threads: 2, Recipe: filepath.Join(dir, "recipes", "cap.yaml"), Belt: "+x", Lanes: 1}
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "--diameter-mm") {
		t.Errorf("without a diameter: %v", err)
	}
	c.MM = 28
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "--mm-per-px") {
		t.Errorf("without a scale: %v", err)
	}
	c.MMPerPx = coarse
	if err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := recipe.Load(c.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	if r.ID() != "cap@1" || r.ModelDir() != c.Out || r.Part.DiameterMM != 28 {
		t.Errorf("recipe %s names %s for parts of %g mm", r.ID(), r.ModelDir(), r.Part.DiameterMM)
	}
	d, err := anomaly.Load(r.ModelDir(), anomaly.Options{Open: onnx.Open, Channels: channel.All()})
	if err != nil {
		t.Fatal(err)
	}
	if n := d.Card().Taught.Parts; n != parts {
		t.Errorf("taught from %d parts, want %d", n, parts)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	text, set, err := c.recipe()
	if err != nil || !strings.Contains(string(text), "version: 2\n") || set.DiameterMM != 28 || set.MMPerPx != coarse {
		t.Errorf("taught again: %v, %+v, %q", err, set, text)
	}
	c.MMPerPx = 10
	if err := c.Run(t.Context()); err == nil {
		t.Error("parts of less than three pixels were found")
	}
	if r, err := recipe.Load(c.Recipe); err != nil || r.Version != 1 {
		t.Errorf("a teaching that failed left the recipe at %v, %v", r, err)
	}
}
