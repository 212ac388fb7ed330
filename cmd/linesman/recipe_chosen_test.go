package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/models/anomaly"
	"linesman/part"
	"linesman/recipe"
	"linesman/sim"
	"linesman/sim/fault"
)

// beside copies the model beside the recipe's drafts, so that it goes onto the shelf.
func beside(t *testing.T, dir, model string) string {
	t.Helper()
	must(t, os.CopyFS(filepath.Join(dir, "model"), os.DirFS(model)))
	file := filepath.Join(dir, "recipe.yaml")
	text, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, []byte(strings.Replace(string(text), model, "model", 1)), 0o644))
	return filepath.Join(dir, "model")
}

// swap puts another whole model in the place of one on the shelf.
func swap(t *testing.T, dir string) {
	t.Helper()
	m, err := anomaly.Read(dir)
	must(t, err)
	c := &m.Card
	c.Version += "-swapped"
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n", c.Kind, c.Name, c.Version)
	for _, f := range c.Files {
		fmt.Fprintf(h, "file %s %s\n", f.Name, f.SHA256)
	}
	for _, l := range c.Channels {
		fmt.Fprintf(h, "channel %s %s %s\n", l.Name, l.File, l.SHA256)
	}
	fmt.Fprintf(h, "input %s %d %v\n", c.Input.Fit, c.Input.Size, c.Input.Enlarge)
	if c.Input.Alone {
		fmt.Fprintf(h, "alone\n")
	}
	fmt.Fprintf(h, "aggregate %v %d\nthreshold %v\n", c.Aggregate.Share, c.Aggregate.Least, c.Threshold)
	if c.Limit != 0 {
		fmt.Fprintf(h, "limit %v\n", c.Limit)
	}
	c.SHA256 = hex.EncodeToString(h.Sum(nil))
	must(t, m.Write(dir))
	if _, err := anomaly.Read(dir); err != nil {
		t.Fatalf("the swapped model is not whole: %v", err)
	}
}

// swapped is what a model's swap is refused with.
const swapped = "its model on the shelf is another one now"

