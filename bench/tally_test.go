package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/part"
	"linesman/plc"
	"linesman/sim"
)

func TestUpper95(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want float64
	}{
		{0, 10000, 1 - math.Pow(0.05, 1.0/10000)}, // nothing seen: the rule of three
		{1, 100, 0.04656},                         // tables of Clopper and Pearson, one-sided
		{5, 50, 0.19879},
		{3, 3, 1},
		{0, 0, 1},
	} {
		if got := Upper95(c.k, c.n); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%d of %d: %.5f, want %.5f", c.k, c.n, got, c.want)
		}
	}
}

// fateOf is a part of lane 1 at its gate.
func fateOf(n int, mm float64, kind sim.Kind, side sim.Side) sim.Fate {
	return sim.Fate{Part: sim.Part{N: n, Lane: 1, MM: mm, AcrossMM: 40, Kind: kind}, Side: side, Tick: uint32(int64(10 * mm))}
}

func TestAccount(t *testing.T) {
	l := sim.Tablets.Layout()
	log := &told{lanes: map[int][]judged{1: {
		{due: 1000, outcome: "pass", score: 0.2, opened: true, fired: 82},
		{due: 1120, outcome: "pass", score: 0.3, opened: true, fired: 80},
		{due: 1240, outcome: "fail", score: 2, class: "spot"},
		{due: 1360, outcome: "fail", score: 1.1, class: "texture"},
		{due: 1480, outcome: "inconclusive"},
		{due: 1600, outcome: "pass", score: 0.4},
	}}}
	fates := []sim.Fate{
		fateOf(0, 100, sim.Good, sim.Passed),
		fateOf(1, 112, sim.Chip, sim.Passed),    // an escape
		fateOf(2, 124, sim.Spot, sim.Rejected),  // found
		fateOf(3, 136, sim.Good, sim.Rejected),  // falsely
		fateOf(4, 148, sim.Good, sim.Rejected),  // in doubt
		fateOf(5, 160, sim.Good, sim.Rejected),  // beside the next
		fateOf(6, 168, sim.Stain, sim.Rejected), // never judged
	}
	got := newTally(l, 1.06*l.DiameterMM, 80)
	if rest, err := got.take(fates, log, math.Inf(1)); err != nil || len(rest) > 0 {
		t.Fatal(err, rest)
	}
	if got.good != 4 || got.defective != 3 || got.judged != 6 || got.escapes != 1 || got.falseRejects != 2 || got.collateral != 1 || got.undecidable != 1 {
		t.Errorf("account %+v", *got)
	}
	if got.why["texture"] != 1 || got.why["inconclusive"] != 1 || len(got.why) != 2 {
		t.Errorf("false rejects by %v, want texture 1, inconclusive 1", got.why)
	}
	if k := got.byKind[sim.Stain]; k.NotJudged != 1 || k.Rejected != 1 {
		t.Errorf("stain %+v, want one, not judged, rejected", *k)
	}
	if got.opened != 2 || math.Abs(got.firedOffMM-0.2) > 1e-9 {
		t.Errorf("%d gates opened, %.2f mm off; want 2 and 0.20", got.opened, got.firedOffMM)
	}
	// Of good 0.2, 1.1, 0.4 against defective 0.3, 2: four of six pairs are right.
	if math.Abs(got.auroc()-4.0/6) > 1e-9 {
		t.Errorf("AUROC %.4f, want 0.6667", got.auroc())
	}
	fates[0].Side = sim.Removed
	if _, err := newTally(l, 9, 80).take(fates, log, math.Inf(1)); err == nil {
		t.Error("a part taken off the belt was counted")
	}
}

