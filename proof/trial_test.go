package proof

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"linesman/event"
)

// trialLog is a log whose pictures say what the candidate finds: "spot" fails,
// anything else passes.
func trialLog() *shelfLog {
	l := &shelfLog{pictures: map[string]string{"good": "", "spot": "spot", "bad": "altered"}}
	for _, p := range []struct {
		part, outcome, sha string
	}{
		{"stays", "pass", "good"}, {"dear", "pass", "spot"}, {"missed", "pass", "spot"}, {"missed too", "pass", "good"}, {"looked", "pass", "good"},
		{"taught", "pass", "spot"}, {"false", "fail", "good"}, {"freed", "inconclusive", "good"}, {"caught", "fail", "spot"}, {"unkept", "pass", ""}, {"altered", "fail", "bad"}, {"elsewhere", "fail", "good"},
	} {
		v := judgedAs(p.outcome, 0.5, p.sha)
		if p.sha == "" {
			v.Views = nil
		}
		if p.part == "elsewhere" {
			v.Line = "other"
		}
		l.add(p.part, "", v)
	}
	return l
}

func say(part string, label Label, sha string) Labelled {
	outcome := "pass"
	if label == FalseReject || label == Defect {
		outcome = "fail"
	}
	return Labelled{Part: part, SampleLabelled: event.SampleLabelled{Line: "l", Label: string(label), Outcome: outcome, RecipeHash: "r", ModelHash: "m", Evidence: []string{sha},
		Views: []event.View{{Name: "top", Evidence: sha}}}}
}

