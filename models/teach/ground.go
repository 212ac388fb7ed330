package teach

import (
	"context"
	"fmt"

	"linesman/models/anomaly"
)

// groundOf finds whether good whole pictures show ground around the product, and
// goes on with the good parts without it.
func (t *teacher) groundOf(ctx context.Context, m *anomaly.Model) error {
	t.whole = t.Good
	if t.Fit.Fit != anomaly.FitArea {
		return nil
	}
	t.album = newAlbum(t.Good)
	t.whole = t.album
	l := anomaly.NewGroundLearner()
	if err := t.show(ctx, "looking for the ground", t.whole, l.See); err != nil {
		return err
	}
	if err := t.show(ctx, "looking for the ground again", t.whole, l.HeldOut); err != nil {
		return err
	}
	m.Ground = l.Ground()
	t.Good = without(t.whole, m.Ground)
	return nil
}

// without is a source of parts without their ground.
func without(s Source, ground *anomaly.Ground) Source {
	if ground == nil {
		return s
	}
	return offGround{s, ground}
}

type offGround struct {
	Source
	ground *anomaly.Ground
}

// Part returns one of them.
func (o offGround) Part(i int) (anomaly.Part, error) {
	p, err := o.Source.Part(i)
	if err == nil {
		o.ground.SetOff(&p)
	}
	return p, err
}

// groundWords says for the card what is not judged.
func groundWords(g *anomaly.Ground) string {
	if g == nil {
		return ""
	}
	return fmt.Sprintf(" The ground around the product, by its colours and from the picture's edge on, is not judged; the product took up %.1f to %.1f %% of good pictures, and %.1f %% beyond that are its limit.",
		100*g.Least, 100*g.Most, 100*g.Slack)
}
