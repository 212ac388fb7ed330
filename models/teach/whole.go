package teach

import (
	"context"
	"errors"
	"fmt"

	"linesman/models/anomaly"
	"linesman/models/golden"
)

// mostCompared good pictures teach the golden comparison.
const mostCompared = 120

// compared is what good whole pictures teach beside the network.
type compared struct {
	file  *anomaly.ChannelFile // nil where they can not be compared
	words string               // for the card
	turns bool                 // good products lie turned this way and that
	err   error
}

// compare begins to learn how the good pictures' product looks place by place, where they show
// one each that is round and lies on a ground. It uses one core; the answer comes when asked for.
func (t *teacher) compare(ctx context.Context, ground *anomaly.Ground) (answer func() compared) {
	if t.Fit.Fit != anomaly.FitArea || ground == nil {
		return func() compared { return compared{} }
	}
	good, done := thinned(t.Good, mostCompared), make(chan compared, 1)
	part := func(i int) (anomaly.Part, error) {
		if err := ctx.Err(); err != nil {
			return anomaly.Part{}, err
		}
		return good.Part(i)
	}
	go func() {
		var c compared
		w, err := golden.TeachWhole(good.Len(), part)
		switch {
		case err == nil:
			c.file = &anomaly.ChannelFile{Name: golden.WholeName, Data: w.Save()}
			c.turns = w.Turns()
			c.words = fmt.Sprintf(" The product is round, %s: however it lies, its size, outline, colour and every place on it are compared with those of the good ones, each with a limit for two good parts in 100,000.", w)
		case !errors.Is(err, golden.ErrNoOutline):
			c.err = err
		}
		done <- c
	}()
	return func() compared { return <-done }
}
