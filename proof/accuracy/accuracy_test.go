package accuracy

import (
	"errors"
	"math"
	"testing"

	"linesman/part"
)

func judged(kind string, outcome part.Outcome, score float64) Judged {
	return Judged{File: kind + "/" + outcome.String() + ".png", Kind: kind, Outcome: outcome, Score: score}
}

func TestMistake(t *testing.T) {
	for name, c := range map[string]struct {
		j    Judged
		want bool
	}{
		"good passes":               {judged(Good, part.Pass, 0.5), false},
		"good fails":                {judged(Good, part.Fail, 1.5), true},
		"good inconclusive":         {judged(Good, part.Inconclusive, 0.9), true},
		"defective passes":          {judged("cut", part.Pass, 0.5), true},
		"defective fails":           {judged("cut", part.Fail, 1.5), false},
		"defective inconclusive":    {judged("cut", part.Inconclusive, 0.9), false},
		"defective without answer":  {Judged{Kind: "cut", Unjudged: "unreadable"}, true},
		"good without answer":       {Judged{Kind: Good, Unjudged: "unreadable"}, true},
		"no answer whatever stands": {Judged{Kind: Good, Outcome: part.Pass, Unjudged: "unreadable"}, true},
	} {
		if got := c.j.Mistake(); got != c.want {
			t.Errorf("%s: mistake %t, want %t", name, got, c.want)
		}
	}
}

func TestMeasure(t *testing.T) {
	all := []Judged{
		judged(Good, part.Pass, 0.5), judged(Good, part.Pass, 0.7), judged(Good, part.Inconclusive, 0.95), {Kind: Good, Unjudged: "unreadable"},
		judged("cut", part.Fail, 2), judged("cut", part.Pass, 0.6),
		judged("hole", part.Fail, 3), {Kind: "hole", Unjudged: "unreadable"},
	}
	f, err := Measure(all)
	if err != nil {
		t.Fatal(err)
	}
	if f.Escapes.Count != 2 || f.Escapes.Of != 4 || f.FalseRejects.Count != 2 || f.FalseRejects.Of != 4 || f.Balanced != 0.5 {
		t.Errorf("escapes %+v, false rejects %+v, balanced %v", f.Escapes, f.FalseRejects, f.Balanced)
	}
	// Of 2 in 4 the exact one-sided bound is 0.9024: P(X <= 2 | 4, 0.9024) = 0.05.
	if math.Abs(f.Escapes.Upper-0.9024) > 1e-4 {
		t.Errorf("bound of 2 in 4: %v, want 0.9024", f.Escapes.Upper)
	}
	if g := f.Good; g.Passed != 2 || g.Inconclusive != 1 || g.Unjudged != 1 || g.Rejected() != 1 || g.Name != Good {
		t.Errorf("good: %+v", g)
	}
	if len(f.Defects) != 2 || f.Defects[0].Name != "cut" || f.Defects[1].Unjudged != 1 || f.Defects[1].Mistakes.Count != 1 {
		t.Errorf("by folder: %+v", f.Defects)
	}
	// cut: 2 lies above three of four good ones, 0.6 above one.
	if got := f.Defects[0].AUROC; got != 0.5 {
		t.Errorf("AUROC of cut %v, want 0.5", got)
	}
	if got, want := f.AUROC.Value, (3+1+3+0)/16.0; got != want {
		t.Errorf("AUROC %v, want %v", got, want)
	}
	for name, one := range map[string][]Judged{"good alone": all[:4], "defective alone": all[4:], "nothing": nil} {
		if _, err := Measure(one); !errors.Is(err, ErrOneClass) {
			t.Errorf("%s: %v, want %v", name, err, ErrOneClass)
		}
	}
}

func TestWorst(t *testing.T) {
	all := []Judged{judged("cut", part.Fail, 2), judged(Good, part.Pass, 0.5), judged("cut", part.Pass, 0.6), judged(Good, part.Fail, 1.7), {Kind: "cut", Unjudged: "unreadable"}}
	if w := Worst(all, false, 9); len(w) != 2 || w[0].Score != 0.6 || w[1].Score != 2 {
		t.Errorf("defective: %+v", w)
	}
	if w := Worst(all, true, 1); len(w) != 1 || w[0].Score != 1.7 {
		t.Errorf("good: %+v", w)
	}
}

// Clopper and Pearson's bounds as tables print them.
func TestShare(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want float64
	}{{0, 10, 0.2589}, {1, 14, 0.2967}, {0, 40, 0.0722}, {0, 29957, 1e-4}, {4, 4, 1}, {0, 0, 1}} {
		if got := share(c.k, c.n).Upper; math.Abs(got-c.want) > 5e-5 {
			t.Errorf("%d of %d: at most %v, want %v", c.k, c.n, got, c.want)
		}
	}
}
