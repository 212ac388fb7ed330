package face

import (
	"fmt"
	"math"
	"slices"

	"linesman/models/detect"
)

// Samples are proved at the card's score, and may differ by so much: another
// class of CPU adds up in another order.
const (
	sampleScore = 0.01
	samplePx    = 1.
)

// prove looks at the model's own samples.
func (d *Detector) prove(f *Folder) error {
	for i, s := range f.Card.Samples {
		p, err := detect.Decode(f.Samples[i])
		if err != nil {
			return fmt.Errorf("sample %s: %w", s.File, err)
		}
		found, err := d.Look(p, d.card.Score)
		if err != nil {
			return err
		}
		for j := range max(len(found), len(s.Found)) {
			if j >= len(found) || j >= len(s.Found) || !agree(found[j], s.Found) {
				return fmt.Errorf("it finds %d faces on its own sample %s, not as its card says (%d); the graph or the runtime is another one", len(found), s.File, len(s.Found))
			}
		}
	}
	return nil
}

// agree reports whether one of the boxes that a card names is the one found.
func agree(f Face, named []SampleBox) bool {
	return slices.ContainsFunc(named, func(n SampleBox) bool {
		apart := max(math.Abs(f.Box.X0-n.Box[0]), math.Abs(f.Box.Y0-n.Box[1]), math.Abs(f.Box.X1-n.Box[2]), math.Abs(f.Box.Y1-n.Box[3]))
		return math.Abs(f.Score-n.Score) <= sampleScore && apart <= samplePx
	})
}
