package teach

import (
	"math"
	"math/rand/v2"
	"testing"

	"linesman/models/anomaly"
)

// Looks about three directions are told apart, a rare class as well as a common one.
func TestLogistic(t *testing.T) {
	const seed = 3
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	draw := func(k int) []float64 {
		look := make([]float64, 12)
		for i := range look {
			look[i] = 0.25 * r.NormFloat64()
		}
		look[k]++
		return scaledTo(look)
	}
	var looks [][]float64
	var class []int
	for k, n := range []int{2, 5, 20} {
		for range n {
			looks, class = append(looks, draw(k)), append(class, k)
		}
	}
	w := logistic(looks, class, 3, naminghold)
	right := 0
	for i := range 300 {
		look := draw(i % 3)
		best, highest := 0, math.Inf(-1)
		for k := range w {
			sum := w[k][12]
			for j, v := range look {
				sum += w[k][j] * v
			}
			if sum > highest {
				best, highest = k, sum
			}
		}
		if best == i%3 {
			right++
		}
	}
	if right < 270 {
		t.Errorf("%d of 300 looks named rightly", right)
	}
	again := logistic(looks, class, 3, naminghold)
	if again[1][4] != w[1][4] {
		t.Error("the same looks gave other weights")
	}
}

// Labelled defects lower the limit only as far as they pay for it.
func TestLimitByLabelled(t *testing.T) {
	good := make([]float64, 100)
	for i := range good {
		good[i] = 0.7 * math.Exp(0.12*normalQuantile((float64(i)+0.5)/100))
	}
	tests := []struct {
		name   string
		bad    []float64
		fit    string
		lo, hi float64
	}{
		{"all found already", []float64{1.2, 1.5, 3, 2}, anomaly.FitArea, 1, 1},
		{"half lie just below", []float64{0.96, 0.95, 3, 2}, anomaly.FitArea, 0.8, 0.95},
		{"far below: not at that price", []float64{0.5, 0.55, 3, 2}, anomaly.FitArea, 1, 1},
		{"a line keeps its limit", []float64{0.96, 0.95, 3, 2}, anomaly.FitSquare, 1, 1},
	}
	for _, tt := range tests {
		n := &naming{teacher: &teacher{Input: Input{FalseRejectRate: 0.01, Fit: anomaly.Input{Fit: tt.fit}}}}
		if got, words := n.limit(good, tt.bad); got < tt.lo || got > tt.hi || (got == 1) != (words == "") {
			t.Errorf("%s: limit %.3f (%s), want %.2f to %.2f", tt.name, got, words, tt.lo, tt.hi)
		}
	}
}
