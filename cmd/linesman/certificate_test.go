package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/part"
	"linesman/proof"
)

// writeCertified writes a closed batch into a log on disk, and returns its folder.
func writeCertified(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	log, err := sqlite.Open(sqlite.Settings{Dir: dir, Site: "demo", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Minute)
	var events []event.Event
	emit := func(part string, p event.Payload) {
		at = at.Add(10 * time.Millisecond)
		e := event.New("/demo/line/caps-1", "line", at, p)
		e.Batch, e.Part = "B-1", part
		events = append(events, e)
	}
	emit("", event.BatchOpened{Line: "caps-1"})
	for i := range 50 {
		emit(event.NewID(), event.PartJudged{Line: "caps-1", Outcome: []string{"pass", "pass", "pass", "pass", "fail"}[i%5], Recipe: "cap-28@1", Model: "cap@1"})
	}
	emit("", event.BatchClosed{Line: "caps-1", Balanced: true, Account: event.Account{Verdicts: 50, Passes: 40, Rejects: 10, Exited: 40, Ejected: 10}})
	if _, err := log.Append(context.Background(), events); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What the command writes is what verify finds in the log again, until somebody
// changes a figure on the page.
func TestCertificate(t *testing.T) {
	dir := writeCertified(t)
	for _, form := range []string{"html", "pdf", "json"} {
		out := filepath.Join(t.TempDir(), "page."+form)
		c := CertificateCmd{LogFlag: LogFlag{PlaceFlag: PlaceFlag{Dir: dir}, Zone: "Asia/Shanghai"}, Batch: "B-1", Out: out}
		if err := c.Run(context.Background()); err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := proof.ReadCertificate(f)
		f.Close()
		if err != nil || cert.Counts.Pass != 40 || cert.Counts.Fail != 10 || cert.Open || cert.Zone != "Asia/Shanghai" || len(cert.Accounts) != 1 {
			t.Fatalf("%s: %v, %+v", form, err, cert)
		}
		verify := EventsVerifyCmd{PlaceFlag: PlaceFlag{Dir: dir}, Certificate: []string{out}}
		v, err := verify.verify(context.Background(), dir, "", verifyLog)
		if err != nil || !v.Good || strings.Contains(fmt.Sprint(v.Notes), "what it shows") {
			t.Errorf("%s: verify says %+v, %v", form, v, err)
		}
		page, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if form == "html" {
			shown := strings.Replace(string(page), "<td>40</td>", "<td>43</td>", 1)
			if err := os.WriteFile(out, []byte(shown), 0o644); err != nil {
				t.Fatal(err)
			}
			if v, err = verify.verify(context.Background(), dir, "", verifyLog); err != nil || !strings.Contains(fmt.Sprint(v.Notes), "somebody changed its text") {
				t.Errorf("verify of a page whose text was changed says %+v, %v", v, err)
			}
		}
		forged := strings.NewReplacer(`"pass":40`, `"pass":41`, `"pass": 40`, `"pass": 41`).Replace(string(page))
		if forged == string(page) {
			t.Fatalf("%s: nothing to forge", form)
		}
		if err := os.WriteFile(out, []byte(forged), 0o644); err != nil {
			t.Fatal(err)
		}
		v, err = verify.verify(context.Background(), dir, "", verifyLog)
		if err != nil || v.Good || !strings.Contains(fmt.Sprint(v.Findings), "pass: the page says 41, the log 40") {
			t.Errorf("%s: verify of a forged page says %+v, %v", form, v, err)
		}
	}
}

func TestCertificateWanted(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	one := &config.Site{Lines: map[part.LineID]*line.Settings{"caps-1": nil}, Shifts: proof.Shifts{"day": "06:00-18:00"}}
	two := &config.Site{Lines: map[part.LineID]*line.Settings{"caps-1": nil, "caps-2": nil}}
	for _, tc := range []struct {
		name     string
		cmd      CertificateCmd
		site     *config.Site
		from, to int // hours of the day
		err      string
	}{
		{"a batch", CertificateCmd{Batch: "B-1"}, one, 0, 0, ""},
		{"the site's shift", CertificateCmd{Shift: "day"}, one, 6, 18, ""},
		{"a usual shift", CertificateCmd{Shift: "early", Line: "caps-2"}, two, 6, 14, ""},
		{"a usual shift of a folder", CertificateCmd{Shift: "early", Line: "caps-2"}, nil, 6, 14, ""},
		{"a stretch of time", CertificateCmd{From: "06:30", To: "-1h"}, one, 6, 8, ""},
		{"no such shift", CertificateCmd{Shift: "early"}, one, 0, 0, "not among day"},
		{"which line", CertificateCmd{Shift: "early"}, two, 0, 0, "--line"},
		{"nothing", CertificateCmd{}, one, 0, 0, "give one of"},
		{"both", CertificateCmd{Batch: "B-1", Shift: "day"}, one, 0, 0, "give one of"},
		{"up to now", CertificateCmd{From: "06:00"}, one, 6, now.Hour(), ""},
		{"no beginning", CertificateCmd{To: "06:00"}, one, 0, 0, "--from"},
		{"no time", CertificateCmd{From: "noon", To: "now"}, one, 0, 0, "--from"},
		{"no day", CertificateCmd{Shift: "day", Day: "payday"}, one, 0, 0, "--day"},
	} {
		w, err := tc.cmd.wanted(tc.site, time.UTC, now)
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.err)
			}
			continue
		}
		if err != nil || tc.to > 0 && (w.From.Hour() != tc.from || w.To.Hour() != tc.to) {
			t.Errorf("%s: %s to %s, %v; want %d to %d h", tc.name, w.From, w.To, err, tc.from, tc.to)
		}
	}
	if _, err := (&CertificateCmd{Out: "page.docx"}).write(proof.Certificate{}); err == nil || !strings.Contains(err.Error(), ".html, .pdf or .json") {
		t.Errorf("another form: %v", err)
	}
	if got := fileName(proof.Certificate{Batch: "B/7 a:b"}); got != "B-7-a-b" {
		t.Errorf("file name %q", got)
	}
}
