package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"linesman/event"
	"linesman/models/teach"
	"linesman/proof"
	"linesman/recipe"
	"linesman/rules"
)

// A good part whose frame was to blame teaches nothing.
func TestUnfit(t *testing.T) {
	k := &candidate{rec: &recipe.Recipe{Limits: rules.Limits{MinFocus: 50, MaxClipped: 0.5}}}
	sharp := event.Quality{Focus: 60, Mean: 80}
	for name, c := range map[string]struct {
		views []event.View
		want  string // empty: it is fit
	}{
		"sharp":           {[]event.View{{Name: "top", Quality: sharp}}, ""},
		"blurred":         {[]event.View{{Name: "top", Quality: event.Quality{Focus: 49}}}, "view top was blurred (focus 49, at least 50)"},
		"clipped":         {[]event.View{{Name: "top", Quality: event.Quality{Focus: 60, Clipped: 0.6}}}, "60 % clipped"},
		"covered":         {[]event.View{{Name: "top", Quality: event.Quality{Focus: 60, Covered: true}}}, "showed nothing"},
		"a view missing":  {[]event.View{{Name: "top", Quality: sharp}, {Name: "side", Missing: "no frame"}}, "view side: no frame"},
		"no answer of it": {[]event.View{{Name: "top", Missing: "too dark", Unanswered: true, Quality: sharp}}, "too dark"},
	} {
		if got := k.unfit(&proof.Case{Judged: event.PartJudged{Views: c.views}}); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The draft is the recipe's next version, beyond every other draft there is,
// and says so in its first row, once.
func TestDraft(t *testing.T) {
	flag := accessPlant(t, "127.0.0.1:8080")
	dir := filepath.Dir(flag.Config)
	own := draftMark + "cap@1 of before\nrecipe: cap\nversion: 2 # raised\npart: {diameter_mm: 28}\nmodel: m-2 # taught in May\nlimits: {anomaly: 1.1}\n"
	must(t, os.WriteFile(filepath.Join(dir, "cap-28.yaml"), []byte(own), 0o644))
	for name, text := range map[string]string{"candidate-1.yaml": "recipe: cap\nversion: 5\n", "other.yaml": "recipe: lid\nversion: 9\n"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text+"part: {diameter_mm: 28}\nmodel: x\n"), 0o644))
	}
	site := load(t, dir)
	k := &candidate{CandidateMakeCmd: &CandidateMakeCmd{Out: filepath.Join(dir, "candidate-2")}, site: site, id: "caps-1"}
	var err error
	k.rec, err = site.Recipe("caps-1")
	must(t, err)
	r, text, err := k.draft()
	must(t, err)
	if r.Version != 6 || r.Model != "candidate-2" || r.Limits.Anomaly != 1.1 {
		t.Errorf("the draft %+v", r)
	}
	if got := string(text); strings.Count(got, draftMark) != 1 || !strings.HasPrefix(got, draftMark+"cap@2 with a candidate model.") || !strings.Contains(got, "model: candidate-2 # taught in May\n") {
		t.Errorf("the draft's text\n%s", got)
	}
}

func TestOneSize(t *testing.T) {
	crops := make(teach.Crops, 5)
	for i, size := range []int{30, 40, 40, 30, 40} {
		crops[i].Size = size
	}
	if got := cropSize(crops); got != 40 || len(sized(crops, got)) != 3 || cropSize(nil) != 0 {
		t.Errorf("most are of %d", got)
	}
}

// The table says what a person decides by.
func TestTellTrial(t *testing.T) {
	changed := proof.Turned{Part: "p1", Label: "missed defect", Class: "crack", Was: proof.Verdict{Outcome: "pass", Score: 0.8}, Is: proof.Verdict{Outcome: "fail", Score: 1.5, Reasons: []event.Reason{{Text: "dark place 1.2 mm"}}}, Picture: "abc"}
	full := proof.TrialReport{Verdicts: 900, Kept: 90, Drawn: 80, Again: 70, ByOutcome: map[string]int{"fail": 30, "pass": 40}, Changes: map[string]int{"pass -> fail": 3},
		Price: proof.Price{Passes: 39, Rejected: 2, Upper: 0.152}, Freed: proof.Freed{Rejects: 30, Passed: 4, NotLabels: 1},
		Labelled:   map[proof.Label]proof.Tally{proof.MissedDefect: {Parts: 3, Right: 2}, proof.FalseReject: {Parts: 5, Right: 4, Taught: 5}},
		Impossible: map[proof.Why]int{proof.Gone: 10}, Examples: map[proof.Why]string{proof.Gone: "part p2: lost"}}
	for range toldTurned + 2 {
		full.Changed = append(full.Changed, changed)
	}
	for name, c := range map[string]struct {
		report proof.TrialReport
		want   []string
		never  []string
	}{
		"full": {full, []string{"cap@9 by cap-28@3, on caps-1", "900, with pictures 90, drawn 80, judged by the candidate 70 (fail 30, pass 40)", "pass -> fail 3", "2 of 39 passes would be rejected; at most 15 % (95 %)",
			"4 of 30; 1 of them nobody labelled", "labelled missed defect      2 of 3 found\n", "4 of 5 let through (taught from 5 of them)", "10 (part p2: lost)",
			"part p1: pass -> fail, score 0.8 -> 1.5, picture abc, labelled missed defect (crack)\n  is: dark place 1.2 mm\n", "and 2 more; --json"}, nil},
		"empty": {proof.TrialReport{}, []string{"outcomes that would change  none", "too few to bound"}, []string{"labelled", "look at each", "taught from"}},
	} {
		var b strings.Builder
		must(t, tellTrial(&b, tried{Model: "cap@9", Recipe: "cap-28@3", Lines: []string{"caps-1"}, Report: &c.report}))
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: %q is missing in\n%s", name, want, &b)
			}
		}
		for _, never := range c.never {
			if strings.Contains(b.String(), never) {
				t.Errorf("%s: %q stands in\n%s", name, never, &b)
			}
		}
	}
}
