package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// twoDays writes a log of two days and returns its folder, closed, and the head
// that somebody took away on paper.
func twoDays(t testing.TB, each int) (dir, head string) {
	t.Helper()
	dir = t.TempDir()
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	l := open(t, Settings{Dir: dir, Now: c.now, Site: "demo"})
	for range 2 {
		for _, group := range slices.Collect(slices.Chunk(fresh(each), 70)) {
			add(t, l, group...)
		}
		c.at = c.at.AddDate(0, 0, 1)
	}
	head, _, err := l.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, head
}

func verify(t testing.TB, dir string, heads ...string) *Report {
	t.Helper()
	r, err := Verify(context.Background(), VerifySettings{Dir: dir, Heads: heads})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerify(t *testing.T) {
	dir, head := twoDays(t, 900)
	r := verify(t, dir, head)
	if !r.Good || r.Events != 1802 || r.First != 1 || r.Last != 1802 || r.Files != 4 {
		t.Errorf("an untouched log: %+v", r)
	}
}

// A log that is being written verifies, however often it is asked.
func TestVerifyWhileWritten(t *testing.T) {
	dir := t.TempDir()
	l := open(t, Settings{Dir: dir})
	add(t, l, fresh(600)...)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := l.Append(context.Background(), fresh(3)); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	for range 30 {
		if r := verify(t, dir); !r.Good {
			t.Errorf("%+v", r.Findings)
		}
	}
	close(stop)
	<-done
}

// copyLog copies a closed log's folder.
func copyLog(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, e.Name()), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// change runs SQL on one file of a log, as somebody with the disk can.
func change(t testing.TB, path, query string, args ...any) {
	t.Helper()
	f, err := newFile(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if _, err := f.db.Exec("PRAGMA query_only=0"); err != nil {
		t.Fatal(err)
	}
	f.db.SetMaxOpenConns(1)
	if _, err := f.db.Exec("PRAGMA query_only=0; "+query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// forge makes a file's marks and chunks fit its rows again, as somebody who
// knows the format but not the key can.
func forge(t testing.TB, path string) {
	t.Helper()
	f, err := openFile(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	events, err := scan(context.Background(), f.db, &f.words, "SELECT "+columns+" FROM events ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	f.close()
	var b strings.Builder
	b.WriteString("BEGIN; DELETE FROM chunks;")
	var tr tree
	for _, e := range events {
		h, _ := leafOf(e, nil)
		fmt.Fprintf(&b, "UPDATE events SET mark = %d WHERE seq = %d;", markOf(h), e.Seq)
		if root, full := tr.add(h); full {
			fmt.Fprintf(&b, "INSERT INTO chunks VALUES (%d, %d, x'%x');", tr.size/chunk-1, e.Seq, root[:])
		}
	}
	b.WriteString("COMMIT")
	change(t, path, b.String())
}

// TestAlterations alters logs at random, with and without making the stored
// hashes fit again, and holds that every alteration is found.
func TestAlterations(t *testing.T) {
	dir, head := twoDays(t, 900)
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("LINESMAN_SEED"); text != "" {
		fmt.Sscan(text, &seed)
	}
	t.Logf("LINESMAN_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	files := databases(t, dir)
	seqs := map[string][]uint64{}
	for _, name := range files {
		f, err := openFile(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		events, err := scan(context.Background(), f.db, &f.words, "SELECT "+columns+" FROM events ORDER BY seq")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			seqs[name] = append(seqs[name], e.Seq)
		}
		f.close()
	}
	kinds := map[string]func(path string, s []uint64) (first uint64){
		"data": func(path string, s []uint64) uint64 {
			k := s[random.IntN(len(s))]
			change(t, path, "UPDATE events SET data = replace(data, '{', '{\"x\":1,') WHERE seq = ?", k)
			return k
		},
		"time": func(path string, s []uint64) uint64 {
			k := s[random.IntN(len(s))]
			change(t, path, "UPDATE events SET time = time + 1 WHERE seq = ?", k)
			return k
		},
		"severity": func(path string, s []uint64) uint64 {
			k := s[random.IntN(len(s))]
			change(t, path, "UPDATE events SET severity = (severity + 1) % 5 WHERE seq = ?", k)
			return k
		},
		"removed": func(path string, s []uint64) uint64 {
			k := s[random.IntN(len(s))]
			change(t, path, "DELETE FROM events WHERE seq = ?", k)
			return k
		},
		"swapped": func(path string, s []uint64) uint64 {
			i := random.IntN(len(s) - 1)
			a, b := s[i], s[i+1]
			change(t, path, "UPDATE events SET seq = -1 WHERE seq = ?; ", a)
			change(t, path, "UPDATE events SET seq = ? WHERE seq = ?", a, b)
			change(t, path, "UPDATE events SET seq = ? WHERE seq = -1", b)
			return a
		},
		"inserted": func(path string, s []uint64) uint64 {
			k := s[len(s)-1] + 1 + random.Uint64N(3)
			change(t, path, "INSERT INTO events SELECT ?, x'00', time, type, source, subject, severity, part, batch, cause, actor, data, mark FROM events WHERE seq = ?", k, s[0])
			return 0
		},
		"tail cut": func(path string, s []uint64) uint64 {
			k := s[len(s)-1-random.IntN(min(300, len(s)-1))]
			change(t, path, "DELETE FROM events WHERE seq >= ?", k)
			change(t, path, "DELETE FROM chunks WHERE last >= ?", k)
			return 0
		},
		"word": func(path string, s []uint64) uint64 {
			change(t, path, "UPDATE words SET word = word || 'x' WHERE id = (SELECT source FROM events WHERE seq = ?)", s[0])
			return s[0]
		},
		"hash": func(path string, s []uint64) uint64 {
			change(t, path, "UPDATE events SET mark = mark + 1 WHERE seq = ?", s[len(s)/2])
			return s[len(s)/2]
		},
		"head": func(path string, s []uint64) uint64 {
			change(t, path, "UPDATE file SET head = replace(head, 'seq ', 'seq 1')")
			return 0
		},
		"file removed": func(path string, s []uint64) uint64 {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			return 0
		},
	}
	for name, alter := range kinds {
		for range 6 {
			file := files[random.IntN(len(files))]
			for _, forged := range []bool{false, true} {
				if forged && (name == "hash" || name == "head" || name == "file removed") {
					continue
				}
				at := copyLog(t, dir)
				path := filepath.Join(at, file)
				first := alter(path, seqs[file])
				if forged {
					forge(t, path)
				}
				r := verify(t, at, head)
				if r.Good {
					t.Errorf("%s in %s (forged %v): not found", name, file, forged)
					continue
				}
				if first > 0 && !forged && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Seq == first }) {
					t.Errorf("%s of event %d in %s: not named: %+v", name, first, file, r.Findings[0])
				}
			}
		}
	}
}

// A log from before an attack, put back whole, holds in itself: only a head
// that left the box tells.
func TestHeadOnPaper(t *testing.T) {
	dir := t.TempDir()
	l := open(t, Settings{Dir: dir})
	add(t, l, fresh(100)...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	old := copyLog(t, dir)
	l = open(t, Settings{Dir: dir})
	add(t, l, fresh(10)...)
	head, verifier, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, old); !r.Good {
		t.Fatalf("the old copy does not hold: %+v", r)
	}
	r, err := Verify(t.Context(), VerifySettings{Dir: old, Heads: []string{head}, Verifiers: []string{verifier}})
	if err != nil || r.Good || !strings.Contains(r.Findings[0].What, "tail was cut") {
		t.Errorf("the cut tail was not found: %+v, %v", r, err)
	}
}

func TestProofs(t *testing.T) {
	l := open(t, Settings{Dir: t.TempDir()})
	var all []event.Event
	for _, group := range slices.Collect(slices.Chunk(eventtest.Sample(1500), 100)) {
		all = append(all, add(t, l, group...)...)
	}
	_, key, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []event.Event{all[0], all[1], all[255], all[256], all[700], all[1498], all[1499]} {
		p, err := l.Inclusion(t.Context(), e.Seq)
		if err != nil {
			t.Fatalf("event %d: %v", e.Seq, err)
		}
		if err := p.Check(key); err != nil || p.Line != string(event.AppendLine(nil, e)) {
			t.Errorf("event %d: proof does not hold: %v", e.Seq, err)
		}
		p.Line = strings.Replace(p.Line, `"actor":"system"`, `"actor":"user:li"`, 1)
		if p.Check(key) == nil {
			t.Errorf("event %d: an altered line is proven", e.Seq)
		}
	}
	name := "parts-" + base(l.w.pair.day)
	size := l.w.pair.parts.tree.size
	for _, from := range []uint64{1, 2, 255, 256, 257, 600, size} {
		var earlier tree
		events, err := scan(t.Context(), l.w.pair.parts.file.db, &l.w.pair.parts.file.words, "SELECT "+columns+" FROM events ORDER BY seq LIMIT ?", int64(from))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			h, _ := leafOf(e, nil)
			earlier.add(h)
		}
		p, err := l.Consistency(t.Context(), name, from)
		if err != nil {
			t.Fatalf("from %d: %v", from, err)
		}
		if err := p.Check(earlier.root(), key); err != nil {
			t.Errorf("from %d to %d: %v", from, p.To, err)
		}
	}
	if _, err := l.Inclusion(t.Context(), 99_999); err == nil {
		t.Error("an event that is not there was proven")
	}
}
