package sqlite

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// quiet is for logs whose complaints are what a test provokes.
var quiet = slog.New(slog.DiscardHandler)

// damagedEvents returns what the log told of its own damage.
func damagedEvents(t testing.TB, l *Log) []event.LogDamaged {
	t.Helper()
	var out []event.LogDamaged
	for _, e := range all(t, l) {
		if d, err := event.As[event.LogDamaged](e); err == nil {
			out = append(out, d)
		}
	}
	return out
}

// A page that the disk returns wrongly, found at the next start or while
// writing, costs that file: the log goes on beside it, says so, and verify
// names it.
func TestCorruptPage(t *testing.T) {
	for name, spoil := range map[string]func(data []byte){
		"header": func(data []byte) { copy(data, bytes.Repeat([]byte("x"), 100)) },
		"middle": func(data []byte) { copy(data[len(data)/2&^4095:], bytes.Repeat([]byte{0xa5}, 4096)) },
		"many":   func(data []byte) { copy(data[8192:], bytes.Repeat([]byte{0xa5}, len(data)/2)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
			set := Settings{Dir: dir, Now: c.now, Logger: quiet}
			l := open(t, set)
			add(t, l, fresh(2000)...)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "record-2026-03-01.db")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			spoil(data)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			l, err = Open(set)
			if err != nil {
				t.Fatalf("Open: %v: a damaged file must not stop the appliance", err)
			}
			got, err := l.Append(t.Context(), fresh(100))
			if err != nil || got[0].Seq <= 2000 {
				t.Fatalf("Append after the damage: seq %d, %v", got[0].Seq, err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			r := verify(t, dir)
			if r.Good || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.File == "record-2026-03-01" }) {
				t.Errorf("verify does not name the file: %+v", r.Findings)
			}
		})
	}
}

// Files altered while the appliance was off are not written on: that would sign
// what somebody else wrote.
func TestAlteredWhileOff(t *testing.T) {
	dir, _ := twoDays(t, 300)
	path := filepath.Join(dir, "record-2026-03-02.db")
	f, err := openFile(dir, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	last := f.last
	f.close()
	change(t, path, "DELETE FROM events WHERE seq = ?", last)
	c := &clock{time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)}
	l := open(t, Settings{Dir: dir, Now: c.now, Site: "demo", Logger: quiet})
	got := add(t, l, fresh(3)...)
	if got[0].Seq <= 602 {
		t.Errorf("seq %d was given again", got[0].Seq)
	}
	said := damagedEvents(t, l)
	if len(said) != 1 || !strings.Contains(said[0].Why, "altered") {
		t.Errorf("told: %+v", said)
	}
	if names := databases(t, dir); !slices.Contains(names, "record-2026-03-02.02.db") {
		t.Errorf("files: %v", names)
	}
	if r := verify(t, dir); r.Good {
		t.Error("the alteration is not found any more")
	}
}

// A file that is deleted under the running log is written anew from what SQLite
// still has, and the log goes on in a new one: nothing is lost.
func TestDeletedWhileOpen(t *testing.T) {
	dir := t.TempDir()
	l := open(t, Settings{Dir: dir, Logger: quiet})
	add(t, l, fresh(500)...)
	for _, name := range databases(t, dir) {
		for _, tail := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(filepath.Join(dir, name+tail)); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
	add(t, l, fresh(10)...)
	if said := damagedEvents(t, l); len(said) != 1 || !strings.Contains(said[0].Why, "removed") {
		t.Errorf("told: %+v", said)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r := verify(t, dir)
	if !r.Good || r.Events != 513 { // and what was told: one damage, two seals
		t.Errorf("afterwards: %d events, %+v", r.Events, r.Findings)
	}
}

// Two processes, one folder: the second is told who has it. A disk that can
// not be written is named.
func TestNotWritable(t *testing.T) {
	if _, err := Open(Settings{Dir: "/proc/linesman-log"}); err == nil || !strings.Contains(err.Error(), "folder that can be written") {
		t.Errorf("Open on what can not be written: %v", err)
	}
	l := open(t, Settings{Dir: t.TempDir(), Logger: quiet})
	add(t, l, fresh(10)...)
	for _, pen := range []*pen{l.w.pair.parts, l.w.pair.record} { // as when the kernel makes a failing disk read-only
		if err := pen.exec("PRAGMA query_only=1"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := l.Append(t.Context(), fresh(10))
	if err == nil || !strings.Contains(err.Error(), ".db") || errors.Is(err, event.ErrInvalid) {
		t.Errorf("Append on a read-only disk: %v", err)
	}
	for _, pen := range []*pen{l.w.pair.parts, l.w.pair.record} {
		if err := pen.exec("PRAGMA query_only=0"); err != nil {
			t.Fatal(err)
		}
	}
	add(t, l, fresh(10)...)
	noGap(t, l, 20)
}

// A clock that is set back an hour, or over midnight, changes no order.
func TestClockBack(t *testing.T) {
	dir := t.TempDir()
	c := &clock{time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC)}
	l := open(t, Settings{Dir: dir, Now: c.now})
	add(t, l, eventtest.Sample(20)...)
	c.at = c.at.Add(-time.Hour)
	add(t, l, fresh(20)...)
	noGap(t, l, 40)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, Settings{Dir: dir, Now: c.now})
	add(t, l, fresh(20)...)
	noGap(t, l, len(all(t, l)))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, dir); !r.Good {
		t.Errorf("%+v", r.Findings)
	}
}
