//go:build cgo

package line_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/line"
	"linesman/sim/belt"
)

// times is how often each fault is ordered, in each mode. CI takes the default;
// a release takes
//
//	go test ./line -run Fault -timeout 30m -args -times 100
var times = flag.Int("times", 10, "how often each fault is ordered on a running line")

// seed makes a run's belts the same again.
var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()%1e6), "of the belts' parts")

// patience is how long a line may take until parts pass again: seconds, but a
// test beside which others compute may be without its heartbeat for a while.
const patience = time.Minute

// Plants wait for their belts and hardly compute: many run side by side.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// broken is one fault and the sign by which the log tells of it.
type broken struct {
	name  string // the kind's unless set
	kind  belt.Kind
	value float64
	// told reports whether the events since the fault tell of it. nil: nothing
	// went wrong that anybody need be told of, the line just has to go on.
	told func([]event.Event) bool
	dead bool // the controller was without power: its counters know less than the gate
}

func breakages() []broken {
	return []broken{
		{kind: belt.DoubleTrigger, told: says[event.PartJudged]("double triggered")},
		{kind: belt.MissedTrigger, told: says[event.LedgerMismatch]("no picture showed")},
		{kind: belt.PartRemoved, told: says[event.PartLost]("no part came to the gate")},
		{kind: belt.PartSlips, told: both(says[event.PartLost]("no part came to the gate"), says[event.LedgerMismatch]("no picture showed"))},
		{kind: belt.BlockedEjector, told: says[event.PartSuspect]("went on")},
		{kind: belt.SpeedChange},
		{kind: belt.PLCRestart, told: both(says[event.PLCState]("restarted"), says[event.PartLost]("restarted")), dead: true},
		// Too short for the heartbeat to be missed; entries and pulses come late.
		{name: "short hang", kind: belt.Hang, value: 0.12},
		{kind: belt.Hang, value: 0.5, told: both(says[event.PLCState](`"lost"`), says[event.LineHeld]("heartbeat"))},
		{kind: belt.Refuse, value: 0.4, told: both(says[event.PLCState](`"lost"`), says[event.LineHeld]("heartbeat"))},
	}
}

// says looks for an event of one type with certain words in its data.
func says[P event.Payload](words string) func([]event.Event) bool {
	return func(events []event.Event) bool {
		var p P
		for _, e := range events {
			if e.Type == p.EventType() && strings.Contains(string(e.Data), words) {
				return true
			}
		}
		return false
	}
}

func both(a, b func([]event.Event) bool) func([]event.Event) bool {
	return func(events []event.Event) bool { return a(events) && b(events) }
}

// TestFaults orders every fault of the simulated line many times on a whole
// running line, in both modes. Whatever breaks: no defective or unjudged part is
// on the good side without an event that names it within two seconds, every
// fault is told, and the account closes.
func TestFaults(t *testing.T) {
	for _, k := range belt.Kinds() {
		if !slices.ContainsFunc(breakages(), func(b broken) bool { return b.kind == k }) {
			t.Errorf("nobody tries %s", k)
		}
	}
	for _, mode := range []string{line.ModeQueue, line.ModePulse} {
		for i, b := range breakages() {
			if b.name == "" {
				b.name = string(b.kind)
			}
			t.Run(mode+"/"+b.name, func(t *testing.T) {
				t.Parallel()
				breakOften(t, mode, b, *seed+uint64(i))
			})
		}
	}
}

// TestFaultsOfManyLanes orders them one after the other on eight lanes of small
// parts, many a picture, whose gap is too small for a slipping part to miss its
// window.
func TestFaultsOfManyLanes(t *testing.T) {
	t.Parallel()
	p := newPlant(t, build{layout: pills(), speed: 300, defects: 0.03, seed: *seed})
	rounds := max(1, *times/10)
	for _, b := range breakages() {
		switch b.kind {
		case belt.DoubleTrigger, belt.PartSlips: // two pictures of the same parts; still within the window
			b.told = nil
		case belt.SpeedChange:
			continue // the speeds are those of the other belt
		}
		for round := range rounds {
			if err := p.breakOnce(b, round); err != nil {
				t.Fatalf("seed %d, %s, round %d: %v", *seed, b.kind, round, err)
			}
		}
	}
	p.closes(*seed, rounds*len(breakages()), true)
}

