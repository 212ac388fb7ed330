package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"linesman/config"
	"linesman/event"
	"linesman/line"
	"linesman/part"
	"linesman/recipe"
	"linesman/sim"
)

// runningCaps runs the appliance in this process, beside a drawn line of caps that
// is one of its own, until parts pass. stop ends both.
func runningCaps(t testing.TB, rate int) (v *victim, a *appliance, stop func()) {
	t.Helper()
	binary, model := build(t)
	v = &victim{t: t, binary: binary, model: model, mode: line.ModeQueue, rate: rate, dir: t.TempDir(), seed: 7, plcAddress: free(t), framesAddress: free(t), listen: free(t)}
	v.writeSite()
	site, err := config.Load(filepath.Join(v.dir, "site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	endSim := v.startSim()
	a, err = openAppliance(site, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	v.passing(time.Time{})
	return v, a, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		a.close()
		endSim()
	}
}

// draft writes another recipe of the caps.
func draft(dir, name string, version int) (*recipe.Recipe, error) {
	text, err := os.ReadFile(filepath.Join(dir, "recipe.yaml"))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(text), "version: 1\n")
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.yaml", name, version))
	if err := os.WriteFile(path, fmt.Appendf(nil, "recipe: %s\nversion: %d\n%slimits: {anomaly: 0.95}\n", name, version, rest), 0o644); err != nil {
		return nil, err
	}
	return recipe.Load(path)
}

// changingDir names the folder of the site that this program is to run instead of
// tests. Built without the race detector, it keeps a line's pace.
const changingDir = "LINESMAN_TEST_CHANGING"

// changing runs the appliance and changes its recipe again and again, to another
// version of the product and to another product in turn, until it is told to end.
func changing(dir string) error {
	site, err := config.Load(filepath.Join(dir, "site.yaml"))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	a, err := openAppliance(site, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.run(ctx) })
	g.Go(func() error {
		for version := 2; ; version++ {
			rec, err := draft(dir, []string{"caps", "other"}[version/2%2], version)
			if err != nil {
				return err
			}
			for {
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(200 * time.Millisecond):
				}
				_, err := a.changeOver("caps-1", rec, line.Next, "operator", "anna")
				if err == nil {
					break
				}
				if !strings.Contains(err.Error(), "ask again") && ctx.Err() == nil {
					return err
				}
			}
		}
	})
	return g.Wait()
}

// TestChangeOver has the appliance change its recipe again and again while caps go
// by, and kills it at any moment of that: no part is on the good side without a
// verdict that passed it, each is judged by the recipe of its place, none is in doubt
// for it, and the accounts close.
func TestChangeOver(t *testing.T) {
	binary, model := build(t)
	v := &victim{t: t, binary: binary, model: model, mode: line.ModeQueue, dir: t.TempDir(), seed: 5, changing: filepath.Join(t.TempDir(), "changing")}
	if out, err := exec.Command("go", "test", "-c", "-o", v.changing, ".").CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v: %s", err, out)
	}
	killOften(t, v)
	l := sim.Caps.Layout()
	var terms []event.RecipeActivated // of the process that judges
	changes, judged, longest := 0, 0, time.Duration(0)
	for _, e := range v.events() {
		if r, err := event.As[event.RecipeActivated](e); err == nil {
			if r.Why == "start" {
				terms = nil
			} else {
				changes++
				if e.Actor != "anna" || r.Was != terms[len(terms)-1].Recipe {
					t.Errorf("after %s: %s by %s", terms[len(terms)-1].Recipe, e.Data, e.Actor)
				}
			}
			terms = append(terms, r)
		}
		j, err := event.As[event.PartJudged](e)
		if err != nil {
			continue
		}
		judged++
		place := part.Tick(j.Due).Add(-int64(l.GateMM * l.PerMM))
		want := terms[0]
		for _, r := range terms[1:] {
			if !place.Before(part.Tick(r.From)) {
				want = r
			}
		}
		if j.Recipe != want.Recipe || j.RecipeHash != want.Hash || strings.Contains(string(e.Data), "changeover") {
			t.Errorf("at place %v, of %s: %s", place, want.Recipe, e.Data)
		}
		longest = max(longest, j.Timing.Acked.Sub(j.Timing.Exposure))
	}
	if changes < *kills || judged < 50 {
		t.Errorf("%d changeovers, %d parts judged", changes, judged)
	}
	t.Logf("%d changeovers, %d parts judged; from exposure to the acknowledged entry at most %v", changes, judged, longest)
}

// TestChangeOverRefused: what can not be loaded changes nothing.
func TestChangeOverRefused(t *testing.T) {
	model := taught(t)
	v := &victim{t: t, model: model, mode: line.ModeQueue, dir: t.TempDir(), plcAddress: free(t), framesAddress: free(t)}
	v.writeSite()
	site, err := config.Load(filepath.Join(v.dir, "site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := openAppliance(site, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	lost, err := draft(v.dir, "caps", 9)
	if err != nil {
		t.Fatal(err)
	}
	lost.Model = "nowhere"
	if _, err := a.changeOver("caps-1", lost, line.Next, "operator", "anna"); err == nil || !strings.Contains(err.Error(), "caps@9") {
		t.Errorf("a changeover to a model that is not there: %v", err)
	}
	if _, err := a.changeOver("caps-7", lost, line.Next, "operator", "anna"); err == nil || !strings.Contains(err.Error(), "caps-1") {
		t.Errorf("a changeover of a line that is not there: %v", err)
	}
	if err := a.shadow("caps-1", lost, "anna"); err == nil || !strings.Contains(err.Error(), "caps@9") {
		t.Errorf("a candidate whose model is not there: %v", err)
	}
	if err := a.shadow("caps-7", lost, "anna"); err == nil || !strings.Contains(err.Error(), "caps-1") {
		t.Errorf("a candidate of a line that is not there: %v", err)
	}
	if _, err := recipeFor(a.site, "caps-1", "other"); err == nil || !strings.Contains(err.Error(), "other") {
		t.Errorf("a product that the site has no recipe of: %v", err)
	}
}
