package bench

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linesman/camera"
	"linesman/config"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/golden"
	"linesman/models/onnx"
	"linesman/models/teach"
	"linesman/sim"
	"linesman/sim/draw"
	"linesman/vision"
	"linesman/vision/cv"
)

// crops are good parts cut out of frames.
type crops []vision.Crop

// Len returns how many there are.
func (c crops) Len() int { return len(c) }

// Part returns one.
func (c crops) Part(i int) (anomaly.Part, error) {
	return anomaly.Part{Picture: anomaly.PictureOf(&c[i]), Crop: &c[i]}, nil
}

// perFrame is how many parts of one frame are taken at most: light and belt
// change with travel, so a few parts of many frames know more of them than all
// parts of a few.
const perFrame = 10

// cut takes up to n parts out of frames, at most each from one. The frames
// stay the caller's.
func cut(frames iter.Seq2[*camera.Frame, error], set vision.LocateSettings, n, each int) (crops, error) {
	locator, err := cv.NewLocator(set)
	if err != nil {
		return nil, err
	}
	defer locator.Close()
	var good crops
	var found vision.Crops
	for f, err := range frames {
		if err != nil {
			return nil, err
		}
		if err := locator.Locate(f, &found); err != nil {
			return nil, err
		}
		for _, c := range found.Items[:min(each, len(found.Items))] {
			c.Pix, c.Mask = bytes.Clone(c.Pix), bytes.Clone(c.Mask)
			good = append(good, c)
		}
		if len(good) >= n {
			return good[:n], nil
		}
	}
	return good, nil
}

// goodFrames draws frames of good parts, spread over the belt's travel.
func goodFrames(l sim.Layout, speed float64, seed uint64) iter.Seq2[*camera.Frame, error] {
	return func(yield func(*camera.Frame, error) bool) {
		parts := draw.NewFeed(draw.Spec{Layout: l, Seed: seed, DefectRate: -1})
		painter := draw.NewPainter(l, seed, draw.Options{SpeedMMs: speed, Exposure: exposure})
		w, h := painter.Size()
		pool, n := camera.NewPool(1), 0
		for t, shot := range draw.Walk(l, parts, speed, time.Time{}) {
			if n++; n%5 != 0 {
				continue
			}
			f := pool.Get(w, h, camera.RGB)
			painter.Paint(t.Travelled, shot.Visible, f)
			more := yield(f, nil)
			f.Release()
			if !more {
				return
			}
		}
	}
}

// falseRejects is what a model is taught for: one good part in ten thousand.
const falseRejects = 1e-4

// teachModel teaches a model of located parts into dir.
func teachModel(ctx context.Context, name string, good crops, mmPerPx float64, judge Judge, dir string) error {
	taught, err := golden.Teach(good, mmPerPx, func(int, int) {})
	if err != nil {
		return err
	}
	model, err := teach.Teach(ctx, teach.Input{Name: name, Good: good, Open: onnx.Open, Threads: 2, Fit: teach.LocatedParts, FalseRejectRate: falseRejects,
		Channels: []anomaly.ChannelFile{{Name: judge.Golden, Data: taught.Save()}}, Registry: judge.Registry})
	if err != nil {
		return err
	}
	return model.Write(dir)
}

// TeachDrawn teaches a model from n good parts of a drawn belt, of the given
// seed, into dir.
func TeachDrawn(ctx context.Context, l sim.Layout, n int, seed uint64, judge Judge, dir string) error {
	set := vision.LocateSettings{MMPerPx: l.MMPerPx, DiameterMM: l.DiameterMM, Lanes: l.Lanes, LaneMM: l.LaneMM, Belt: "+x"}
	good, err := cut(goodFrames(l, l.SpeedMMs(Rates[l.Product]), seed), set, n, perFrame)
	if err != nil {
		return err
	}
	return teachModel(ctx, string(l.Product), good, l.MMPerPx, judge, dir)
}

// drawnSite writes the files of a drawn line into dir and reads them back, so
// that they pass the same checks as anybody's.
func drawnSite(dir string, l sim.Layout) (site, error) {
	if err := writeDrawnSite(dir, l); err != nil {
		return site{}, err
	}
	return loadSite(dir)
}

// writeDrawnSite writes site.yaml and recipe.yaml of a drawn line.
func writeDrawnSite(dir string, l sim.Layout) error {
	lanes := make([]string, l.Lanes)
	for i := range lanes {
		lanes[i] = fmt.Sprint(i + 1)
	}
	window, pitch := 14.0, 0.8*l.PitchMM
	if l.StepMM > 0 {
		window, pitch = 8, l.DiameterMM
	}
	siteFile := fmt.Sprintf(`site: bench
cameras:
  top: {driver: sim, product: %[1]s}
controllers:
  plc: {driver: modbus, url: "tcp://127.0.0.1:502", lanes: %[2]d}
lines:
  %[1]s:
    zero: trigger
    min_pitch_mm: %[3]g
    max_mm_s: 1000
    encoder: {controller: plc, point: encoder, per_mm: %[4]g, bits: 32}
    views: [{camera: top, at_mm: %[5]g, mm_per_px: %[6]g, belt: +x, step_mm: %[7]g, exposure: 40us}]
    gates: [{at_mm: %[8]g, lanes: [%[9]s], controller: plc, mode: queue, point: pass, response: 12ms, window_mm: %[10]g, confirm: ejected, confirm_mm: 40, exit: good_count, exit_mm: 60}]
    recipe: recipe.yaml
`, l.Product, l.Lanes, pitch, l.PerMM, l.CameraMM, l.MMPerPx, l.StepMM, l.GateMM, strings.Join(lanes, ", "), window)
	recipeFile := fmt.Sprintf("recipe: %s\nversion: 1\npart: {diameter_mm: %g, lanes: %d, lane_mm: %g}\nmodel: model\n", l.Product, l.DiameterMM, l.Lanes, l.LaneMM)
	for name, text := range map[string]string{"site.yaml": siteFile, "recipe.yaml": recipeFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// loadSite reads a folder's site.yaml, which must have one line, and its recipe.
func loadSite(dir string) (site, error) {
	c, err := config.Load(filepath.Join(dir, "site.yaml"))
	if err != nil {
		return site{}, err
	}
	ids := c.LineIDs()
	if len(ids) != 1 {
		return site{}, fmt.Errorf("%s: a bench runs one line, the site has %v", dir, ids)
	}
	s := site{line: ids[0], settings: *c.Lines[ids[0]]}
	s.settings.Views = slices.Clone(s.settings.Views)
	if s.recipe, err = c.Recipe(s.line); err != nil {
		return site{}, err
	}
	if len(s.settings.Views) != 1 || s.settings.Gates[0].Mode != line.ModeQueue {
		return site{}, fmt.Errorf("%s: line %s: a bench runs one view and gates in queue mode", dir, s.line)
	}
	return s, nil
}

// retaught returns the site with its recipe reading the model taught in dir.
func (s site) retaught(dir string) site {
	r := *s.recipe
	r.Model = dir
	s.recipe = &r
	return s
}