// TestTry: what changes, its price among passes that it was not taught from,
// what it lets through, and its answer to every labelled part, drawn or not.
func TestTry(t *testing.T) {
	l := trialLog()
	r := replayOf(l)
	r.Of = func(p event.PartJudged) bool { return p.Line == "l" }
	gone := say("gone", MissedDefect, "gone")
	gone.Unlearned = "no picture of it was kept"
	got, err := r.Try(t.Context(), Trial{Sample: Sample{Parts: 100}, Taught: map[string]bool{"taught": true, "false": true}, Labels: []Labelled{
		say("missed", MissedDefect, "spot"), say("missed too", MissedDefect, "good"), say("looked", GoodPart, "good"), say("false", FalseReject, "good"),
		say("expired", MissedDefect, "spot"), gone,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Verdicts != 11 || got.Kept != 10 || got.Drawn != 10 || got.Again != 9 {
		t.Errorf("%d verdicts, %d kept, %d drawn, %d judged again", got.Verdicts, got.Kept, got.Drawn, got.Again)
	}
	if want := map[string]int{"pass -> fail": 3, "fail -> pass": 1, "inconclusive -> pass": 1}; !reflect.DeepEqual(got.Changes, want) {
		t.Errorf("changes %v, want %v", got.Changes, want)
	}
	upper, _ := Upper(1, 3)
	if want := (Price{Passes: 3, Rejected: 1, Upper: upper, Taught: 1, TaughtReject: 1, Missed: 2, MissedFound: 1}); got.Price != want {
		t.Errorf("price %+v, want %+v", got.Price, want)
	}
	if want := (Freed{Rejects: 3, Passed: 2, NotLabels: 1}); got.Freed != want {
		t.Errorf("freed %+v, want %+v", got.Freed, want)
	}
	if want := map[Label]Tally{MissedDefect: {3, 2, 0}, GoodPart: {1, 1, 0}, FalseReject: {1, 1, 1}}; !reflect.DeepEqual(got.Labelled, want) {
		t.Errorf("labelled %v, want %v", got.Labelled, want)
	}
	if want := map[Why]int{NotKept: 1, Altered: 1}; !reflect.DeepEqual(got.Impossible, want) {
		t.Errorf("not possible %v, want %v", got.Impossible, want)
	}
	if reject, pass, other := got.Turns(); reject != 3 || pass != 2 || other != 0 {
		t.Errorf("%d would be rejected, %d let through, %d rejected either way; want 3, 2 and 0", reject, pass, other)
	}
	var names []string
	for _, c := range got.Changed {
		if c.Extra != (c.Part == "expired") { // its verdict is not in the log any more
			t.Errorf("%s was drawn: %v", c.Part, !c.Extra)
		}
		names = append(names, c.Part)
		if c.Picture == "" || c.Was.Outcome == c.Is.Outcome || c.Is.Outcome == "fail" && len(c.Is.Reasons) == 0 {
			t.Errorf("changed %+v", c)
		}
	}
	if want := []string{"expired", "missed", "false", "dear", "taught", "freed"}; !slices.Equal(names, want) {
		t.Errorf("changed %v, want %v", names, want)
	}
	if _, err := r.Try(t.Context(), Trial{}); err == nil || !strings.Contains(err.Error(), "at least 1") {
		t.Errorf("a sample of none: %v", err)
	}
}

// TestTryDefect: a part rejected rightly counts as no miss and no price; where the
// candidate lets it through, it is an escape, and nobody has to be asked.
func TestTryDefect(t *testing.T) {
	r := replayOf(trialLog())
	r.Of = func(p event.PartJudged) bool { return p.Line == "l" }
	got, err := r.Try(t.Context(), Trial{Sample: Sample{Parts: 100}, Labels: []Labelled{say("false", Defect, "good"), say("caught", Defect, "spot")}})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Freed{Rejects: 3, Passed: 2, NotLabels: 1, Defects: 1}); got.Freed != want {
		t.Errorf("freed %+v, want %+v", got.Freed, want)
	}
	if want := map[Label]Tally{Defect: {Parts: 2, Right: 1}}; !reflect.DeepEqual(got.Labelled, want) || got.Price.Missed != 0 {
		t.Errorf("labelled %v, price %+v, want %v", got.Labelled, got.Price, want)
	}
}

// TestTryFew: a small draw still answers for every labelled part.
func TestTryFew(t *testing.T) {
	r := replayOf(trialLog())
	got, err := r.Try(t.Context(), Trial{Sample: Sample{Parts: 1, Seed: 3}, Labels: []Labelled{say("missed", MissedDefect, "spot"), say("false", FalseReject, "good")}})
	if err != nil || got.Drawn != 1 || got.Labelled[MissedDefect].Parts != 1 || got.Labelled[FalseReject].Parts != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestKeptPasses: half of the passes that are kept, and none that is skipped,
// overruled, of another line, or whose picture is gone.
func TestKeptPasses(t *testing.T) {
	l := trialLog()
	overruled := judgedAs("inconclusive", 0.5, "")
	overruled.Views = nil
	l.add("looked", "x", overruled)
	delete(l.pictures, "bad")
	r := replayOf(l)
	r.Of = func(p event.PartJudged) bool { return p.Line == "l" && p.Outcome == "pass" }
	names := func(least, most int) (out []string) {
		t.Helper()
		cases, err := r.KeptPasses(t.Context(), least, most, func(part string) bool { return part == "missed" })
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if len(c.Pictures) != 1 || len(c.Judged.Views) != 1 {
				t.Errorf("case %+v", c)
			}
			out = append(out, c.Part)
		}
		return out
	}
	if got, want := names(60, 400), []string{"stays", "dear", "missed too", "taught"}; !slices.Equal(got, want) {
		t.Errorf("all there are: %v, want %v", got, want)
	}
	for _, c := range []struct{ least, most, want int }{{0, 400, 3}, {0, 2, 2}, {5, 400, 5}} {
		if got := names(c.least, c.most); len(got) > c.want || len(got) < c.want-2 { // among them may be the one that is skipped and the one that is overruled
			t.Errorf("from %d to %d: %v, want %d of them", c.least, c.most, got, c.want)
		}
	}
}

// TestLimitSamples: what people said stands against what judges now; a bad part
// let through is named first, one without a picture is counted apart.
func TestLimitSamples(t *testing.T) {
	l := trialLog()
	r := replayOf(l)
	gone := say("gone", MissedDefect, "gone")
	gone.Unlearned = "no picture of it was kept"
	labels := []Labelled{say("dear", GoodPart, "spot"), say("looked", GoodPart, "good"), say("false", FalseReject, "good"),
		say("missed", MissedDefect, "spot"), say("missed too", MissedDefect, "good"), gone, say("altered", FalseReject, "bad")}
	rests := 0
	got, err := r.LimitSamples(t.Context(), labels, map[string]bool{"missed": true, "dear": true}, func() error { rests++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if got.Good.Parts != 3 || got.Good.Wrong != 1 || got.Bad.Parts != 2 || got.Bad.Wrong != 1 || got.Unjudged != 2 || rests != 6 {
		t.Errorf("after %d rests: %+v", rests, got)
	}
	if len(got.Wrong) != 2 || got.Wrong[0].Part != "missed too" || got.Wrong[1].Part != "dear" || got.Wrong[1].Outcome != "fail" {
		t.Errorf("wrong: %+v", got.Wrong)
	}
	if got.EventSeverity() != event.High {
		t.Errorf("a bad part let through is of severity %v", got.EventSeverity())
	}
	if want, _ := Upper(0, 2); got.Good.Upper != want || got.Good.Taught != 1 || got.Good.TaughtWrong != 1 || got.Bad.Taught != 1 || got.Bad.TaughtWrong != 0 {
		t.Errorf("0 of 2 good ones rejected that it was not taught from, bound %v, want %v: %+v", got.Good.Upper, want, got)
	}
	if rows := TellLimitSamples(got); !strings.HasPrefix(rows[0], "1 of 2 known-bad parts let through") || !strings.HasPrefix(rows[1], "1 of 3 known-good parts rejected") {
		t.Errorf("told: %q", rows)
	}
}
