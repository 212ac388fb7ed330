package watch

import (
	"context"
	"errors"

	"linesman/models"
	"linesman/models/detect"
)

// Detectors are the networks that all cameras share: as many as cores may look
// at once. Cameras wait for one in the order they came, so that none starves.
// They are safe from many goroutines.
type Detectors struct {
	free  chan *detect.Detector
	all   []*detect.Detector
	model models.Model
}

// NewDetectors opens n of one model by open. The caller closes them.
func NewDetectors(n int, open func() (*detect.Detector, error)) (*Detectors, error) {
	if n < 1 {
		return nil, errors.New("watch: no core is allowed to look at safety cameras; give detectors at least 1")
	}
	d := &Detectors{free: make(chan *detect.Detector, n)}
	for range n {
		one, err := open()
		if err != nil {
			d.Close()
			return nil, err
		}
		d.all = append(d.all, one)
		d.free <- one
	}
	d.model = d.all[0].Model()
	return d, nil
}

// Model names what looks.
func (d *Detectors) Model() models.Model { return d.model }

// Look finds what is in a picture, appended to found, once a detector is free.
// Scores are on the scale that all classes share, and so is floor: 0.5 is what the
// model's card asks of a class. An error is blindness, not an empty yard.
func (d *Detectors) Look(ctx context.Context, p detect.Picture, floor float64, found []detect.Found) ([]detect.Found, error) {
	select {
	case one := <-d.free:
		seen, err := one.Look(p, one.Raw(floor))
		for _, f := range seen {
			if f.Score = one.Level(f.Label, f.Score); f.Score >= floor {
				found = append(found, f)
			}
		}
		d.free <- one
		return found, err
	case <-ctx.Done():
		return found, ctx.Err()
	}
}

// Close frees the networks. Nobody may look any more.
func (d *Detectors) Close() {
	for _, one := range d.all {
		one.Close()
	}
}
