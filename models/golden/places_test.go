package golden

import (
	"math"
	"math/rand/v2"
	"testing"

	"linesman/models/anomaly"
	"linesman/vision"
)

// darken lays one more disc on a drawn part, at x, y from the crop's middle.
func darken(c *vision.Crop, x, y, r, contrast float64) {
	for j := range testSize {
		for i := range testSize {
			if math.Hypot(float64(i)+0.5-testSize/2-x, float64(j)+0.5-testSize/2-y) < r {
				for k := range 3 {
					at := 3*(j*testSize+i) + k
					c.Pix[at] = byte(float64(c.Pix[at]) * (1 + contrast))
				}
			}
		}
	}
}

// TestPlacesAreAllNamed draws parts with two spots and a bite: each is named, where
// it is and how large, and nothing else.
func TestPlacesAreAllNamed(t *testing.T) {
	m := taught(t, func() (*Model, error) { return Teach(good(1, 60, false), 0.1, nil) })
	c := channel{m}
	for seed := range uint64(20) {
		crop := part(rand.New(rand.NewPCG(seed, 4)), false, flaw{x: -14, y: 4, r: 2, contrast: -0.5, bite: 4})
		darken(&crop, 12, -10, 5, -0.3)
		found, complete, err := c.Places(&anomaly.Part{Crop: &crop}, 1, nil)
		if err != nil || !complete {
			t.Fatalf("seed %d: complete %v, %v", seed, complete, err)
		}
		small, large, edge := 0, 0, 0
		for _, r := range found {
			at, side := r.Box.Centre(), max(r.Box.Width(), r.Box.Height())
			x, y := at.X-500-testSize/2, at.Y-300-testSize/2
			switch {
			case r.Class == "surface" && math.Hypot(x+14, y-4) < 2.5 && side >= 3 && side <= 10:
				small++
			case r.Class == "surface" && math.Hypot(x-12, y+10) < 2.5 && side >= 8 && side <= 24 && r.Area > 50:
				large++
			case r.Class == "outline" && math.Abs(math.Atan2(y, x)-1) < 0.2 && side < 30:
				edge++
			case r.Class == "surface" && math.Abs(math.Atan2(y, x)-1) < 0.2 && math.Hypot(x, y) > 25: // the bite reaches it
			case r.Class == "size" || r.Class == "colour":
			default:
				t.Errorf("seed %d: a place that nobody drew: %+v, %.1f, %.1f from the middle", seed, r, x, y)
			}
			if r.Score < 1 {
				t.Errorf("seed %d: %+v is below what was asked for", seed, r)
			}
		}
		if small != 1 || large != 1 || edge != 1 {
			t.Errorf("seed %d: the small spot was named %d times, the large one %d, the bite %d", seed, small, large, edge)
		}
		if name, worst, err := m.Worst(&crop); err != nil || len(found) == 0 {
			t.Errorf("seed %d: %v", seed, err)
		} else {
			highest := 0.0
			for _, r := range found {
				highest = max(highest, r.Score)
			}
			if math.Abs(highest-worst.Score) > 1e-9*worst.Score {
				t.Errorf("seed %d: the worst place is %s %.4f, the highest named %.4f", seed, name, worst.Score, highest)
			}
		}
	}
	fine := part(rand.New(rand.NewPCG(99, 4)), false, flaw{})
	if found, complete, err := c.Places(&anomaly.Part{Crop: &fine}, 1, nil); len(found) > 0 || !complete || err != nil {
		t.Errorf("a good part: %+v, %v, %v", found, complete, err)
	}
	giant := part(rand.New(rand.NewPCG(99, 4)), false, flaw{radius: 12})
	if found, complete, err := c.Places(&anomaly.Part{Crop: &giant}, 1, nil); err == nil && (len(found) == 0 || complete && found[0].Class != "size") {
		t.Errorf("far too large: %+v, %v", found, complete)
	}
}

// TestPlacesOfLongPartsAreAllNamed draws bars with two spots and a bite.
func TestPlacesOfLongPartsAreAllNamed(t *testing.T) {
	c := channel{taught(t, bars)}
	for seed := range uint64(12) {
		crop := bar(rand.New(rand.NewPCG(seed, 4)), barFlaw{u: 28, v: -2, r: 3, contrast: -0.5, bite: 4})
		crop2 := bar(rand.New(rand.NewPCG(seed, 4)), barFlaw{u: -36, v: 0, r: 3, contrast: -0.5, bite: 4})
		for k := range crop.Pix { // both spots: whichever is darker
			crop.Pix[k] = min(crop.Pix[k], crop2.Pix[k])
		}
		found, complete, err := c.Places(&anomaly.Part{Crop: &crop}, 1, nil)
		if err != nil || !complete {
			t.Fatalf("seed %d: complete %v, %v", seed, complete, err)
		}
		spots, edges := map[bool]int{}, 0
		for _, r := range found {
			at := r.Box.Centre()
			x, y := at.X-500-64, at.Y-300-64
			switch d := math.Hypot(x, y); {
			case r.Class == "surface" && math.Abs(d-28) < 3:
				spots[true]++
			case r.Class == "surface" && math.Abs(d-36) < 3:
				spots[false]++
			case r.Class == "outline" && d > 15 && d < 32:
				edges++
			case r.Class == "surface" && d > 15 && d < 32: // the bite reaches it
			case r.Class == "colour":
			default:
				t.Errorf("seed %d: a place that nobody drew: %+v, %.1f, %.1f from the middle", seed, r, x, y)
			}
		}
		if spots[true] != 1 || spots[false] != 1 || edges != 1 {
			t.Errorf("seed %d: the spots were named %v times, the bite %d", seed, spots, edges)
		}
	}
	for i, crop := range goodBars(17, 20) {
		if found, complete, err := c.Places(&anomaly.Part{Crop: &crop}, 1, nil); len(found) > 0 || !complete || err != nil {
			t.Errorf("good part %d: %+v, %v, %v", i, found, complete, err)
		}
	}
}
