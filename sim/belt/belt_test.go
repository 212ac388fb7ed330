package belt_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"linesman/plc"
	"linesman/sim"
	"linesman/sim/belt"
)

// row is a feed of given parts, in ascending MM.
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

func parts(mms ...float64) *row {
	r := &row{}
	for i, mm := range mms {
		r.parts = append(r.parts, sim.Part{N: i, Lane: 1, MM: mm})
	}
	return r
}

// program writes down what the belt tells it.
type program struct {
	wiring sim.Wiring
	log    []string
	n      uint64
}

func (p *program) note(format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf("%v ", p.wiring.Now().Round(time.Millisecond))+fmt.Sprintf(format, args...))
}
func (p *program) Trigger(raw uint32) uint64 { p.n++; p.note("trigger %d", raw); return p.n }
func (p *program) Edge(s plc.Sensor, lane int, raw uint32) {
	p.note("edge %d lane %d at %d", s, lane, raw)
}
func (p *program) Compare(lane int)            { p.note("compare lane %d at %d", lane, p.wiring.Encoder()) }
func (p *program) Scan()                       {}
func (p *program) Fault(string, float64) error { return nil }

func caps(t *testing.T, feed sim.Feed, change func(*belt.Config)) (*belt.Belt, *program, *[]sim.Fate) {
	t.Helper()
	fates := &[]sim.Fate{}
	cfg := belt.Config{Layout: sim.Caps.Layout(), Speed: 1000, Feed: feed, Start: time.Unix(0, 0), OnFate: func(f sim.Fate) { *fates = append(*fates, f) }}
	if change != nil {
		change(&cfg)
	}
	b, err := belt.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{wiring: b}
	b.Attach(p)
	return b, p, fates
}

