package teach

import (
	"math"
	"slices"
)

// threshold places the limit so that a share rate of good parts is expected
// above it. It reads held-out scores only, on a log scale, where what varies
// by a share varies alike at every height. It may lie below the highest good
// score; where the rate is rarer than the parts can show, their tail is
// carried on to it.
func threshold(heldOut []float64, rate float64) float64 {
	logs := make([]float64, len(heldOut))
	for i, s := range heldOut {
		logs[i] = math.Log(max(s, 1e-9))
	}
	slices.Sort(logs)
	limit := body(logs, rate)
	if carriesOn(len(logs), rate) {
		limit = max(limit, tail(logs, rate))
	}
	return math.Exp(limit)
}

// carriesOn says whether the tail of n parts has a say in the limit.
func carriesOn(n int, rate float64) bool { return n >= fewestTail && float64(n)*rate < shown }

// shown is how much of a part may be expected above the limit for the middle
// and spread of all parts to place it: of 200 parts, 0.05 %.
const shown = 0.1

// fewestTail is how many parts have a tail to speak of.
const fewestTail = 20

// body places the limit by the middle of the scores and their spread as the
// larger of what the upper half shows and what the whole shows robustly, so
// that one odd part neither sets the limit nor hides. The spread of few parts is
// a guess: what parts of most products show stands beside it, as so many parts
// (a normal prior's; Gelman et al., Bayesian Data Analysis, 2.6).
func body(logs []float64, rate float64) float64 {
	middle := quantile(logs, 0.5)
	// Half-spreads of a normal distribution at its quantiles.
	spread := max((quantile(logs, 0.84)-middle)/0.9945, (quantile(logs, 0.75)-quantile(logs, 0.25))/1.349, 0.01)
	n := float64(len(logs))
	spread = math.Sqrt((n*spread*spread + usualParts*usualSpread*usualSpread) / (n + usualParts))
	// With few parts the spread itself is unsure: the normal's quantile gives way to Student's.
	z := normalQuantile(1 - rate)
	free := max(n-1, 2) + usualParts
	z *= math.Sqrt(1+1/(n+1)) * (1 + (z*z+1)/(4*free))
	return middle + z*spread
}

// What parts of most products show: their scores lie within a twentieth or so of
// their middle. It counts as much as this many parts.
const (
	usualSpread = 0.06
	usualParts  = 16
)

// tail carries the highest tenth of the scores on to the rate. Good parts are
// not of one kind: some touched a neighbour, some lay in the lamp's glare, and
// these make the tail, of which the middle knows nothing. What lies above a
// high score falls off exponentially, or faster, for anything that can be
// told apart at all; its mean, known from k parts to one part in the root of
// k, is taken that much longer.
func tail(logs []float64, rate float64) float64 {
	k := max(len(logs)/10, 5)
	top := logs[len(logs)-k:]
	from, excess := logs[len(logs)-k-1], 0.0
	for _, l := range top {
		excess += (l - from) / float64(k)
	}
	times := math.Log(float64(k) / (float64(len(logs)) * rate))
	return from + excess*(1+1/math.Sqrt(float64(k)))*times
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
