package bench

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // recordings come as PNG or JPEG
	_ "image/png"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linesman/camera"
	"linesman/models/teach"
	"linesman/sim"
	"linesman/sim/draw"
)

// recording is a folder of frames drawn by anybody, with their truth.
type recording struct {
	dir    string
	shown  []draw.Shown // in the order of travel
	truth  []draw.Truth
	width  int
	height int
}

// readRecording reads the lines and the first picture's size.
func readRecording(dir string) (*recording, error) {
	r := &recording{dir: dir}
	if err := readLines(filepath.Join(dir, "frames.jsonl"), &r.shown); err != nil {
		return nil, err
	}
	if err := readLines(filepath.Join(dir, "truth.jsonl"), &r.truth); err != nil {
		return nil, err
	}
	if len(r.shown) < 2 {
		return nil, fmt.Errorf("%s: frames.jsonl has %d frames; a belt's speed needs at least 2", dir, len(r.shown))
	}
	slices.SortStableFunc(r.shown, func(a, b draw.Shown) int { return cmp.Compare(a.Tick.Count, b.Tick.Count) })
	for i, s := range r.shown {
		if s.Tick.Epoch != r.shown[0].Tick.Epoch {
			return nil, fmt.Errorf("%s: frame %s is of encoder epoch %d, the first of %d; record anew without a reset", dir, s.File, s.Tick.Epoch, r.shown[0].Tick.Epoch)
		}
		if i > 0 && s.Tick.Count == r.shown[i-1].Tick.Count {
			return nil, fmt.Errorf("%s: frames %s and %s have the same tick", dir, r.shown[i-1].File, s.File)
		}
	}
	first, err := readImage(filepath.Join(dir, filepath.FromSlash(r.shown[0].File)))
	if err != nil {
		return nil, err
	}
	r.width, r.height = first.Bounds().Dx(), first.Bounds().Dy()
	return r, nil
}

// readLines reads one JSON object a line.
func readLines[T any](path string, into *[]T) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return fmt.Errorf("%s line %d: %w", path, n, err)
		}
		*into = append(*into, v)
	}
	return lines.Err()
}

