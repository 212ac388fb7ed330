package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/part"
)

// TestCandidateDesk lists what lies beside a line's recipe, newest first, with the last
// that failed or gave way, and finds reports by a candidate's name alone.
func TestCandidateDesk(t *testing.T) {
	_, model := build(t)
	_, site, _, _ := drawnPlant(t, filepath.Dir(model))
	home := candidatesOf(site, "caps-1")
	const report = "<!DOCTYPE html>report"
	at := time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)
	for i, name := range []string{"20260301.023000", "20260302.023000"} {
		m := madeFrom{CandidateMade: event.CandidateMade{Line: "caps-1", Model: "cap-28@9", ModelHash: name, Recipe: "cap-28@4", Good: 60}, By: "learning", At: at.AddDate(0, 0, i)}
		dir := filepath.Join(home, candidatePrefix+name)
		must(t, os.MkdirAll(dir, 0o755))
		if i == 0 {
			m.Tried = &event.CandidateTried{Judged: 132, Price: 1, Page: sha256Of([]byte(report))}
			must(t, os.WriteFile(filepath.Join(dir, pageFile), []byte(report), 0o644))
		}
		text, err := json.Marshal(m)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, candidateFile), text, 0o644))
	}
	must(t, os.WriteFile(filepath.Join(home, pageFile), []byte("not a candidate's"), 0o644))
	log, err := openLogFiles(logFolder(site))
	must(t, err)
	defer log.Close()
	desk := &candidateDesk{site, log}
	got, err := desk.Candidates(t.Context(), "caps-1")
	must(t, err)
	if len(got.Candidates) != 2 || got.Candidates[0].Version != "20260302.023000" || got.Candidates[0].Report || got.Candidates[0].Tried != nil ||
		!got.Candidates[1].Report || got.Candidates[1].Tried.Judged != 132 || got.Candidates[1].State != "draft" || !got.Candidates[1].At.Equal(at) || got.Failed != nil {
		t.Errorf("listed %+v", got)
	}
	if page, err := desk.CandidateReport("caps-1", "20260301.023000"); err != nil || string(page) != report {
		t.Errorf("report %q, %v", page, err)
	}
	for _, c := range []struct{ line, version string }{
		{"caps-1", "20260302.023000"}, {"caps-1", "20260309.023000"}, {"caps-1", ".."}, {"caps-1", "x/../.."}, {"caps-1", ""}, {"caps-9", "20260301.023000"},
	} {
		if page, err := desk.CandidateReport(part.LineID(c.line), c.version); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("line %s, version %q: %q, %v; want that it is not there", c.line, c.version, page, err)
		}
	}
	must(t, os.WriteFile(filepath.Join(home, candidatePrefix+"20260301.023000", pageFile), []byte(report+" altered"), 0o644))
	if page, err := desk.CandidateReport("caps-1", "20260301.023000"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "is not the report that was made") {
		t.Errorf("an altered report: %q, %v", page, err)
	}
	for _, c := range [][3]string{{"draft", "tested", "tested"}, {"signed", "tested", "signed"}, {"draft", "", "draft"}} {
		if got := further(c[0], c[1]); got != c[2] {
			t.Errorf("of %v the further is %q", c, got)
		}
	}
	if _, err := desk.Candidates(t.Context(), "caps-9"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a line that is not there: %v", err)
	}
}
