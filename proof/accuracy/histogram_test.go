package accuracy

import (
	"math"
	"slices"
	"testing"

	"linesman/part"
)

// Every picture lies in a bar, and no bar lies on both sides of the threshold.
func TestHistogram(t *testing.T) {
	below := math.Nextafter(1, 0)
	for name, c := range map[string]struct {
		good, defective []float64
		log             bool
	}{
		"narrow":            {[]float64{0.8, 0.9, 1.1}, []float64{1.3, 2}, false},
		"wide":              {[]float64{0.3, 0.9}, []float64{1, 30}, true},
		"at the threshold":  {[]float64{0.5, below - 1e-6}, []float64{1, 1.5}, false},
		"all one":           {[]float64{1, 1}, []float64{1}, false},
		"nothing above":     {[]float64{0.1, 0.2}, []float64{0.3}, true},
		"a score of 0":      {[]float64{0, 0.2}, []float64{900}, false},
		"a class is absent": {nil, []float64{2, 3}, false},
	} {
		var all []Judged
		for _, s := range c.good {
			all = append(all, judged(Good, part.Pass, s))
		}
		for _, s := range c.defective {
			all = append(all, judged("cut", part.Fail, s))
		}
		h := newHistogram(all)
		a := newAxis(slices.Concat(c.good, c.defective))
		if h.Log != c.log {
			t.Errorf("%s: logarithmic %t", name, h.Log)
		}
		for class, scores := range map[string][]float64{"good": c.good, "defective": c.defective} {
			n, sum, edge := a.count(scores), 0, -1
			for i := range n {
				sum += n[i]
				if math.Abs(a.score(i)-1) < 1e-9 {
					edge = i
				}
			}
			rejected := 0
			for _, s := range scores {
				if s >= 1 {
					rejected++
				}
			}
			above := 0
			for _, n := range n[max(edge, 0):] {
				above += n
			}
			if sum != len(scores) || edge < 0 || above != rejected {
				t.Errorf("%s, %s: %d of %d in bars, threshold at edge %d, %d above it of %d", name, class, sum, len(scores), edge, above, rejected)
			}
		}
		for _, b := range h.Bars {
			if b.X < chartLeft || b.X+b.W > chartRight || b.Y < chartTop || b.Y+b.H > chartBottom || !(b.W > 0) || !(b.H > 0) {
				t.Errorf("%s: bar %+v leaves the chart", name, b)
			}
			if b.X < h.Threshold && b.X+b.W > h.Threshold {
				t.Errorf("%s: bar %+v lies across the threshold at %v", name, b, h.Threshold)
			}
		}
		if len(h.Ticks) < 2 || len(h.Ticks) > 16 {
			t.Errorf("%s: %d ticks", name, len(h.Ticks))
		}
	}
	if h := newHistogram([]Judged{{Kind: Good, Unjudged: "unreadable"}}); h != nil {
		t.Errorf("drawn of nothing: %+v", h)
	}
}
