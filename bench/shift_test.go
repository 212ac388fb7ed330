package bench

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/line"
	"linesman/models"
	"linesman/sim"
	"linesman/sim/controller"
	"linesman/vision"
)

// shifted is how many parts TestShift sends past the gate. To see where the
// time of a long one goes:
//
//	go test ./bench -run TestShift -cpuprofile cpu.out -args -shifted 100000
var shifted = flag.Int("shifted", 2000, "how many parts the tested shift has")

// A shift's every part is in the log as judged, gated and confirmed, and in the
// line's account; the log holds.
func TestShift(t *testing.T) {
	report, err := RunShift(t.Context(), Shift{Parts: *shifted, Dir: t.TempDir(), Progress: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	r, n := report.Shift, *shifted
	if text, err := json.MarshalIndent(report, "", " "); err == nil {
		t.Logf("%s", text)
	}
	if report.Gate != nil {
		t.Error("rounds of the gate, and none were asked for")
	}
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"parts at the gate", r.Parts, n},
		{"parts judged in the log", r.Log.Judged, n},
		{"parts gated in the log", r.Log.Gated, n},
		{"parts confirmed in the log", r.Log.Confirmed, n},
		{"parts with all three in the log", r.Log.Whole, n},
		{"defective parts", r.Defective, n / 50},
		{"verdicts that reject in the log", r.Log.Rejected, n / 50},
		{"escapes", r.Escapes, 0},
		{"passes vetoed in the log", r.Log.KeptBack["vetoed"], r.FalseRejects + r.Collateral},
		{"good parts passed, or in the bin", r.GoodPassed + r.FalseRejects + r.Collateral, n - n/50},
		{"events lost", int(r.Lost), 0},
		{"events in the log and in the hashes", int(r.VerifyEvents), int(r.LogEvents)},
		{"differences in the account", len(r.Ledger), 0},
		{"ledger.mismatch", r.Log.By[string(event.LedgerMismatch{}.EventType())], 0},
		{"part.lost", r.Log.By[string(event.PartLost{}.EventType())], 0},
		{"part.suspect", r.Log.By[string(event.PartSuspect{}.EventType())], 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
		}
	}
	if !r.VerifyGood {
		t.Error("the log does not verify")
	}
	if r.Events < uint64(3*n) || r.LogEvents < r.Events || r.LogBytes < int64(100*n) {
		t.Errorf("%d events handed over, %d in a log of %d bytes: want three for each of %d parts", r.Events, r.LogEvents, r.LogBytes, n)
	}
	if r.Groups == 0 || r.Commits < r.Groups || r.Commits > 2*r.Groups+2 {
		t.Errorf("%d commits of %d groups: want one or two each", r.Commits, r.Groups)
	}
	if r.EmitMS == nil || r.DurableMS == nil || r.AppendMS == nil || r.RingMost <= 0 || r.RingMost > r.RingBytes {
		t.Errorf("emit %v, durable %v, append %v, ring %d of %d", r.EmitMS, r.DurableMS, r.AppendMS, r.RingMost, r.RingBytes)
	}
}

// Without the log parts pass the gate as with it, their entries are timed, and
// nothing is written.
func TestUnlogged(t *testing.T) {
	const parts, bad = 400, 8
	dir, layout := t.TempDir(), sim.Tablets.Layout()
	if err := benchSite.Write(dir, layout); err != nil {
		t.Fatal(err)
	}
	s, err := loadSite(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.settings.Deadline = line.Duration(time.Hour)
	run := t.TempDir()
	h := &haul{knowing: newKnowing(layout), fates: fates{clear: controller.For(layout).ClearMM}}
	p, err := newPlant(t.Context(), run, s, drawn(layout, Rates[sim.Tablets], parts-bad, bad, 11), plantSettings{unpaced: true, unlogged: true, eyes: h.knowing.eyes(), poll: shiftPoll})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	h.take(p)
	h.expose = func(f firing) error {
		p.entries.fired(f.trigger.N, f.trigger.At)
		return h.shoot(f)
	}
	if _, err := h.run(t.Context(), t.Logf); err != nil {
		t.Fatal(err)
	}
	p.halt()
	if f := h.fates; f.met() != parts || f.defective != bad || f.escapes != 0 || f.passed+f.falseRejects+f.collateral != parts-bad {
		t.Errorf("%+v: want %d parts, %d of them defective and in the bin", f, parts, bad)
	}
	if len(p.entries.took) != parts {
		t.Errorf("%d entries were timed, want %d", len(p.entries.took), parts)
	}
	if differences := p.station.Status().Ledger.Check(); len(differences) > 0 {
		t.Errorf("ledger: %v", differences)
	}
	if written, err := os.ReadDir(run); err != nil || len(written) != 0 {
		t.Errorf("written without a log: %v, %v", written, err)
	}
}

// What can not be meant is refused before anything runs.
func TestShiftRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		set  Shift
	}{
		{"nothing", Shift{}},
		{"an odd round", Shift{Rounds: 3}},
		{"parts less than none", Shift{Parts: -1}},
		{"a belt that runs backwards", Shift{Parts: 1, RatePerHour: -1}},
		{"more than any disk holds", Shift{Parts: 1 << 50}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.set.Dir = t.TempDir()
			if _, err := RunShift(t.Context(), c.set); err == nil {
				t.Error("it ran")
			}
			if left, err := os.ReadDir(c.set.Dir); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	var empty times
	if empty.percentiles() != nil {
		t.Error("percentiles of nothing")
	}
	for _, d := range []time.Duration{0, 1, 31, 32, 63, 64, 65, 127, 128, 1000, 123456, time.Millisecond, time.Second, time.Hour, 1<<63 - 1} {
		b := bucketOf(uint64(d))
		if top := topOf(b); top < d || top-d > d/32 || b > 0 && topOf(b-1) >= d {
			t.Errorf("%d ns is in bucket %d, which ends at %d, the one before at %d", d, b, top, topOf(max(b-1, 0)))
		}
	}
	var all times
	for i := range 1000 {
		all.add(time.Duration(i+1) * time.Millisecond)
	}
	p := all.percentiles()
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"p50", p.P50, 500}, {"p99", p.P99, 990}, {"p999", p.P999, 999}, {"max", p.Max, 1000}} {
		if c.got < c.want || c.got > c.want*33/32 {
			t.Errorf("%s of 1 to 1000 ms: %v, want %v or a thirty-second more", c.name, c.got, c.want)
		}
	}
}