// TestComesAgain: a product that comes again is judged by the version last active on
// its line. What was only signed, taken back, altered or signed by nobody is not.
func TestComesAgain(t *testing.T) {
	d, log := scheduledPlant(t, "")
	dir := filepath.Dir(d.site.File())
	model := taught(t)
	model = beside(t, dir, model)
	for version := 1; version <= 3; version++ {
		stock(t, d, dir, model, "other", version, true)
	}
	again := func(product, want string) {
		t.Helper()
		rec, err := d.comesAgain(t.Context(), "caps-1", product)
		if err == nil && rec.ID() != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s is judged by %v (%v), want %s", product, rec, err, want)
		}
	}
	activate := func(id string) {
		t.Helper()
		_, err := d.activate(t.Context(), "caps-1", id, "operator", "anna")
		must(t, err)
	}
	back := func() {
		t.Helper()
		_, err := d.back(t.Context(), "caps-1", "", "anna")
		must(t, err)
	}
	again("caps", "caps@1") // the site file's
	again("other", "no version of other was ever active on line caps-1; other@3 is signed: linesman recipe activate other@3 --line caps-1")
	activate("caps@2")
	activate("caps@3")
	back()
	again("caps", "caps@2")
	activate("other@1")
	again("caps", "caps@2") // not caps@3, which is newer, signed and was taken back
	again("other", "other@1")
	if err := d.change(t.Context(), "caps-1", config.Scheduled{Recipe: "caps"}, time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if rec, err := d.site.Recipe("caps-1"); err != nil || rec.ID() != "caps@2" {
		t.Errorf("by the schedule the line is to judge by %v (%v)", rec, err)
	}
	activate("other@2")
	back()
	again("other", "other@1") // the one before the one that was taken back
	activate("other@3")
	back()
	back() // forward again
	again("other", "other@3")

	// A shelf that an earlier version kept names only two; the log has the others.
	shelf := recipe.Shelf{Dir: d.site.Shelf().Dir, Write: disk.Write}
	was, err := shelf.Active("caps-1")
	must(t, err)
	early := recipe.Active{Term: was.Term, Before: was.Before}
	early.Before.Own = false
	must(t, shelf.SetActive("caps-1", early))
	rec, begun, err := d.begins(t.Context(), "caps-1")
	if err != nil || rec.ID() != "other@3" || begun.Early {
		t.Errorf("begun by %v: %+v, %v", rec, begun, err)
	}
	again("caps", "caps@1") // the last back left caps@2
	activate("caps@2")
	again("other", "other@3")
	if kept, err := shelf.Active("caps-1"); err != nil || len(kept.Chosen["other"]) != 2 || kept.Chosen["other"][0].Recipe != "other@1" {
		t.Errorf("kept: %+v, %v", kept, err)
	}

	swap(t, filepath.Join(shelf.Dir, "other@3", "model"))
	at := time.Now().Add(time.Hour)
	if err := d.change(t.Context(), "caps-1", config.Scheduled{Recipe: "other"}, at); err == nil || !strings.Contains(err.Error(), swapped) {
		t.Errorf("a swapped model by the schedule: %v", err)
	}
	other, _, err := shelf.Load("other@3")
	must(t, err)
	if _, err := openActive(d.site, other); err == nil || !strings.Contains(err.Error(), swapped) {
		t.Errorf("a swapped model was opened: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(shelf.Dir, "other@3", "report.json"), []byte("{}"), 0o644))
	again("other", "its report is not the one that was signed")
	refused := 0
	for _, e := range log.Events() {
		if p, err := event.As[event.RecipeRefused](e); err == nil && strings.Contains(p.Cause, swapped) {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("the log tells of %d refusals", refused)
	}
}

// TestPlaceLost: a place that was stated and not reached before the appliance was
// started anew changes nothing, and is told; one that was reached stands.
func TestPlaceLost(t *testing.T) {
	d, log := scheduledPlant(t, "")
	take := func(*recipe.Recipe) (part.Tick, error) { return part.Tick{Epoch: 1, Count: 5000}, nil }
	for _, c := range []struct {
		reached bool
		want    string
	}{{false, "caps@1"}, {true, "caps@2"}} {
		a, err := d.activateAt(t.Context(), "caps-1", "caps@2", "operator", "anna", take)
		must(t, err)
		if c.reached {
			must(t, d.tell(t.Context(), event.New("/plant/line/caps-1", "line", time.Now(), event.RecipeActivated{Line: "caps-1", Recipe: a.Recipe, Hash: a.Hash})))
		}
		for range 2 { // the second finds nothing to do
			if rec, begun, err := d.begins(t.Context(), "caps-1"); err != nil || rec.ID() != c.want || begun.From != nil {
				t.Errorf("reached %v: begun by %v: %+v, %v", c.reached, rec, begun, err)
			}
		}
	}
	var told []string
	for _, e := range log.Events() {
		if p, err := event.As[event.RecipeChanged](e); err == nil {
			told = append(told, fmt.Sprint(p.State, " ", p.Recipe, " from ", p.From.Count))
		}
		if p, err := event.As[event.RecipeRefused](e); err == nil && strings.Contains(p.Cause, "from tick 1:5000 on") {
			told = append(told, fmt.Sprint("refused ", p.Recipe, " by ", e.Actor))
		}
	}
	if got := strings.Join(told, ", "); got != "active caps@2 from 5000, refused caps@2 by anna, active caps@2 from 5000" {
		t.Errorf("the log tells of %s", got)
	}
}

// TestProductByRegister has the controller of a running line ask for products by their
// numbers, persons make versions active and take them back meanwhile, and one state
// the tick.
func TestProductByRegister(t *testing.T) {
	binary, model := build(t)
	v := &victim{t: t, binary: binary, model: model, mode: "queue", dir: t.TempDir(), seed: 7, plcAddress: free(t), framesAddress: free(t), listen: free(t),
		control: free(t), products: "1: caps, 2: other"}
	v.writeSite()
	model = beside(t, v.dir, model)
	site, err := config.Load(filepath.Join(v.dir, "site.yaml"))
	must(t, err)
	endSim := v.startSim()
	defer func() { endSim() }()
	a, err := openAppliance(site, slog.New(slog.DiscardHandler))
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	v.passing(time.Time{})
	for version := 2; version <= 4; version++ {
		stock(t, a.desk, v.dir, model, "caps", version, true)
	}
	for version := 1; version <= 2; version++ {
		stock(t, a.desk, v.dir, model, "other", version, true)
	}
	station := a.stations["caps-1"]
	judges := func(want string) {
		t.Helper()
		id := ""
		for range 600 {
			if id, _ = station.Judges(); id == want && !station.Changing() {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("the line judges by %s, want %s: %+v", id, want, station.Status())
	}
	wish := func(number float64) {
		t.Helper()
		must(t, fault.Ask(t.Context(), v.control, fault.Order{Kind: choose, Value: number}))
	}
	held := func(why string) {
		t.Helper()
		for range 300 {
			if st := station.Status(); st.State == "held" && strings.Contains(st.Why, why) {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("the line is %+v, want it held: %s", station.Status(), why)
	}
	active := func(id string) {
		t.Helper()
		_, err := a.desk.activate(t.Context(), "caps-1", id, "operator", "anna")
		must(t, err)
	}
	run := func(want int, says string, args ...string) {
		t.Helper()
		cmd := exec.Command(v.binary, append(args, "-c", site.File())...)
		text, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want || !strings.Contains(string(text), says) {
			t.Errorf("linesman %v: %v, want %d and %q: %s", args, err, want, says, text)
		}
	}
	wish(1)
	active("caps@2")
	judges("caps@2")
	run(1, "is past", "recipe", "activate", "caps@3", "--at-tick", "1")
	judges("caps@2")
	tick := station.Status().Belt.Count + int64(4000*sim.Caps.Layout().PerMM)
	run(0, fmt.Sprintf("instead of caps@2 from tick 1:%d on", tick), "recipe", "activate", "caps@3", "--at-tick", fmt.Sprint(tick))
	judges("caps@3")
	if now := station.Status().Belt.Count; now < tick {
		t.Errorf("at %d, before %d, the changeover was over", now, tick)
	}
	_, err = a.desk.back(t.Context(), "caps-1", "", "anna")
	must(t, err)
	judges("caps@2")
	wish(2)
	held("no version of other was ever active on line caps-1")
	active("other@1")
	judges("other@1")
	wish(1)
	judges("caps@2")  // not caps@3, which was taken back
	active("other@2") // waits: the controller asks for caps
	time.Sleep(3 * shelfEvery)
	judges("caps@2")
	wish(2)
	judges("other@2")
	wish(1)
	judges("caps@2")
	swap(t, filepath.Join(site.Shelf().Dir, "other@2", "model"))
	wish(2)
	held(swapped)
	wish(1)
	judges("caps@2")
	active("caps@4")
	judges("caps@4")
	cancel()
	must(t, <-done)
	a.close()

	swap(t, filepath.Join(site.Shelf().Dir, "caps@4", "model"))
	if again, err := openAppliance(site, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), swapped) {
		t.Errorf("a start by a swapped model: %v", err)
		again.close()
	}
	var told []string
	for _, e := range v.events() {
		if p, err := event.As[event.RecipeActivated](e); err == nil && p.Why != "start" {
			told = append(told, p.Recipe+" "+p.Why)
			if p.Recipe == "caps@3" && p.From.Count != tick {
				t.Errorf("caps@3 from %+v, want %d", p.From, tick)
			}
		}
		if p, err := event.As[event.RecipeRefused](e); err == nil {
			told = append(told, "refused "+p.Recipe+" "+e.Actor)
		}
	}
	want := "caps@2 operator, caps@3 operator, caps@2 back, refused other controller, other@1 operator, caps@2 controller, other@2 controller, caps@2 controller, refused other controller, caps@4 operator"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("the log tells of %s\nwant %s", got, want)
	}
}
