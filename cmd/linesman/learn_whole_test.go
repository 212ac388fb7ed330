package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/models/anomaly"
	"linesman/proof"
	"linesman/recipe"
)

// TestLearnsByItself has the appliance learn from mistakes on drawn caps: killed in
// the middle nothing half is left, then a process of its own makes the candidate and
// its report, it judges beside the line, and what judges the line stays as it is. A
// release kills it while it writes, with -kills 50.
func TestLearnsByItself(t *testing.T) {
	binary, model := build(t)
	flag, _, falsely, missed := drawnPlant(t, filepath.Dir(model))
	dir := filepath.Dir(flag.Config)
	text, err := os.ReadFile(flag.Config)
	must(t, err)
	text = []byte(strings.NewReplacer("127.0.0.1:8080", free(t), "127.0.0.1:1502", free(t)).Replace(string(text)))
	must(t, os.WriteFile(flag.Config, append(text, "learning: {after: 5, quiet: 1ns, verdicts: 1000}\n"...), 0o600))
	before := treeOf(t, dir, "model", "cap-28.yaml")

	site, err := config.Load(flag.Config)
	must(t, err)
	a, err := openAppliance(site, slog.New(slog.DiscardHandler))
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	defer func() {
		cancel()
		must(t, <-done)
		a.close()
	}()
	w, err := a.ownLearner()
	must(t, err)
	w.teach = (&teacher{site: site, log: a.log, program: binary, strain: func() func() string { return func() string { return "" } }}).teach
	w.idle = func() (float64, error) { return 1, nil }

	said := map[proof.Label][]string{proof.MissedDefect: missed[:3], proof.FalseReject: falsely[:2]}
	book := &proof.Labels{Log: a.store, Append: a.store.Append, Holds: a.evidence}
	must(t, w.look(t.Context()))
	for label, parts := range said {
		for _, id := range parts {
			s := proof.Saying{Part: id, Label: label, Actor: "user:li"}
			if label == proof.MissedDefect {
				s.Class = "spot"
			}
			_, err := book.Say(t.Context(), s, nil)
			must(t, err)
		}
	}

	t.Run("killed", func(t *testing.T) {
		dying, kill := context.WithCancel(t.Context())
		go func() { // while it teaches, or as soon as it writes
			defer kill()
			for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(time.Millisecond) {
				left, _ := filepath.Glob(filepath.Join(dir, unfinishedPrefix+"*", "*"))
				if len(left) > 0 || *kills <= 5 && time.Since(began) > time.Second {
					return
				}
			}
		}()
		if err := w.look(dying); !errors.Is(err, context.Canceled) {
			t.Fatalf("killed, it ends with %v", err)
		}
	})
	began := time.Now()
	must(t, w.look(t.Context()))
	t.Logf("one candidate took %s", time.Since(began))

	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v (%v)", left, err)
	}
	all, err := candidatesIn(dir, func(*madeFrom) bool { return true })
	must(t, err)
	if len(all) != 1 || !all[0].whole() {
		t.Fatalf("candidates %+v", all)
	}
	c := all[0]
	draft, err := recipe.Load(c.draft())
	must(t, err)
	m, err := anomaly.Read(draft.ModelDir())
	must(t, err)
	var told []event.Event
	types := []event.Type{event.CandidateMade{}.EventType(), event.CandidateTried{}.EventType(), event.CandidateFailed{}.EventType()}
	told, err = a.store.Read(t.Context(), event.Filter{Types: types})
	must(t, err)
	if len(told) != 2 || told[0].Actor != learning || told[1].Actor != learning || told[1].Cause != told[0].ID {
		t.Fatalf("the log tells of %+v", told)
	}
	made, err := event.As[event.CandidateMade](told[0])
	must(t, err)
	tried, err := event.As[event.CandidateTried](told[1])
	must(t, err)
	if made.ModelHash != m.Card.SHA256 || made.RecipeHash != draft.Hash() || made.Missed != 3 || made.Labelled != 2 || made.Through == 0 {
		t.Errorf("made %+v of %s", made, m.Card.SHA256)
	}
	if tried.ModelHash != made.ModelHash || tried.Judged != 132 || tried.Passes == 0 || tried.Reject+tried.Pass == 0 {
		t.Errorf("tried %+v", tried)
	}
	for name, want := range map[string]string{reportFile: tried.Report, pageFile: tried.Page} {
		file, err := os.ReadFile(filepath.Join(c.dir, name))
		if must(t, err); sha256Of(file) != want {
			t.Errorf("%s is not the one that the log tells of", name)
		}
	}
	waits := time.Now().Add(10 * time.Second)
	for a.stations["caps-1"].Status().Shadow == nil && time.Now().Before(waits) {
		time.Sleep(20 * time.Millisecond)
	}
	if sh := a.stations["caps-1"].Status().Shadow; sh == nil || sh.Recipe != draft.ID() || sh.Model != made.Model {
		t.Errorf("beside the line judges %+v", sh)
	}
	if now := treeOf(t, dir, "model", "cap-28.yaml"); strings.Join(now, "") != strings.Join(before, "") {
		t.Error("the model that judges, or its recipe, was changed")
	}
	must(t, w.look(t.Context()))
	if all, err := candidatesIn(dir, func(*madeFrom) bool { return true }); err != nil || len(all) != 1 {
		t.Errorf("nothing new was said, and there are %d (%v)", len(all), err)
	}
	desk := &candidateDesk{a.site, a.store}
	shown, err := desk.Candidates(t.Context(), "caps-1")
	must(t, err)
	version := strings.TrimPrefix(filepath.Base(c.dir), candidatePrefix)
	if len(shown.Candidates) != 1 || shown.Candidates[0].Version != version || shown.Candidates[0].State != "draft" || !shown.Candidates[0].Report || shown.Candidates[0].Made.ModelHash != made.ModelHash || shown.Candidates[0].Tried.Judged != 132 {
		t.Errorf("the page is shown %+v", shown)
	}
	page, err := desk.CandidateReport("caps-1", version)
	if must(t, err); sha256Of(page) != tried.Page {
		t.Error("the page is shown another report than the log tells of")
	}
	list, err := exec.Command(binary, "candidate", "list", "-c", flag.Config).CombinedOutput()
	must(t, err)
	for _, want := range []string{filepath.Base(c.dir), draft.ID(), "draft", learning, " of 132", " passes"} {
		if !strings.Contains(string(list), want) {
			t.Errorf("%q is missing in\n%s", want, list)
		}
	}
	t.Logf("\n%s", list)
}
