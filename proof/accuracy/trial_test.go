package accuracy

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/proof"
)

// tinyTrial has one change of each kind, foreign text in it, and a picture that is gone.
func tinyTrial() *Trial {
	at := time.Date(2026, 3, 1, 6, 30, 0, 0, time.UTC)
	because := func(text string) []event.Reason { return []event.Reason{{Text: text}} }
	turned := func(part, was, is string) proof.Turned {
		return proof.Turned{Part: part, Line: "caps-1", At: at, Picture: "p", Was: proof.Verdict{Outcome: was, Score: 0.8}, Is: proof.Verdict{Outcome: is, Score: 1.4}}
	}
	freed, dear, other, extra := turned("p1", "fail", "pass"), turned("p2", "pass", "fail"), turned("p3", "inconclusive", "fail"), turned("p4", "pass", "fail")
	freed.Was.Reasons = because(`dark <script>alert(1)</script>`)
	dear.Is.Reasons, dear.Pictures = because("texture 9.1 (limit 6.9)"), []string{"p", "q"}
	other.Picture, other.Taught = "gone", true
	extra.Label, extra.Class, extra.Extra = string(proof.MissedDefect), "crack", true
	return &Trial{
		Recipe: "cap-28@2", RecipeSHA256: strings.Repeat("ab", 32), Model: "cap@3", ModelSHA256: strings.Repeat("cd", 32), Lines: []string{"caps-1"},
		From: at, To: at.Add(8 * time.Hour), Made: at.Add(9 * time.Hour), Program: "0.1", Processor: "amd64 avx2",
		Report: &proof.TrialReport{Verdicts: 1000, Kept: 43, Drawn: 43, Again: 42, ByOutcome: map[string]int{"pass": 30, "fail": 10, "inconclusive": 2},
			Changes: map[string]int{"fail -> pass": 1, "pass -> fail": 1, "inconclusive -> fail": 1}, Price: proof.Price{Passes: 29, Rejected: 1}, Freed: proof.Freed{Rejects: 12, Passed: 1, NotLabels: 1},
			Labelled:   map[proof.Label]proof.Tally{proof.MissedDefect: {Parts: 2, Right: 1}},
			Impossible: map[proof.Why]int{proof.NotKept: 957, proof.Gone: 1}, Examples: map[proof.Why]string{proof.Gone: "part p9: lost"},
			Changed: []proof.Turned{extra, dear, freed, other}},
		Picture: func(sha string) (Image, error) {
			if sha == "gone" {
				return Image{}, errors.New("it has made room")
			}
			return Image{Type: "image/jpeg", Data: []byte("not a real one"), Width: 40, Height: 40}, nil
		},
	}
}

func TestTrialHTML(t *testing.T) {
	var got bytes.Buffer
	if err := tinyTrial().HTML(&got); err != nil {
		t.Fatal(err)
	}
	page := got.String()
	for _, never := range []string{"<script", "http:", "https:", "url(", "@import", "ZgotmplZ", "<link"} {
		if strings.Contains(page, never) {
			t.Errorf("the page contains %q", never)
		}
	}
	golden := filepath.Join("testdata", "trial.html")
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

// TestTrialRoom: a page takes so many pictures; what is beyond is named, and none is
// left out. What may escape comes first.
func TestTrialRoom(t *testing.T) {
	trial := tinyTrial()
	dear, freed := trial.Report.Changed[1], trial.Report.Changed[2]
	trial.Report.Changed = nil
	for range picturedChanges {
		trial.Report.Changed = append(trial.Report.Changed, dear)
	}
	trial.Report.Changed = append(trial.Report.Changed, freed)
	var got bytes.Buffer
	if err := trial.HTML(&got); err != nil {
		t.Fatal(err)
	}
	page := got.String()
	if n := strings.Count(page, "<figure"); n != picturedChanges {
		t.Errorf("%d cards, want %d", n, picturedChanges)
	}
	if !strings.Contains(page, "beyond those with pictures (1)") || strings.Index(page, "let through (1)") > strings.Index(page, "be rejected (1000)") {
		t.Error("what has no room is not named, or what may escape is not first")
	}
}
