package proof

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/evidence"
)

// shelfLog is a log that was written before, and the pictures it names.
type shelfLog struct {
	events   []event.Event
	pictures map[string]string // by hash; "altered" stands for one that is
}

func (l *shelfLog) Read(_ context.Context, f event.Filter) (out []event.Event, err error) {
	for _, e := range l.events {
		if f.Match(e) && (f.Limit == 0 || len(out) < f.Limit) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (l *shelfLog) get(sha string) ([]byte, error) {
	switch p, ok := l.pictures[sha]; {
	case !ok:
		return nil, fmt.Errorf("evidence %s: %w", sha, fs.ErrNotExist)
	case p == "altered":
		return nil, fmt.Errorf("%w: %s", evidence.ErrAltered, sha)
	default:
		return []byte(p), nil
	}
}

func (l *shelfLog) add(part, cause string, p event.Payload) {
	e := event.New("/line", "part", time.Date(2026, 3, 1, 12, 0, len(l.events), 0, time.UTC), p)
	e.Seq, e.Part, e.Cause, e.Batch = uint64(len(l.events)+1), part, cause, "b1"
	l.events = append(l.events, e)
}

var spot = event.Reason{Rule: "anomaly", Class: "spot", Camera: "top", Measured: 12, Limit: 10, Unit: "px", Text: "spot 12 px (limit 10 px)"}

func judgedAs(outcome string, score float64, sha string, reasons ...event.Reason) event.PartJudged {
	return event.PartJudged{Line: "l", Outcome: outcome, Score: score, ModelHash: "m", RecipeHash: "r", Evidence: sha, Reasons: reasons,
		Views: []event.View{{Name: "top", Camera: "top", Evidence: sha}}}
}

// replayOf replays with a judge that finds what the picture says: its text is
// the answer's outcome, or a broken judge's error.
func replayOf(l *shelfLog) *Replay {
	return &Replay{Log: l, Evidence: l.get, Judges: func(line, recipe, model string) (Rejudge, error) {
		switch {
		case recipe != "r":
			return nil, fmt.Errorf("%w: %s", ErrOtherRecipe, recipe)
		case model != "m":
			return nil, fmt.Errorf("%w: %s", ErrOtherModel, model)
		}
		return func(_ context.Context, cases []Case) (out []Answer) {
			for _, c := range cases {
				a := Answer{Outcome: "pass", Score: 0.5}
				text := ""
				for _, p := range c.Pictures {
					text += string(p)
				}
				switch {
				case text == "no crop":
					a.Err = fmt.Errorf("view top: %w", evidence.ErrNoCrop)
				case text == "broken":
					a.Err = errors.New("the model broke down")
				case strings.Contains(text, "spot"):
					a = Answer{Outcome: "fail", Score: 1.2, Reasons: []event.Reason{spot}}
				}
				for _, d := range c.Doubts {
					a.Reasons = append([]event.Reason{{Rule: "doubt", Text: d}}, a.Reasons...)
					if a.Outcome == "pass" {
						a.Outcome = "inconclusive"
					}
				}
				out = append(out, a)
			}
			return out
		}, nil
	}}
}

func TestReplayPart(t *testing.T) {
	doubt := event.Reason{Rule: "doubt", Text: "late: judged 312 ms after exposure (at most 250)"}
	nearly, worded := spot, spot
	nearly.Measured, nearly.Text = 12.0004, "spot 12.1 px (limit 10 px)"
	worded.Text = "spot 13 px (limit 10 px)"
	seen := judgedAs("inconclusive", 1.2, "")
	seen.Views = nil
	other := func(f func(*event.PartJudged)) event.PartJudged {
		v := judgedAs("fail", 1.2, "spot", spot)
		f(&v)
		return v
	}
	for name, c := range map[string]struct {
		log     []event.PartJudged
		why     Why
		changes []string
		words   string // in the error
	}{
		"same":                          {log: []event.PartJudged{judgedAs("fail", 1.2, "spot", spot)}},
		"a pass":                        {log: []event.PartJudged{judgedAs("pass", 0.5, "good")}},
		"doubt and fault, in any order": {log: []event.PartJudged{judgedAs("fail", 1.2, "spot", spot, doubt)}},
		"score within the tolerance":    {log: []event.PartJudged{judgedAs("pass", 0.50009, "good")}},
		"a number rounded elsewhere":    {log: []event.PartJudged{judgedAs("fail", 1.2, "spot", nearly)}},
		"overruled later":               {log: []event.PartJudged{judgedAs("pass", 0.5, "good"), {Line: "l", Outcome: "inconclusive", Score: 0.5, ModelHash: "m", RecipeHash: "r", Reasons: []event.Reason{doubt}}}},

		"another outcome":   {log: []event.PartJudged{judgedAs("fail", 1.2, "good", spot)}, changes: []string{"outcome was fail, is pass", "score was 1.200000, is 0.500000", "no longer a reason: anomaly (spot): spot 12 px (limit 10 px)"}},
		"another score":     {log: []event.PartJudged{judgedAs("pass", 0.5002, "good")}, changes: []string{"score was 0.500200, is 0.500000"}},
		"a reason more":     {log: []event.PartJudged{judgedAs("fail", 1.2, "spot")}, changes: []string{"a new reason: anomaly (spot): spot 12 px (limit 10 px)"}},
		"the same twice":    {log: []event.PartJudged{judgedAs("fail", 1.2, "spot", spot, spot)}, changes: []string{"no longer a reason: anomaly (spot): spot 12 px (limit 10 px)"}},
		"words were edited": {log: []event.PartJudged{judgedAs("fail", 1.2, "spot", worded)}, changes: []string{"no longer a reason: anomaly (spot): spot 13 px (limit 10 px)", "a new reason: anomaly (spot): spot 12 px (limit 10 px)"}},

		"never judged":  {why: NotJudged, words: "no verdict"},
		"no picture":    {log: []event.PartJudged{seen}, why: NotKept, words: "one_pass_in"},
		"earlier log":   {log: []event.PartJudged{other(func(v *event.PartJudged) { v.Views = nil })}, why: Older},
		"earlier file":  {log: []event.PartJudged{judgedAs("fail", 1.2, "no crop")}, why: Older},
		"gone":          {log: []event.PartJudged{judgedAs("fail", 1.2, "gone")}, why: Gone, words: "view top"},
		"altered":       {log: []event.PartJudged{judgedAs("fail", 1.2, "altered")}, why: Altered},
		"one view lost": {log: []event.PartJudged{other(func(v *event.PartJudged) { v.Views = append(v.Views, event.View{Name: "side", Camera: "c2"}) })}, why: NotKept, words: "view side"},
		"one view missing": {log: []event.PartJudged{other(func(v *event.PartJudged) {
			v.Views = append(v.Views, event.View{Name: "side", Missing: "no frame showed this part"})
		})}},
		"other recipe": {log: []event.PartJudged{other(func(v *event.PartJudged) { v.RecipeHash = "older" })}, why: OtherRecipe, words: "older"},
		"other model":  {log: []event.PartJudged{other(func(v *event.PartJudged) { v.ModelHash = "older" })}, why: OtherModel, words: "older"},
		"broken judge": {log: []event.PartJudged{judgedAs("fail", 1.2, "broken")}, why: Failed, words: "broke down"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &shelfLog{pictures: map[string]string{"spot": "a spot", "good": "good", "altered": "altered", "no crop": "no crop", "broken": "broken"}}
			cause := ""
			for _, p := range c.log {
				l.add("p1", cause, p)
				cause = "before"
			}
			got, err := replayOf(l).Part(context.Background(), "p1")
			if err != nil {
				t.Fatal(err)
			}
			if got.Why != c.why || !strings.Contains(got.Error, c.words) || (c.why != "") != (got.Error != "") || (got.Is == nil) != (c.why != "") {
				t.Errorf("not possible: %q, %q; want %q with %q", got.Why, got.Error, c.why, c.words)
			}
			if !slices.Equal(got.Changes, c.changes) || got.Changed() != (len(c.changes) > 0) {
				t.Errorf("changed %t: %q, want %q", got.Changed(), got.Changes, c.changes)
			}
		})
	}
}

// What another build or class of CPU judged is not held against this one's
// rounding, unless that is asked for.
func TestReplayOtherBuild(t *testing.T) {
	for name, c := range map[string]struct {
		build, cpu string // of then; empty: the log does not say
		any        bool
		why        Why
	}{
		"same": {"1", "avx2", false, ""}, "other build": {"0", "avx2", false, OtherBuild}, "other processor": {"1", "avx512", false, OtherBuild},
		"not recorded": {"", "", false, ""}, "all the same": {"0", "avx512", true, ""},
	} {
		l := &shelfLog{pictures: map[string]string{"spot": "a spot"}}
		l.add("", "", event.ModelActivated{Line: "another", Hash: "m", Build: "7", CPU: "z80"})
		l.add("", "", event.ModelActivated{Line: "l", Hash: "m", Build: c.build, CPU: c.cpu})
		l.add("p1", "", judgedAs("fail", 1.2, "spot", spot))
		r := replayOf(l)
		if !c.any {
			r.Build, r.CPU = "1", "avx2"
		}
		got, err := r.Part(context.Background(), "p1")
		if err != nil || got.Why != c.why {
			t.Errorf("%s: %q (%s), %v; want %q", name, got.Why, got.Error, err, c.why)
		}
	}
}

// A sample is drawn evenly from what is kept, the same for the same seed, and
// its report counts every part once.
func TestReplaySample(t *testing.T) {
	l := &shelfLog{pictures: map[string]string{"spot": "a spot", "good": "good"}}
	for i := range 3000 {
		id := fmt.Sprint("p", i)
		switch i % 6 {
		case 0:
			l.add(id, "", judgedAs("fail", 1.2, "spot", spot))
		case 1:
			l.add(id, "", judgedAs("pass", 0.5, "good"))
			l.add(id, "before", event.PartJudged{Line: "l", Outcome: "inconclusive", Score: 0.5, ModelHash: "m", RecipeHash: "r", Reasons: []event.Reason{{Rule: "doubt", Text: "late"}}})
		case 2:
			l.add(id, "", judgedAs("pass", 0.5003, "good")) // not what it would be now
		case 3:
			l.add(id, "", judgedAs("fail", 1.2, "gone", spot))
		default:
			l.add(id, "", event.PartJudged{Line: "l", Outcome: "pass", ModelHash: "m", RecipeHash: "r"})
		}
	}
	all, err := replayOf(l).Sample(context.Background(), Sample{Parts: 1 << 20, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if all.Verdicts != 3000 || all.Kept != 2000 || all.Drawn != 2000 || all.Again != 1500 || all.Score != 500 || all.Outcome != 0 || all.Reasons != 0 ||
		math.Abs(all.Largest-0.0003) > 1e-9 || len(all.Changed) != 500 || all.LargestOf != "p2" ||
		!maps.Equal(all.ByOutcome, map[string]int{"fail": 500, "inconclusive": 500, "pass": 500}) ||
		!maps.Equal(all.Impossible, map[Why]int{NotKept: 1000, Gone: 500}) || !strings.Contains(all.Examples[Gone], "part p3: ") {
		all.Changed = nil
		t.Errorf("all: %+v", all)
	}
	tenth := func(seed uint64) *Report {
		r := replayOf(l)
		told := 0
		r.Progress = func(done, of int) { told = max(told, of) }
		got, err := r.Sample(context.Background(), Sample{Parts: 200, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if got.Drawn != 200 || told != 200 || got.Again+got.Impossible[Gone] != 200 || got.Impossible[Gone] < 25 || got.Impossible[Gone] > 75 {
			t.Errorf("seed %d: %d drawn, %d told, %d again, not possible %v", seed, got.Drawn, told, got.Again, got.Impossible)
		}
		return got
	}
	names := func(r *Report) (out []string) {
		for _, c := range r.Changed {
			out = append(out, c.Part)
		}
		return out
	}
	if a, b, c := names(tenth(5)), names(tenth(5)), names(tenth(6)); !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("seed 5 drew %v and %v, seed 6 %v", a, b, c)
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	some, err := replayOf(l).Sample(context.Background(), Sample{Parts: 100, From: noon.Add(7 * time.Second), To: noon.Add(14 * time.Second)})
	if err != nil || some.Verdicts != 6 {
		t.Errorf("of seven seconds, one event each and one of them an overruling: %d verdicts, %v", some.Verdicts, err)
	}
	if _, err := replayOf(l).Sample(context.Background(), Sample{}); err == nil {
		t.Error("a sample of nothing was drawn")
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := replayOf(l).Sample(ended, Sample{Parts: 5}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}
