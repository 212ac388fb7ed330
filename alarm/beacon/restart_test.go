package beacon_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"linesman/alarm"
	"linesman/alarm/beacon"
	"linesman/event"
	"linesman/event/eventtest"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/controller"
)

// empty is a feed without parts.
type empty struct{}

func (empty) Until(float64) []sim.Part { return nil }
func (empty) Done() bool               { return true }

// The lamps' coils, from plc.OutputCoil.
const ofRule, ofRoster = 0, 1

// hall is a desk whose rules and rosters light lamps of a drawn controller, by Modbus TCP.
type hall struct {
	t    *testing.T
	belt *belt.Belt
	plc  *controller.Controller
	desk *alarm.Desk

	mu   sync.Mutex
	up   int    // times that the controller was reached
	boot uint64 // of the last reading
}

func newHall(t *testing.T) *hall {
	h := &hall{t: t}
	b, err := belt.New(belt.Config{Layout: sim.Caps.Layout(), Speed: 400, Feed: empty{}})
	h.no(err)
	c, err := controller.New(controller.For(sim.Caps.Layout()), b)
	h.no(err)
	url, err := c.Serve("127.0.0.1:0")
	h.no(err)
	h.belt, h.plc = b, c
	link, err := modbus.New(modbus.Settings{URL: url, Timeout: 200 * time.Millisecond, Points: map[string]uint16{"rule": plc.OutputCoil + ofRule, "roster": plc.OutputCoil + ofRoster}})
	h.no(err)
	out := plc.NewSupervisor(plc.SupervisorConfig{Name: "plc-1", Dial: link.Dial, MaxBackOff: 100 * time.Millisecond, OnStatus: func(s plc.Status) {
		h.mu.Lock()
		h.boot = s.Boot
		h.mu.Unlock()
	}, OnState: func(s plc.State) {
		if s.Connected {
			h.mu.Lock()
			h.up++
			h.mu.Unlock()
		}
	}})
	set := &alarm.Settings{Channels: map[string]alarm.Channel{}, Rosters: []alarm.Roster{{Name: "all", Steps: []alarm.Step{{Call: []string{"roster"}}}}}}
	by := map[string]alarm.Deliverer{}
	for _, name := range []string{"rule", "roster"} {
		set.Channels[name], err = alarm.ParseChannel([]byte("driver: beacon\ncontroller: plc-1\npoint: " + name))
		h.no(err)
		by[name], err = beacon.New(name, set.Channels[name], func(string) beacon.Controller { return out })
		h.no(err)
	}
	h.no(set.Validate())
	h.desk, err = alarm.New(alarm.Config{Settings: set, Site: "demo", Log: eventtest.NewMemory(), Deliverers: by, Key: make([]byte, 32), Logger: slog.New(slog.DiscardHandler)})
	h.no(err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = out.Run(ctx) })
	running.Go(func() {
		if err := h.desk.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	running.Go(func() {
		tick, start := time.NewTicker(2*time.Millisecond), time.Now()
		defer tick.Stop()
		for ctx.Err() == nil {
			<-tick.C
			b.Advance(time.Since(start))
		}
	})
	t.Cleanup(func() { cancel(); running.Wait(); c.Close() })
	return h
}

func (h *hall) no(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) until(what string, met func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !met(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("it never came to it: %s; the lamps are %v and %v", what, h.plc.Output(ofRule), h.plc.Output(ofRoster))
		}
	}
}

// lit waits until both lamps are.
func (h *hall) lit(is bool, when string) {
	h.t.Helper()
	h.until(when, func() bool { return h.plc.Output(ofRule) == is && h.plc.Output(ofRoster) == is })
}

// breaks takes the controller away for a second; back waits until it is reached, and was
// read from since its restart: its coils rest then, but for what was set anew.
func (h *hall) breaks(kind belt.Kind) (back func()) {
	h.t.Helper()
	h.mu.Lock()
	up, boot := h.up, h.boot
	h.mu.Unlock()
	h.no(h.belt.Fault(string(kind), 1))
	return func() {
		h.t.Helper()
		h.until("the controller is reached", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.up > up && (kind != belt.PLCRestart || h.boot != boot)
		})
	}
}

// TestControllerRestarts: a lamp of a rule's and one of a roster's last step are lit anew
// when the controller comes back from a restart, and out if the alarm ended meanwhile,
// also on a controller that was only out of reach.
func TestControllerRestarts(t *testing.T) {
	h := newHall(t)
	raise := func() (id string) {
		t.Helper()
		id, err := h.desk.Raise(t.Context(), alarm.Raise{Key: "zone/yard", From: "watch/yard", Severity: event.High, Text: "somebody is there", Lamps: []string{"rule"}})
		h.no(err)
		h.lit(true, "raised")
		return id
	}
	end := func(id string) {
		t.Helper()
		h.no(h.desk.Acknowledge(t.Context(), id, "user:li", ""))
		h.no(h.desk.Clear(t.Context(), "zone/yard", "", "", ""))
	}
	id := raise()
	for range 2 {
		back := h.breaks(belt.PLCRestart)
		back()
		h.lit(true, "restarted while the alarm stands")
	}
	end(id)
	h.lit(false, "it is over")

	id = raise()
	back := h.breaks(belt.Refuse)
	end(id)
	if !h.plc.Output(ofRule) || !h.plc.Output(ofRoster) {
		t.Error("out of reach the lamps went out")
	}
	back()
	h.lit(false, "out of reach while the alarm ended")

	id = raise()
	back = h.breaks(belt.PLCRestart)
	end(id)
	back()
	for range 100 { // of readings more than one
		if h.plc.Output(ofRule) || h.plc.Output(ofRoster) {
			t.Fatal("restarted while the alarm ended: a lamp is lit anew")
		}
		time.Sleep(2 * time.Millisecond)
	}
}
