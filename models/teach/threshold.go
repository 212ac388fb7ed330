package teach

import (
	"math"
	"slices"
)

// threshold places the limit so that a share rate of good parts is expected
// above it. It reads held-out scores only, on a log scale: their middle, and
// their spread as the larger of what the upper half shows and what the whole
// shows robustly, so that one odd part neither sets the limit nor hides.
// It may lie below the highest good score.
func threshold(heldOut []float64, rate float64) float64 {
	logs := make([]float64, len(heldOut))
	for i, s := range heldOut {
		logs[i] = math.Log(max(s, 1e-9))
	}
	slices.Sort(logs)
	middle := quantile(logs, 0.5)
	// Half-spreads of a normal distribution at its quantiles.
	spread := max((quantile(logs, 0.84)-middle)/0.9945, (quantile(logs, 0.75)-quantile(logs, 0.25))/1.349)
	// With few parts the spread itself is unsure: the normal's quantile gives way to Student's.
	z := normalQuantile(1 - rate)
	n := float64(max(len(logs)-1, 2))
	z *= math.Sqrt(1+1/(n+1)) * (1 + (z*z+1)/(4*n))
	spread = max(spread, 0.01)
	return math.Exp(middle + z*spread)
}

// quantile reads sorted values, between neighbours linearly.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

// normalQuantile inverts the normal distribution.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// auroc is the share of (good, bad) pairs in the right order, ties counted half.
func auroc(good, bad []float64) float64 {
	sum := 0.0
	for _, b := range bad {
		for _, g := range good {
			switch {
			case b > g:
				sum++
			case b == g:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(good)*len(bad))
}
