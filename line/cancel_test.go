//go:build cgo

package line_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// ahead is a place so many millimetres ahead of the line's zero.
func (p *plant) ahead(mm float64) part.Tick {
	return part.Tick{Count: int64(p.belt.Read().Encoder) + int64(mm*p.layout.PerMM)}
}

// cancelled returns what the log says was taken back, and by whom.
func (p *plant) cancelled() (said []event.RecipeCancelled, actors []string) {
	p.t.Helper()
	r, _ := p.record()
	for _, e := range r.events {
		if c, err := event.As[event.RecipeCancelled](e); err == nil {
			said, actors = append(said, c), append(actors, e.Actor+" in "+e.Batch)
		}
	}
	return said, actors
}

// balances holds the accounts of the batches, of which there are so many, to what came
// out at the gate.
func (p *plant) balances(want ...string) {
	p.t.Helper()
	opened, closed := p.batches()
	if !slices.Equal(opened, want) || len(closed) != len(want) {
		p.t.Errorf("batches %v were opened, want %v; closed %v", opened, want, closed)
	}
	var exited, ejected uint64
	for id, b := range closed {
		if !b.Balanced || b.Account.Travelling != 0 {
			p.t.Errorf("batch %s is closed with %+v", id, b)
		}
		exited, ejected = exited+b.Account.Exited, ejected+b.Account.Ejected
	}
	if got := p.truth(); len(got.silent)+got.unjudged > 0 || uint64(got.passed) != exited || uint64(got.rejected) != ejected {
		p.t.Errorf("at the gate %+v; the accounts have %d passed and %d rejected", got, exited, ejected)
	}
}

// TestCancel takes changeovers back that wait for their tick: to another product, whose
// batch then never was, and to another version. What lies on the belt is judged as if
// nobody had asked, and the next changeover is taken on at once.
func TestCancel(t *testing.T) {
	t.Parallel()
	p := newPlant(t, build{seed: *seed, workers: 2, detector: signed{mark: 1, closed: new(atomic.Int32)}})
	first := turned{Changeover: line.Changeover{Recipe: "disc@1", Batch: "b1"}, mark: 1}
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.station.Cancel("", "bert"); !errors.Is(err, line.ErrNotWaiting) || !strings.Contains(err.Error(), "it judges by disc@1") {
		t.Errorf("with nothing to take back: %v", err)
	}
	var all []turned
	for i, name := range []string{"other", "disc"} {
		c, err := p.turn(name, 2, 2+i, p.ahead(900), "anna")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
		if _, _, err := p.station.Cancel("other@9", "bert"); !errors.Is(err, line.ErrNotWaiting) || !strings.Contains(err.Error(), c.Recipe) {
			t.Errorf("what was not asked for: %v", err)
		}
		if w, err := p.station.Waits(c.Recipe); err != nil || w != c.Changeover || !p.station.Changing() {
			t.Errorf("it waits as %+v, %v; want %+v", w, err, c.Changeover)
		}
		back, goesOn, err := p.station.Cancel(c.Recipe, "bert")
		if err != nil || back != c.Changeover || goesOn.ID() != "disc@1" {
			t.Fatalf("took back %+v, goes on by %v: %v", back, goesOn, err)
		}
		if id, _ := p.station.Judges(); p.station.Changing() || p.station.Status().Next != nil || id != "disc@1" {
			t.Errorf("taken back it is still on its way: %+v, judges by %s", p.station.Status().Next, id)
		}
		if _, _, err := p.station.Cancel("", "bert"); !errors.Is(err, line.ErrNotWaiting) {
			t.Errorf("taken back twice: %v", err)
		}
		p.arrived(turned{Changeover: line.Changeover{From: part.Tick{Epoch: 1, Count: c.From.Count}}}, 12)
		if n := c.closed.Load(); n != 1 {
			t.Errorf("what was taken back was closed %d times", n)
		}
	}
	last, err := p.turn("other", 2, 4, line.Next, "anna")
	if err != nil {
		t.Fatal(err)
	}
	p.arrived(last, 12)
	if _, _, err := p.station.Cancel("", "bert"); !errors.Is(err, line.ErrNotWaiting) {
		t.Errorf("what judges was taken back: %v", err)
	}
	p.finish()
	if counts := p.judgedBy(first, last); slices.Min(counts) < 10 {
		t.Errorf("judged by each: %v", counts)
	}
	p.activated(last)
	p.balances("b1", last.Batch)
	said, actors := p.cancelled()
	if len(said) != 2 || actors[0] != "bert in b1" || actors[1] != "bert in b1" {
		t.Fatalf("the log says %+v by %v", said, actors)
	}
	for i, s := range said {
		if want := (event.RecipeCancelled{Line: "disc-1", Recipe: all[i].Recipe, Judges: "disc@1", From: event.Tick(all[i].From), Why: "operator"}); s != want {
			t.Errorf("the log says %+v, want %+v", s, want)
		}
	}
}

