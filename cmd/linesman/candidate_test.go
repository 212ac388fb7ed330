package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/proof"
	"linesman/recipe"
	"linesman/sim"
	"linesman/sim/draw"
	"linesman/vision"
)

// drawnPlant is a site whose log has drawn caps with kept pictures: 117 good
// ones that passed and 3 that were rejected, 4 defective ones that passed and 8
// that were rejected. It returns the ids of the false rejects and of the missed
// defects.
func drawnPlant(t *testing.T, shopDir string) (flag SiteFlag, site *config.Site, falsely, missed []string) {
	t.Helper()
	return drawnParts(t, shopDir, 120, 12)
}

// drawnParts is drawnPlant with so many parts.
func drawnParts(t *testing.T, shopDir string, good, defective int) (flag SiteFlag, site *config.Site, falsely, missed []string) {
	t.Helper()
	flag = accessPlant(t, "127.0.0.1:8080")
	dir := filepath.Dir(flag.Config)
	must(t, os.CopyFS(filepath.Join(dir, "model"), os.DirFS(filepath.Join(shopDir, "model"))))
	text, err := os.ReadFile(filepath.Join(shopDir, "recipe.yaml"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "cap-28.yaml"), text, 0o644))
	site = load(t, dir)
	rec, err := site.Recipe("caps-1")
	must(t, err)

	l := sim.Caps.Layout()
	drawn := draw.Recording{Spec: draw.Spec{Layout: l, Seed: 11, Good: good, Defective: defective}, RatePerHour: 36000, Camera: "top", Start: time.Unix(0, 0)}
	must(t, draw.Record(filepath.Join(dir, "drawn"), drawn))
	set := rec.Part
	set.MMPerPx, set.Belt = l.MMPerPx, "+x"
	crops, err := cutAll(filepath.Join(dir, "drawn", "frames"), set, func(string, int, int) {})
	must(t, err)
	if len(crops) != good+defective {
		t.Fatalf("%d parts found in %d frames", len(crops), good+defective)
	}
	shelf, err := evidence.Open(evidence.Settings{Dir: filepath.Join(site.Path(site.Data), "evidence"), MinFree: -1, Queue: 2 * len(crops)})
	must(t, err)
	keep := line.KeepIn(shelf)
	log, err := openLogToWrite(logFolder(site), site.Name)
	must(t, err)
	for i := range crops {
		c := &crops[i]
		e := event.New("/demo/line/caps-1", "", time.Unix(1e9+int64(i), 0), event.PartJudged{})
		e.ID, e.Part = event.NewID(), event.NewID()
		v := event.PartJudged{Line: "caps-1", Outcome: "pass", Recipe: rec.ID(), RecipeHash: rec.Hash(), Model: "model@1", Lane: 1, Timing: event.Timing{Exposure: e.Time}}
		switch {
		case i < 3:
			v.Outcome = "fail"
			falsely = append(falsely, e.Part)
		case i >= good && i < good+4:
			missed = append(missed, e.Part)
		case i >= good+4:
			v.Outcome = "fail"
		}
		class := map[bool]string{true: "pass", false: "reject"}[v.Outcome == "pass"]
		v.Evidence = keep(class, line.Picture{Width: c.Size, Height: c.Size, Pix: c.Pix, Crop: noteOf(c)})
		v.Views = []event.View{{Name: "top", Camera: "top", Evidence: v.Evidence, Quality: event.Quality{Focus: 100, Mean: 100}}}
		if e.Data, err = json.Marshal(v); err == nil {
			_, err = log.Append(t.Context(), []event.Event{e})
		}
		must(t, err)
	}
	must(t, errors.Join(shelf.Close(), log.Close()))
	return flag, site, falsely, missed
}

// noteOf is what lies beside a crop's pixels.
func noteOf(c *vision.Crop) *evidence.Crop {
	a, b := c.ToSensor, c.Box
	return &evidence.Crop{View: "top", Camera: "top", ToSensor: [6]float64{a.A, a.B, a.C, a.D, a.E, a.F}, Centre: [2]float64{c.Centre.X, c.Centre.Y},
		Box: [4]float64{b.X0, b.Y0, b.X1, b.Y1}, Area: c.Area, Lane: c.Lane, Touching: c.Touching, Surround: c.Surround, Mask: c.Mask}
}

