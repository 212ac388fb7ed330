package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"linesman/line"
	"linesman/part"
)

// closed is a ledger that adds up.
func closed() part.Ledger {
	return part.Ledger{FramesReceived: 10, FramesTriggered: 10, Found: 10, Verdicts: 10, Passes: 9, Rejects: 1, AtGate: 8, Travelling: 2, Exited: 6, Ejected: 1, Landing: 1}
}

// The end of a watched run waits for what is on its way, and no longer.
func TestSettled(t *testing.T) {
	open := closed()
	open.AtGate--
	told := closed()
	told.Mismatch = "a part of lane 1 never came to its gate"
	for name, c := range map[string]struct {
		ledgers []part.Ledger // one reading after the other, the last for ever
		want    string        // of the error; empty for none
	}{
		"balanced":              {[]part.Ledger{closed()}, ""},
		"on its way":            {[]part.Ledger{open, open, closed()}, ""},
		"never closes":          {[]part.Ledger{open}, "line caps-1: the ledger does not balance: parts found"},
		"did not close earlier": {[]part.Ledger{told}, "never came to its gate"},
		"nothing was judged":    {[]part.Ledger{{}}, "no part was judged"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				began := time.Now()
				err := settled(t.Context(), func() []line.Status {
					l := c.ledgers[min(n, len(c.ledgers)-1)]
					n++
					return []line.Status{{Line: "caps-1", Ledger: l}}
				})
				if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %q", err, c.want)
				}
				if took := time.Since(began); took > settlePatience+time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A sample is one line of JSON that says what the process holds.
func TestSample(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stats.jsonl")
	out, err := Watch{Stats: file}.open()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := out.write(func() []line.Status { return []line.Status{{Line: "caps-1", Ledger: closed()}} }, time.Now().Add(-time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	out.Close()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(rows) != 2 {
		t.Fatalf("%d lines, want 2", len(rows))
	}
	var s Sample
	if err := json.Unmarshal([]byte(rows[1]), &s); err != nil {
		t.Fatal(err)
	}
	if s.Seconds < 60 || s.HeapMB <= 0 || s.Goroutines < 1 || len(s.Lines) != 1 || s.Lines[0].Ledger.Verdicts != 10 {
		t.Errorf("got %s", rows[1])
	}
	if _, err := os.Stat("/proc/self/status"); err == nil && s.ResidentMB <= 1 {
		t.Errorf("resident %g MB", s.ResidentMB)
	}
	none, err := Watch{}.open()
	if err != nil || none.write(nil, time.Now()) != nil {
		t.Errorf("no file asked for: %v", err)
	}
	none.Close()
	if _, err := (Watch{Stats: filepath.Join(file, "x")}).open(); err == nil {
		t.Error("a file below a file was opened")
	}
}
