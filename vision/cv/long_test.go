package cv

import (
	"math"
	"testing"
	"time"

	"linesman/camera"
	"linesman/sim"
	"linesman/sim/draw"
	"linesman/vision"
)

// Long parts of two colours are found, each whole and by itself, whichever
// picture is the first: neither of their colours is taken for the belt's.
func TestLongParts(t *testing.T) {
	layout := sim.Capsules.Layout()
	settings := vision.LocateSettings{MMPerPx: layout.MMPerPx, DiameterMM: layout.DiameterMM, Lanes: layout.Lanes, LaneMM: layout.LaneMM, Belt: "+x"}
	for seed := range uint64(3) {
		painter := draw.NewPainter(layout, seed, draw.Options{})
		w, h := painter.Size()
		spec := draw.Spec{Layout: layout, Seed: seed, Good: 30, Defective: 30, Shuffle: true}
		for trigger, shot := range draw.Walk(layout, draw.NewFeed(spec), 100, time.Unix(0, 0)) {
			f := camera.NewPool(1).Get(w, h, camera.RGB)
			painter.Paint(trigger.Travelled, shot.Visible, f)
			crops := locate(t, newLocator(t, settings), f)
			whole := 0
			for _, p := range shot.Visible {
				if !painter.Whole(trigger.Travelled, p) {
					continue
				}
				whole++
				found := false
				for _, c := range crops.Items {
					off := math.Hypot(c.Centre.X-painter.X(trigger.Travelled, p.MM), c.Centre.Y-p.AcrossMM/layout.MMPerPx)
					found = found || off < 4 && c.Lane == p.Lane
				}
				if !found {
					t.Errorf("seed %d picture %d: the %s capsule in lane %d was not found where it lies", seed, trigger.N, p.Kind, p.Lane)
				}
			}
			if crops.Quality.Covered {
				t.Errorf("seed %d picture %d: the belt was not made out", seed, trigger.N)
			}
			// One within a few pixels of the edge may count as cut by it.
			if n := len(crops.Items); n > whole {
				t.Errorf("seed %d picture %d: %d found where %d lie", seed, trigger.N, n, whole)
			}
		}
	}
}

// A part across the picture's upper edge, nearer its left one than half a crop.
func TestPartInTheCorner(t *testing.T) {
	corner := []disc{{51, 30, 45, white}}
	s := scene{w: 1000, h: 800, belt: dark, light: 1, noise: 5, discs: append(corner, grid(white)[7:]...)}
	crops := locate(t, newLocator(t, tablets()), s.draw(1))
	if len(crops.Items) != len(s.discs) {
		t.Errorf("found %d parts of %d", len(crops.Items), len(s.discs))
	}
	for _, c := range crops.Items {
		if c.Centre.X > 100 || c.Centre.Y > 100 {
			continue
		}
		// What the mask marks is where the disc is bright, and the disc alone.
		for y := range c.Size {
			for x := range c.Size {
				at := c.ToSensor.Apply(vision.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5})
				far := math.Hypot(at.X-51, at.Y-30) - 45
				if marked := c.Mask[y*c.Size+x] != 0; at.Y > 0 && (far < -4 && !marked || far > 4 && marked) {
					t.Fatalf("pixel (%.0f, %.0f), %.1f from the disc's edge: marked %t", at.X, at.Y, far, marked)
				}
			}
		}
	}
}
