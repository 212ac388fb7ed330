package accuracy

import (
	"fmt"
	"math"
	"slices"
)

// The charts' size in their own units; they grow with the page.
const (
	chartWidth, chartHeight = 480.0, 240.0
	chartLeft, chartRight   = 40.0, 470.0
	chartTop, chartBottom   = 22.0, 204.0
)

const (
	bins = 36
	// logFrom is how many times the lowest score the highest must be for the axis
	// to be logarithmic.
	logFrom = 8
)

// histogram shows scores, good parts above the middle and defective ones below,
// each to its own scale: they are seldom equally many.
type histogram struct {
	Log             bool
	Middle          float64
	Bars            []bar
	Ticks           []tick
	Threshold       float64
	ThresholdLabel  tick
	MostGood, MostD int // pictures in the highest bar
	Good, Defective int
}

type bar struct {
	X, Y, W, H float64
	Good       bool
	Title      string
}

type tick struct {
	At    float64
	Label string
}

// axis places scores from left to right so that 1 lies on an edge of a bin.
type axis struct {
	log        bool
	from, step float64 // on the scale
	bins       int
}

func newAxis(scores []float64) axis {
	low, high := min(slices.Min(scores), 1), max(slices.Max(scores), 1)
	a := axis{log: low > 0 && high/low >= logFrom}
	lo, one, hi := a.scale(low), a.scale(1), a.scale(high)
	a.step = (hi - lo) / (bins - 2)
	if a.step <= 0 {
		a.step = 0.01 // all scores are 1
	}
	// One bin more on each side, so that the threshold never is the frame.
	below, above := math.Floor((one-lo)/a.step)+1, math.Floor((hi-one)/a.step)+1
	a.from, a.bins = one-below*a.step, int(below+above)
	return a
}

func (a axis) scale(score float64) float64 {
	if a.log {
		return math.Log(score)
	}
	return score
}

func (a axis) x(score float64) float64 {
	return chartLeft + (a.scale(score)-a.from)/(a.step*float64(a.bins))*(chartRight-chartLeft)
}

// score is what lies at the left edge of a bin.
func (a axis) score(bin int) float64 {
	at := a.from + float64(bin)*a.step
	if a.log {
		return math.Exp(at)
	}
	return at
}

func (a axis) count(scores []float64) []int {
	n := make([]int, a.bins)
	for _, s := range scores {
		// What is 1 to the last digit belongs above the threshold, where it is rejected.
		n[min(max(int(math.Floor((a.scale(s)-a.from)/a.step+1e-9)), 0), a.bins-1)]++
	}
	return n
}

// ticks are round numbers.
func (a axis) ticks() []tick {
	low, high := a.score(0), a.score(a.bins)
	var at []float64
	if a.log {
		for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
			for _, m := range []float64{1, 2, 5} {
				at = append(at, m*math.Pow(10, e))
			}
		}
	} else {
		step := niceStep((high - low) / 6)
		for v := math.Ceil(low/step) * step; v <= high; v += step {
			at = append(at, v)
		}
	}
	var out []tick
	for _, v := range at {
		if v >= low && v <= high {
			out = append(out, tick{a.x(v), fmt.Sprintf("%.4g", v)})
		}
	}
	return out
}

// niceStep is 1, 2 or 5 times a power of ten, at least step.
func niceStep(step float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= step*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func newHistogram(judged []Judged) *histogram {
	var good, defective []float64
	for i := range judged {
		switch j := &judged[i]; {
		case j.Unjudged != "":
		case j.Good():
			good = append(good, j.Score)
		default:
			defective = append(defective, j.Score)
		}
	}
	if len(good)+len(defective) == 0 {
		return nil
	}
	a := newAxis(slices.Concat(good, defective))
	h := &histogram{Log: a.log, Middle: (chartTop + chartBottom) / 2, Ticks: a.ticks(), Threshold: a.x(1), Good: len(good), Defective: len(defective)}
	h.MostGood = h.add(a, good, true)
	h.MostD = h.add(a, defective, false)
	return h
}

// add draws one class and returns its highest bar's pictures.
func (h *histogram) add(a axis, scores []float64, good bool) int {
	n := a.count(scores)
	most := slices.Max(n)
	width := (chartRight - chartLeft) / float64(a.bins)
	what := "defective"
	if good {
		what = "good"
	}
	for i, n := range n {
		if n == 0 {
			continue
		}
		b := bar{X: chartLeft + float64(i)*width + 0.5, W: width - 1, H: float64(n) / float64(most) * (h.Middle - chartTop - 1), Good: good,
			Title: fmt.Sprintf("%d %s, score %.3g to %.3g", n, what, a.score(i), a.score(i+1))}
		b.Y = h.Middle + 1
		if good {
			b.Y = h.Middle - 1 - b.H
		}
		h.Bars = append(h.Bars, b)
	}
	return most
}
