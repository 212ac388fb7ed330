package event_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/event"
	"linesman/event/eventtest"
)

var quiet = slog.New(slog.DiscardHandler)

func openRing(t testing.TB, path string) *event.Ring {
	t.Helper()
	r, err := event.OpenRing(event.RingSettings{Path: path, Size: 2 << 20, Source: "/demo", Linger: time.Millisecond, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

// drain runs the ring until it is empty.
func drain(t testing.TB, r *event.Ring, log event.Log) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Run(ctx, log); err != nil {
		t.Fatalf("Run: %v", err)
	}
}

// losses returns the ring.lost events of a log.
func losses(t testing.TB, log event.Log) []event.RingLost {
	t.Helper()
	events, err := log.Read(context.Background(), event.Filter{Types: []event.Type{"linesman.ring.lost.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	var out []event.RingLost
	for _, e := range events {
		lost, err := event.As[event.RingLost](e)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, lost)
	}
	return out
}

func unnumbered(events []event.Event) []event.Event {
	out := slices.Clone(events)
	for i := range out {
		out[i].Seq = 0
	}
	return out
}

func TestRingCarriesOver(t *testing.T) {
	log := eventtest.NewMemory()
	r := openRing(t, filepath.Join(t.TempDir(), "ring"))
	in := eventtest.Sample(3000)
	for _, e := range in {
		r.Emit(e)
	}
	drain(t, r, log)
	if d := cmp.Diff(in, unnumbered(log.Events())); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if s := r.State(); s.Used != 0 || s.Lost != 0 {
		t.Errorf("state after draining: %+v", s)
	}
}

// counted is a log that gives back one token for every event it takes.
type counted struct {
	*eventtest.Memory
	tokens chan struct{}
}

func (c counted) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	out, err := c.Memory.Append(ctx, events)
	for range out {
		<-c.tokens
	}
	return out, err
}

// The ring goes round many times while it is drained, with producers at work.
func TestRingRound(t *testing.T) {
	log := counted{eventtest.NewMemory(), make(chan struct{}, 1000)} // so many fit
	r := openRing(t, filepath.Join(t.TempDir(), "ring"))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, log) }()
	const producers, each = 4, 3000
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			filler := strings.Repeat("x", 300*p)
			for i := range each {
				log.tokens <- struct{}{}
				r.Emit(event.New("/demo", fmt.Sprint(p), time.Now(), event.PartSeen{Line: filler, Trigger: uint64(i + 1)}))
			}
		})
	}
	wg.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Fatalf("Run: %v", err)
	}
	next := map[string]uint64{}
	for _, e := range log.Events() {
		p, err := event.As[event.PartSeen](e)
		if err != nil {
			t.Fatal(err)
		}
		if next[e.Subject]++; p.Trigger != next[e.Subject] {
			t.Fatalf("producer %s: event %d came as number %d", e.Subject, p.Trigger, next[e.Subject])
		}
	}
	for p := range producers {
		if n := next[fmt.Sprint(p)]; n != each {
			t.Errorf("producer %d: %d of %d events arrived", p, n, each)
		}
	}
}

func TestRingFull(t *testing.T) {
	log := eventtest.NewMemory()
	r := openRing(t, filepath.Join(t.TempDir(), "ring"))
	begun := time.Now()
	const n = 20_000
	for i := range n {
		r.Emit(event.New("/demo", "p", time.Now(), event.PartSeen{Trigger: uint64(i + 1)}))
	}
	lost := r.State().Lost
	if lost == 0 || lost == n {
		t.Fatalf("%d of %d events lost: the ring should have filled", lost, n)
	}
	drain(t, r, log)
	told := losses(t, log)
	if len(told) != 1 || told[0].Count != lost || told[0].From.Before(begun) || told[0].To.Before(told[0].From) || !strings.Contains(told[0].Why, "ring full") {
		t.Errorf("told %+v, want one loss of %d since %s", told, lost, begun)
	}
	if got := uint64(len(log.Events())); got != n-lost+1 {
		t.Errorf("%d events arrived, want %d and the loss", got, n-lost)
	}
	r.Emit(event.New("/demo", "p", time.Now(), event.PartSeen{}))
	drain(t, r, log)
	if got := len(losses(t, log)); got != 1 {
		t.Errorf("the loss was told %d times", got)
	}
}

func TestRingRefusedEvents(t *testing.T) {
	log := eventtest.NewMemory()
	r := openRing(t, filepath.Join(t.TempDir(), "ring"))
	good := eventtest.Sample(2)
	r.Emit(good[0])
	r.Emit(event.Event{ID: "42", Type: "a", Source: "/demo", Data: []byte("1")})
	r.Emit(event.Event{Type: "a", Source: "/demo", Data: []byte("{")})
	r.Emit(event.Event{Type: "a", Source: "/demo", Data: []byte(strings.Repeat("1", 1<<20))})
	r.Emit(good[1])
	drain(t, r, log)
	var why []string
	for _, l := range losses(t, log) {
		why = append(why, l.Why)
	}
	want := []string{`id "42"`, "no JSON", "too large"}
	if len(why) != len(want) {
		t.Fatalf("losses told: %q", why)
	}
	for i := range want {
		if !strings.Contains(why[i], want[i]) {
			t.Errorf("loss %d is told as %q, want %q", i, why[i], want[i])
		}
	}
	if got := len(log.Events()); got != 5 {
		t.Errorf("%d events in the log, want the 2 good ones and 3 losses", got)
	}
}

