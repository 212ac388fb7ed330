//go:build measure

package main

import (
	"errors"
	"flag"
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

var mistakes = flag.Int("mistakes", 20, "how many mistakes TestMistakes feeds back")

// TestMistakes measures what a candidate is worth that was taught from mistakes:
// a model of few good caps judges others, its first mistakes are labelled, and
// it, a candidate without the labels and one with them judge caps that none of
// them has seen.
//
//	go test -tags measure ./cmd/linesman -run Mistakes -v -timeout 60m
func TestMistakes(t *testing.T) {
	flag := accessPlant(t, "127.0.0.1:8080")
	dir := filepath.Dir(flag.Config)
	l := sim.Caps.Layout()
	const few = 20
	good := drawnCaps(t, 31, few, 0)
	m, err := teach.Located(t.Context(), teach.Input{Name: "cap", Open: onnx.Open, Threads: 2}, good, l.MMPerPx)
	must(t, err)
	must(t, m.Write(filepath.Join(dir, "model")))
	must(t, os.WriteFile(filepath.Join(dir, "cap-28.yaml"), []byte("recipe: cap\nversion: 1\npart: {diameter_mm: 28}\nmodel: model\n"), 0o644))
	site := load(t, dir)
	rec, err := site.Recipe("caps-1")
	must(t, err)

	seenGood, seenBad := 600, 600
	seen := drawnCaps(t, 32, seenGood, seenBad)
	shelf, err := evidence.Open(evidence.Settings{Dir: filepath.Join(site.Path(site.Data), "evidence"), MinFree: -1, Queue: 2 * len(seen)})
	must(t, err)
	log, err := openLogToWrite(logFolder(site), site.Name)
	must(t, err)
	var said []proof.Saying
	falsely, missed := 0, 0
	for i, outcome := range outcomesOf(t, m, rec, seen) {
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
	fresh := drawnCaps(t, 33, newGood, newBad)
	t.Logf("taught from %d good caps; %d false rejects and %d missed defects fed back", few, falsely, missed)
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

// drawnCaps draws caps and cuts them out of their frames, the good ones first.
func drawnCaps(t *testing.T, seed uint64, good, defective int) (out teach.Crops) {
	t.Helper()
	l := sim.Caps.Layout()
	spec := draw.Spec{Layout: l, Seed: seed, Good: good, Defective: defective}
	painter := draw.NewPainter(l, seed, draw.Options{SpeedMMs: l.SpeedMMs(36000)})
	locator, err := cv.NewLocator(vision.LocateSettings{DiameterMM: l.DiameterMM, MMPerPx: l.MMPerPx, Belt: "+x"})
	must(t, err)
	defer locator.Close()
	w, h := painter.Size()
	f := camera.NewPool(1).Get(w, h, camera.RGB)
	defer f.Release()
	var found vision.Crops
	for trigger, s := range draw.Walk(l, draw.NewFeed(spec), l.SpeedMMs(36000), time.Unix(0, 0)) {
		painter.Paint(trigger.Travelled, s.Visible, f)
		must(t, locator.Locate(f, &found))
		if len(found.Items) != 1 {
			t.Fatalf("trigger %d: %d parts found", trigger.N, len(found.Items))
		}
		out = append(out, found.Items[0].Clone())
	}
	if len(out) != good+defective {
		t.Fatalf("%d caps drawn, want %d", len(out), good+defective)
	}
	return out
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
