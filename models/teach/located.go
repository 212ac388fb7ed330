package teach

import (
	"context"
	"fmt"

	"linesman/models/anomaly"
	"linesman/models/golden"
	"linesman/vision"
)

// Crops are located parts as a Source.
type Crops []vision.Crop

// Len returns how many there are.
func (c Crops) Len() int { return len(c) }

// Part returns one.
func (c Crops) Part(i int) (anomaly.Part, error) {
	return anomaly.Part{Picture: anomaly.PictureOf(&c[i]), Crop: &c[i]}, nil
}

// locatedFalseRejects is what a line's network is taught for unless the caller
// asks for another: as rare as each reading of the golden comparison beside it,
// so that all of them together reject one good part in ten thousand.
const locatedFalseRejects = 2e-5

// Located teaches a line's model: the network at LocatedParts and the golden
// comparison beside it, both from the same good parts, whose crops show
// mmPerPx millimetres a pixel. Good, Fit and channels of the input are set here.
func Located(ctx context.Context, in Input, good Crops, mmPerPx float64) (*anomaly.Model, error) {
	if len(good) < Fewest {
		return nil, fmt.Errorf("teach %q: %w: %d, want at least %d and better 30", in.Name, ErrTooFew, len(good), Fewest)
	}
	tell := func(done, total int) {
		if in.Progress != nil {
			in.Progress("what good parts have in common", done, total)
		}
	}
	compared, err := golden.Teach(good, mmPerPx, tell)
	if err != nil {
		return nil, fmt.Errorf("teach %q: %w", in.Name, err)
	}
	in.Good, in.Fit = good, LocatedParts
	if in.FalseRejectRate == 0 {
		in.FalseRejectRate = locatedFalseRejects
	}
	in.Beside = fmt.Sprintf(" Beside the network: %s; its limits come from the same parts, each for two good parts in 100,000 above it, which the number above does not count.", compared)
	in.Channels, in.Registry = []anomaly.ChannelFile{{Name: golden.ChannelName, Data: compared.Save()}}, golden.Channels()
	return Teach(ctx, in)
}
