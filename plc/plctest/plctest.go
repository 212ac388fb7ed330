// Package plctest is the conformance suite of plc.Controller: what every
// driver promises, whether its controller acts or is switched off.
package plctest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"linesman/part"
	"linesman/plc"
)

// Rig is one controller under test, its belt moving.
type Rig struct {
	Controller plc.Controller
	// Address is what every error must name.
	Address string
	// Step lets the controller's side go on for a while: belt and program.
	Step func(d time.Duration)
	// Acts is set where there is a controller that takes entries.
	Acts bool
	// Point is one that can be set.
	Point string
}

// Run runs the suite; open makes a fresh rig for each test.
func Run(t *testing.T, open func(t *testing.T) Rig) {
	tests := []struct {
		name string
		run  func(*testing.T, Rig)
	}{
		{"ticks never go back", ticks},
		{"entries are answered once", entries},
		{"a lane that is not there is refused", lanes},
		{"an old epoch is stale", stale},
		{"the same signal acts once", once},
		{"an expired signal does not act", expired},
		{"an unknown point is refused", unknown},
		{"hold and release", hold},
		{"a cancelled context ends a call", cancelled},
		{"after Close every call fails", closed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := open(t)
			t.Cleanup(func() { r.Controller.Close() })
			test.run(t, r)
		})
	}
}

const scan = 30 * time.Millisecond // a few scans of the controller

// ready beats and reads until the controller is no longer held for its start.
func (r Rig) ready(t *testing.T) plc.Status {
	t.Helper()
	var s plc.Status
	for range 4 {
		r.beat(t)
		s = r.read(t)
		r.Step(scan)
	}
	r.beat(t)
	s = r.read(t)
	if r.Acts && s.Held {
		t.Fatalf("held for %q with a live heartbeat", s.Why)
	}
	return s
}

