package plc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"linesman/part"
	"linesman/plc"
)

// fake is a controller that does as the test says, under synctest's clock.
type fake struct {
	mu      sync.Mutex
	broken  error
	room    int // entries it takes a call
	now     part.Tick
	beats   int
	reads   int
	holds   int
	frees   int
	dials   int
	open    int
	queued  []plc.Entry
	signals []plc.Signal
	setAt   []time.Time

	boot     uint64
	refuses  string   // a point that it does not have
	products []uint16 // numbers told
}

func (f *fake) dial(context.Context) (plc.Controller, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dials++
	if f.broken != nil {
		return nil, f.broken
	}
	f.open++
	return f, nil
}

func (f *fake) do(count *int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	*count++
	return f.broken
}

func (f *fake) Read(context.Context) (plc.Status, error) {
	err := f.do(&f.reads)
	return plc.Status{At: time.Now(), Now: f.now, Boot: f.boot}, err
}
func (f *fake) Beat(context.Context) error    { return f.do(&f.beats) }
func (f *fake) Hold(context.Context) error    { return f.do(&f.holds) }
func (f *fake) Release(context.Context) error { return f.do(&f.frees) }
func (f *fake) Judging(_ context.Context, number uint16) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.products = append(f.products, number)
	return f.broken
}
func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
	return nil
}

func (f *fake) Queue(_ context.Context, entries []plc.Entry) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return 0, f.broken
	}
	for i, e := range entries {
		switch {
		case e.Due.Epoch != f.now.Epoch:
			return i, plc.ErrStale
		case e.Lane == 99:
			return i, plc.ErrRefused
		case i == f.room:
			return i, nil
		}
		f.queued = append(f.queued, e)
	}
	return len(entries), nil
}

func (f *fake) Set(_ context.Context, s plc.Signal) (plc.Ack, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signals, f.setAt = append(f.signals, s), append(f.setAt, time.Now())
	if s.Point == f.refuses {
		return plc.Ack{}, fmt.Errorf("%w: no such point", plc.ErrRefused)
	}
	return plc.Ack{ID: s.ID, At: time.Now(), Done: true}, f.broken
}

func (f *fake) set(err error) { f.mu.Lock(); defer f.mu.Unlock(); f.broken = err }

// told is what a Supervisor told.
type told struct {
	mu      sync.Mutex
	acks    map[uint64]error // by trigger
	signals []error
	states  []plc.State
}

func supervise(t *testing.T, f *fake, change func(*plc.SupervisorConfig)) (*plc.Supervisor, *told) {
	seen := &told{acks: map[uint64]error{}}
	cfg := plc.SupervisorConfig{Name: "plc-1", Dial: f.dial,
		OnAck: func(e plc.Entry, _ time.Time, err error) {
			seen.mu.Lock()
			defer seen.mu.Unlock()
			if _, twice := seen.acks[e.Trigger]; twice {
				t.Errorf("entry %d was answered twice", e.Trigger)
			}
			seen.acks[e.Trigger] = err
		},
		OnSignal: func(_ plc.Ack, err error) {
			seen.mu.Lock()
			defer seen.mu.Unlock()
			seen.signals = append(seen.signals, err)
		},
		OnState: func(s plc.State) { seen.mu.Lock(); defer seen.mu.Unlock(); seen.states = append(seen.states, s) },
	}
	if change != nil {
		change(&cfg)
	}
	s := plc.NewSupervisor(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
		if f.open != 0 {
			t.Errorf("%d connections left open", f.open)
		}
	})
	return s, seen
}

func entry(n uint64, due int64) plc.Entry {
	return plc.Entry{Trigger: n, Lane: 1, Due: part.Tick{Epoch: 1, Count: due}, Outcome: part.Pass}
}

func TestSupervisorBeatsPollsAndSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{room: 1000, now: part.Tick{Epoch: 1}}
		s, seen := supervise(t, f, nil)
		synctest.Wait()
		if n := s.Submit([]plc.Entry{entry(1, 100), entry(2, 200)}); n != 2 {
			t.Fatalf("took %d of 2", n)
		}
		synctest.Wait() // no clock needed: entries do not wait for a poll
		if len(f.queued) != 2 || len(seen.acks) != 2 || seen.acks[1] != nil {
			t.Errorf("queued %v, acks %v", f.queued, seen.acks)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if f.beats < 20 || f.beats > 22 || f.reads < 50 || f.reads > 52 {
			t.Errorf("in a second %d beats and %d readings; want 20 and 50", f.beats, f.reads)
		}
		if st := s.State(); !st.Connected || st.Dials != 1 {
			t.Errorf("state %+v", st)
		}
	})
}

func TestSupervisorSubmitNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{room: 0, now: part.Tick{Epoch: 1}} // a controller whose ring is full
		s, seen := supervise(t, f, func(c *plc.SupervisorConfig) { c.Room = 10 })
		took := 0
		for i := range uint64(100) {
			took += s.Submit([]plc.Entry{entry(i, 1e6)})
			synctest.Wait()
		}
		if took < 10 || took > 21 {
			t.Errorf("took %d entries that no one takes; room is 10 waiting and 10 in hand", took)
		}
		f.mu.Lock()
		f.room = 5
		f.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(f.queued) != took || len(seen.acks) != took {
			t.Errorf("once there is room: %d queued, %d answered of %d", len(f.queued), len(seen.acks), took)
		}
		for i, e := range f.queued {
			if i > 0 && e.Trigger < f.queued[i-1].Trigger {
				t.Errorf("entry %d after %d", e.Trigger, f.queued[i-1].Trigger)
			}
		}
	})
}

func TestSupervisorComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{room: 1000, now: part.Tick{Epoch: 1}}
		s, seen := supervise(t, f, nil)
		synctest.Wait()
		f.set(errors.New("controller tcp://plc:502: no answer"))
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if st := s.State(); st.Connected || !strings.Contains(st.Error, "tcp://plc:502") {
			t.Errorf("state %+v: want down, with the address", st)
		}
		// Meanwhile entries wait, commands and signals are answered.
		s.Submit([]plc.Entry{entry(1, 50), entry(2, 5000), {Trigger: 3, Lane: 1, Due: part.Tick{Epoch: 0, Count: 9}}, {Trigger: 4, Lane: 99, Due: part.Tick{Epoch: 1, Count: 6000}}})
		if err := s.Release(t.Context()); !errors.Is(err, plc.ErrDown) {
			t.Errorf("Release: %v, want ErrDown", err)
		}
		s.Signal(plc.Signal{ID: "a", Point: "pass-1"})
		s.Hold("a part was not ejected")
		time.Sleep(time.Minute)
		synctest.Wait()
		if f.dials < 15 || f.dials > 40 {
			t.Errorf("%d dials in a minute: want backing off to one in 3 s", f.dials)
		}
		if len(seen.signals) != 1 || !errors.Is(seen.signals[0], plc.ErrDown) {
			t.Errorf("signals answered %v, want ErrDown once", seen.signals)
		}
		f.mu.Lock()
		f.broken, f.now = nil, part.Tick{Epoch: 1, Count: 1000}
		f.mu.Unlock()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		want := map[uint64]error{1: plc.ErrPast, 2: nil, 3: plc.ErrStale, 4: plc.ErrRefused}
		for n, w := range want {
			if got, ok := seen.acks[n]; !ok || !errors.Is(got, w) {
				t.Errorf("entry %d answered %v (%v), want %v", n, got, ok, w)
			}
		}
		if f.holds != 1 {
			t.Errorf("%d holds reached the controller, want the one asked for while it was down", f.holds)
		}
		if err := s.Release(t.Context()); err != nil || f.frees != 1 {
			t.Errorf("Release: %v, %d", err, f.frees)
		}
		if n := len(seen.states); n < 3 || !seen.states[n-1].Connected {
			t.Errorf("states told: %+v", seen.states)
		}
	})
}

func TestSupervisorFiresSignalsWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{room: 1000}
		s, _ := supervise(t, f, nil)
		synctest.Wait()
		began := time.Now()
		for _, ms := range []int{73, 11, 250} {
			s.Signal(plc.Signal{Point: "pass-1", Due: began.Add(time.Duration(ms) * time.Millisecond)})
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for i, want := range []time.Duration{11 * time.Millisecond, 73 * time.Millisecond, 250 * time.Millisecond} {
			if got := f.setAt[i].Sub(began); got != want {
				t.Errorf("signal %d set after %v, want %v", i, got, want)
			}
		}
	})
}

// A controller is told the product's number once somebody knows it, and anew after
// each reconnection and restart.
func TestSupervisorTellsTheProduct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{now: part.Tick{Epoch: 1}}
		s, _ := supervise(t, f, nil)
		step := func(want ...uint16) {
			t.Helper()
			time.Sleep(time.Second)
			synctest.Wait()
			f.mu.Lock()
			defer f.mu.Unlock()
			if !slices.Equal(f.products, want) {
				t.Errorf("told %v, want %v", f.products, want)
			}
		}
		step()
		s.Judging(2)
		step(2)
		f.mu.Lock()
		f.boot++
		f.mu.Unlock()
		step(2, 2)
		f.set(errors.New("cable"))
		time.Sleep(time.Second)
		s.Judging(1)
		s.Judging(0)
		s.Judging(3) // the newest is told
		time.Sleep(time.Second)
		f.set(nil)
		time.Sleep(3 * time.Second) // the longest pause between two tries
		step(2, 2, 3)
	})
}

// A point that is kept is set anew after each reconnection and restart, to what was asked
// for last, also while the controller was away.
func TestSupervisorKeepsPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{now: part.Tick{Epoch: 1}, refuses: "lump"}
		s, _ := supervise(t, f, nil)
		keep := func(point string, value, works bool) {
			t.Helper()
			ack, err := s.Keep(t.Context(), plc.Signal{ID: "x", Point: point, Value: value, Pulse: time.Second})
			if (err == nil) != works || ack.Done != works {
				t.Errorf("keeping %s %v: %+v, %v", point, value, ack, err)
			}
		}
		step := func(when string, want ...string) {
			t.Helper()
			time.Sleep(4 * time.Second) // longer than the longest pause between two tries
			synctest.Wait()
			f.mu.Lock()
			defer f.mu.Unlock()
			var got []string
			for _, sig := range f.signals {
				if got = append(got, sig.Point+map[bool]string{true: " on", false: " off"}[sig.Value]); sig.Pulse != 0 {
					t.Errorf("%s is set for %v", sig.Point, sig.Pulse)
				}
			}
			slices.Sort(got)
			if f.signals = nil; !slices.Equal(got, want) {
				t.Errorf("%s: set %v, want %v", when, got, want)
			}
		}
		restart := func() { f.mu.Lock(); f.boot++; f.mu.Unlock() }
		step("nothing is kept")
		keep("lamp", true, true)
		keep("siren", true, true)
		step("kept", "lamp on", "siren on")
		restart()
		step("restarted", "lamp on", "siren on")
		if _, err := s.Set(t.Context(), plc.Signal{Point: "horn", Value: true}); err != nil {
			t.Error(err)
		}
		keep("siren", false, true)
		step("put out", "horn on", "siren off")
		restart()
		step("restarted", "lamp on") // neither what was set once nor what rests
		f.set(errors.New("cable"))
		time.Sleep(time.Second)
		keep("lamp", false, false)
		keep("siren", true, false)
		f.mu.Lock()
		f.signals = nil
		f.mu.Unlock()
		f.set(nil)
		step("reached again", "lamp off", "siren on")
		keep("lump", true, false)
		step("refused", "lump on")
		restart()
		step("restarted", "siren on")
	})
}