// A long part takes those along it with it into the bin, not those beside it:
// a false reject in the next lane must not pass for collateral.
func TestLongPartsClearTheNextLane(t *testing.T) {
	bad := []sim.Fate{fateOf(0, 100, sim.Dent, sim.Rejected)}
	for _, c := range []struct {
		name       string
		layout     sim.Layout
		mm, across float64
		want       bool
	}{
		{"tablet, touching across lanes", sim.Tablets.Layout(), 100, 49.2, true},
		{"tablet, apart across lanes", sim.Tablets.Layout(), 100, 50, false},
		{"capsule, touching along its lane", sim.Capsules.Layout(), 120.5, 40, true},
		{"capsule, apart along its lane", sim.Capsules.Layout(), 124, 40, false},
		{"capsule, level in the next lane", sim.Capsules.Layout(), 100, 56, false},
	} {
		clear := 1.06 * c.layout.DiameterMM
		if got := beside(bad, sim.Part{MM: c.mm, AcrossMM: c.across}, clear, clearAcross(c.layout, clear)); got != c.want {
			t.Errorf("%s: beside is %t, want %t", c.name, got, c.want)
		}
	}
}

func TestKindsOfAnotherProductAreRefused(t *testing.T) {
	for _, c := range []struct {
		product sim.Product
		kind    sim.Kind
		want    bool
	}{
		{sim.Tablets, sim.Spot, true}, {sim.Tablets, sim.Bubble, false}, {sim.Caps, sim.Crack, false},
		{sim.Capsules, sim.Crack, true}, {sim.Capsules, sim.DoubleCap, true}, {sim.Capsules, sim.WrongPrint, false},
	} {
		o := Line{Product: c.product, Kinds: []sim.Kind{c.kind}}
		if err := o.defaults(); (err == nil) != c.want {
			t.Errorf("%s with kind %q: %v, want it taken: %t", c.product, c.kind, err, c.want)
		}
	}
}

// A tick near the counter's end is found over the rollover.
func TestFindOverRollover(t *testing.T) {
	log := &told{lanes: map[int][]judged{2: {{due: math.MaxUint32 - 5, outcome: "fail"}, {due: 20, outcome: "pass"}}}}
	for tick, want := range map[uint32]string{math.MaxUint32 - 8: "fail", 3: "fail", 17: "pass", 28: "pass"} {
		if v, ok := log.find(2, tick, 12); !ok || v.outcome != want {
			t.Errorf("tick %d: %q, %t; want %s", tick, v.outcome, ok, want)
		}
	}
	if _, ok := log.find(2, 100, 12); ok {
		t.Error("a part far from every verdict found one")
	}
}

func TestClockStands(t *testing.T) {
	c := newClock(false)
	c.Stop()
	at := c.Now()
	time.Sleep(5 * time.Millisecond)
	if c.Now() != at {
		t.Error("the clock went on while it stood")
	}
	held := make(chan struct{})
	go func() { c.Hold(); close(held) }()
	select {
	case <-held:
		t.Error("Hold let a worker go on")
	case <-time.After(time.Millisecond):
	}
	c.Go()
	<-held
	stood := c.stops[0].to.Sub(c.stops[0].from)
	wall := time.Now()
	if got := wall.Sub(c.At(wall)); got != stood {
		t.Errorf("the clock is %v behind the wall, stood %v", got, stood)
	}
	if before := c.start.Add(-time.Second); c.At(before) != before {
		t.Error("a moment before the stop moved")
	}
}

