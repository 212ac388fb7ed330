package controller_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"linesman/part"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/controller"
)

// row is a feed of given parts.
type row struct{ parts []sim.Part }

func (r *row) Until(mm float64) []sim.Part {
	n := 0
	for n < len(r.parts) && r.parts[n].MM < mm {
		n++
	}
	out := r.parts[:n]
	r.parts = r.parts[n:]
	return out
}

func (r *row) Done() bool { return len(r.parts) == 0 }

// evenly lays n parts in one lane, pitch mm apart.
func evenly(n int, pitch float64) *row {
	r := &row{}
	for i := range n {
		r.parts = append(r.parts, sim.Part{N: i, Lane: 1, MM: float64(i+1) * pitch, AcrossMM: 20, Kind: sim.Good})
	}
	return r
}

// judge gives a part's outcome; ok is false for a part without an entry.
type judge func(p sim.Part) (o part.Outcome, ok bool)

func allPass(sim.Part) (part.Outcome, bool) { return part.Pass, true }

// rig is a belt, a controller on it, and us behind a real Modbus connection,
// all in belt time.
type rig struct {
	t      *testing.T
	belt   *belt.Belt
	plc    *controller.Controller
	conn   plc.Controller
	link   *modbus.Link
	clock  *clock
	layout sim.Layout
	judge  judge
	mute   bool // our process is dead: no beats, no entries

	now      time.Duration
	status   plc.Status
	triggers []trigger
	shots    []trigger // all triggers, for tests that take them away
	bits     int
	fates    map[int]sim.Fate // by part
	edges    []plc.Edge
	echoes   []plc.Echo
	whys     plc.HoldReason // all reasons seen since the start
	sent     map[int]bool   // parts with an entry
	pending  []plc.Entry
}

type trigger struct {
	sim.Trigger
	parts []sim.Part
}

// clock is the wall clock as the belt's time goes.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

type option func(*belt.Config, *controller.Config, *modbus.Settings)

func newRig(t *testing.T, layout sim.Layout, feed sim.Feed, j judge, options ...option) *rig {
	t.Helper()
	r := &rig{t: t, layout: layout, judge: j, fates: map[int]sim.Fate{}, sent: map[int]bool{}, bits: 32, clock: &clock{t: time.Unix(1e9, 0)}}
	bc := belt.Config{Layout: layout, Speed: 500, Feed: feed, Start: r.clock.t, ValveDelay: 12 * time.Millisecond,
		OnTrigger: func(tr sim.Trigger, parts []sim.Part) { r.triggers = append(r.triggers, trigger{tr, parts}) },
		OnFate: func(f sim.Fate) {
			if _, twice := r.fates[f.Part.N]; twice {
				t.Errorf("part %d met its fate twice", f.Part.N)
			}
			r.fates[f.Part.N] = f
		}}
	cc := controller.For(layout)
	cc.Clock = r.clock.now
	var set modbus.Settings
	for _, o := range options {
		o(&bc, &cc, &set)
	}
	var err error
	if r.belt, err = belt.New(bc); err != nil {
		t.Fatal(err)
	}
	if r.plc, err = controller.New(cc, r.belt); err != nil {
		t.Fatal(err)
	}
	if set.URL, err = r.plc.Serve("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.plc.Close() })
	if r.link, err = modbus.New(set); err != nil {
		t.Fatal(err)
	}
	r.dial()
	return r
}

func (r *rig) dial() {
	r.t.Helper()
	var err error
	if r.conn, err = r.link.Dial(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	conn := r.conn
	r.t.Cleanup(func() { conn.Close() })
}

// step moves belt and clock on by 10 ms, with one beat, one reading, and the
// entries of the pictures taken.
func (r *rig) step() {
	r.t.Helper()
	ctx := context.Background()
	if !r.mute {
		if err := r.conn.Beat(ctx); err != nil {
			r.t.Fatal(err)
		}
	}
	r.now += 10 * time.Millisecond
	r.clock.add(10 * time.Millisecond)
	r.belt.Advance(r.now)
	if r.mute {
		r.triggers = nil
		return
	}
	var err error
	if r.status, err = r.conn.Read(ctx); err != nil {
		r.t.Fatal(err)
	}
	if r.status.Reset {
		r.triggers, r.pending = nil, nil
	}
	r.whys |= r.status.Why
	r.edges = append(r.edges, r.status.Edges...)
	r.echoes = append(r.echoes, r.status.Echoes...)
	r.queue()
}

// queue turns pictures into entries and sends them.
func (r *rig) queue() {
	r.t.Helper()
	for _, tr := range r.triggers {
		at := r.status.Now.Near(uint64(tr.Tick), r.bits)
		for _, p := range tr.parts {
			off := p.MM - (tr.Travelled - r.layout.CameraMM) // ahead of the picture's centre if negative
			o, ok := r.judge(p)
			if !ok || r.sent[p.N] || math.Abs(off) > r.layout.FrameXMM/2 {
				continue
			}
			r.sent[p.N] = true
			due := at.Add(int64(math.Round((r.layout.GateMM - r.layout.CameraMM + off) * r.layout.PerMM)))
			r.pending = append(r.pending, plc.Entry{Trigger: tr.N, Lane: p.Lane, Due: due, Outcome: o})
		}
	}
	r.shots = append(r.shots, r.triggers...)
	r.triggers = nil
	if len(r.pending) == 0 {
		return
	}
	n, err := r.conn.Queue(context.Background(), r.pending)
	if err != nil {
		r.t.Fatal(err)
	}
	r.pending = r.pending[n:]
}

// run steps until the belt is empty, or so many seconds.
func (r *rig) run(seconds float64) {
	r.t.Helper()
	for end := r.now + time.Duration(seconds*1e9); r.now < end && !r.belt.Done(); {
		r.step()
	}
	for range 3 { // let the last edges be published
		r.step()
	}
}

// results counts the echoes by result.
func (r *rig) results() map[plc.EchoResult]int {
	n := map[plc.EchoResult]int{}
	for _, e := range r.echoes {
		n[e.Result]++
	}
	return n
}

// side returns how many parts went to each side.
func (r *rig) side() map[sim.Side]int {
	n := map[sim.Side]int{}
	for _, f := range r.fates {
		n[f.Side]++
	}
	return n
}
