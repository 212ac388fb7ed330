package bench

import (
	"math"
	"testing"
	"time"

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
	got, err := account(fates, log, l, 1.06*l.DiameterMM, 80)
	if err != nil {
		t.Fatal(err)
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
	if _, err := account(fates, log, l, 9, 80); err == nil {
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
