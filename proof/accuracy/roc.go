package accuracy

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// AUROC is the chance that a defective part's score lies above a good one's,
// ties counted half (Mann and Whitney 1947). NaN where a class is empty.
func AUROC(good, defective []float64) float64 {
	return stat.Mean(placements(defective, good), nil)
}

// placements returns for each of scores which share of others lies below it,
// ties counted half.
func placements(scores, others []float64) []float64 {
	others = slices.Sorted(slices.Values(others))
	out := make([]float64, len(scores))
	for i, s := range scores {
		below, _ := slices.BinarySearch(others, s)
		upTo, _ := slices.BinarySearch(others, math.Nextafter(s, math.Inf(1)))
		if math.IsInf(s, 1) {
			upTo = len(others)
		}
		out[i] = (float64(below) + float64(upTo-below)/2) / float64(len(others))
	}
	return out
}

// Interval is an AUROC with its two-sided 95 % interval.
type Interval struct {
	Value  float64 `json:"value"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Method string  `json:"method"`
}

// The two ways to an interval.
const (
	deLong   = "DeLong, DeLong and Clarke-Pearson 1988, on the logit scale"
	newcombe = "Newcombe 2006, method 5"
)

var z95 = distuv.UnitNormal.Quantile(0.975)

// areaInterval is DeLong's. On the logit scale it stays within 0 and 1. Where
// the classes do not overlap DeLong's has no width, which would claim certainty
// from any few pictures: there it is Newcombe's.
func areaInterval(good, defective []float64) Interval {
	area, se := deLongError(good, defective)
	if !(se > 0) || area <= 0 || area >= 1 {
		low, high := newcombeInterval(area, len(good), len(defective))
		return Interval{area, low, high, newcombe}
	}
	logit, width := math.Log(area/(1-area)), z95*se/(area*(1-area))
	expit := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	return Interval{area, expit(logit - width), expit(logit + width), deLong}
}

// deLongError returns the area and its standard error; NaN where a class has
// fewer than two.
func deLongError(good, defective []float64) (area, se float64) {
	above := placements(defective, good) // of each defective part: good ones below it
	below := placements(good, defective) // of each good part: defective ones below it
	area, variance := stat.MeanVariance(above, nil)
	_, of := stat.MeanVariance(below, nil)
	return area, math.Sqrt(variance/float64(len(defective)) + of/float64(len(good)))
}

// newcombeInterval holds every area from which the one seen is not further off
// than its own error would allow (a score interval: it has width at 0 and 1).
func newcombeInterval(area float64, good, defective int) (low, high float64) {
	m, n := float64(good), float64(defective)
	typical := (m+n)/2 - 1
	allowed := func(a float64) bool {
		variance := a * (1 - a) * (1 + typical*(1-a)/(2-a) + typical*a/(1+a)) / (m * n)
		return math.Abs(area-a) <= z95*math.Sqrt(variance)
	}
	edge := func(out float64) float64 { // between an area that is not allowed and the one seen
		in := area
		for range 60 {
			if mid := (in + out) / 2; allowed(mid) {
				in = mid
			} else {
				out = mid
			}
		}
		return in
	}
	return edge(0), edge(1)
}

// Cut is the threshold that would have served these pictures best.
type Cut struct {
	Score    float64 `json:"score"` // half way between the two pictures it lies between
	Balanced float64 `json:"balanced_accuracy"`
}

// bestCut tries a threshold above every picture. Of equally good ones it takes
// the nearest to the model's own, 1.
func bestCut(good, defective []float64) Cut {
	good, defective = slices.Sorted(slices.Values(good)), slices.Sorted(slices.Values(defective))
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(good, defective))))
	upTo := func(sorted []float64, t float64) float64 {
		n := len(sorted)
		if !math.IsInf(t, 1) {
			n, _ = slices.BinarySearch(sorted, math.Nextafter(t, math.Inf(1)))
		}
		return float64(n) / float64(len(sorted))
	}
	best := Cut{Balanced: -1}
	for i, t := range all {
		c := Cut{Score: above(all, i), Balanced: (upTo(good, t) + 1 - upTo(defective, t)) / 2}
		if c.Balanced > best.Balanced || c.Balanced == best.Balanced && math.Abs(c.Score-1) < math.Abs(best.Score-1) {
			best = c
		}
	}
	return best
}

// above is half way from one score to the next. Beside a picture without an
// answer there is only the one that has a number.
func above(scores []float64, i int) float64 {
	last := len(scores) - 1
	finite := func(i int) bool { return i >= 0 && i <= last && !math.IsInf(scores[i], 0) }
	switch {
	case finite(i) && finite(i+1):
		return (scores[i] + scores[i+1]) / 2
	case finite(i):
		return scores[i]
	case finite(i + 1):
		return scores[i+1]
	case i == last && finite(i-1):
		return scores[i-1]
	default:
		return 1 // nothing was answered
	}
}
