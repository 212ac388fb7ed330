package controller_test

import (
	"math"
	"testing"
	"time"

	"linesman/part"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/controller"
)

// thirds fails every third part and gives no entry to every eleventh.
func thirds(p sim.Part) (part.Outcome, bool) {
	if p.N%3 == 1 {
		return part.Fail, p.N%11 != 0
	}
	return part.Pass, p.N%11 != 0
}

// TestFaults orders each fault ten times on a running line. Whatever breaks,
// what has no pass of its own is never on the good side unless a sensor says
// so within two seconds.
func TestFaults(t *testing.T) {
	cases := []struct {
		kind belt.Kind
		told func(before, after plc.Status, r *rig) bool // the controller told us
		may  sim.Side                                    // where the part may be though it has no pass
	}{
		{belt.DoubleTrigger, func(_, _ plc.Status, r *rig) bool { return doubled(r) }, sim.Rejected},
		{belt.MissedTrigger, func(b, a plc.Status, _ *rig) bool { return a.Stray > b.Stray }, sim.Rejected},
		{belt.PartRemoved, func(_, _ plc.Status, r *rig) bool { return r.results()[plc.Absent] > 0 || r.side()[sim.Removed] > 0 }, sim.Rejected},
		{belt.PartSlips, func(b, a plc.Status, _ *rig) bool { return a.Stray > b.Stray }, sim.Rejected},
		{belt.BlockedEjector, func(b, a plc.Status, _ *rig) bool {
			return a.Escaped > b.Escaped && a.Why&plc.HoldEscape != 0 && !a.Running
		}, sim.Passed},
	}
	for _, c := range cases {
		t.Run(string(c.kind), func(t *testing.T) {
			r := newRig(t, sim.Caps.Layout(), evenly(600, 45), thirds)
			r.run(3)
			for round := range 10 {
				before := r.status
				known := len(r.fates)
				if err := r.belt.Fault(string(c.kind), 0); err != nil {
					t.Fatal(err)
				}
				// Until the part concerned is past its gate, and two seconds more.
				told := false
				for end := r.now + 4*time.Second; r.now < end && !told; {
					r.step()
					told = c.told(before, r.status, r)
				}
				if !told {
					t.Fatalf("round %d: the controller said nothing: stray %d, escaped %d, why %v, echoes %v", round, r.status.Stray, r.status.Escaped, r.status.Why, r.results())
				}
				if err := r.conn.Release(t.Context()); err != nil {
					t.Fatal(err)
				}
				r.run(1)
				if r.status.Held {
					t.Fatalf("round %d: held after release: %v", round, r.status.Why)
				}
				if len(r.fates) == known {
					t.Fatalf("round %d: the line stands", round)
				}
			}
			r.run(60)
			if len(r.fates) != 600 {
				t.Errorf("%d fates of 600 parts", len(r.fates))
			}
			passed := 0
			for n, f := range r.fates {
				o, ok := thirds(f.Part)
				if f.Side == sim.Passed && !(ok && o == part.Pass) {
					passed++
					if c.may != sim.Passed {
						t.Errorf("part %d (%v, entry %v) passed", n, o, ok)
					}
				}
			}
			// A part whose pass was refused by a hold counts too.
			if c.may == sim.Passed && r.status.Escaped != 10 || c.may != sim.Passed && r.status.Escaped != 0 {
				t.Errorf("%d parts on the good side without a pass, the controller counts %d", passed, r.status.Escaped)
			}
		})
	}
}

// doubled reports a trigger edge flagged as double.
func doubled(r *rig) bool {
	for _, e := range r.edges {
		if e.Double {
			return e.Sensor == plc.TriggerEdge
		}
	}
	return false
}

func TestUnknownFault(t *testing.T) {
	r := newRig(t, sim.Caps.Layout(), evenly(1, 45), allPass)
	if err := r.belt.Fault("earthquake", 0); err == nil {
		t.Error("a fault nobody knows was accepted")
	}
	if err := r.belt.Fault("part-removed", 0); err == nil {
		t.Error("a part was removed from an empty belt")
	}
}

func TestRemovedPartIsAbsent(t *testing.T) {
	r := newRig(t, sim.Caps.Layout(), evenly(60, 45), allPass)
	r.run(3)
	if err := r.belt.Fault("part-removed", 0); err != nil {
		t.Fatal(err)
	}
	r.run(20)
	if got := r.results(); got[plc.Absent] != 1 || got[plc.Opened] != 59 {
		t.Errorf("echoes %v: want 59 opened, 1 absent", got)
	}
	if got := r.side(); got[sim.Removed] != 1 || got[sim.Passed] != 59 {
		t.Errorf("sides %v", got)
	}
}