// An id tells when it was made, as it was made.
func TestBornAt(t *testing.T) {
	for _, at := range []time.Time{time.Unix(1700000000, 0), time.Unix(1700000000, 999_999_999), time.Unix(1700000000, 123_456_789)} {
		if off := at.Sub(bornAt(event.MakeID(at))); off < 0 || off > 250*time.Nanosecond {
			t.Errorf("%v reads as %v earlier", at, off)
		}
	}
}

// Fates are told by truth and neighbours, however they come apart.
func TestFates(t *testing.T) {
	part := func(mm float64, kind sim.Kind, side sim.Side) sim.Fate {
		return sim.Fate{Part: sim.Part{MM: mm, AcrossMM: 40, Kind: kind}, Side: side}
	}
	for _, c := range []struct {
		name                              string
		fates                             []sim.Fate
		escapes, falseRejects, collateral int
	}{
		{"all as they should", []sim.Fate{part(10, sim.Good, sim.Passed), part(22, sim.Spot, sim.Rejected)}, 0, 0, 0},
		{"an escape", []sim.Fate{part(10, sim.Crack, sim.Passed)}, 1, 0, 0},
		{"alone in the bin", []sim.Fate{part(10, sim.Good, sim.Rejected), part(22, sim.Spot, sim.Rejected)}, 0, 1, 0},
		{"after a defective one", []sim.Fate{part(10, sim.Spot, sim.Rejected), part(19, sim.Good, sim.Rejected)}, 0, 0, 1},
		{"before a defective one", []sim.Fate{part(10, sim.Good, sim.Rejected), part(19, sim.Spot, sim.Rejected), part(90, sim.Good, sim.Passed)}, 0, 0, 1},
		{"between two", []sim.Fate{part(1, sim.Spot, sim.Rejected), part(10, sim.Good, sim.Rejected), part(19, sim.Good, sim.Rejected), part(28, sim.Spot, sim.Rejected)}, 0, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fates{clear: 9.5}
			for _, fate := range c.fates {
				if err := f.take(fate); err != nil {
					t.Fatal(err)
				}
			}
			f.settle(1e9)
			if f.escapes != c.escapes || f.falseRejects != c.falseRejects || f.collateral != c.collateral || f.met() != len(c.fates) {
				t.Errorf("%+v: want %d escapes, %d false rejects, %d collateral of %d", f, c.escapes, c.falseRejects, c.collateral, len(c.fates))
			}
		})
	}
	if err := new(fates).take(sim.Fate{Side: sim.Removed}); err == nil {
		t.Error("a part that was taken off the belt went by in silence")
	}
}

// Eyes see whole parts where they lie, and are blind to what nobody has told
// them of.
func TestKnowing(t *testing.T) {
	l := sim.Tablets.Layout()
	k := newKnowing(l)
	k.tell(sim.Trigger{N: 7, Travelled: 500 + l.CameraMM}, []sim.Part{
		{Lane: 3, MM: 480, AcrossMM: 25, Kind: sim.Good}, {Lane: 4, MM: 520, AcrossMM: 35, Kind: sim.Chip}, {Lane: 5, MM: 548, AcrossMM: 45, Kind: sim.Good},
	})
	e := k.eyes()
	locator, err := e.locator(line.View{MMPerPx: l.MMPerPx})
	if err != nil {
		t.Fatal(err)
	}
	var found vision.Crops
	if err := locator.Locate(&camera.Frame{Trigger: 7, Width: 1, Height: 1}, &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Items) != 2 || found.Cut != 1 {
		t.Fatalf("%d whole and %d cut: want 2 and 1", len(found.Items), found.Cut)
	}
	out := make([]models.Result, 2)
	if err := e.detector.Detect(t.Context(), found.Items, models.Ask{}, out); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		lane      int
		ahead     float64
		defective bool
	}{{3, 20, false}, {4, -20, true}} {
		c, r := found.Items[i], out[i]
		if ahead := (c.Centre.X - 0.5) * l.MMPerPx; c.Lane != want.lane || math.Abs(ahead-want.ahead) > 1e-6 {
			t.Errorf("part %d: lane %d, %v mm ahead: want %+v", i, c.Lane, ahead, want)
		}
		if (r.Anomaly >= 1) != want.defective || (len(r.Findings) > 0) != want.defective {
			t.Errorf("part %d: %+v, want defective %t", i, r, want.defective)
		}
	}
	for _, trigger := range []uint64{7, 8} { // looked at already; never told of
		if err := locator.Locate(&camera.Frame{Trigger: trigger, Width: 1, Height: 1}, &found); err == nil || len(found.Items) > 0 {
			t.Errorf("trigger %d: %d parts, error %v", trigger, len(found.Items), err)
		}
	}
}
