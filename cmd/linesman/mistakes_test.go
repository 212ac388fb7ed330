//go:build measure

package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/models/teach"
	"linesman/proof"
	"linesman/recipe"
	"linesman/sim"
	"linesman/sim/draw"
	"linesman/vision"
	"linesman/vision/cv"
)

var (
	mistakes = flag.Int("mistakes", 20, "how many mistakes TestMistakes feeds back")
	mistaken = flag.String("product", string(sim.Caps), "what is drawn for TestMistakes: caps or tablets")
)

// TestMistakes measures what a candidate is worth that was taught from mistakes:
// a model of few good parts judges others, its first mistakes are labelled, and
// it, a candidate without the labels and one with them judge parts that none of
// them has seen.
//
//	go test -tags measure ./cmd/linesman -run 'Mistakes$' -v -timeout 60m
//	go test -tags measure ./cmd/linesman -run 'Mistakes$' -v -timeout 60m -args -product tablets
func TestMistakes(t *testing.T) {
	flag := accessPlant(t, "127.0.0.1:8080")
	dir := filepath.Dir(flag.Config)
	l := sim.Product(*mistaken).Layout()
	const few = 20
	good := drawnCrops(t, l, 31, few, 0)
	m, err := teach.Located(t.Context(), teach.Input{Name: "part", Open: onnx.Open, Threads: 2}, good, l.MMPerPx)
	must(t, err)
	must(t, m.Write(filepath.Join(dir, "model")))
	must(t, os.WriteFile(filepath.Join(dir, "cap-28.yaml"), fmt.Appendf(nil, "recipe: part\nversion: 1\npart: {diameter_mm: %g}\nmodel: model\n", l.DiameterMM), 0o644))
	site := load(t, dir)
	rec, err := site.Recipe("caps-1")
	must(t, err)

	seenGood, seenBad := 600, 1300 // of the latter until ten were let through
	seen := drawnCrops(t, l, 32, seenGood, seenBad)
	shelf, err := evidence.Open(evidence.Settings{Dir: filepath.Join(site.Path(site.Data), "evidence"), MinFree: -1, Queue: 2 * len(seen)})
	must(t, err)
	log, err := openLogToWrite(logFolder(site), site.Name)
	must(t, err)
	var said []proof.Saying
	falsely, missed := 0, 0
	for i, outcome := range outcomesOf(t, m, rec, seen) {
		if missed == *mistakes/2 {
			break // the defective ones come last: all misses until then are labelled
		}
		c := &seen[i]
		sha := line.KeepIn(shelf)(map[bool]string{true: "pass", false: "reject"}[outcome == "pass"], line.Picture{Width: c.Size, Height: c.Size, Pix: c.Pix, Crop: noteOf(c)})
		at := time.Unix(1e9+int64(i), 0).UTC()
		e := event.New("/demo/line/caps-1", "", at, event.PartJudged{Line: "caps-1", Outcome: outcome, Recipe: rec.ID(), RecipeHash: rec.Hash(), Evidence: sha,
			Timing: event.Timing{Exposure: at}, Views: []event.View{{Name: "top", Evidence: sha, Quality: event.Quality{Focus: 100, Mean: 100}}}})
		e.ID, e.Part = event.NewID(), event.NewID()
		_, err := log.Append(t.Context(), []event.Event{e})
		must(t, err)
		s := proof.Saying{Part: e.Part}
		switch {
		case i < seenGood && outcome != "pass" && falsely < *mistakes/2:
			s.Label = proof.FalseReject
			falsely++
		case i >= seenGood && outcome == "pass" && missed < *mistakes/2:
			s.Label, s.Class = proof.MissedDefect, "drawn"
			missed++
		default:
			continue
		}
		said = append(said, s)
	}
	must(t, errors.Join(log.Close(), shelf.Close()))
	candidate := func(name string) *anomaly.Model {
		t.Helper()
		out := filepath.Join(dir, name)
		must(t, (&CandidateMakeCmd{SiteFlag: flag, Line: "caps-1", Out: out, Most: 400, Threads: 2}).Run(t.Context()))
		m, err := anomaly.Read(out)
		must(t, err)
		return m
	}
	unsaid := candidate("unsaid") // what kept passes alone are worth
	for _, s := range said {
		_, err := labelHere(t.Context(), site, s)
		must(t, err)
	}
	next := candidate("said")

	newGood, newBad := 1000, 500
	fresh := drawnCrops(t, l, 33, newGood, newBad)
	t.Logf("%s: taught from %d good ones; %d false rejects and %d missed defects fed back", l.Product, few, falsely, missed)
	answers := func(name string, m *anomaly.Model) (rejects, escapes int) {
		t.Helper()
		for i, outcome := range outcomesOf(t, m, rec, fresh) {
			if i < newGood && outcome != "pass" {
				rejects++
			}
			if i >= newGood && outcome == "pass" {
				escapes++
			}
		}
		t.Logf("%s: %d of %d good rejected, %d of %d defective escaped, none of them fed back", name, rejects, newGood, escapes, newBad)
		return rejects, escapes
	}
	rejects, escapes := answers("before", m)
	answers("taught anew from kept passes alone", unsaid)
	if r, e := answers("and from the mistakes", next); r > rejects || e > escapes || r == rejects && e == escapes {
		t.Errorf("nothing was learned from the mistakes: %d and %d before, %d and %d after", rejects, escapes, r, e)
	}
}