func TestEventsAreExactHoweverCoarseTheSteps(t *testing.T) {
	run := func(step time.Duration) []string {
		b, p, _ := caps(t, parts(45, 90), func(c *belt.Config) { c.EncoderAt = math.MaxUint32 - 3000 })
		b.Load(1, 4*333)
		for now := step; now < 1200*time.Millisecond; now += step {
			b.Advance(now)
		}
		b.Advance(1200 * time.Millisecond)
		return p.log
	}
	want := []string{
		"165ms trigger 4294964955", // 45 mm, camera 120 mm behind zero, 4 counts a mm
		"210ms trigger 4294965135",
		"333ms compare lane 1 at 4294965627",
		"795ms edge 2 lane 1 at 179", // sensor at 750 mm; rolled over
		"840ms edge 2 lane 1 at 359",
		"935ms edge 3 lane 1 at 739", // bin, 40 mm behind the gate at 850
		"980ms edge 3 lane 1 at 919",
	}
	for _, step := range []time.Duration{time.Second * 2, 10 * time.Millisecond, 7 * time.Millisecond} {
		if got := run(step); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("in steps of %v:\n%s\nwant\n%s", step, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestGateMovesAValveDelayAfterItsCommand(t *testing.T) {
	for _, c := range []struct {
		name  string
		delay time.Duration
		want  sim.Side
	}{{"just in time", 19 * time.Millisecond, sim.Passed}, {"just too late", 21 * time.Millisecond, sim.Rejected}} {
		b, _, fates := caps(t, parts(45), func(cfg *belt.Config) { cfg.ValveDelay = c.delay })
		b.Advance(875 * time.Millisecond) // the centre is at the gate at 895 ms
		b.Gate(1, true)
		b.Advance(2 * time.Second)
		if len(*fates) != 1 || (*fates)[0].Side != c.want {
			t.Errorf("%s: fates %+v, want side %v", c.name, *fates, c.want)
		}
	}
}

func TestTouchingPartsShareTheirFate(t *testing.T) {
	b, _, fates := caps(t, parts(45, 73.2, 120), nil) // 28.2 mm apart: 28 mm caps touch
	b.Gate(1, true)
	b.Advance(900 * time.Millisecond)
	b.Gate(1, false) // before the second's centre
	b.Advance(2 * time.Second)
	want := []sim.Side{sim.Passed, sim.Passed, sim.Rejected}
	for i, f := range *fates {
		if f.Side != want[i] {
			t.Errorf("part %d went %v, want %v", i, f.Side, want[i])
		}
	}
	if len(*fates) != 3 {
		t.Errorf("%d fates of 3", len(*fates))
	}
}

func TestStoppedFeedLosesNoPart(t *testing.T) {
	b, p, fates := caps(t, parts(45, 90, 135, 180, 225), nil)
	b.Advance(30 * time.Millisecond)
	b.Feed(false)
	b.Advance(3 * time.Second)
	early := len(*fates)
	if early == 0 || early == 5 || b.Read().Riders != 0 {
		t.Fatalf("%d of 5 arrived with the feed stopped at 30 ms, %d on the belt", early, b.Read().Riders)
	}
	b.Feed(true)
	b.Advance(6 * time.Second)
	if len(*fates) != 5 || p.n != 5 || !b.Done() {
		t.Errorf("%d fates and %d triggers of 5, done %v", len(*fates), p.n, b.Done())
	}
}

func TestStandingBelt(t *testing.T) {
	b, p, _ := caps(t, parts(45), nil)
	b.Advance(100 * time.Millisecond)
	b.Drive(false)
	b.Advance(10 * time.Second)
	if r := b.Read(); r.Moving || r.Speed != 0 || math.Abs(r.Travelled-100) > 1e-6 || len(p.log) != 0 {
		t.Errorf("standing: %+v, %v", r, p.log)
	}
	b.Drive(true)
	b.Advance(10*time.Second + 100*time.Millisecond)
	if got := b.Read().Travelled; math.Abs(got-200) > 1e-6 || len(p.log) != 1 {
		t.Errorf("travelled %g of 200 mm, %v", got, p.log)
	}
}

func TestTriggerShowsThePartsInThePicture(t *testing.T) {
	layout := sim.Tablets.Layout()
	feed := parts(10, 30, 60, 84, 120, 160)
	var shots []sim.Trigger
	var seen [][]sim.Part
	b, err := belt.New(belt.Config{Layout: layout, Speed: 500, Feed: feed, OnTrigger: func(tr sim.Trigger, p []sim.Part) {
		shots, seen = append(shots, tr), append(seen, p)
	}})
	if err != nil {
		t.Fatal(err)
	}
	b.Advance(time.Second)
	if len(shots) != 5 { // every 84 mm of 500
		t.Fatalf("%d triggers in 500 mm", len(shots))
	}
	for i, tr := range shots {
		if want := 84 * float64(i+1); math.Abs(tr.Travelled-want) > 1e-9 || tr.N != uint64(i+1) || tr.Tick != uint32(want*10) {
			t.Errorf("trigger %d: %+v", i, tr)
		}
		for _, p := range seen[i] {
			if off := p.MM - (tr.Travelled - layout.CameraMM); math.Abs(off) > layout.FrameXMM/2+layout.DiameterMM {
				t.Errorf("trigger %d shows part %d, %g mm off its centre", i, p.N, off)
			}
		}
	}
	if n := len(seen[1]); n != 4 { // centre at 48 mm: all from -11 to 107
		t.Errorf("the second picture shows %d parts, want 4", n)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := belt.Config{Layout: sim.Caps.Layout(), Speed: 100, Feed: parts()}
	for name, change := range map[string]func(*belt.Config){
		"Feed":   func(c *belt.Config) { c.Feed = nil },
		"lanes":  func(c *belt.Config) { c.Layout.Lanes = 0 },
		"speed":  func(c *belt.Config) { c.Speed = 0 },
		"sensor": func(c *belt.Config) { c.SensorMM = 800 },
	} {
		c := good
		change(&c)
		if _, err := belt.New(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v does not name it", name, err)
		}
	}
}
