package main

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/config"
	"linesman/line"
	"linesman/recipe"
	"linesman/sim"
	"linesman/sim/draw"
	"linesman/vision"
)

// drawnFrames are pictures of a belt with a defective part in fifty.
func drawnFrames(l sim.Layout, n int) (frames []*camera.Frame) {
	painter := draw.NewPainter(l, 5, draw.Options{})
	w, h := painter.Size()
	pool := camera.NewPool(0)
	for trigger, shot := range draw.Walk(l, draw.NewFeed(draw.Spec{Layout: l, Seed: 5, DefectRate: 0.02}), 500, time.Time{}) {
		f := pool.Get(w, h, camera.RGB)
		painter.Paint(trigger.Travelled, shot.Visible, f)
		f.Trigger, f.Position.Tick.Count = trigger.N, int64(trigger.Tick)
		if frames = append(frames, f); len(frames) == n {
			break
		}
	}
	return frames
}

// TestInitFinds measures drawn lines from their pictures: scale, step and lanes.
func TestInitFinds(t *testing.T) {
	for _, product := range sim.Products() {
		t.Run(string(product), func(t *testing.T) {
			l := product.Layout()
			frames := drawnFrames(l, 6)
			scale, err := scaleFrom(frames, l.DiameterMM)
			if err != nil || math.Abs(scale/l.MMPerPx-1) > 0.02 {
				t.Fatalf("scale %v, %v; want %v within 2 %%", scale, err, l.MMPerPx)
			}
			if step := stepFrom(frames, l.PerMM); step != l.StepMM {
				t.Errorf("step %v mm, want %v", step, l.StepMM)
			}
			if l.Lanes == 1 {
				return
			}
			set := vision.LocateSettings{MMPerPx: scale, DiameterMM: l.DiameterMM, Belt: "+x"}
			mm, off, err := laneFrom(frames, set, l.Lanes)
			if err != nil || math.Abs(mm/l.LaneMM-1) > 0.03 || math.Abs(off) > 0.5 {
				t.Errorf("lanes %v mm apart, %v off the middle, %v; want %v", mm, off, err, l.LaneMM)
			}
			if mm, _, err := laneFrom(frames, set, l.Lanes-1); err == nil {
				t.Errorf("one lane less was found, %v mm apart", mm)
			}
		})
	}
}

// TestInitFindsNothing looks at a bare belt.
func TestInitFindsNothing(t *testing.T) {
	f := camera.NewPool(0).Get(300, 200, camera.RGB)
	for i := range f.Pix {
		f.Pix[i] = byte(90 + (i*7)%5)
	}
	if scale, err := scaleFrom([]*camera.Frame{f}, 20); err == nil || !strings.Contains(err.Error(), "--mm-per-px") {
		t.Errorf("found a scale of %v, %v", scale, err)
	}
}

func TestRows(t *testing.T) {
	spread := func(places ...float64) (all []float64) {
		for _, at := range places {
			all = append(all, at-0.3, at, at+0.3, at+0.1)
		}
		return all
	}
	for _, c := range []struct {
		name   string
		across []float64
		lanes  int
		mm     float64 // 0: refused
	}{
		{"even", spread(-15, -5, 5, 15), 4, 10},
		{"two", spread(4, -6), 2, 10},
		{"one row empty", spread(-15, -5, 15), 4, 0},
		{"uneven", spread(-15, -5, 9, 15), 4, 0},
		{"a row too much", spread(-15, -5, 5, 15), 3, 0},
		{"too few parts", []float64{-5, 5}, 2, 0},
	} {
		mm, _, err := rows(slices.Clone(c.across), c.lanes)
		if (err == nil) != (c.mm > 0) || mm != c.mm {
			t.Errorf("%s: %v mm, %v; want %v", c.name, mm, err, c.mm)
		}
	}
}

// TestInitAsks answers some questions by flags, some at the terminal, one wrongly.
func TestInitAsks(t *testing.T) {
	c := InitCmd{Product: "cap-28", PerMM: 4, Belt: "-y"}
	var out bytes.Buffer
	answers := "28 mm\n28,2\n\n\n120\n850\n60us\n"
	if err := c.ask(strings.NewReader(answers), &out); err != nil {
		t.Fatal(err)
	}
	want := InitCmd{Product: "cap-28", PartMM: 28.2, Camera: "sim://127.0.0.1:1555", Controller: "tcp://127.0.0.1:1502", PerMM: 4, CameraMM: 120, GateMM: 850, Belt: "-y", Exposure: "60us"}
	if c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
	if said := out.String(); !strings.Contains(said, `"28 mm": want a number above 0`) || strings.Contains(said, "Encoder") {
		t.Errorf("it asked: %s", said)
	}
	for flag, c := range map[string]InitCmd{
		"--product":    {Product: "cap 28"},
		"--camera":     {Product: "a", PartMM: 1, Camera: "rtsp://10.0.0.3/live"},
		"--controller": {Product: "a", PartMM: 1, Camera: "sim://h:1", Controller: "10.0.0.4"},
		"--belt":       {Product: "a", PartMM: 1, Camera: "sim://h:1", Controller: "tcp://h:502", PerMM: 1, CameraMM: 1, GateMM: 2, Belt: "left"},
		"--part-mm":    {Product: "a"},
	} {
		if err := c.ask(strings.NewReader(""), &out); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestTyped(t *testing.T) {
	if got, want := typed("bin/linesman", "teach", "-c", "hall 3/it's.yaml", "--with", "0012-3,0014-1"), `bin/linesman teach -c 'hall 3/it'\''s.yaml' --with 0012-3,0014-1`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestInitWrites reads what is written with the program's own eyes.
func TestInitWrites(t *testing.T) {
	c := InitCmd{Site: filepath.Join(t.TempDir(), "hall 3", "site.yaml"), Product: "tab-9", PartMM: 9, Camera: "sim://127.0.0.1:1555", Controller: "tcp://127.0.0.1:1502",
		PerMM: 10, CameraMM: 120, GateMM: 850, Belt: "+x", Exposure: "40us", Listen: "127.0.0.1:8081"}
	s := found{width: 1000, height: 800, mmPerPx: 0.0984, lanes: 3, laneMM: 9.8, stepMM: 84, windowMM: 8, mmS: 167}
	site, err := config.Parse(c.siteText(s))
	if err != nil {
		t.Fatalf("%v in\n%s", err, c.siteText(s))
	}
	l := site.Lines["tab-9-1"]
	view := line.View{Name: "top", Camera: "top", AtMM: 120, MMPerPx: 0.0984, Belt: "+x", StepMM: 84, Exposure: line.Duration(40 * time.Microsecond)}
	if site.Name != "hall-3" || site.Listen != c.Listen || l.MaxSpeed != 300 || l.Views[0] != view || !slices.Equal(l.Gates[0].Lanes, []int{1, 2, 3}) || l.Gates[0].WindowMM != 8 {
		t.Errorf("site %s: %+v", site.Name, l)
	}
	rec, err := recipe.Parse(c.recipeText(s))
	if err != nil {
		t.Fatal(err)
	}
	if rec.ID() != "tab-9@1" || rec.Part.Lanes != 3 || rec.Part.LaneMM != 9.8 || rec.Part.DiameterMM != 9 || rec.Model != "models/tab-9" {
		t.Errorf("recipe %+v", rec)
	}
	s.mmS = 5000 // from camera to gate takes less than a verdict
	if _, err := config.Parse(c.siteText(s)); err == nil {
		t.Error("a belt that is too fast was taken")
	}
}