// drawnCrops draws parts and cuts them out of their frames, the good ones first.
func drawnCrops(t *testing.T, l sim.Layout, seed uint64, good, defective int) (out teach.Crops) {
	t.Helper()
	if l.StepMM == 0 {
		return drawnOf(t, l, seed, draw.Spec{Layout: l, Seed: seed, Good: good, Defective: defective}, good+defective)
	}
	const station = 30 // one belt with its lamps
	// Where a frame shows many, the good ones and the others travel apart, so that it
	// is known what each is, and one is taken of each frame, so that light and noise
	// are as various as with one part a frame. The first frames may show none.
	frame := l.Lanes * int(l.StepMM/l.PitchMM+1)
	if good > 0 {
		out = drawnOf(t, l, station, draw.Spec{Layout: l, Seed: seed, Good: (good + 4) * frame, Touching: -1}, good)
	}
	if defective > 0 {
		out = append(out, drawnOf(t, l, station, draw.Spec{Layout: l, Seed: seed + 100, Defective: (defective + 4) * frame, Touching: -1}, defective)...)
	}
	return out
}

// drawnOf cuts n parts out of drawn frames, one of each. station is the seed of belt
// and lamps.
func drawnOf(t *testing.T, l sim.Layout, station uint64, spec draw.Spec, n int) (out teach.Crops) {
	t.Helper()
	painter := draw.NewPainter(l, station, draw.Options{SpeedMMs: l.SpeedMMs(36000)})
	locator, err := cv.NewLocator(vision.LocateSettings{DiameterMM: l.DiameterMM, MMPerPx: l.MMPerPx, Belt: "+x"})
	must(t, err)
	defer locator.Close()
	w, h := painter.Size()
	f := camera.NewPool(1).Get(w, h, camera.RGB)
	defer f.Release()
	var found vision.Crops
	for trigger, s := range draw.Walk(l, draw.NewFeed(spec), l.SpeedMMs(36000), time.Unix(0, 0)) {
		at := trigger.Travelled
		if l.StepMM > 0 { // another stretch of the belt for each seed: light and noise go by it
			off := float64(spec.Seed) * 1e6
			at += off
			for i := range s.Visible {
				s.Visible[i].MM += off
			}
		}
		painter.Paint(at, s.Visible, f)
		must(t, locator.Locate(f, &found))
		if l.StepMM == 0 && len(found.Items) != 1 {
			t.Fatalf("trigger %d: %d parts found", trigger.N, len(found.Items))
		}
		var middle []*vision.Crop // frames overlap at their ends
		for i := range found.Items {
			c := &found.Items[i]
			if off := math.Abs(c.Centre.X - float64(w)/2); l.StepMM == 0 || off < l.StepMM/l.MMPerPx/2 {
				middle = append(middle, c)
			}
		}
		if len(middle) == 0 {
			continue
		}
		c := middle[int(trigger.N)%len(middle)]
		if out = append(out, c.Clone()); len(out) == n {
			return out
		}
	}
	t.Fatalf("%d parts drawn, want %d", len(out), n)
	return nil
}

// outcomesOf judges crops by a model and the recipe's limits.
func outcomesOf(t *testing.T, m *anomaly.Model, rec *recipe.Recipe, crops teach.Crops) []string {
	t.Helper()
	d, err := m.Detector(anomaly.Options{Open: onnx.Open, Threads: 2, Channels: channel.All()})
	must(t, err)
	defer d.Close()
	judge := line.Again{Recipe: rec, Detector: d}
	out := make([]string, len(crops))
	for i := range crops {
		c := &crops[i]
		file, err := evidence.PartPNG(c.Size, c.Pix, noteOf(c))
		must(t, err)
		got := judge.Judge(t.Context(), []proof.Case{{Judged: event.PartJudged{Views: []event.View{{Name: "top"}}}, Pictures: [][]byte{file}}})[0]
		must(t, got.Err)
		out[i] = got.Outcome
	}
	return out
}
