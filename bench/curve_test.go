package bench

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linesman/sim"
)

// Both bounds are those of Clopper and Pearson's tables, of the rule of three,
// and of the counts that a proof of one in 10,000 needs.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		k, n         int
		lower, upper float64
	}{
		{0, 0, 0, 1}, // nothing was run: no claim
		{0, 10, 0, 1 - math.Pow(0.05, 0.1)},
		{10, 10, math.Pow(0.05, 0.1), 1},
		{1, 10, 0.005116197, 0.394163302},
		{5, 10, 0.222441101, 0.777558899},
		{2, 20, 0.018065203, 0.282618525},
		{0, 47500, 0, 6.306606e-5},
		{1, 54000, 9.498754e-7, 8.784630e-5},
		{0, 29957, 0, 0.999961e-4},
		{1, 47437, 1.081292e-6, 0.9999952e-4},
		{2, 62956, 5.644630e-6, 0.9999966e-4},
	} {
		if got := Lower95(c.k, c.n); math.Abs(got-c.lower) > 1e-5*c.lower {
			t.Errorf("%d of %d: at least %.10f, want %.10f", c.k, c.n, got, c.lower)
		}
		if got := Upper95(c.k, c.n); math.Abs(got-c.upper) > 1e-6*c.upper {
			t.Errorf("%d of %d: at most %.10f, want %.10f", c.k, c.n, got, c.upper)
		}
	}
}

func TestClasses(t *testing.T) {
	for _, c := range []struct {
		axis     Axis
		v        float64
		from, to float64
	}{
		{BySize, 0.15, 0.125, 0.16},
		{BySize, 0.3, 0.25, 0.315},
		{BySize, 0.315, 0.315, 0.4}, // the lower edge belongs to it
		{BySize, math.Nextafter(0.4, 0), 0.315, 0.4},
		{BySize, 0.4, 0.4, 0.5},
		{BySize, 0.99, 0.8, 1},
		{BySize, 1, 1, 1.25},
		{BySize, 9, 8, 10},
		{BySize, 22.6, 20, 25},
		{BySize, 0.0101, 0.01, 0.0125},
		{BySize, 0, 0, 0}, // not given
		{BySize, math.NaN(), 0, 0},
		{ByContrast, 0.1499, 0.1, 0.15},
		{ByContrast, 0.15, 0.15, 0.2},
		{ByContrast, 0.3, 0.3, 0.35},
		{ByContrast, 0.003, 0, 0.05},
		{ByContrast, 1.2, 1.2, 1.25},
		{ByDeltaE, 6, 5, 6.3},
		{ByDeltaE, 17.9, 16, 20},
	} {
		from, to := c.axis.edges(c.axis.class(c.v))
		if from != c.from || to != c.to {
			t.Errorf("%s %v falls into %v to %v, want %v to %v", c.axis, c.v, from, to, c.from, c.to)
		}
	}
}

func TestCurve(t *testing.T) {
	c := newCurve(sim.Spot)
	for _, p := range []struct {
		size, contrast float64
		escaped        bool
	}{
		{0.30, 0.16, true}, {0.31, 0.17, false}, {0.30, 0.22, false},
		{0.52, 0.16, true}, {0.55, 0.39, false},
		{0, 0.22, true}, // of a recording that does not say how large
	} {
		c.add(sim.Part{Kind: sim.Spot, SizeMM: p.size, Contrast: p.contrast}, p.escaped)
	}
	share := func(k, n int) Share { return Share{n, k, Lower95(k, n), Upper95(k, n)} }
	want := Curve{
		All:  share(3, 6),
		Size: []Class{{0, 0, share(1, 1)}, {0.25, 0.315, share(1, 3)}, {0.315, 0.4, share(0, 0)}, {0.4, 0.5, share(0, 0)}, {0.5, 0.63, share(1, 2)}},
		Contrast: []Class{{0.15, 0.2, share(2, 3)}, {0.2, 0.25, share(1, 2)}, {0.25, 0.3, share(0, 0)}, {0.3, 0.35, share(0, 0)},
			{0.35, 0.4, share(0, 1)}},
		Cells: []Cell{{0, 0, 0.2, 0.25, share(1, 1)}, {0.25, 0.315, 0.15, 0.2, share(1, 2)}, {0.25, 0.315, 0.2, 0.25, share(0, 1)},
			{0.5, 0.63, 0.15, 0.2, share(1, 1)}, {0.5, 0.63, 0.35, 0.4, share(0, 1)}},
	}
	if d := cmp.Diff(want, c.tell()); d != "" {
		t.Errorf("curve of spots (-want +got):\n%s", d)
	}
}

