package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"sync"

	"linesman/camera"
	"linesman/line"
	"linesman/models"
	"linesman/sim"
	"linesman/vision"
)

// knowing are eyes that need no picture: they are told what lies before the
// camera, and see it as it is. A frame of one pixel stands for the picture, its
// trigger says which; a crop of one pixel stands for the part, its first byte
// is the part's score in hundredths.
type knowing struct {
	layout sim.Layout

	mu     sync.Mutex
	before map[uint64]exposed // by trigger
}

// exposed is what one picture shows.
type exposed struct {
	centre float64 // mm: the place of the belt in the picture's middle
	parts  []sim.Part
}

func newKnowing(l sim.Layout) *knowing {
	return &knowing{layout: l, before: map[uint64]exposed{}}
}

// tell says what the picture of a trigger shows, before anybody looks at it.
func (k *knowing) tell(t sim.Trigger, parts []sim.Part) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.before[t.N] = exposed{t.Travelled - k.layout.CameraMM, parts}
}

// eyes returns them as a plant takes them.
func (k *knowing) eyes() *eyes {
	return &eyes{detector: knowingDetector{}, locator: func(v line.View) (vision.Locator, error) {
		return knowingLocator{k, v.MMPerPx}, nil
	}}
}

// Scores, in hundredths of the limit. No part is near it: an escape of the
// shift is never the eyes'.
const (
	leastGood, mostGood           = 20, 70
	leastDefective, mostDefective = 130, 250
)

// scoreOf is the same for a part whenever it is asked for.
func scoreOf(p sim.Part) byte {
	if p.Defective() {
		return leastDefective + byte(p.Seed%(mostDefective-leastDefective))
	}
	return leastGood + byte(p.Seed%(mostGood-leastGood))
}

// knowingLocator implements vision.Locator.
type knowingLocator struct {
	*knowing
	mmPerPx float64
}

// Locate finds the parts that the picture shows whole.
func (l knowingLocator) Locate(f *camera.Frame, into *vision.Crops) error {
	into.Reset()
	l.mu.Lock()
	shown, told := l.before[f.Trigger]
	delete(l.before, f.Trigger)
	l.mu.Unlock()
	if !told {
		return fmt.Errorf("nobody knows what was before the camera at trigger %d", f.Trigger)
	}
	for _, p := range shown.parts {
		ahead := shown.centre - p.MM // what comes later lies behind
		if math.Abs(ahead) > (l.layout.FrameXMM-l.layout.DiameterMM)/2 {
			into.Cut++
			continue
		}
		c := into.Add(1)
		c.Pix[0], c.Mask[0] = scoreOf(p), 255
		c.Centre = vision.Point{X: float64(f.Width)/2 + ahead/l.mmPerPx, Y: p.AcrossMM / l.mmPerPx}
		half := l.layout.DiameterMM / 2 / l.mmPerPx
		c.Box = vision.Box{X0: c.Centre.X - half, Y0: c.Centre.Y - half, X1: c.Centre.X + half, Y1: c.Centre.Y + half}
		c.Area, c.Lane = math.Pi*half*half, p.Lane
	}
	return nil
}

// Close does nothing.
func (knowingLocator) Close() error { return nil }

// knowingDetector implements models.Detector.
type knowingDetector struct{}

// Model names no network: there is none.
func (knowingDetector) Model() models.Model {
	return models.Model{Name: "told", Version: "1", SHA256: knowingHash}
}

var knowingHash = func() string {
	sum := sha256.Sum256([]byte("the bench's eyes: they are told"))
	return hex.EncodeToString(sum[:])
}()

// Detect reads the scores.
func (d knowingDetector) Detect(_ context.Context, crops []vision.Crop, _ models.Ask, out []models.Result) error {
	for i := range crops {
		score := float64(crops[i].Pix[0]) / 100
		out[i] = models.Result{Model: d.Model(), Anomaly: score}
		if score >= 1 {
			out[i].Findings = []models.Finding{{Class: "print", Score: score, Box: crops[i].Box, Measured: 0.2 * score, Limit: 0.2, Unit: "contrast"}}
		}
	}
	return nil
}

// Close does nothing.
func (knowingDetector) Close() error { return nil }
