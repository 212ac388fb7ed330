package controller_test

import (
	"testing"

	"linesman/plc"
	"linesman/sim"
)

// TestProductChosen turns the switch at the panel: the feed stops at once, the
// product is asked for when what was let in is past the line's zero, and parts come
// in again when the PC judges by it; a restart asks anew.
func TestProductChosen(t *testing.T) {
	r := newRig(t, sim.Caps.Layout(), evenly(400, 45), allPass)
	judging := func(number uint16) {
		t.Helper()
		if err := r.conn.Judging(t.Context(), number); err != nil {
			t.Fatal(err)
		}
		r.run(0.05)
	}
	feeding := func(want bool, asked uint16, when string) {
		t.Helper()
		if got := r.belt.Read().Feeding; got != want || r.status.Recipe != asked || r.status.Held {
			t.Errorf("%s: feeding %v, asking for %d, held for %v; want %v and %d", when, got, r.status.Recipe, r.status.Why, want, asked)
		}
	}
	r.run(1)
	feeding(true, 0, "before")
	r.plc.Choose(2)
	r.run(0.1)
	feeding(false, 0, "chosen")
	r.run(0.5) // 250 mm
	feeding(false, 2, "let in parts are past zero")
	judging(1)
	feeding(false, 2, "judged by another")
	judging(2)
	feeding(true, 2, "judged by it")
	if got := r.plc.Judging(); got != 2 {
		t.Errorf("the PC says it judges by %d", got)
	}
	if err := r.belt.Fault("plc-restart", 0.1); err != nil {
		t.Fatal(err)
	}
	r.conn.Close()
	for range 30 { // without power
		r.mute = true
		r.step()
	}
	r.mute = false
	r.dial()
	r.run(0.1)
	if r.status.Why&plc.HoldBoot != 0 || r.belt.Read().Feeding {
		t.Errorf("after the restart: %+v", r.status)
	}
	r.run(1)
	feeding(false, 2, "after the restart it does not know who judges")
	judging(2)
	feeding(true, 2, "it is told")
	r.plc.Choose(0)
	r.run(0.1)
	feeding(true, 0, "no wish any more")
}
