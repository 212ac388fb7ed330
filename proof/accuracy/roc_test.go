package accuracy

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// ratings is the classical example: 109 CT images rated from 1 (definitely
// normal) to 5 (definitely abnormal); Hanley and McNeil, Radiology 143 (1982).
func ratings() (normal, abnormal []float64) {
	for rating, n := range []int{33, 6, 6, 11, 2} {
		for range n {
			normal = append(normal, float64(rating+1))
		}
	}
	for rating, n := range []int{3, 2, 2, 11, 33} {
		for range n {
			abnormal = append(abnormal, float64(rating+1))
		}
	}
	return normal, abnormal
}

// The area and its error as Stata's manual prints them of the same ratings
// (roctab: 0.8932, 0.0307).
func TestDeLongTextbook(t *testing.T) {
	area, se := deLongError(ratings())
	if math.Abs(area-0.8932) > 5e-5 || math.Abs(se-0.0307) > 5e-5 {
		t.Errorf("area %.5f, error %.5f; want 0.8932, 0.0307", area, se)
	}
	if i := areaInterval(ratings()); i.Value != area || i.Error != se || math.Abs(i.Low-0.811688) > 2e-6 || math.Abs(i.High-0.940006) > 2e-6 {
		t.Errorf("interval %+v, want Newcombe's 0.811688 to 0.940006", i)
	}
}

// Models near perfection, few pictures: the interval must hold the true area in
// 95 of 100 tests or more. DeLong's on the logit scale does not.
func TestIntervalHolds(t *testing.T) {
	const tests = 1000
	for _, c := range []struct {
		good, defective int
		area, spread    float64 // of normal scores, the defective ones' spread in the good ones'
		deLong          bool    // DeLong's falls short
	}{
		{14, 40, 0.97, 1, false}, {78, 123, 0.97, 1, true}, {22, 60, 0.97, 2, true}, {78, 123, 0.99, 2, true}, {14, 40, 0.998, 1, false},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		shift := distuv.UnitNormal.Quantile(c.area) * math.Hypot(1, c.spread)
		good, defective := make([]float64, c.good), make([]float64, c.defective)
		held, deLong := 0, 0
		for range tests {
			for i := range good {
				good[i] = rng.NormFloat64()
			}
			for i := range defective {
				defective[i] = shift + c.spread*rng.NormFloat64()
			}
			i := areaInterval(good, defective)
			if i.Low <= c.area && c.area <= i.High {
				held++
			}
			logit := func(a float64) float64 { return math.Log(a / (1 - a)) }
			if i.Error == 0 || math.Abs(logit(i.Value)-logit(c.area)) <= z95*i.Error/(i.Value*(1-i.Value)) {
				deLong++
			}
		}
		if held < 95*tests/100 {
			t.Errorf("%+v: the interval held %d of %d", c, held, tests)
		}
		if c.deLong != (deLong < 945*tests/1000) {
			t.Errorf("%+v: DeLong's held %d of %d, so the reason for ours is another one", c, deLong, tests)
		}
	}
}

func TestAUROC(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		good, defective []float64
		want            float64
	}{
		"apart":                     {[]float64{1, 2}, []float64{3, 4}, 1},
		"the wrong way round":       {[]float64{3, 4}, []float64{1, 2}, 0},
		"ties are half":             {[]float64{1, 1}, []float64{1}, 0.5},
		"by hand":                   {[]float64{0.1, 0.4, 0.5}, []float64{0.3, 0.5}, (1 + 2.5) / 6},
		"unjudged defective":        {[]float64{1, 2}, []float64{-inf, 3}, 0.5},
		"unjudged good":             {[]float64{1, inf}, []float64{3, 4}, 0.5},
		"unjudged on both sides":    {[]float64{inf}, []float64{-inf}, 0},
		"scores next to each other": {[]float64{1}, []float64{math.Nextafter(1, 2)}, 1},
	} {
		if got := AUROC(c.good, c.defective); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Where nothing overlaps, few pictures must not claim certainty. The expected
// edges solve Newcombe's equation |1-a| = z sqrt(var(a)), found apart from this
// code by squaring it and looking for the sign's change in steps of 1e-6.
func TestIntervalWithoutOverlap(t *testing.T) {
	for _, c := range []struct {
		good, defective int
		low             float64
	}{{14, 40, 0.903140}, {2, 2, 0.385636}, {100, 100, 0.980449}} {
		good, defective := make([]float64, c.good), make([]float64, c.defective)
		for i := range defective {
			defective[i] = 2
		}
		i := areaInterval(good, defective)
		if i.Value != 1 || i.High != 1 || math.Abs(i.Low-c.low) > 2e-6 {
			t.Errorf("%d and %d apart: %+v, want 1 from %v", c.good, c.defective, i, c.low)
		}
		if j := areaInterval(defective, good); j.Value != 0 || j.Low != 0 || j.High >= 1 || j.High <= 0 {
			t.Errorf("%d and %d the wrong way round: %+v", c.good, c.defective, j)
		}
	}
	if i := areaInterval([]float64{1}, []float64{0, 2}); i.Error != 0 || !(i.Low < 0.5 && i.High > 0.5) {
		t.Errorf("one good part alone: %+v", i)
	}
}

func TestBestCut(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		good, defective []float64
		want            Cut
	}{
		"apart":                      {[]float64{0.5, 0.8}, []float64{1.4, 2}, Cut{1.1, 1}},
		"one wrong":                  {[]float64{0.5, 1.5}, []float64{1.4, 2}, Cut{0.95, 0.75}},
		"the nearest to 1 of equals": {[]float64{3, 5}, []float64{4, 6}, Cut{3.5, 0.75}},
		"beside the unjudged":        {[]float64{inf, 0.5}, []float64{-inf, 2}, Cut{1.25, 0.5}},
		"nothing judged":             {[]float64{inf}, []float64{-inf}, Cut{1, 0.5}},
		"all the same":               {[]float64{1}, []float64{1}, Cut{1, 0.5}},
	} {
		if got := bestCut(c.good, c.defective); math.Abs(got.Score-c.want.Score) > 1e-12 || math.Abs(got.Balanced-c.want.Balanced) > 1e-12 {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestPixels(t *testing.T) {
	var p Pixels
	if _, ok := p.AUROC(); ok {
		t.Error("no pixel, and yet an area")
	}
	p.Add(Level(0.5), false)
	if _, ok := p.AUROC(); ok {
		t.Error("no marked pixel, and yet an area")
	}
	p.Add(Level(1), false)
	p.Add(Level(1), true)
	p.Add(Level(3), true)
	// marked at 1 beats one of two and ties the other; marked at 3 beats both
	if area, ok := p.AUROC(); !ok || area != (1.5+2)/4 {
		t.Errorf("area %v, want %v", area, 3.5/4)
	}
	if Level(1) != 32768 || Level(-1) != 0 || Level(1e12) != 65535 {
		t.Errorf("levels of 1, -1, 1e12: %d, %d, %d", Level(1), Level(-1), Level(1e12))
	}
	var none *Pixels
	if _, ok := none.AUROC(); ok {
		t.Error("no masks, and yet an area")
	}
}
