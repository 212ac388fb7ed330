package golden

import (
	"math"
	"slices"
)

// falseRejects is the share of good parts that each channel may reject; with
// five channels, one part in 10,000 in all.
const falseRejects = 2e-5

// tail returns the value that good parts exceed no more often than
// falseRejects says, by the values of some hundred of them. Each value is the
// worst of many places, so their tail is taken as Gumbel's, whose shape fits
// the maxima of anything that falls off like a Gaussian or an exponential. The
// steeper of two estimates counts, and one standard error of a scale that n parts
// show, 1.05 / sqrt(n) of it, is added.
func tail(values []float64) float64 {
	v := slices.Clone(values)
	slices.Sort(v)
	n := len(v)
	at := func(q float64) float64 { return v[min(int(q*float64(n)), n-1)] }
	var mean, square float64
	for _, x := range v {
		mean += x / float64(n)
	}
	for _, x := range v {
		square += (x - mean) * (x - mean) / float64(n)
	}
	rise := -math.Log(-math.Log1p(-falseRejects)) // in scales above the mode
	byMoments := math.Sqrt(6*square) / math.Pi
	byQuantiles := (at(0.95) - at(0.5)) / (2.970 - 0.3665)
	scale := max(byMoments, byQuantiles)
	mode := mean - 0.5772*scale
	limit := mode + rise*scale*(1+1.05/math.Sqrt(float64(n)))
	return max(limit, v[n-1]+scale)
}

// ofNormal fits mean and deviation.
func ofNormal(values []float64) normal {
	var m, s float64
	for _, v := range values {
		m += v / float64(len(values))
	}
	for _, v := range values {
		s += (v - m) * (v - m) / float64(len(values))
	}
	return normal{m, math.Sqrt(s)}
}

// distanceTail is the same for the distance of a few Gaussian numbers from
// their means, which falls off faster than Gumbel's tail.
func distanceTail(values []float64) float64 {
	d := ofNormal(values)
	limit := d.Mean + 4.4*d.Deviation*(1+2/math.Sqrt(float64(len(values))))
	return max(limit, slices.Max(values)+d.Deviation)
}

// beyond is how many deviations from the mean a good part's plain measure may
// lie: far out enough for falseRejects of a Gaussian whose deviation was
// estimated from n parts, and for one with somewhat heavier tails.
func beyond(n int) float64 { return 5.5 * (1 + 2/math.Sqrt(float64(n))) }
