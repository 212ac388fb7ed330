package teach

import (
	"cmp"
	"context"
	"fmt"

	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/contrast"
)

// contrastOf learns how rough good pictures are, place by place, beside the
// network. It returns no channel where the parts were located, which have a
// channel for that; the words say what was done, for the card.
func (t *teacher) contrastOf(ctx context.Context) (c *anomaly.ChannelFile, words string, err error) {
	if t.Fit.Fit != anomaly.FitArea {
		return nil, "", nil
	}
	first, err := t.Good.Part(0)
	if err != nil {
		return nil, "", err
	}
	n := t.Good.Len()
	l := contrast.NewLearner(&first.Picture, min(cmp.Or(t.folds, folds), n))
	if err := t.show(ctx, "learning contrast", t.Good, l.See); err != nil {
		return nil, "", err
	}
	held := make([]float64, n)
	err = t.show(ctx, "setting the limit of contrast", t.Good, func(i int, p *anomaly.Picture) { held[i] = l.HeldOut(i, p) })
	if err != nil {
		return nil, "", err
	}
	limit := threshold(held, t.FalseRejectRate)
	t.beside = held
	for i := range held {
		held[i] /= limit
	}
	where := "at its place"
	if !l.Placed() {
		where = "at any place, since the good pictures have not all one shape"
	}
	return &anomaly.ChannelFile{Name: contrast.ChannelName, Data: l.Model(limit).Save()},
		fmt.Sprintf(" Local contrast at full resolution has a limit of its own, from the same held-out parts: %.2f spreads above what is usual %s.", limit, where), nil
}

// registry opens the channels that teaching made itself, beside those handed in.
func (t *teacher) registry() map[string]anomaly.OpenChannel {
	all := channel.All()
	for name, open := range t.Registry {
		all[name] = open
	}
	return all
}
