package sqlite

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/event"
	"linesman/event/eventtest"
)

// clock is a clock that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func add(t testing.TB, l *Log, events ...event.Event) []event.Event {
	t.Helper()
	got, err := l.Append(context.Background(), events)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return got
}

func all(t testing.TB, l *Log) []event.Event {
	t.Helper()
	got, err := l.Read(context.Background(), event.Filter{Limit: 1 << 20})
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return got
}

// noGap holds that the log's events are 1, 2, 3... up to n.
func noGap(t testing.TB, l *Log, n int) {
	t.Helper()
	got := all(t, l)
	for i, e := range got {
		if e.Seq != uint64(i)+1 {
			t.Fatalf("place %d has seq %d", i+1, e.Seq)
		}
	}
	if len(got) != n {
		t.Fatalf("the log has %d events, want %d", len(got), n)
	}
}

func databases(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	slices.Sort(paths)
	return paths
}

func TestDays(t *testing.T) {
	dir := t.TempDir()
	c := &clock{time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)}
	set := Settings{Dir: dir, Now: c.now}
	l := open(t, set)
	in := eventtest.Sample(100)
	add(t, l, in[:40]...)
	c.at = c.at.Add(2 * time.Second)
	add(t, l, in[40:70]...)
	c.at = c.at.Add(-3 * time.Second) // the clock steps back over midnight: no older file is opened again
	add(t, l, in[70:]...)
	want := []string{"parts-2026-03-01.db", "parts-2026-03-02.db", "record-2026-03-01.db", "record-2026-03-02.db"}
	if d := cmp.Diff(want, databases(t, dir)); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	noGap(t, l, 102) // 41 and 42 seal the first day
	for _, f := range l.files {
		events, err := read(t.Context(), []view{{f, f.first, f.last, f.since, f.until}}, l.Last(), event.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			t.Errorf("%s is empty", f.name())
		}
		for _, e := range events {
			if e.Pass() != (f.shelf == parts) {
				t.Errorf("%s holds %s %s", f.name(), e.Type, e.Data)
			}
		}
	}
	if got, err := l.Read(t.Context(), event.Filter{Newest: true, Limit: 65}); err != nil || len(got) != 65 || got[0].Seq != 102 || got[64].Seq != 38 {
		t.Errorf("the newest 65 are %d from %v, error %v", len(got), got[0].Seq, err)
	}
	first := all(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	l = open(t, set)
	if d := cmp.Diff(first, all(t, l)); d != "" {
		t.Errorf("after reopening (-want +got):\n%s", d)
	}
	if got := add(t, l, in[3], in[55], in[99]); got[0].Seq != 4 || got[1].Seq != 58 || got[2].Seq != 102 {
		t.Errorf("events of earlier days were stored again: %d, %d, %d", got[0].Seq, got[1].Seq, got[2].Seq)
	}
	c.at = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)
	if got := add(t, l, in[7], event.New("/demo", "p", c.at, event.PLCState{})); got[0].Seq != 8 || got[1].Seq != 105 {
		t.Errorf("four days later: seqs %d and %d, want 8 and 105", got[0].Seq, got[1].Seq)
	}
	noGap(t, l, 105)
}

// A clock that was years ahead and is put right must not bind the log to a file
// of the year 2036.
func TestClockPutRight(t *testing.T) {
	dir := t.TempDir()
	c := &clock{time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)}
	l := open(t, Settings{Dir: dir, Now: c.now})
	add(t, l, eventtest.Sample(10)...)
	c.at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range 10 {
		add(t, l, event.New("/demo", "p", c.at, event.PartJudged{Outcome: []string{"pass", "fail"}[i%2]}))
	}
	noGap(t, l, 20+2) // and the seals of the day that was none
	if got, err := l.Read(t.Context(), event.Filter{Newest: true, Limit: 3}); err != nil || got[0].Seq != 22 || got[2].Seq != 20 {
		t.Errorf("the newest three begin with seq %d, error %v; want 22", got[0].Seq, err)
	}
	want := []string{"parts-2026-03-01.db", "parts-2036-01-01.db", "record-2026-03-01.db", "record-2036-01-01.db"}
	if d := cmp.Diff(want, databases(t, dir)); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