func breakOften(t *testing.T, mode string, b broken, seed uint64) {
	p := newPlant(t, build{mode: mode, seed: seed})
	for round := range *times {
		if err := p.breakOnce(b, round); err != nil {
			t.Fatalf("seed %d, round %d: %v", seed, round, err)
		}
	}
	p.closes(seed, *times, b.dead)
}

// closes lets the line run on and empty, and holds gate and ledger to the truth.
// dead says that the controller was without power for a while: its counters
// then know less than the gate.
func (p *plant) closes(seed uint64, faults int, dead bool) {
	p.t.Helper()
	if err := p.running(patience); err != nil {
		p.t.Fatalf("seed %d, after the last round: %v", seed, err)
	}
	p.finish()
	got, l := p.truth(), p.station.Status().Ledger
	for _, s := range got.silent {
		p.t.Errorf("seed %d: on the good side, and nobody was told: %s", seed, s)
	}
	if !dead && (uint64(got.passed) != l.Exited || uint64(got.rejected) != l.Ejected) {
		p.t.Errorf("seed %d: at the gate %d passed and %d rejected, the ledger has %d and %d", seed, got.passed, got.rejected, l.Exited, l.Ejected)
	}
	if got.passed < faults {
		p.t.Errorf("seed %d: only %d parts passed: the line did not run", seed, got.passed)
	}
	p.minutes(seed)
	p.t.Logf("seed %d: %d faults: %d passed, %d rejected (%d of them good), %d removed; on the good side unjudged %d, defective %d, each named; ledger %+v",
		seed, faults, got.passed, got.rejected, got.lostGood, got.removed, got.unjudged, got.defective, l)
}

// minutes holds what the log says by the minute to what was counted, down to
// the last part of a minute.
func (p *plant) minutes(seed uint64) {
	p.t.Helper()
	said, err := p.log.Read(context.Background(), event.Filter{Types: []event.Type{event.LineMinute{}.EventType()}})
	if err != nil {
		p.t.Fatal(err)
	}
	var sum line.Counts
	for _, e := range said {
		m, err := event.As[event.LineMinute](e)
		if err != nil {
			p.t.Fatal(err)
		}
		sum.Pass, sum.Fail, sum.Inconclusive, sum.Late = sum.Pass+m.Pass, sum.Fail+m.Fail, sum.Inconclusive+m.Inconclusive, sum.Late+m.Late
	}
	if want := p.station.Status().Counts; sum != want {
		p.t.Errorf("seed %d: %d line.minute events say %+v in all, counted were %+v", seed, len(said), sum, want)
	}
}

// breakOnce orders the fault on a running line and waits until the log tells of
// it.
func (p *plant) breakOnce(b broken, round int) error {
	value := b.value
	if b.kind == belt.SpeedChange { // slower and faster in turn
		value = []float64{500, 900, 600, 700}[round%4]
	}
	from := p.mark()
	// A fault may hit a part to which it does no harm - a reject that is triggered
	// twice, a good part that the pulse missed and the ejector lets go: then it
	// is ordered again.
	for range 25 {
		if err := p.running(patience); err != nil {
			return err
		}
		// A fault that needs a part at a certain place may have to wait for it.
		var err error
		if !p.await(3*time.Second, func(record) bool { err = p.belt.Fault(string(b.kind), value); return err == nil }) {
			return err
		}
		if b.told == nil { // until those have met the gate that were on their way to it
			r, _ := p.record()
			if n := len(r.fates); !p.await(patience, func(r record) bool { p.release(); return len(r.fates) > n+16 }) {
				return fmt.Errorf("%s: the line stands%s", b.kind, p.describe())
			}
			return nil
		}
		told, on := false, p.mark()
		p.await(4*time.Second, func(r record) bool {
			told = b.told(r.events[from:])
			return told || b.kind == belt.BlockedEjector && says[event.LineHeld](`"held":true`)(r.events[on:])
		})
		if told || p.await(300*time.Millisecond, func(r record) bool { return b.told(r.events[from:]) }) {
			return nil
		}
	}
	return fmt.Errorf("%s: the log says nothing of it%s", b.kind, p.describe())
}
