package controller_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"linesman/part"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/controller"
)

func TestAllPassesPass(t *testing.T) {
	r := newRig(t, sim.Caps.Layout(), evenly(60, 45), allPass)
	r.run(20)
	if r.status.Held {
		t.Fatalf("held: %v", r.status.Why)
	}
	if got := r.side(); got[sim.Passed] != 60 {
		t.Fatalf("sides %v, echoes %v: want 60 passed", got, r.results())
	}
	if got := r.results(); got[plc.Opened] != 60 {
		t.Errorf("echoes %v: want 60 opened", got)
	}
	if c := r.status.Counts; c.Triggers != 60 || c.Gate[0] != 60 || c.Exit[0] != 60 || c.Eject[0] != 0 {
		t.Errorf("counts %+v", c)
	}
}

// stream is a random row of several lanes with random outcomes: a tenth fails,
// a tenth is inconclusive, a twentieth has no entry, some parts touch.
func stream(layout sim.Layout, n int, seed uint64) (*row, map[int]part.Outcome, map[int]bool) {
	rng := rand.New(rand.NewPCG(seed, 1))
	feed, outcomes, none := &row{}, map[int]part.Outcome{}, map[int]bool{}
	last := make([]float64, layout.Lanes+1)
	for i := range n {
		lane, place := i%layout.Lanes+1, float64(i/layout.Lanes+1)
		mm := place*layout.PitchMM*1.1 + 0.8*(2*rng.Float64()-1)
		if layout.Lanes > 1 && int(place)%9 == 0 {
			mm = last[lane] + layout.DiameterMM*(1+0.1*rng.Float64()) // touches the one before, or nearly
		}
		last[lane] = mm
		feed.parts = append(feed.parts, sim.Part{N: i, Lane: lane, MM: mm, Kind: sim.Good})
		switch roll := rng.IntN(20); {
		case roll < 2:
			outcomes[i] = part.Fail
		case roll < 4:
			outcomes[i] = part.Inconclusive
		case roll < 5:
			none[i] = true
		default:
			outcomes[i] = part.Pass
		}
	}
	sortRow(feed)
	return feed, outcomes, none
}

func TestRandomStreamsNothingUnjudgedPasses(t *testing.T) {
	for _, product := range []sim.Product{sim.Caps, sim.Tablets} {
		for seed := range uint64(4) {
			layout := product.Layout()
			n := 300 * layout.Lanes / 2
			feed, outcomes, none := stream(layout, n, seed)
			all := append([]sim.Part(nil), feed.parts...)
			r := newRig(t, layout, feed, func(p sim.Part) (part.Outcome, bool) { return outcomes[p.N], !none[p.N] },
				func(b *belt.Config, c *controller.Config, _ *modbus.Settings) {
					b.EncoderAt = math.MaxUint32 - 4000 // rolls over on the way
					c.Seed = seed
				})
			r.run(120)
			if r.status.Held {
				t.Fatalf("%s, seed %d: held: %v", product, seed, r.status.Why)
			}
			if len(r.fates) != n {
				t.Fatalf("%s, seed %d: %d fates of %d parts", product, seed, len(r.fates), n)
			}
			lost := 0
			for _, p := range all {
				got, want := r.fates[p.N].Side, sim.Rejected
				if outcomes[p.N] == part.Pass && !none[p.N] {
					want = sim.Passed
				}
				if got == sim.Passed && want != sim.Passed {
					t.Errorf("%s, seed %d: part %d (%v, no entry %v) passed", product, seed, p.N, outcomes[p.N], none[p.N])
				}
				if want == sim.Passed && got != sim.Passed {
					lost++
					if !touched(all, p, 1.06*layout.DiameterMM, func(q sim.Part) bool { return outcomes[q.N] != part.Pass || none[q.N] }) {
						t.Errorf("%s, seed %d: part %d passed in our eyes, was %v and touched nothing bad", product, seed, p.N, got)
					}
				}
			}
			if c := r.status.Counts; sum(c.Gate) != uint64(n) || sum(c.Eject)+sum(c.Exit) != uint64(n) {
				t.Errorf("%s, seed %d: counts %+v of %d parts", product, seed, c, n)
			}
			t.Logf("%s, seed %d: sides %v, collateral %d, echoes %v", product, seed, r.side(), lost, r.results())
		}
	}
}

func sum(n []uint64) (s uint64) {
	for _, x := range n {
		s += x
	}
	return s
}

func sortRow(r *row) {
	for i := range r.parts {
		for j := i; j > 0 && r.parts[j].MM < r.parts[j-1].MM; j-- {
			r.parts[j], r.parts[j-1] = r.parts[j-1], r.parts[j]
		}
	}
}

// touched reports whether the group of parts that touch p contains a bad one.
func touched(all []sim.Part, p sim.Part, clear float64, bad func(sim.Part) bool) bool {
	lo, hi, hit := p.MM, p.MM, false
	for grown := true; grown; {
		grown = false
		for _, q := range all {
			if q.Lane != p.Lane || q.MM >= lo && q.MM <= hi || q.MM < lo-clear-0.3 || q.MM > hi+clear+0.3 {
				continue
			}
			lo, hi, grown = min(lo, q.MM), max(hi, q.MM), true
			hit = hit || bad(q)
		}
	}
	return hit
}

