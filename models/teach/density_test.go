package teach

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"linesman/vision/lanes"
)

// cloud draws n rows of 20 values around middle.
func cloud(random *rand.Rand, n int, middle, spread float64) matrix {
	m := matrix{rows: n, cols: 20}
	for range n * m.cols {
		m.data = append(m.data, float32(middle+spread*random.NormFloat64()))
	}
	return m
}

// TestWeights holds that a step away from where good patches lie ten times as
// densely counts about ten times as much, squared distances being weighed by
// one over the radius.
func TestWeights(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	dense, sparse := cloud(random, 1000, 0, 0.1), cloud(random, 1000, 20, 1)
	good := matrix{rows: 2000, cols: 20, data: slices.Concat(dense.data, sparse.data)}
	bank := matrix{rows: 40, cols: 20, data: slices.Concat(dense.data[:20*20], sparse.data[:20*20])}
	w := bank.weights(good, 2)
	if least, most := slices.Min(w[:20]), slices.Max(w[20:]); least <= most {
		t.Fatalf("weights %v, want the dense 20 above the others", w)
	}
	ratio := 1.0
	for i := range 20 {
		ratio *= math.Pow(float64(w[i]/w[20+i]), 1.0/20)
	}
	if ratio < 8 || ratio > 12 {
		t.Errorf("dense patches weigh %.1f times as much, want about 10", ratio)
	}
	if other := bank.weights(good, 7); !slices.Equal(other, w) {
		t.Error("the weights depend on the number of workers")
	}
}

// TestWeightsOfEqualPatches: pictures shown twice, or of one colour, must not
// make any weight zero or no number.
func TestWeightsOfEqualPatches(t *testing.T) {
	same := matrix{rows: 50, cols: 20, data: make([]float32, 1000)}
	random := rand.New(rand.NewPCG(8, 9))
	mixed := matrix{rows: 100, cols: 20, data: slices.Concat(same.data, cloud(random, 50, 1, 1).data)}
	for name, good := range map[string]matrix{"all equal": same, "half equal": mixed} {
		for i, w := range good.weights(good, 1) {
			if !(w > 0) || w > 1000 {
				t.Fatalf("%s: patch %d weighs %v", name, i, w)
			}
		}
	}
}

// TestProduct holds that what the graph multiplies is the weighed distance.
func TestProduct(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 10))
	l := level{bank: cloud(random, 6, 0, 1)}
	for range l.bank.rows {
		l.weight = append(l.weight, float32(0.2+random.Float64()))
	}
	x := cloud(random, 1, 0, 1).data
	terms, norm := l.product()
	var own float32
	for _, v := range x {
		own += v * v
	}
	for i := range l.bank.rows {
		got := norm[i]
		for c, v := range append(slices.Clone(x), own) {
			got += v * terms.row(i)[c]
		}
		want := l.weight[i] * lanes.Squared(x, l.bank.row(i), float32(math.Inf(1)))
		if math.Abs(float64(got-want)) > 1e-3 {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
}

// TestNearest holds that giving up early changes no answer.
func TestNearest(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 11))
	bank, probes := cloud(random, 60, 0, 1), cloud(random, 30, 0, 1)
	weight := bank.weights(bank, 1)
	for i := range probes.rows {
		want := float32(math.Inf(1))
		for k, w := range weight {
			want = min(want, w*lanes.Squared(probes.row(i), bank.row(k), float32(math.Inf(1))))
		}
		if got := nearest(probes.row(i), bank, weight); got != want {
			t.Errorf("probe %d: %v, want %v", i, got, want)
		}
	}
}