// TestCandidate feeds mistakes back: the candidate learns the false rejects,
// is asked about the missed defects, and changes nothing that judges. Then it
// is tried on the stored parts.
func TestCandidate(t *testing.T) {
	binary, model := build(t)
	flag, site, falsely, missed := drawnPlant(t, filepath.Dir(model))
	dir := filepath.Dir(flag.Config)
	run := func(want int, args ...string) (out, said string) {
		t.Helper()
		cmd := exec.Command(binary, append(args, "-c", flag.Config)...)
		var o, s bytes.Buffer
		cmd.Stdout, cmd.Stderr = &o, &s
		if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
			t.Fatalf("linesman %v: %v, want %d: %s%s", args, err, want, &o, &s)
		}
		return o.String(), s.String()
	}
	for _, id := range missed {
		run(0, "sample", "add", id, "missed-defect", "--class", "spot")
	}
	for _, id := range falsely[:2] { // of the third nobody spoke
		run(0, "sample", "add", id, "false-reject")
	}
	before := treeOf(t, dir, "model", "cap-28.yaml")
	judgeSamples(t, binary, flag, 4, 2)

	out := filepath.Join(dir, "candidate-1")
	text, _ := run(0, "candidate", "make", "--out", out, "--try", "1000", "--json")
	var made madeFrom
	must(t, json.Unmarshal([]byte(text), &made))
	if made.Missed != 4 || int(made.Found)+len(made.Unfound) != 4 || made.Found == 0 || made.CandidateMade.Labelled != 2 || made.Good != uint64(len(made.Passes)+2) || len(made.Passes) < 50 || len(made.LeftOut) > 0 || len(made.Checks) != 6 {
		t.Errorf("made %+v", made)
	}
	for _, id := range slices.Concat(missed, falsely) {
		if slices.Contains(made.Passes, id) || slices.Contains(missed, id) && slices.Contains(made.Labelled, id) {
			t.Errorf("part %s was taught as a good part that nobody spoke of", id)
		}
	}
	if after := treeOf(t, dir, "model", "cap-28.yaml"); !slices.Equal(before, after) {
		t.Error("the model that judges, or its recipe, was changed")
	}
	m, err := anomaly.Read(out)
	must(t, err)
	draft, err := recipe.Load(out + ".yaml")
	must(t, err)
	now, err := site.Recipe("caps-1")
	must(t, err)
	if draft.ModelDir() != out || draft.Version != now.Version+1 || draft.Name != now.Name || made.Recipe != draft.ID() || made.RecipeHash != draft.Hash() || m.Card.SHA256 != made.ModelHash {
		t.Errorf("the draft %+v of %+v, the card %s", draft, made.CandidateMade, m.Card.SHA256)
	}
	if data := m.Card.Data; len(data) != 3 || !strings.Contains(data[1].What, "passes of line caps-1") || !strings.Contains(data[2].What, "2 parts that people labelled") || m.Card.Figures.Defects != 4 {
		t.Errorf("the card says %+v, figures %+v", data, m.Card.Figures)
	}
	log, err := openLogFiles(logFolder(site))
	must(t, err)
	events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{event.CandidateMade{}.EventType(), event.CandidateTried{}.EventType()}})
	must(t, errors.Join(err, log.Close()))
	if len(events) != 2 || events[1].Type != (event.CandidateTried{}).EventType() || events[1].Cause != events[0].ID || events[1].Actor != whoRuns() || events[0].Actor != whoRuns() || events[0].Source != "/demo/line/caps-1" {
		t.Errorf("the log tells of %+v", events)
	}
	if _, said := run(1, "candidate", "make", "--out", out); !strings.Contains(said, "takes nobody's place") {
		t.Errorf("into the place of another: %s", said)
	}
	if _, said := run(1, "candidate", "make", "--out", filepath.Join(dir, "model")); !strings.Contains(said, "takes nobody's place") {
		t.Errorf("into the place of the model that judges: %s", said)
	}

	text, _ = run(0, "replay", "--model", out, "--sample", "1000", "--json")
	var got tried
	must(t, json.Unmarshal([]byte(text), &got))
	r := got.Report
	if got.Hash != made.ModelHash || r.Again != 132 || r.Price.Taught != len(made.Passes) || r.Price.Passes != 117-len(made.Passes) || r.Freed.Rejects != 11 || r.Price.Missed != 4 || r.Price.MissedFound != int(made.Found) {
		t.Errorf("tried: %+v", r)
	}
	reject, pass, _ := r.Turns()
	if by := made.Tried; by == nil || by.Judged != 132 || by.Reject != uint64(reject) || by.Pass != uint64(pass) || by.Passes != uint64(r.Price.Passes) || by.Price != uint64(r.Price.Rejected) {
		t.Errorf("tried when it was made: %+v, and by replay: %+v", by, r)
	}
	if missed, falsely := r.Labelled[proof.MissedDefect], r.Labelled[proof.FalseReject]; missed != (proof.Tally{Parts: 4, Right: int(made.Found), Taught: 4}) || falsely.Parts != 2 || falsely.Taught != 2 {
		t.Errorf("labelled: %+v", r.Labelled)
	}
	changed := 0
	for _, n := range r.Changes {
		changed += n
	}
	if changed == 0 || len(r.Changed) != changed || r.Changed[0].Label == "" || r.Changed[0].Picture == "" {
		t.Errorf("%d changes, named %+v", changed, r.Changed)
	}
	words, _ := run(0, "replay", "--model", out, "--from", "2001-01-01")
	for _, want := range []string{"outcomes that would change", "passes would be rejected", "labelled missed defect", "these prove nothing", "pass -> fail", "picture "} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is missing in\n%s", want, words)
		}
	}
	t.Logf("\n%s", words)
	for want, args := range map[string][]string{
		"--shift, --sample N, or":    {"replay", "--model", out},
		"go with --shift":            {"replay", "--model", out, "--part", missed[0]},
		"go with --recipe or --mode": {"replay", "--sample", "1", "--line", "caps-1"},
		"no line of the site judges": {"replay", "--model", out, "--sample", "1", "--line", "caps-2"},
		`"caps-2" is not among`:      {"candidate", "make", "--line", "caps-2"},
		"parts are too few to teach": {"candidate", "make", "--most", "0"},
	} {
		if _, said := run(1, args...); !strings.Contains(said, want) {
			t.Errorf("%v: said %q, want %q", args, said, want)
		}
	}
}

// treeOf is the names and bytes of files below a folder.
func treeOf(t *testing.T, dir string, names ...string) (out []string) {
	t.Helper()
	for _, name := range names {
		must(t, filepath.WalkDir(filepath.Join(dir, name), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			out = append(out, path+"\n"+string(data))
			return err
		}))
	}
	return out
}