// A crash between the two commits of a group leaves it in parts alone.
func TestHalfWrittenGroup(t *testing.T) {
	dir := t.TempDir()
	l := open(t, Settings{Dir: dir})
	in := eventtest.Sample(50)
	add(t, l, in[:20]...)
	add(t, l, in[20:40]...)
	r := &request{events: slices.Clone(in[40:])}
	l.Close() // the writer has ended: the test goes on in its place

	l = open(t, Settings{Dir: dir})
	close(l.closing)
	<-l.done
	if err := l.turn(); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.drafts, err = admit(r.events); err != nil {
		t.Fatal(err)
	}
	last, err := l.put([]*request{r}, 40)
	if err != nil || last != 50 {
		t.Fatalf("put: %d, %v", last, err)
	}
	p := l.w.pair
	signed, err := l.headOf(p, last)
	if err != nil {
		t.Fatal(err)
	}
	for _, pen := range []*pen{p.parts, p.record} {
		if err := pen.note(signed, [2]uint64{41, last}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.parts.commit(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.record.undo(), l.closeFiles(), l.lock.Close()); err != nil {
		t.Fatal(err)
	}
	l.once.Do(func() {})

	l = open(t, Settings{Dir: dir})
	noGap(t, l, 40)
	if got := add(t, l, in[35:]...); got[0].Seq != 36 || got[14].Seq != 50 {
		t.Errorf("handed in again: seqs %d to %d, want 36 to 50", got[0].Seq, got[14].Seq)
	}
	noGap(t, l, 50)
}

func TestDiskFull(t *testing.T) {
	for _, shelf := range []shelf{parts, record} {
		t.Run(string(shelf), func(t *testing.T) {
			l := open(t, Settings{Dir: t.TempDir()})
			in := eventtest.Sample(200)
			add(t, l, in[:10]...)
			bound := func(pages string) { // between appends, the writer stands still
				if err := l.w.pair.pen(shelf).exec("PRAGMA max_page_count=" + pages); err != nil {
					t.Fatal(err)
				}
			}
			bound("1") // SQLite takes what the file has
			long := event.New("/demo", "p", eventtest.Noon, event.PartJudged{Outcome: map[bool]string{true: "pass", false: "fail"}[shelf == parts], Model: strings.Repeat("x", 60_000)})
			for range 2 {
				_, err := l.Append(t.Context(), append(slices.Clone(in[10:40]), long))
				if !errors.Is(err, event.ErrFull) || !strings.Contains(err.Error(), "remove old files") {
					t.Fatalf("got error %v, want ErrFull and the cure", err)
				}
				noGap(t, l, 10)
			}
			bound("1000000")
			add(t, l, in[5:]...)
			noGap(t, l, 200)
		})
	}
}

// When record refuses at its commit, parts has the group alone: nobody may see
// it, and the next append takes it out.
func TestRecordRefusesCommit(t *testing.T) {
	l := open(t, Settings{Dir: t.TempDir()})
	in := eventtest.Sample(60)
	add(t, l, in[:20]...)
	p := l.w.pair
	if err := p.record.exec("PRAGMA foreign_keys=ON; CREATE TABLE a (x PRIMARY KEY); CREATE TABLE b (x REFERENCES a DEFERRABLE INITIALLY DEFERRED); CREATE TRIGGER c AFTER UPDATE ON file BEGIN INSERT INTO b VALUES (1); END"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), in[20:40]); err == nil || !strings.Contains(err.Error(), "record-") {
		t.Fatalf("got error %v, want one that names the record file", err)
	}
	noGap(t, l, 20)
	if err := p.record.exec("DROP TRIGGER c"); err != nil {
		t.Fatal(err)
	}
	add(t, l, in[20:]...)
	noGap(t, l, 60)
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	l := open(t, Settings{Dir: dir})
	_, err := Open(Settings{Dir: dir})
	if want := "in use by process " + strconv.Itoa(os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a second Open: %v, want %q", err, want)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, Settings{Dir: dir})
}

func TestLaterFormat(t *testing.T) {
	dir := t.TempDir()
	l := open(t, Settings{Dir: dir})
	add(t, l, eventtest.Sample(1)...)
	if err := errors.Join(l.w.pair.record.exec("PRAGMA user_version=99"), l.Close()); err != nil {
		t.Fatal(err)
	}
	_, err := Open(Settings{Dir: dir})
	if want := "run the newer program"; err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
		t.Errorf("Open: %v, want %q and the file's name", err, want)
	}
}

var kills = flag.Int("kills", 8, "how often TestKilled kills the writing process")

// TestKilled ends a process with eight writers by kill -9, many times at random
// moments, and holds that every event it was told to be stored is there, once,
// that seq has no gap, and that the whole log verifies each time.
func TestKilled(t *testing.T) {
	const dirKey = "LINESMAN_TEST_LOG"
	if dir := os.Getenv(dirKey); dir != "" {
		writeForEver(dir)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	dir := t.TempDir()
	acked := map[string]bool{}
	stored := 0
	for range *kills {
		child := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		child.Env = append(os.Environ(), dirKey+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		// The child prints the id of every event that was acknowledged.
		lines := bufio.NewScanner(out)
		for n := random.IntN(200) + 1; n > 0; n-- {
			if !lines.Scan() {
				t.Fatal("the child ended by itself")
			}
			acked[lines.Text()] = true
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it said before it died; the last line may be torn
			if _, whole := event.ParseID(lines.Text()); whole {
				acked[lines.Text()] = true
			}
		}
		child.Wait()
		l, err := Open(Settings{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		events := all(t, l)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for i, e := range events {
			if e.Seq != uint64(i)+1 || seen[e.ID] {
				t.Fatalf("place %d has seq %d, id %s, there before: %v", i+1, e.Seq, e.ID, seen[e.ID])
			}
			seen[e.ID] = true
		}
		for id := range acked {
			if !seen[id] {
				t.Fatalf("event %s was acknowledged and is lost", id)
			}
		}
		if r := verify(t, dir); !r.Good {
			t.Fatalf("it does not verify: %+v", r.Findings)
		}
		stored = len(events)
	}
	t.Logf("%d kills, %d acknowledged, %d stored", *kills, len(acked), stored)
}

// writeForEver appends from eight writers until the process ends.
func writeForEver(dir string) {
	l, err := Open(Settings{Dir: dir})
	if err != nil {
		panic(err)
	}
	var said sync.Mutex
	for w := range 8 {
		go func() {
			for {
				group := eventtest.Sample(1 + w)
				for i := range group {
					group[i].ID = event.NewID()
				}
				stored, err := l.Append(context.Background(), group)
				if err != nil {
					panic(err)
				}
				said.Lock()
				for _, e := range stored {
					os.Stdout.WriteString(e.ID + "\n")
				}
				said.Unlock()
			}
		}()
	}
	select {}
}

// The view is for people with nothing but SQLite.
func TestView(t *testing.T) {
	l := open(t, Settings{Dir: t.TempDir()})
	e := event.New("/demo/line/caps-1", "caps-1", eventtest.Noon, event.PartLost{Line: "caps-1", Why: "slipped"})
	e.Batch, e.Part = "B-1", event.NewID()
	add(t, l, e)
	var time, typ, source, part, batch, why string
	err := l.w.pair.record.file.db.QueryRow(`SELECT time, type, source, part, batch, data ->> 'why' FROM log`).Scan(&time, &typ, &source, &part, &batch, &why)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{time, typ, source, part, batch, why}
	want := []string{"2026-03-01T12:00:00.123Z", string(e.Type), e.Source, strings.ReplaceAll(e.Part, "-", ""), "B-1", "slipped"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
