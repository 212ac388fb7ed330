package accuracy

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/part"
)

var update = flag.Bool("update", false, "write the golden page anew")

// tiny is a small set with one of everything, names chosen by an attacker among it.
func tiny() *Report {
	hostile := Judged{File: `cut/"><script>alert(1)</script>.png`, Kind: "cut", Outcome: part.Pass, Score: 0.62}
	good := Judged{File: "good/b.png", Kind: Good, Outcome: part.Fail, Score: 1.31, Reasons: []string{"texture 9.12 (limit 6.96)"}}
	r := &Report{
		Model: Model{Name: "lid", Version: "3", SHA256: strings.Repeat("ab", 32), Threshold: 6.957, Parts: 31, FalseRejectRate: 0.01, FalseRejectAtMost: 0.092, Chosen: "Pictures keep their shape."},
		Set:   "lids", Folder: "/data/lids", SHA256: strings.Repeat("cd", 32), Made: time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC),
		Program: "0.1", Processor: "amd64 avx2",
		Judged: []Judged{
			{File: "good/a.png", Kind: Good, Outcome: part.Pass, Score: 0.7}, good,
			{File: "good/c.png", Kind: Good, Outcome: part.Pass, Score: 0.8},
			hostile,
			{File: "cut/e.png", Kind: "cut", Outcome: part.Fail, Score: 12, Reasons: []string{"texture 83.5 (limit 6.96)"}},
			{File: "hole/f.png", Kind: "hole", Unjudged: "unreadable picture: <b>png</b>: invalid format"},
			{File: "hole/g.png", Kind: "hole", Outcome: part.Inconclusive, Score: 0.98, Reasons: []string{"texture 6.8 (limit 6.96)"}},
		},
		Pixels: &Pixels{Pictures: 4}, WithoutMask: 1,
		Look: []string{"good/a.png and cut/e.png are the same picture, and it can not be both."},
	}
	r.Pixels.Add(Level(2), true)
	r.Pixels.Add(Level(0.5), false)
	picture := Image{Type: "image/jpeg", Data: []byte("not a real one"), Width: 40, Height: 60}
	r.Lowest = []Shown{{Judged: hostile, Plain: picture, Heat: picture}}
	flat := picture
	flat.Width = 90
	r.Highest = []Shown{
		{Judged: good, Plain: flat, Heat: flat, Near: &Near{Here: picture, There: &flat, Text: "most like <d>.png"}},
		{Judged: good, Plain: flat, Heat: flat, Near: &Near{Here: picture, Text: "most like e.png, whose picture the model did not keep"}},
	}
	r.Curve = &Curve{From: "/data/lids/train/good", Have: 31}
	for i, n := range []int{5, 10, 31} {
		judged := append([]Judged(nil), r.Judged...)
		judged[3].Score += float64(i) / 2
		if judged[3].Score >= 1 {
			judged[3].Outcome = part.Fail
		}
		f, err := Measure(judged)
		if err != nil {
			panic(err) // both classes are there
		}
		r.Curve.Steps = append(r.Curve.Steps, Step{Parts: n, Figures: f})
	}
	return r
}

func TestHTML(t *testing.T) {
	var got bytes.Buffer
	if err := tiny().HTML(&got); err != nil {
		t.Fatal(err)
	}
	page := got.String()
	for _, never := range []string{"<script", "<b>png", "http:", "https:", "url(", "@import", "ZgotmplZ", "<link"} {
		if strings.Contains(page, never) {
			t.Errorf("the page contains %q", never)
		}
	}
	golden := filepath.Join("testdata", "report.html")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if page != string(want) {
		t.Errorf("the page is another one than %s; look at the difference after go test ./proof/accuracy -update", golden)
	}
}

// A report of one class alone is no report.
func TestHTMLOneClass(t *testing.T) {
	r := tiny()
	r.Judged = r.Judged[:3]
	if err := r.HTML(&bytes.Buffer{}); err == nil {
		t.Error("written of good parts alone")
	}
}

func TestSentences(t *testing.T) {
	good := []Judged{judged(Good, part.Pass, 0.5), judged(Good, part.Fail, 1.2)}
	for name, c := range map[string]struct {
		more []Judged
		want string
	}{
		"one kind":  {[]Judged{judged("broken", part.Fail, 2), judged("broken", part.Pass, 0.9)}, "Of 2 broken parts 1 is rejected, of 2 good ones 1."},
		"two kinds": {[]Judged{judged("cut", part.Fail, 2), judged("hole", part.Inconclusive, 0.9)}, "Of 2 defective parts 2 are rejected (cut 1 of 1, hole 1 of 1), of 2 good ones 1."},
		"unjudged":  {[]Judged{{Kind: "cut", Unjudged: "unreadable"}}, "Of 1 cut part 0 are rejected, of 2 good ones 1. 1 could not be judged and counts as a mistake."},
	} {
		f, err := Measure(append(append([]Judged(nil), good...), c.more...))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Sentences()[0]; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A figure is never rounded to a claim that it does not bear.
func TestWords(t *testing.T) {
	for in, want := range map[float64]string{1: "1.0000", 0.99999: "0.9999", 0.5: "0.5000"} {
		if got := ratio(in); got != want {
			t.Errorf("ratio %v: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[float64]string{0: "0\u00a0%", 1: "100\u00a0%", 0.99999: "99.9\u00a0%", 0.000063: "0.0063\u00a0%", 0.05: "5.0\u00a0%"} {
		if got := percent(in); got != want {
			t.Errorf("percent %v: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[Share]string{{4, 4, 1}: "no claim", {0, 0, 1}: "no claim", {1, 14, 0.2967}: "at most 29.7\u00a0%"} {
		if got := bound(in); got != want {
			t.Errorf("bound %v: %s, want %s", in, got, want)
		}
	}
}