func readImage(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// fillFrame copies a picture into a frame of its size.
func fillFrame(path string, f *camera.Frame) error {
	m, err := readImage(path)
	if err != nil {
		return err
	}
	b := m.Bounds()
	if b.Dx() != f.Width || b.Dy() != f.Height {
		return fmt.Errorf("%s: %d x %d pixels, the first picture has %d x %d", path, b.Dx(), b.Dy(), f.Width, f.Height)
	}
	for y := range f.Height {
		row := f.Pix[y*f.Stride:]
		switch p := m.(type) {
		case *image.NRGBA:
			from := p.Pix[y*p.Stride:]
			for x := range f.Width {
				copy(row[3*x:3*x+3], from[4*x:4*x+3])
			}
		case *image.RGBA:
			from := p.Pix[y*p.Stride:]
			for x := range f.Width {
				copy(row[3*x:3*x+3], from[4*x:4*x+3])
			}
		default:
			for x := range f.Width {
				r, g, b, _ := m.At(b.Min.X+x, b.Min.Y+y).RGBA()
				row[3*x], row[3*x+1], row[3*x+2] = byte(r>>8), byte(g>>8), byte(b>>8)
			}
		}
	}
	return nil
}

// layout reads the line's geometry out of its settings.
func (r *recording) layout(s site) (sim.Layout, error) {
	v, g := &s.settings.Views[0], &s.settings.Gates[0]
	lanes := 0
	for i := range s.settings.Gates {
		lanes = max(lanes, slices.Max(s.settings.Gates[i].Lanes))
		if s.settings.Gates[i].AtMM != g.AtMM {
			return sim.Layout{}, errors.New("a bench has one row of gates: give all gates the same at_mm")
		}
	}
	if v.Belt != "+x" {
		return sim.Layout{}, fmt.Errorf("view %s: belt is %q; a recording runs +x: turn the pictures", v.Name, v.Belt)
	}
	product, wide := sim.Caps, 0.0
	switch {
	case v.StepMM > 0 && lanes > 1 && s.recipe.Part.LaneMM < s.recipe.Part.DiameterMM:
		// Longer than a lane is wide, they lie along it.
		product, wide = sim.Capsules, s.recipe.Part.LaneMM/2
	case v.StepMM > 0:
		product = sim.Tablets
	}
	return sim.Layout{Product: product, WidthMM: wide, DiameterMM: s.recipe.Part.DiameterMM, Lanes: lanes, LaneMM: s.recipe.Part.LaneMM, PitchMM: s.settings.MinPitchMM,
		FrameXMM: float64(r.width) * v.MMPerPx, FrameYMM: float64(r.height) * v.MMPerPx, MMPerPx: v.MMPerPx, StepMM: v.StepMM,
		CameraMM: v.AtMM, GateMM: g.AtMM, PerMM: s.settings.Encoder.PerMM}, nil
}

// course lays the recorded parts on a belt and triggers where the frames were taken.
func (r *recording) course(l sim.Layout) (*course, error) {
	first, last := r.shown[0], r.shown[len(r.shown)-1]
	seconds := float64(last.At-first.At) / 1e9
	travel := func(s draw.Shown) float64 {
		// The course's zero lies so that the first picture's parts come after it.
		return float64(s.Tick.Count-first.Tick.Count)/l.PerMM + l.CameraMM + l.FrameXMM
	}
	c := &course{layout: l, painter: draw.NewPainter(l, 1, draw.Options{}), parts: len(r.truth)}
	if c.speed = (travel(last) - travel(first)) / seconds; !(c.speed > 0) || seconds <= 0 {
		return nil, fmt.Errorf("%s: frames.jsonl: %g mm in %g s is no belt speed: check at (ns) and tick", r.dir, travel(last)-travel(first), seconds)
	}
	byTrigger := map[uint64]int{}
	pictures := make([]picture, len(r.shown))
	for i, s := range r.shown {
		pictures[i].travelled = travel(s)
		path := filepath.Join(r.dir, filepath.FromSlash(s.File))
		pictures[i].paint = func(f *camera.Frame) error { return fillFrame(path, f) }
		byTrigger[s.Trigger] = i
		c.triggers = append(c.triggers, pictures[i].travelled)
	}
	var parts []sim.Part
	for n, t := range r.truth {
		i, ok := byTrigger[t.Trigger]
		if !ok {
			return nil, fmt.Errorf("%s: truth.jsonl line %d: no frame has trigger %d", r.dir, n+1, t.Trigger)
		}
		p := sim.Part{N: n, Lane: max(1, t.Lane), Kind: t.Kind, SizeMM: t.SizeMM, Contrast: t.Contrast, DeltaE: t.DeltaE}
		x, y := (t.Box[0]+t.Box[2])/2, (t.Box[1]+t.Box[3])/2
		p.MM = pictures[i].travelled - l.CameraMM - (x-float64(r.width)/2)*l.MMPerPx
		p.AcrossMM = y * l.MMPerPx
		if p.Lane > l.Lanes {
			return nil, fmt.Errorf("%s: truth.jsonl line %d: lane %d, but the line has gates for %d", r.dir, n+1, p.Lane, l.Lanes)
		}
		parts = append(parts, p)
		pictures[i].fresh = append(pictures[i].fresh, p)
	}
	slices.SortStableFunc(parts, func(a, b sim.Part) int { return cmp.Compare(a.MM, b.MM) })
	c.feed = &listFeed{parts}
	c.pictures = func(yield func(*picture) bool) {
		for i := range pictures {
			p := pictures[i]
			if !yield(&p) {
				return
			}
		}
	}
	return c, nil
}

// listFeed lays parts from a list.
type listFeed struct{ parts []sim.Part }

// Until returns the parts not yet returned whose MM is less than mm.
func (f *listFeed) Until(mm float64) []sim.Part {
	n := 0
	for n < len(f.parts) && f.parts[n].MM < mm {
		n++
	}
	out := slices.Clone(f.parts[:n])
	f.parts = f.parts[n:]
	return out
}

// Done reports that no more will come.
func (f *listFeed) Done() bool { return len(f.parts) == 0 }

// prepareRecording teaches from the recording's good frames and lays out its course.
func (b *lineBench) prepareRecording(ctx context.Context) error {
	rec, err := readRecording(b.Recording)
	if err != nil {
		return err
	}
	if b.site, err = loadSite(b.Recording); err != nil {
		return err
	}
	l, err := rec.layout(b.site)
	if err != nil {
		return err
	}
	c, err := rec.course(l)
	if err != nil {
		return err
	}
	seconds := float64(rec.shown[len(rec.shown)-1].At-rec.shown[0].At) / 1e9
	b.RatePerHour = float64(c.parts) / seconds * 3600
	b.course = func() (*course, error) { return rec.course(l) }
	b.more = b.course
	b.report.Product = b.site.recipe.Name

	set := b.site.recipe.Part
	set.MMPerPx, set.Belt = b.site.settings.Views[0].MMPerPx, b.site.settings.Views[0].Belt
	began := time.Now()
	good, err := cut(teachFrames(b.Recording, rec.width, rec.height), set, 10*b.TeachGood, b.TeachGood)
	if err != nil {
		return err
	}
	if good = spread(good, b.TeachGood); len(good) == 0 {
		return fmt.Errorf("%s: no part was found in teach/", b.Recording)
	}
	b.Progress("teaching %s from %d good parts of teach/", b.site.recipe.Name, len(good))
	model := filepath.Join(b.dir, "model")
	if err := teachModel(ctx, b.site.recipe.Name, good, l.MMPerPx, model); err != nil {
		return err
	}
	b.report.TeachSeconds = time.Since(began).Seconds()
	b.site = b.site.retaught(model)
	return b.trivialOf(good, l, rec)
}

// spread takes n of the crops, evenly.
func spread(all teach.Crops, n int) teach.Crops {
	if len(all) <= n {
		return all
	}
	some := make(teach.Crops, n)
	for i := range some {
		some[i] = all[i*len(all)/n]
	}
	return some
}

// teachFrames reads the pictures of teach/ in the order of their names.
func teachFrames(dir string, width, height int) iter.Seq2[*camera.Frame, error] {
	return func(yield func(*camera.Frame, error) bool) {
		files, err := filepath.Glob(filepath.Join(dir, "teach", "*.png"))
		if err == nil && len(files) == 0 {
			err = fmt.Errorf("%s: teach/ holds no *.png of good parts", dir)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		slices.Sort(files)
		pool := camera.NewPool(1)
		for _, file := range files {
			f := pool.Get(width, height, camera.RGB)
			err := fillFrame(file, f)
			more := yield(f, err)
			f.Release()
			if !more {
				return
			}
		}
	}
}

// trivialOf shows the trivial judges the taught parts.
func (b *lineBench) trivialOf(good teach.Crops, l sim.Layout, rec *recording) error {
	painter := draw.NewPainter(l, 1, draw.Options{})
	f := camera.NewPool(1).Get(rec.width, rec.height, camera.RGB)
	defer f.Release()
	files, err := filepath.Glob(filepath.Join(b.Recording, "teach", "*.png"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	set := b.site.recipe.Part
	set.MMPerPx, set.Belt = l.MMPerPx, "+x"
	var seen [][]byte
	for _, file := range files {
		if err := fillFrame(file, f); err != nil {
			return err
		}
		found, err := cut(func(yield func(*camera.Frame, error) bool) { yield(f, nil) }, set, perFrame, perFrame)
		if err != nil {
			return err
		}
		for _, c := range found {
			p := sim.Part{MM: l.CameraMM*-1 - (c.Centre.X-float64(rec.width)/2)*l.MMPerPx, AcrossMM: c.Centre.Y * l.MMPerPx}
			seen = append(seen, painter.Crop(0, p, f, nil))
		}
		if len(seen) >= len(good) {
			break
		}
	}
	b.trivial = draw.NewTrivial(seen)
	return nil
}