func (r Rig) beat(t *testing.T) {
	t.Helper()
	if err := r.Controller.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (r Rig) read(t *testing.T) plc.Status {
	t.Helper()
	s, err := r.Controller.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ticks(t *testing.T, r Rig) {
	last := r.ready(t)
	for range 20 {
		r.Step(scan)
		r.beat(t)
		s := r.read(t)
		if s.Now.Before(last.Now) || s.At.Before(last.At) {
			t.Fatalf("read %v after %v", s.Now, last.Now)
		}
		if s.Reset {
			t.Fatalf("a new epoch at %v without a restart", s.Now)
		}
		if r.Acts && (!s.Running || s.Now == last.Now) {
			t.Fatalf("running %v at %v: the rig's belt must move", s.Running, s.Now)
		}
		last = s
	}
	if !r.Acts && last.Running {
		t.Error("a controller that is switched off says the belt runs")
	}
}

func entries(t *testing.T, r Rig) {
	s := r.ready(t)
	var all []plc.Entry
	for i := range 20 {
		all = append(all, plc.Entry{Part: part.NewID(), Trigger: uint64(i + 1), Lane: 1, Due: s.Now.Add(int64(400 + 200*i)), Outcome: part.Outcome(i % 3)})
	}
	n, err := r.Controller.Queue(t.Context(), all)
	if !r.Acts {
		if n != 0 || !errors.Is(err, plc.ErrRefused) {
			t.Fatalf("%d taken, %v: want 0 and ErrRefused", n, err)
		}
		return
	}
	if n != len(all) || err != nil {
		t.Fatalf("%d of %d taken, %v", n, len(all), err)
	}
	if n, err := r.Controller.Queue(t.Context(), all); n != len(all) || err != nil { // as after a redial
		t.Fatalf("sent again: %d of %d taken, %v", n, len(all), err)
	}
	answers := map[part.Tick]plc.EchoResult{}
	for range 400 {
		r.Step(scan)
		r.beat(t)
		for _, e := range r.read(t).Echoes {
			if _, twice := answers[e.Due]; twice {
				t.Errorf("the entry due at %v was answered twice", e.Due)
			}
			answers[e.Due] = e.Result
		}
	}
	for _, e := range all {
		want := plc.Kept
		if e.Outcome == part.Pass {
			want = plc.Absent // no part lies on the rig's belt
		}
		if got := answers[e.Due]; got != want {
			t.Errorf("entry %v due at %v: %v, want %v", e.Outcome, e.Due, got, want)
		}
	}
}

func lanes(t *testing.T, r Rig) {
	s := r.ready(t)
	good := plc.Entry{Part: part.NewID(), Lane: 1, Due: s.Now.Add(2000), Outcome: part.Fail}
	bad := plc.Entry{Part: part.NewID(), Lane: 99, Due: s.Now.Add(2000), Outcome: part.Pass}
	n, err := r.Controller.Queue(t.Context(), []plc.Entry{good, bad})
	if want := map[bool]int{true: 1}[r.Acts]; n != want {
		t.Errorf("%d taken, want %d", n, want)
	}
	if !errors.Is(err, plc.ErrRefused) {
		t.Errorf("lane 99: %v, want ErrRefused", err)
	}
	if _, err := r.Controller.Read(t.Context()); err != nil {
		t.Errorf("after a refusal the connection must be usable: %v", err)
	}
}

func stale(t *testing.T, r Rig) {
	s := r.ready(t)
	due := part.Tick{Epoch: s.Now.Epoch - 1, Count: s.Now.Count + 400}
	n, err := r.Controller.Queue(t.Context(), []plc.Entry{{Part: part.NewID(), Lane: 1, Due: due, Outcome: part.Pass}})
	if n != 0 || !errors.Is(err, plc.ErrStale) && !errors.Is(err, plc.ErrRefused) {
		t.Errorf("%d taken, %v: want 0 and ErrStale", n, err)
	}
}

func once(t *testing.T, r Rig) {
	r.ready(t)
	s := plc.Signal{ID: "one", Point: r.Point, Value: true}
	first, err := r.Controller.Set(t.Context(), s)
	if r.Acts != (err == nil) || r.Acts != first.Done {
		t.Fatalf("set: %+v, %v", first, err)
	}
	second, err := r.Controller.Set(t.Context(), s)
	if r.Acts && (err != nil || second != first) {
		t.Errorf("the second time %+v, %v: want the first answer %+v", second, err, first)
	}
}

func expired(t *testing.T, r Rig) {
	r.ready(t)
	ack, err := r.Controller.Set(t.Context(), plc.Signal{ID: "old", Point: r.Point, Value: true, Expires: time.Now().Add(-time.Second)})
	if ack.Done || ack.Why == "" {
		t.Errorf("an expired signal: %+v, %v", ack, err)
	}
}

func unknown(t *testing.T, r Rig) {
	r.ready(t)
	_, err := r.Controller.Set(t.Context(), plc.Signal{ID: "x", Point: "no-such-point", Value: true})
	if !errors.Is(err, plc.ErrRefused) {
		t.Errorf("%v: want ErrRefused", err)
	}
}

func hold(t *testing.T, r Rig) {
	r.ready(t)
	if err := r.Controller.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Step(scan)
	r.beat(t)
	if s := r.read(t); !s.Held || s.Why == 0 {
		t.Errorf("after Hold: held %v for %q", s.Held, s.Why)
	}
	err := r.Controller.Release(t.Context())
	if !r.Acts {
		if !errors.Is(err, plc.ErrRefused) {
			t.Errorf("Release: %v, want ErrRefused", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Step(scan)
	r.beat(t)
	if s := r.read(t); s.Held {
		t.Errorf("after Release: held for %q", s.Why)
	}
}

func (r Rig) calls() map[string]func(context.Context) error {
	c := r.Controller
	return map[string]func(context.Context) error{
		"Read": func(ctx context.Context) error { _, err := c.Read(ctx); return err },
		"Queue": func(ctx context.Context) error {
			_, err := c.Queue(ctx, []plc.Entry{{Lane: 1, Due: part.Tick{Epoch: 1}}})
			return err
		},
		"Set":     func(ctx context.Context) error { _, err := c.Set(ctx, plc.Signal{Point: r.Point}); return err },
		"Beat":    c.Beat,
		"Hold":    c.Hold,
		"Release": c.Release,
		"Judging": func(ctx context.Context) error { return c.Judging(ctx, 1) },
	}
}

func cancelled(t *testing.T, r Rig) {
	r.ready(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range r.calls() {
		if err := call(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), r.Address) {
			t.Errorf("%s: %v: want context.Canceled, naming %s", name, err, r.Address)
		}
	}
}

func closed(t *testing.T, r Rig) {
	r.ready(t)
	if err := r.Controller.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range r.calls() {
		if err := call(t.Context()); err == nil || !strings.Contains(err.Error(), r.Address) {
			t.Errorf("%s after Close: %v: want an error naming %s", name, err, r.Address)
		}
	}
}
