package teach

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"linesman/models/onnxfile"
	"linesman/models/weights"
)

// TestThreshold draws good parts' scores and counts how many later ones the
// threshold rejects: near the stated rate, whatever the number taught from.
func TestThreshold(t *testing.T) {
	for _, n := range []int{5, 10, 30, 200} {
		const rate, later = 0.01, 20_000
		random := rand.New(rand.NewPCG(uint64(n), 5))
		draw := func() float64 { return 3 * math.Exp(0.1*random.NormFloat64()) }
		rejected, trials := 0, 200
		for range trials {
			held := make([]float64, n)
			for i := range held {
				held[i] = draw()
			}
			limit := threshold(held, rate)
			for range later / trials {
				if draw() > limit {
					rejected++
				}
			}
		}
		if got := float64(rejected) / later; got > 5*rate || n > 100 && got < rate/5 {
			t.Errorf("taught from %d: %.4f of later good parts rejected, stated %v", n, got, rate)
		}
	}
}

// TestThresholdOfRareRates asks 200 parts for one reject in 10,000. A share of
// the parts scores higher than the rest, as parts that touch a neighbour do: no
// more than a few in 10,000 of the later ones may be rejected, and where no
// part is odd the limit must not run away.
func TestThresholdOfRareRates(t *testing.T) {
	const rate, n, trials, later = 1e-4, 200, 50, 4000
	for _, c := range []struct {
		odd     float64 // share of parts that score 1.3 times as high
		highest float64 // the limit, at most
	}{{0, 1.9}, {0.03, 2.8}, {0.1, 2.8}} {
		random := rand.New(rand.NewPCG(3, uint64(1000*c.odd)))
		draw := func() float64 {
			s := math.Exp(0.1 * random.NormFloat64())
			if random.Float64() < c.odd {
				s *= 1.3
			}
			return s
		}
		rejected, limits := 0, 0.0
		for range trials {
			held := make([]float64, n)
			for i := range held {
				held[i] = draw()
			}
			limit := threshold(held, rate)
			limits += limit / trials
			for range later {
				if draw() > limit {
					rejected++
				}
			}
		}
		if got := float64(rejected) / (trials * later); got > 3*rate || limits > c.highest {
			t.Errorf("odd %v: %.5f of later good parts rejected, stated %v; limit %.2f on average, want at most %v", c.odd, got, rate, limits, c.highest)
		}
	}
}

// TestThresholdIgnoresOneOddPart: it is neither the highest score nor moved by it.
func TestThresholdIgnoresOneOddPart(t *testing.T) {
	held := make([]float64, 50)
	for i := range held {
		held[i] = 1 + 0.01*float64(i%10)
	}
	plain := threshold(held, 0.01)
	held[17] = 5
	odd := threshold(held, 0.01)
	if odd > 1.2*plain || odd >= 5 {
		t.Errorf("threshold %v, with one odd part %v", plain, odd)
	}
	if same := threshold([]float64{2, 2, 2}, 0.01); same <= 2 || same > 2.4 {
		t.Errorf("three equal scores of 2 give %v, want a little above 2: three parts do not show that there is no spread", same)
	}
}

// TestThresholdOfFewParts: which few parts were taught must not decide where the
// limit lies, and what was asked for must about hold.
func TestThresholdOfFewParts(t *testing.T) {
	const trials = 400
	for _, n := range []int{5, 10, 20} {
		random := rand.New(rand.NewPCG(uint64(n), 5))
		var limits []float64
		above := 0.0
		for range trials {
			held := make([]float64, n)
			for i := range held {
				spread := 0.05
				if random.IntN(10) == 0 { // an odd one now and then
					spread = 0.12
				}
				held[i] = math.Exp(spread * random.NormFloat64())
			}
			limit := math.Log(threshold(held, 0.01))
			limits = append(limits, limit)
			above += (0.9*(1-normal(limit/0.05)) + 0.1*(1-normal(limit/0.12))) / trials
		}
		slices.Sort(limits)
		if span := quantile(limits, 0.95) - quantile(limits, 0.05); span > 0.17 || above > 0.02 {
			t.Errorf("%d parts: nine limits of ten lie within %.3f of each other, want 0.17; %.4f of good parts above, want at most 0.02", n, span, above)
		}
	}
}

func normal(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

func TestAUROC(t *testing.T) {
	for _, c := range []struct {
		good, bad []float64
		want      float64
	}{
		{[]float64{1, 2}, []float64{3, 4}, 1},
		{[]float64{3, 4}, []float64{1, 2}, 0},
		{[]float64{1, 3}, []float64{2, 3}, 0.625},
	} {
		if got := auroc(c.good, c.bad); got != c.want {
			t.Errorf("auroc(%v, %v) = %v, want %v", c.good, c.bad, got, c.want)
		}
	}
}

// TestCoreset holds that the choice covers: a rare kind of patch is kept.
func TestCoreset(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	x := matrix{rows: 2000, cols: 40}
	for i := range x.rows {
		for range x.cols {
			v := float32(random.NormFloat64() * 0.1)
			if i == 1234 {
				v += 5
			}
			x.data = append(x.data, v)
		}
	}
	bank := coreset(x, 20, 1, 2)
	if bank.rows != 20 || len(bank.data) != 20*40 {
		t.Fatalf("%d rows of %d values, want 20 rows of 40", bank.rows, len(bank.data))
	}
	found := false
	for i := range bank.rows {
		found = found || slices.Equal(bank.row(i), x.row(1234))
	}
	if !found {
		t.Error("the one odd patch is not in the bank")
	}
	if other := coreset(x, 20, 1, 3); !slices.Equal(other.data, bank.data) {
		t.Error("the choice depends on the number of workers")
	}
	if all := coreset(x, 5000, 1, 2); all.rows != 2000 {
		t.Errorf("bank of %d rows out of 2000", all.rows)
	}
}

// standIns are levels that fit the backbone's placeholders.
func standIns(t testing.TB) []level {
	t.Helper()
	var levels []level
	for range 2 {
		levels = append(levels, level{mean: make([]float32, 152), scale: make([]float32, 152), bank: matrix{rows: 2, cols: 152, data: make([]float32, 304)}, weight: []float32{1, 1}})
	}
	return levels
}

func TestInstall(t *testing.T) {
	levels := standIns(t)
	levels[0].bank.data[303] = 42.5
	graph, err := install(weights.Quick.Graph, levels, false)
	if err != nil {
		t.Fatal(err)
	}
	terms, norm := levels[0].product()
	if !bytes.Contains(graph, onnxfile.Tensor("bank_0", terms.data, 2, 153)) || !bytes.Contains(graph, onnxfile.Tensor("norm_0", norm, 2)) {
		t.Error("the bank is not in the graph")
	}
	if _, err := install(graph[:len(graph)-3], levels, false); err == nil {
		t.Error("a graph cut short was taken")
	}
	if _, err := install(weights.Quick.Graph, append(levels, levels[0]), false); err == nil || !strings.Contains(err.Error(), "8 of 12") {
		t.Errorf("a level too many: %v, want 8 of 12 placed", err)
	}
}

func FuzzInstall(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{7<<3 | 2, 4, 5<<3 | 2, 2, 8<<3 | 2, 0})
	f.Add(weights.Quick.Graph[:200])
	levels := standIns(f)
	f.Fuzz(func(t *testing.T, graph []byte) {
		if out, err := install(graph, levels, false); err == nil {
			t.Errorf("%d bytes of no backbone became %d bytes of graph", len(graph), len(out))
		}
	})
}
