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
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Error is DeLong's standard error, for comparison with other programs; 0 where
	// the classes do not overlap, or one has a single picture.
	Error float64 `json:"delong_error"`
}

var z95 = distuv.UnitNormal.Quantile(0.975)

// areaInterval is Newcombe's. DeLong's is better known, but near 1, where models
// worth a report lie, it rests on the few parts that are out of order: it then
// holds the true area too seldom, and where no part is it has no width at all,
// as if any few pictures were certain. TestIntervalHolds shows both.
func areaInterval(good, defective []float64) Interval {
	area, se := deLongError(good, defective)
	if !(se > 0) { // also no number
		se = 0
	}
	low, high := newcombe(area, len(good), len(defective))
	return Interval{area, low, high, se}
}

// deLongError returns the area and its standard error (DeLong, DeLong and
// Clarke-Pearson, Biometrics 44, 1988); NaN where a class has fewer than two.
func deLongError(good, defective []float64) (area, se float64) {
	above := placements(defective, good) // of each defective part: good ones below it
	below := placements(good, defective) // of each good part: defective ones below it
	area, variance := stat.MeanVariance(above, nil)
	_, of := stat.MeanVariance(below, nil)
	return area, math.Sqrt(variance/float64(len(defective)) + of/float64(len(good)))
}

// newcombe holds every area from which the one seen is not further off than that
// area's own error would allow: a score interval, which has width at 0 and 1 too
// (Newcombe, Statistics in Medicine 25, 2006, method 5).
func newcombe(area float64, good, defective int) (low, high float64) {
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