// failing is a log that refuses while it is told to.
type failing struct {
	event.Log
	mu   sync.Mutex
	fail int
	met  chan struct{}
}

func (f *failing) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail > 0 {
		f.fail--
		f.met <- struct{}{}
		return nil, event.ErrFull
	}
	return f.Log.Append(ctx, events)
}

func TestRingWaitsForLog(t *testing.T) {
	log := &failing{Log: eventtest.NewMemory(), fail: 2, met: make(chan struct{})}
	path := filepath.Join(t.TempDir(), "ring")
	r := openRing(t, path)
	in := eventtest.Sample(10)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, log) }()
	r.Emit(in[0])
	<-log.met
	<-log.met
	for _, e := range in[1:] {
		r.Emit(e)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in, unnumbered(log.Log.(*eventtest.Memory).Events())); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}

	// A log that refuses to the end: the ring keeps the events for the next start.
	full := &failing{Log: eventtest.NewMemory(), fail: 1, met: make(chan struct{}, 1)}
	r.Emit(event.New("/demo", "p", time.Now(), event.PLCState{}))
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Run(stopped, full); !errors.Is(err, event.ErrFull) {
		t.Errorf("Run: %v, want ErrFull", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openRing(t, path)
	drain(t, r, full)
	if got := full.Log.(*eventtest.Memory).Events(); len(got) != 1 || got[0].Type != "linesman.plc.state.v1" {
		t.Errorf("after the next start the log has %v", got)
	}
}

func TestRingAfterClose(t *testing.T) {
	r := openRing(t, filepath.Join(t.TempDir(), "ring"))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r.Emit(eventtest.Sample(1)[0]) // must not touch what is no longer mapped
}

func TestRingLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring")
	openRing(t, path)
	if _, err := event.OpenRing(event.RingSettings{Path: path}); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second OpenRing: %v", err)
	}
	if _, err := event.OpenRing(event.RingSettings{Path: path, Size: 1000}); err == nil || !strings.Contains(err.Error(), "at least") {
		t.Errorf("a ring of 1000 bytes: %v", err)
	}
	if _, err := event.OpenRing(event.RingSettings{Path: filepath.Join(path, "none")}); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a ring below a file: %v", err)
	}
}

// TestRingKilled ends a process by kill -9 while four producers emit, and holds
// that everything Emit had taken reaches the log, once.
func TestRingKilled(t *testing.T) {
	const pathKey = "LINESMAN_TEST_RING"
	if path := os.Getenv(pathKey); path != "" {
		emitForEver(path)
	}
	path := filepath.Join(t.TempDir(), "ring")
	log := eventtest.NewMemory()
	told := 0
	for round := range 10 {
		child := exec.Command(os.Args[0], "-test.run=^TestRingKilled$")
		child.Env = append(os.Environ(), pathKey+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var taken []string // ids that Emit had taken before the child said so
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			taken = append(taken, lines.Text())
			if len(taken) == 200 {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if child.Wait(); len(taken) < 200 {
			t.Fatalf("round %d: the child ended after %d events", round, len(taken))
		}
		if len(taken[len(taken)-1]) != 36 { // killed within a line
			taken = taken[:len(taken)-1]
		}
		r := openRing(t, path)
		drain(t, r, log)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, e := range log.Events() {
			seen[e.ID]++
		}
		for _, id := range taken {
			if seen[id] != 1 {
				t.Fatalf("round %d: event %s was taken and is in the log %d times", round, id, seen[id])
			}
		}
		told += len(taken)
	}
	for _, l := range losses(t, log) {
		if !strings.Contains(l.Why, "torn record") { // at most the ones being written
			t.Errorf("told loss: %+v", l)
		}
	}
	t.Logf("%d events known to be taken, %d in the log, %d losses told", told, len(log.Events()), len(losses(t, log)))
}

func emitForEver(path string) {
	r, err := event.OpenRing(event.RingSettings{Path: path, Size: 2 << 20, Source: "/demo"})
	if err != nil {
		panic(err)
	}
	go func() { // syncs; the log refuses, so that all stays in the ring
		_ = r.Run(context.Background(), refusing{})
	}()
	var out sync.Mutex
	for range 4 {
		go func() {
			for {
				e := eventtest.Sample(1)[0]
				r.Emit(e)
				out.Lock()
				if r.State().Lost == 0 { // a full ring says so: nothing is known of what comes then
					io.WriteString(os.Stdout, e.ID+"\n")
				}
				out.Unlock()
			}
		}()
	}
	select {}
}

// refusing is a log that takes nothing.
type refusing struct{ event.Log }

func (refusing) Append(context.Context, []event.Event) ([]event.Event, error) {
	return nil, event.ErrFull
}

// Emit must leave nothing to collect: it runs for every part.
func TestEmitAllocatesNothing(t *testing.T) {
	r := openRing(t, filepath.Join(t.TempDir(), "ring"))
	e := eventtest.Sample(2)[1]
	e.ID = ""
	if n := testing.AllocsPerRun(1000, func() { r.Emit(e) }); n != 0 {
		t.Errorf("Emit allocates %v times a call", n)
	}
}