func TestEveryGateFiresAtItsTick(t *testing.T) {
	layout := sim.Caps.Layout()
	for _, speed := range []float64{100, 525, 2625} {
		r := newRig(t, layout, evenly(80, 45), allPass, func(b *belt.Config, c *controller.Config, _ *modbus.Settings) { b.Speed = speed })
		r.run(60)
		half, response := r.status.Window/2, 0.012*speed*layout.PerMM
		worst := 0.0
		for _, e := range r.echoes {
			if e.Result != plc.Opened {
				t.Errorf("%g mm/s: due %v: %v", speed, e.Due, e.Result)
				continue
			}
			lead, _ := e.Due.Sub(e.Fired)
			worst = max(worst, math.Abs(float64(lead-half)-response))
		}
		if worst > 1+response*0.02 { // one tick, and the speed's own resolution
			t.Errorf("%g mm/s: a gate fired %.1f ticks off its tick", speed, worst)
		}
		t.Logf("%g mm/s: %d fired, worst %.2f ticks off", speed, len(r.echoes), worst)
	}
}

func TestSpeedChangeBetweenEntryAndGate(t *testing.T) {
	for _, factor := range []float64{0.5, 0.75, 1.3, 2} {
		r := newRig(t, sim.Caps.Layout(), evenly(120, 45), func(p sim.Part) (part.Outcome, bool) {
			if p.N%3 == 1 {
				return part.Fail, true
			}
			return part.Pass, true
		})
		r.run(3)
		if err := r.belt.Fault("speed-change", 500*factor); err != nil {
			t.Fatal(err)
		}
		r.run(60)
		lost := 0
		for n, f := range r.fates {
			if n%3 == 1 && f.Side == sim.Passed {
				t.Errorf("speed x %g: failed part %d passed", factor, n)
			}
			if n%3 != 1 && f.Side != sim.Passed {
				lost++
			}
		}
		if lost > 3 || len(r.fates) != 120 || r.status.Held {
			t.Errorf("speed x %g: %d of 80 good parts lost, %d fates, held %v", factor, lost, len(r.fates), r.status.Why)
		}
	}
}

func TestRestartForgetsEverything(t *testing.T) {
	r := newRig(t, sim.Caps.Layout(), evenly(120, 45), allPass)
	r.run(3)
	boot, epoch := r.status.Boot, r.status.Now.Epoch
	aboard := map[int]bool{} // judged, not yet at the gate
	for n := range r.sent {
		if _, met := r.fates[n]; !met {
			aboard[n] = true
		}
	}
	if len(aboard) < 5 {
		t.Fatalf("only %d parts aboard", len(aboard))
	}
	if err := r.belt.Fault("plc-restart", 0.3); err != nil {
		t.Fatal(err)
	}
	stale := plc.Entry{Lane: 1, Due: r.status.Now.Add(200), Outcome: part.Pass}
	r.conn.Close()
	for range 31 {
		r.now += 10 * time.Millisecond
		r.clock.add(10 * time.Millisecond)
		r.belt.Advance(r.now)
	}
	r.triggers = nil
	r.dial()
	// We have not yet read that it restarted, and a person has released it
	// already: only the controller itself can refuse.
	if err := r.conn.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.plc.Release()
	r.now += 20 * time.Millisecond
	r.belt.Advance(r.now)
	if n, err := r.conn.Queue(t.Context(), []plc.Entry{stale}); n != 1 || err != nil {
		t.Fatalf("before the first reading: %d taken, %v", n, err)
	}
	r.step()
	r.step()
	if n := len(r.echoes); n == 0 || r.echoes[n-1].Result != plc.Refused {
		t.Errorf("an entry of the old boot was not refused: %v", r.results())
	}
	if r.status.Held {
		t.Fatalf("the button did not release: %v", r.status.Why)
	}
	if r.status.Boot != boot+1 || r.status.Now.Epoch != epoch+1 {
		t.Fatalf("after the restart: boot %d, epoch %d", r.status.Boot, r.status.Now.Epoch)
	}
	if n, err := r.conn.Queue(t.Context(), []plc.Entry{stale}); n != 0 || err == nil {
		t.Errorf("an entry of the old epoch: %d taken, %v", n, err)
	}
	r.run(60)
	if r.status.Held {
		t.Errorf("still held: %v; a handshake ends a restart's hold", r.status.Why)
	}
	for n := range aboard {
		if r.fates[n].Side != sim.Rejected {
			t.Errorf("part %d was aboard at the restart and went %v", n, r.fates[n].Side)
		}
	}
	if got := r.side(); got[sim.Passed] < 80 || len(r.fates) != 120 {
		t.Errorf("sides %v: the line did not run on", got)
	}
}

func TestHeartbeatLostHoldsUntilReleased(t *testing.T) {
	for _, auto := range []bool{false, true} {
		r := newRig(t, sim.Caps.Layout(), evenly(120, 45), allPass, func(_ *belt.Config, c *controller.Config, _ *modbus.Settings) { c.ReleaseOnHeartbeat = auto })
		r.run(3)
		r.mute = true
		for range 25 { // 250 ms without us
			r.step()
		}
		dead := r.belt.Read()
		if dead.Feeding {
			t.Errorf("auto %v: the feed runs without a heartbeat", auto)
		}
		passed := r.side()[sim.Passed]
		for range 100 {
			r.step()
		}
		if got := r.side()[sim.Passed]; got != passed {
			t.Errorf("auto %v: %d parts passed without a heartbeat", auto, got-passed)
		}
		r.mute = false
		for range 3 {
			r.step()
		}
		if r.status.Held == auto {
			t.Fatalf("auto %v: heartbeat back: held %v, %v", auto, r.status.Held, r.status.Why)
		}
		if !auto {
			if r.status.Why != plc.HoldHeartbeat {
				t.Errorf("why %v", r.status.Why)
			}
			if err := r.conn.Release(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r.run(60)
		if got := r.side()[sim.Passed]; r.status.Held || got < passed+50 {
			t.Errorf("auto %v: after release held %v, %d passed", auto, r.status.Why, got)
		}
	}
}
