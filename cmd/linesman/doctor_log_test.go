package main

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/event"
)

// healthOf looks at a data folder at a moment.
func healthOf(t *testing.T, h logHealth) *Findings {
	t.Helper()
	f := &Findings{Good: true}
	h.examine(t.Context(), f)
	for _, x := range f.Findings {
		if (x.Cure == "") != (x.State == Good) {
			t.Errorf("%+v: a cure for what is no good, and for nothing else", x)
		}
	}
	return f
}

// dataWith writes files into a fresh data folder.
func dataWith(t *testing.T, files map[string]int) string {
	t.Helper()
	data := t.TempDir()
	for name, n := range files {
		path := filepath.Join(data, filepath.FromSlash(name))
		must(t, errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, make([]byte, n), 0o600)))
	}
	return data
}

func TestDoctorOnRoom(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		files map[string]int
		days  int64 // of room left at 1 MB a day
		state State
		says  string
	}{
		{"as yesterday", map[string]int{"log/parts-2026-03-01.db": 600_000, "log/record-2026-03-01.db": 300_000, "log/record-2026-03-01.db-wal": 100_000, "log/parts-2026-02-28.db": 9, "log/lock": 7}, 30, Good, "30 days at 1 MB a day (as yesterday)"},
		{"a new site", map[string]int{"log/parts-2026-03-02.db": 500_000}, 7, Warning, "5 days at 2 MB a day (as in the last 8 h)"},
		{"nearly full", map[string]int{"log/parts-2026-03-01.db": 1_000_000}, 2, Fault, "2 days at"},
		{"full", map[string]int{"log/parts-2026-03-01.db": 1_000_000}, -500, Fault, "0 days at"},
		{"nothing yet", nil, 1, Good, "nothing was written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := logHealth{data: dataWith(t, c.files), now: noon, left: noRoom + c.days*1_000_000}
			f := &Findings{Good: true}
			h.room(f, noon.Add(-8*time.Hour))
			if got := find(t, f, "disk lasts"); got.State != c.state || !strings.Contains(got.Found, c.says) {
				t.Errorf("%+v; want %s with %q", got, c.state, c.says)
			}
		})
	}
	// Pictures count by when they were written.
	data := dataWith(t, map[string]int{"evidence/reject/ab/cd.png": 250_000, "evidence/pass/ab/ef.png": 4})
	must(t, os.Chtimes(filepath.Join(data, "evidence/reject/ab/cd.png"), noon, noon.Add(-20*time.Hour)))
	must(t, os.Chtimes(filepath.Join(data, "evidence/pass/ab/ef.png"), noon, noon.AddDate(0, 0, -9)))
	if perDay, of := (logHealth{data: data, now: noon}).rate(noon); perDay != 250_000 || of != "as yesterday" {
		t.Errorf("%g a day, %s", perDay, of)
	}
}

func TestDoctorOnClockAndQuiet(t *testing.T) {
	dir := logOf(t, 10)
	last := fixedEvents(10)[9].Time
	for _, c := range []struct {
		name    string
		now     time.Time
		running bool
		thing   string
		state   State
		says    string
	}{
		{"right", last.Add(5 * time.Second), true, "log files", Good, "5 s ago"},
		{"an hour back", last.Add(-time.Hour), true, "clock", Fault, "60 min behind the newest event"},
		{"quiet while it runs", last.Add(3 * time.Hour), true, "log files", Warning, "3 h ago"},
		{"quiet while it does not", last.Add(72 * time.Hour), false, "log files", Good, "3 days ago"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &Findings{Good: true}
			logHealth{now: c.now, running: c.running}.newest(t.Context(), f, onlyOurs{openTest(t, dir)})
			if got := find(t, f, c.thing); got.State != c.state || !strings.Contains(got.Found, c.says) {
				t.Errorf("%+v; want %s with %q", got, c.state, c.says)
			}
		})
	}
}

func TestDoctorOnRing(t *testing.T) {
	for _, c := range []struct {
		name       string
		used, lost uint64 // used in percent
		running    bool
		state      State
		says       string
	}{
		{"empty", 0, 0, true, Good, "0 % full"},
		{"behind", 75, 0, true, Warning, "75 % full"},
		{"lost", 1, 7, true, Fault, "7 events lost"},
		{"left by a crash", 25, 0, false, Good, "wait in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := t.TempDir()
			path := filepath.Join(data, "ring")
			r, err := event.OpenRing(event.RingSettings{Path: path, Source: "/demo", Size: 1<<20 + 4096})
			must(t, err)
			must(t, r.Close())
			file, err := os.ReadFile(path)
			must(t, err)
			size := uint64(len(file)) - 1<<12
			tail := binary.LittleEndian.Uint64(file[128:])
			binary.LittleEndian.PutUint64(file[256:], tail+c.used*size/100&^15)
			binary.LittleEndian.PutUint64(file[384:], c.lost)
			must(t, os.WriteFile(path, file, 0o600))
			f := &Findings{Good: true}
			logHealth{data: data, running: c.running}.ring(f)
			if got := find(t, f, "log ring"); got.State != c.state || !strings.Contains(got.Found, c.says) {
				t.Errorf("%+v; want %s with %q", got, c.state, c.says)
			}
		})
	}
	data := dataWith(t, map[string]int{"ring": 9000})
	f := &Findings{Good: true}
	logHealth{data: data}.ring(f)
	if got := find(t, f, "log ring"); got.State != Warning {
		t.Errorf("a ring that is none: %+v", got)
	}
}

// What is broken is named with its cure; what is sound has none.
func TestDoctorOnTheLog(t *testing.T) {
	data := filepath.Dir(logOf(t, 10))
	now := fixedEvents(10)[9].Time.Add(time.Minute)
	if f := healthOf(t, logHealth{data: data, now: now, left: 1 << 40}); !f.Good || find(t, f, "log files").State != Good {
		t.Errorf("a sound log is found faulty: %+v", f.Findings)
	}
	signed, key := signHead(t, 10)
	dir := filepath.Join(data, "log")
	must(t, errors.Join(os.WriteFile(filepath.Join(dir, "heads"), []byte(signed), 0o600), os.WriteFile(filepath.Join(dir, "verifiers"), []byte(key), 0o600)))
	head := time.Unix(1772366400, 0)
	f := healthOf(t, logHealth{data: data, now: head.Add(5 * time.Hour), running: true, left: 1 << 40})
	if got := find(t, f, "log head"); got.State != Good || got.Found != "seq 10, signed 5 h ago" {
		t.Errorf("%+v", got)
	}
	f = healthOf(t, logHealth{data: data, now: head.Add(50 * time.Hour), running: true, left: 1 << 40})
	if got := find(t, f, "log head"); got.State != Warning || !strings.Contains(got.Found, "2 days ago") {
		t.Errorf("%+v", got)
	}
	files, err := filepath.Glob(filepath.Join(dir, "record-*.db"))
	must(t, err)
	must(t, os.WriteFile(files[0], []byte(strings.Repeat("this is no database. ", 500)), 0o600))
	f = healthOf(t, logHealth{data: data, now: now, left: 1 << 40})
	if got := find(t, f, "log file"); f.Good || got.State != Fault || !strings.Contains(got.Found, filepath.Base(files[0])) {
		t.Errorf("a damaged file: %+v", got)
	}
}