// TestCancelTooLate asks once the place has come: the changeover stands.
func TestCancelTooLate(t *testing.T) {
	t.Parallel()
	p := newPlant(t, build{seed: *seed, workers: 2, detector: signed{mark: 1, closed: new(atomic.Int32)}})
	first := turned{Changeover: line.Changeover{Recipe: "disc@1", Batch: "b1"}, mark: 1}
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	c, err := p.turn("other", 1, 2, line.Next, "anna")
	if err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(record) bool { b := p.station.Status().Belt; return !b.Before(c.From) }) {
		t.Fatal("the belt does not come to it" + p.describe())
	}
	if _, _, err := p.station.Cancel("", "bert"); !errors.Is(err, line.ErrBegun) && !errors.Is(err, line.ErrNotWaiting) || err == nil {
		t.Errorf("at its place: %v", err)
	}
	p.arrived(c, 12)
	p.finish()
	if counts := p.judgedBy(first, c); slices.Min(counts) < 10 {
		t.Errorf("judged by each: %v", counts)
	}
	if said, _ := p.cancelled(); len(said) != 0 {
		t.Errorf("the log says %+v", said)
	}
	p.balances("b1", c.Batch)
}

// TestCancelRaces takes changeovers back at any moment of their way: either the line goes
// on as if nobody had asked, or all is judged as the changeover asks for.
func TestCancelRaces(t *testing.T) {
	t.Parallel()
	p := newPlant(t, build{seed: *seed, workers: 2, detector: signed{mark: 1, closed: new(atomic.Int32)}})
	first := turned{Changeover: line.Changeover{Recipe: "disc@1", Batch: "b1"}, mark: 1}
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(*seed, 7))
	var stood, back []turned
	opened := []string{"b1"}
	for i := range 16 {
		name := []string{"disc", "other"}[i%2]
		c, err := p.turn(name, i+2, i+2, line.Next, "anna")
		if err != nil {
			t.Fatal(err)
		}
		p.await(time.Duration(rng.IntN(300))*time.Millisecond, func(record) bool { return false })
		_, _, err = p.station.Cancel(c.Recipe, "bert")
		switch {
		case err == nil:
			back = append(back, c)
			continue
		case !errors.Is(err, line.ErrBegun) && !errors.Is(err, line.ErrNotWaiting):
			t.Fatal(err)
		}
		stood = append(stood, c)
		if c.Batch != opened[len(opened)-1] {
			opened = append(opened, c.Batch)
		}
		p.arrived(c, 4)
	}
	p.finish()
	p.judgedBy(first, stood...)
	p.balances(opened...)
	p.activated(stood...)
	for _, c := range append(stood, back...) {
		if n := c.closed.Load(); n != 1 {
			t.Errorf("%s was closed %d times", c.Recipe, n)
		}
	}
	said, _ := p.cancelled()
	if len(said) != len(back) {
		t.Errorf("the log says %+v, want %d", said, len(back))
	}
	t.Logf("seed %d: %d taken back, %d stood", *seed, len(back), len(stood))
}

// TestCancelAsked keeps a changeover that the controller asks for, until it does no more.
func TestCancelAsked(t *testing.T) {
	t.Parallel()
	wanted := make(chan string, 4)
	p := newPlant(t, build{seed: *seed, workers: 2, detector: signed{mark: 1, closed: new(atomic.Int32)},
		products: map[int]string{2: "other"}, wanted: func(product string) { wanted <- product }})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	c, err := p.turn("other", 1, 2, p.ahead(20000), "anna")
	if err != nil {
		t.Fatal(err)
	}
	p.plc.Choose(2) // what is on its way: nobody else has to bring it
	if !p.await(patience, func(record) bool { _, err := p.station.Waits(""); return errors.Is(err, line.ErrAsked) }) {
		t.Fatal("what the controller asks for may be taken back" + p.describe())
	}
	if _, _, err := p.station.Cancel("", "bert"); !errors.Is(err, line.ErrAsked) || !strings.Contains(err.Error(), "product 2 (other): choose another product there") {
		t.Errorf("what the controller asks for was taken back: %v", err)
	}
	p.plc.Choose(0)
	if !p.await(patience, func(record) bool { _, _, err := p.station.Cancel("", "bert"); return err == nil }) {
		t.Fatal("what nobody asks for any more can not be taken back" + p.describe())
	}
	if len(wanted) > 0 {
		t.Errorf("%q was wanted", <-wanted)
	}
	p.finish()
	if n := c.closed.Load(); n != 1 {
		t.Errorf("what was taken back was closed %d times", n)
	}
}