// A colour is told by delta E, a foreign part by its head: their size is the
// part's, and their contrast may be near 0.
func TestCurvesWithoutSize(t *testing.T) {
	colour := newCurve(sim.WrongColour)
	colour.add(sim.Part{SizeMM: 9, Contrast: 0.001, DeltaE: 6.2}, true)
	colour.add(sim.Part{SizeMM: 9, Contrast: 0.2, DeltaE: 17}, false)
	got := colour.tell()
	if len(got.DeltaE) != 6 || got.DeltaE[0].Escapes != 1 || got.DeltaE[5].Drawn != 1 || got.Size != nil || got.Contrast != nil || got.Cells != nil {
		t.Errorf("wrong colour: %+v, want six classes of delta E and no others", got)
	}
	for _, kind := range []sim.Kind{sim.ForeignPart, sim.MissingPrint, sim.WrongPrint, sim.MissingHalf, sim.DoubleCap} {
		c := newCurve(kind)
		c.add(sim.Part{SizeMM: 8, Contrast: 0, DeltaE: 20}, false)
		if got := c.tell(); got.All.Drawn != 1 || got.Size != nil || got.Contrast != nil || got.DeltaE != nil || got.Cells != nil {
			t.Errorf("%s: %+v, want it counted whole", kind, got)
		}
	}
}

// Every kind that a product is measured by has a stated size, on its kind's
// axes and no others.
func TestStated(t *testing.T) {
	for _, product := range sim.Products() {
		for _, kind := range product.Kinds() {
			s, ok := StatedOf(product, kind)
			if !ok {
				t.Errorf("%s, %s: no size is stated", product, kind)
			}
			for axis, v := range map[Axis]float64{BySize: s.SizeMM, ByContrast: s.Contrast, ByDeltaE: s.DeltaE} {
				has := false
				for _, a := range axesOf(kind) {
					has = has || a == axis
				}
				if has != (v > 0) {
					t.Errorf("%s, %s: %s is stated as %v; the kind's axes are %v", product, kind, axis, v, axesOf(kind))
				}
			}
		}
		if len(stated[product]) != len(product.Kinds()) {
			t.Errorf("%s: sizes of %d kinds are stated, it is measured by %d", product, len(stated[product]), len(product.Kinds()))
		}
	}
	if s, ok := StatedOf("", sim.Spot); ok {
		t.Errorf("a recording has no stated sizes, got %+v", s)
	}
}

// What lies on a stated size counts as above it, what misses it in one of its
// numbers as below.
func TestAboveAndBelow(t *testing.T) {
	l := sim.Tablets.Layout()
	spot, _ := StatedOf(sim.Tablets, sim.Spot)
	colour, _ := StatedOf(sim.Tablets, sim.WrongColour)
	var fates []sim.Fate
	for i, p := range []sim.Part{
		{Kind: sim.Spot, SizeMM: spot.SizeMM, Contrast: spot.Contrast},
		{Kind: sim.Spot, SizeMM: 0.9 * spot.SizeMM, Contrast: 0.4},
		{Kind: sim.Spot, SizeMM: 0.9, Contrast: 0.9 * spot.Contrast},
		{Kind: sim.WrongColour, SizeMM: 9, DeltaE: colour.DeltaE},
		{Kind: sim.WrongColour, SizeMM: 9, Contrast: 0.3, DeltaE: 0.9 * colour.DeltaE},
		{Kind: sim.ForeignPart, SizeMM: 8},
		{Kind: sim.Bubble, SizeMM: 1, Contrast: 0.4}, // no kind of tablets
	} {
		p.Lane, p.MM = 1, float64(20*i)
		fates = append(fates, sim.Fate{Part: p, Side: sim.Passed})
	}
	a := newTally(l, 9, 80)
	a.stated = sim.Tablets
	if _, err := a.take(fates, newTold(), math.Inf(1)); err != nil {
		t.Fatal(err)
	}
	r := a.statedReport()
	if r == nil || r.Above.Drawn != 3 || r.Above.Escapes != 3 || r.Below.Drawn != 3 || r.Without != 1 {
		t.Fatalf("%+v: want three above, three below, one without", r)
	}
	if k := r.ByKind["spot"]; k.Above.Drawn != 1 || k.Below.Drawn != 2 || k.Above.Upper95 != 1 {
		t.Errorf("spots: %+v, want one above and two below", k)
	}
	a = newTally(l, 9, 80)
	if _, err := a.take(fates, newTold(), math.Inf(1)); err != nil {
		t.Fatal(err)
	}
	if r := a.statedReport(); r != nil || a.curves[sim.Spot] == nil {
		t.Errorf("parts of a recording: %+v, want curves and no stated sizes", r)
	}
}