func TestPartVanishesBehindTheSensor(t *testing.T) {
	// The ejection sensor is blind here: no reject is ever confirmed.
	r := newRig(t, sim.Caps.Layout(), evenly(60, 45), thirds, func(b *belt.Config, c *controller.Config, _ *modbus.Settings) {
		c.EjectMM = 15 // where no part falls past; the belt's stands at 40
		c.ClearMM = 30
	})
	r.run(10)
	if r.status.Why&plc.HoldUnconfirmed == 0 || r.status.Unsure == 0 {
		t.Errorf("held for %v, unsure %d: an unconfirmed reject must hold", r.status.Why, r.status.Unsure)
	}
}

func TestTooManyWithoutEntryHold(t *testing.T) {
	r := newRig(t, sim.Caps.Layout(), evenly(60, 45), func(p sim.Part) (part.Outcome, bool) { return part.Pass, p.N < 10 },
		func(_ *belt.Config, c *controller.Config, _ *modbus.Settings) { c.StrayHold = 3 })
	r.run(10)
	if r.status.Why != plc.HoldStray || r.status.Stray < 3 {
		t.Errorf("held for %v after %d parts without an entry", r.status.Why, r.status.Stray)
	}
}

func TestHoldByThePC(t *testing.T) {
	r := newRig(t, sim.Caps.Layout(), evenly(120, 45), allPass)
	r.run(3)
	if err := r.conn.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.step()
	r.step()
	if !r.status.Held || r.status.Why != plc.HoldPC || r.belt.Read().Feeding {
		t.Fatalf("held %v for %v, feeding %v", r.status.Held, r.status.Why, r.belt.Read().Feeding)
	}
	passed := r.side()[sim.Passed]
	r.run(4)
	if got := r.side()[sim.Passed]; got > passed+1 {
		t.Errorf("%d parts passed while held", got-passed)
	}
	if left := r.belt.Read().Riders; left != 0 {
		t.Errorf("%d parts on a belt whose feed is stopped", left)
	}
	r.plc.Release() // the button at the panel
	r.run(60)
	if r.status.Held || len(r.fates) != 120 {
		t.Errorf("after the button: held %v, %d fates of 120", r.status.Why, len(r.fates))
	}
}

func TestPulseMode(t *testing.T) {
	layout := sim.Caps.Layout()
	r := newRig(t, layout, evenly(80, 45), func(sim.Part) (part.Outcome, bool) { return 0, false },
		func(_ *belt.Config, c *controller.Config, _ *modbus.Settings) { c.Pulse = true })
	// We set the coil when the belt comes to due less half a window, valve and a scan.
	lead := int64(7*layout.PerMM) + int64(0.012*500*layout.PerMM) + int64(0.015*500*layout.PerMM)
	fired := map[int]bool{}
	var shots []trigger
	for end := 20 * time.Second; r.now < end && !r.belt.Done(); {
		r.step()
		shots = append(shots, r.shots...)
		r.shots = nil
		for _, s := range shots {
			n := s.centre(layout)
			due := r.status.Now.Near(uint64(s.Tick), 32).Add(int64((layout.GateMM - layout.CameraMM) * layout.PerMM))
			if gap, _ := due.Sub(r.status.Now); fired[n] || n%3 == 1 || gap > lead {
				continue
			}
			fired[n] = true
			if _, err := r.conn.Set(t.Context(), plc.Signal{Point: "pass-1", Value: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n, f := range r.fates {
		if n%3 == 1 && f.Side == sim.Passed {
			t.Errorf("part %d passed without a pulse", n)
		}
	}
	if got := r.side()[sim.Passed]; got < 50 || r.status.Held {
		t.Errorf("%d of 53 passed, held for %v", got, r.status.Why)
	}
}

// centre returns the part in the picture's middle.
func (tr trigger) centre(l sim.Layout) int {
	best, n := l.FrameXMM, -1
	for _, p := range tr.parts {
		if d := math.Abs(p.MM - tr.Travelled + l.CameraMM); d < best {
			best, n = d, p.N
		}
	}
	return n
}

func Test16BitEncoderAndLowWordFirst(t *testing.T) {
	r := newRig(t, sim.Tablets.Layout(), evenly(900, 13), thirds, func(b *belt.Config, c *controller.Config, set *modbus.Settings) {
		b.EncoderAt, c.Bits, c.LittleWords, set.WordOrder = 60000, 16, true, modbus.Little
	})
	r.bits = 16
	r.run(60)
	want := 0
	for n := range 900 {
		if n%3 != 1 && n%11 != 0 {
			want++
		}
	}
	if got := r.side(); got[sim.Passed] != want || len(r.fates) != 900 || r.status.Held {
		t.Errorf("sides %v, echoes %v, held for %v: want %d passed", got, r.results(), r.status.Why, want)
	}
	if r.status.Now.Count < 2*65536 {
		t.Errorf("only at tick %v: no rollover was tried", r.status.Now)
	}
}