// Parts that are counted while they come, a stretch at a time, their verdicts
// forgotten behind them, are counted as if all were there at once: the account
// of a long run is that of a short one.
func TestAccountInStretches(t *testing.T) {
	l := sim.Tablets.Layout()
	clear := 1.06 * l.DiameterMM
	d := rand.New(rand.NewPCG(7, 1))
	var fates []sim.Fate
	all := newTold()
	tick := func(mm float64) uint32 { return math.MaxUint32 - 20_000 + uint32(int64(10*mm)) } // it rolls over on the way
	for n := range 3000 {
		f := fateOf(n, 100+4*float64(n)+2*d.Float64(), sim.Good, sim.Passed)
		f.Tick = tick(f.Part.MM)
		if d.IntN(4) == 0 {
			f.Part.Kind, f.Part.SizeMM, f.Part.Contrast = sim.Spot, 0.3+0.6*d.Float64(), 0.15+0.25*d.Float64()
		}
		v := judged{lane: 1, due: f.Tick, outcome: "pass", score: d.Float64(), opened: true, fired: 81}
		if d.IntN(3) == 0 {
			f.Side, v.outcome, v.class, v.opened = sim.Rejected, "fail", "spot", false
		}
		if d.IntN(20) > 0 { // some have no verdict
			all.parts[fmt.Sprint(n)] = &v
		}
		fates = append(fates, f)
	}
	all.sort()
	want := newTally(l, clear, 80)
	want.stated = sim.Tablets
	if _, err := want.take(fates, all, math.Inf(1)); err != nil {
		t.Fatal(err)
	}

	got, log, most := newTally(l, clear, 80), newTold(), 0
	got.stated = sim.Tablets
	var waiting []sim.Fate
	for from := 0; from < len(fates); {
		to := min(len(fates), from+150+d.IntN(100))
		for n := from; n < to; n++ {
			if v := all.parts[fmt.Sprint(n)]; v != nil {
				log.parts[fmt.Sprint(n)] = v
			}
		}
		log.sort()
		most = max(most, len(log.parts))
		waiting = append(waiting, fates[from:to]...)
		before := fates[to-1].Part.MM - 300
		if to == len(fates) {
			before = math.Inf(1)
		}
		var err error
		if waiting, err = got.take(waiting, log, before); err != nil {
			t.Fatal(err)
		}
		log.forget(tick(before - 100))
		from = to
	}
	if want.collateral == 0 || want.falseRejects == 0 || want.escapes == 0 {
		t.Fatalf("%d collateral, %d false rejects, %d escapes: the draw tests nothing", want.collateral, want.falseRejects, want.escapes)
	}
	want.bad, got.bad = nil, nil
	opts := cmp.Options{cmp.AllowUnexported(tally{}, curve{}, count{})}
	if d := cmp.Diff(want, got, opts); d != "" {
		t.Errorf("at once and in stretches (-want +got):\n%s", d)
	}
	if most > 500 {
		t.Errorf("verdicts on %d parts were held at once of 3,000, want no more than two stretches", most)
	}
}

// An entry counts from its scheduled trigger, a part's first alone, and what is
// held of old pictures goes.
func TestAnswers(t *testing.T) {
	a, began := newAnswers(), time.Now()
	wall := time.Now().Add(-time.Hour)
	id := func(n uint64) part.ID { return part.ID(fmt.Sprint(n)) }
	a.fired(1, began)
	a.fired(2, began.Add(time.Second))
	a.acked(plc.Entry{Trigger: 1, Part: id(1)}, began.Add(20*time.Millisecond), wall)
	a.acked(plc.Entry{Trigger: 2, Part: id(1)}, began.Add(1100*time.Millisecond), wall.Add(time.Second)) // again, changed
	a.acked(plc.Entry{Trigger: 2, Part: id(2)}, began.Add(1030*time.Millisecond), wall.Add(2*time.Millisecond))
	a.acked(plc.Entry{Trigger: 9, Part: id(3)}, began.Add(time.Second), wall.Add(time.Minute)) // of a picture nobody took
	if d := cmp.Diff([]time.Duration{20 * time.Millisecond, 30 * time.Millisecond}, a.took); d != "" {
		t.Errorf("took (-want +got):\n%s", d)
	}
	if got, want := a.answeredAt(), wall.Add(2*time.Millisecond); !got.Equal(want) {
		t.Errorf("the newest part was answered %v after, want %v", got.Sub(wall), want.Sub(wall))
	}
	for n := uint64(3); n < 5000; n++ {
		a.fired(n, began)
		a.acked(plc.Entry{Trigger: n, Part: id(n)}, began, wall)
	}
	if len(a.shots) > oldShot || len(a.parts) > oldShot {
		t.Errorf("%d pictures and %d parts are held, want the last %d pictures' alone", len(a.shots), len(a.parts), oldShot)
	}
}
