package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/line"
	"linesman/models/supervised/graphs"
	"linesman/sim"
)

// capsCard is of a network that calls what is bright a cap.
const capsCard = `kind: segmenter
name: bright
version: "4"
licence: drawn by a test
input: {width: 64, height: 64, fit: stretch, divide: 255}
output: {activation: sigmoid}
classes:
- {name: belt, ignore: true}
- {name: cap, threshold: 0.5}
`

// writeNetwork writes a folder as a quality engineer would.
func writeNetwork(t *testing.T, dir, card string, graph []byte) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "card.yaml"), []byte(card), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "model.onnx"), graph, 0o644))
}

// A line judges by a taught model and one that was trained elsewhere, which finds a
// cap on every cap, larger than the recipe excuses or not. What was stored is judged
// again with the same scores; by a recipe of that network alone, which excuses no cap,
// each pass would be a reject.
func TestSupervisedLine(t *testing.T) {
	binary, model := build(t)
	v := &victim{t: t, binary: binary, model: model, mode: line.ModeQueue, dir: t.TempDir(), seed: 7}
	v.plcAddress, v.framesAddress = free(t), free(t)
	v.writeSite()
	writeNetwork(t, filepath.Join(v.dir, "bright"), capsCard, graphs.Maps(64))
	recipe := func(version int, models string, excused int) string {
		return fmt.Sprintf("recipe: caps\nversion: %d\npart: {diameter_mm: %g}\n%s\nlimits: {classes: {cap: {min_area_mm2: %d}}}\nkeep: {one_pass_in: 2}\n", version, sim.Caps.Layout().DiameterMM, models, excused)
	}
	must(t, os.WriteFile(filepath.Join(v.dir, "recipe.yaml"), []byte(recipe(1, "model: "+model+"\nmodels: [bright]", 700)), 0o644))
	site := filepath.Join(v.dir, "site.yaml")
	says := func(want int, args ...string) (out, faults string) {
		t.Helper()
		cmd := exec.Command(binary, args...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if _ = cmd.Run(); cmd.ProcessState.ExitCode() != want { // its exit status is looked at
			t.Fatalf("linesman %v ended with %d, want %d: %s%s", args, cmd.ProcessState.ExitCode(), want, &stdout, &stderr)
		}
		return stdout.String(), stderr.String()
	}
	if text, _ := says(0, "check", "-c", site); !strings.Contains(text, "+bright@") || !strings.Contains(text, "+4: good") {
		t.Errorf("check says %q", text)
	}
	endSim := v.startSim()
	v.start()
	v.passing(time.Time{})
	v.travelled(40)
	v.end(v.run)
	endSim()
	names, outcomes := map[string]int{}, map[string]int{}
	for _, e := range v.events() {
		if j, err := event.As[event.PartJudged](e); err == nil {
			if outcomes[j.Outcome]++; len(j.Reasons) > 0 {
				names[j.Reasons[0].Class]++
			}
			for _, view := range j.Views {
				if view.Missing == "" && j.Score < 1.9 {
					t.Errorf("part %s has a score of %v, and a cap on it", e.Part, j.Score)
				}
			}
		}
	}
	if outcomes["pass"] == 0 || outcomes["fail"] == 0 || names["cap"] > 0 {
		t.Errorf("outcomes %v by %v: want passes, and rejects by the taught model's classes alone", outcomes, names)
	}
	report := v.replaySample(0)
	if report.Again < 20 || report.Largest > 1e-4 || report.ByOutcome["pass"] == 0 || report.ByOutcome["fail"] == 0 {
		t.Errorf("judged again: %+v", report)
	}
	t.Logf("outcomes %v, classes %v; judged again %v, largest difference %g", outcomes, names, report.ByOutcome, report.Largest)

	next := filepath.Join(v.dir, "next.yaml")
	must(t, os.WriteFile(next, []byte(recipe(2, "models: [bright]", 100)), 0o644))
	var out tried
	text, _ := says(0, "replay", "-c", site, "--recipe", next, "--sample", "10000", "--json")
	must(t, json.Unmarshal([]byte(text), &out))
	if reject, pass, _ := out.Report.Turns(); reject != report.ByOutcome["pass"] || pass != 0 || out.Model != "bright@4" {
		t.Errorf("by %s %d passes would be rejects of %d, %d the other way", out.Model, reject, report.ByOutcome["pass"], pass)
	}
	if text, _ := says(0, "recipe", "test", next, "-c", site); !strings.Contains(text, "caps@2") {
		t.Errorf("recipe test says %q", text)
	}
	if text, _ := says(0, "recipe", "diff", filepath.Join(v.dir, "recipe.yaml"), "caps@2", "-c", site); !strings.Contains(text, "- model: ") || !strings.Contains(text, "(model's version): ") || !strings.Contains(text, "+4 -> 4") || strings.Contains(text, "threshold") {
		t.Errorf("recipe diff says %q", text)
	}
	// Another threshold on the card is another model.
	writeNetwork(t, filepath.Join(v.dir, "bright"), strings.Replace(capsCard, "0.5", "0.6", 1), graphs.Maps(64))
	if text, faults := says(1, "replay", "-c", site, "--sample", "100"); !strings.Contains(text, "not possible: other model") || !strings.Contains(faults, "nothing could be judged again") {
		t.Errorf("by an altered card: %q%q", text, faults)
	}
}

// The doctor names the file, the setting and the cure; inspect judges pictures by the
// folder alone.
func TestSupervisedFolder(t *testing.T) {
	dir := t.TempDir()
	card := strings.NewReplacer("belt, ignore: true", "hole, threshold: 0.5, least_area_px: 50", "cap, threshold: 0.5", "cap, ignore: true").Replace(capsCard)
	writeNetwork(t, filepath.Join(dir, "holes"), card, graphs.Maps(64))
	good, bad := filepath.Join(dir, "good.png"), filepath.Join(dir, "bad.png")
	drawPlate(t, good, 1, false)
	drawPlate(t, bad, 2, true)
	c := &InspectCmd{Model: filepath.Join(dir, "holes"), Threads: 1, JSON: true, Heatmaps: filepath.Join(dir, "heat"), Paths: []string{good, bad}}
	said := string(printed(t, func() error { return c.Run(t.Context()) }))
	var answers []answer
	for row := range strings.Lines(said) {
		var a answer
		must(t, json.Unmarshal([]byte(row), &a))
		answers = append(answers, a)
	}
	if len(answers) != 2 || answers[0].Outcome.String() != "pass" || answers[1].Outcome.String() != "fail" || answers[1].Class != "hole" || answers[1].Score < 1.5 {
		t.Errorf("answers %+v", answers)
	}
	if _, err := os.Stat(filepath.Join(dir, "heat", "bad.png")); err != nil {
		t.Error(err)
	}
	c = &InspectCmd{Model: filepath.Join(dir, "holes"), Threads: 1, Nearest: filepath.Join(dir, "near"), Paths: []string{bad}}
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `kind "segmenter"`) {
		t.Errorf("--nearest of it: %v", err)
	}

	// Beside a site: good, and a fault once the card is not as the graph is.
	site := filepath.Join(dir, "site.yaml")
	must(t, demoSite("127.0.0.1:0").Write(dir, sim.Caps.Layout()))
	recipes, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	must(t, err)
	for _, file := range recipes {
		if text, err := os.ReadFile(file); file != site && err == nil {
			must(t, os.WriteFile(file, []byte(strings.Replace(string(text), "model: model", "models: [holes]", 1)), 0o644))
		}
	}
	examine := func() Finding {
		t.Helper()
		loaded, err := config.Load(site)
		must(t, err)
		f := &Findings{Good: true}
		examineModel(f, loaded, loaded.LineIDs()[0])
		return f.Findings[0]
	}
	if f := examine(); f.State != Good || !strings.Contains(f.Found, "bright@4") {
		t.Errorf("the doctor says %+v", f)
	}
	writeNetwork(t, filepath.Join(dir, "holes"), strings.Replace(card, "width: 64", "width: 32", 1), graphs.Maps(64))
	if f := examine(); f.State != Fault || !strings.Contains(f.Found, "holes: model.onnx: refused") || !strings.Contains(f.Found, "the graph takes [1 3 64 64]") || f.Cure == "" {
		t.Errorf("of another input size the doctor says %+v", f)
	}
}
