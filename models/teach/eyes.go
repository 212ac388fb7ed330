package teach

import (
	"context"
	"fmt"
	"strings"

	"linesman/models/anomaly"
)

// eyesOf learns how good whole pictures are taken, and what judges blurred ones:
// the same good parts, softened.
func (t *teacher) eyesOf(ctx context.Context, m *anomaly.Model) error {
	if t.Fit.Fit != anomaly.FitArea {
		return nil
	}
	first, err := t.whole.Part(0)
	if err != nil {
		return err
	}
	l := anomaly.NewEyesLearner(&first.Picture, t.whole.Len())
	if err := t.show(ctx, "learning light and sharpness", t.whole, l.See); err != nil {
		return err
	}
	if err := t.show(ctx, "learning their range", t.whole, l.Again); err != nil {
		return err
	}
	if m.Eyes = l.Eyes(); m.Eyes.Focus == nil {
		return nil
	}
	soft := &teacher{Input: t.Input, ways: t.ways, turns: min(t.turns, 1), folds: softFolds}
	t.album.close() // what follows asks for few of them again
	soft.Good = without(newAlbum(thinned(softened{t.whole}, mostSoftened)), m.Ground)
	soft.Progress = func(stage string, done, total int) { t.Progress("softened: "+stage, done, total) }
	s, err := soft.learn(ctx)
	if err != nil {
		return err
	}
	m.Eyes.Focus.Threshold = s.held.threshold
	m.Soft = &anomaly.Blurred{Graph: s.graph, Contrast: *s.rough}
	return nil
}

// softFolds is enough where a picture is rejected whatever its score: the limit only says how
// strange beside others.
const softFolds = 2

// mostSoftened good parts teach what judges blurred pictures, which are rejected anyhow.
const mostSoftened = 100

// thinned is every so many of a source's parts, most at most.
func thinned(s Source, most int) Source {
	if s.Len() <= most {
		return s
	}
	return everySo{s, (s.Len() + most - 1) / most}
}

type everySo struct {
	Source
	step int
}

// Len is how many are left.
func (e everySo) Len() int { return (e.Source.Len() + e.step - 1) / e.step }

// Part returns one of them.
func (e everySo) Part(i int) (anomaly.Part, error) { return e.Source.Part(i * e.step) }

// softened are good parts as blurred pictures are judged.
type softened struct{ Source }

// Part returns one of them.
func (s softened) Part(i int) (anomaly.Part, error) {
	p, err := s.Source.Part(i)
	if err == nil {
		p.Picture = anomaly.Soften(&p.Picture, 0)
	}
	return p, err
}

// eyeWords says for the card what is taken back of a picture before it is judged.
func (t *teacher) eyeWords(m *anomaly.Model) string {
	e := m.Eyes
	if e == nil {
		return ""
	}
	var words strings.Builder
	if e.Light != nil {
		fmt.Fprintf(&words, " Light that is off by more than %.0f %% from the nearest good picture, at the rim and inside alike, is evened out, up to %.0f %%, and up to %.0f %% of one colour: a change of the whole picture within that is taken for light.",
			100*e.Light.Tolerance, 100*anomaly.MostLight, 100*anomaly.MostCast)
	}
	if p := e.Place; p != nil {
		fmt.Fprintf(&words, " Good pictures lie on each other: one that lies elsewhere is moved back, by up to %.0f %% of its size; what it no longer shows is not judged.", 100*anomaly.Reach)
	}
	if e.Focus != nil {
		fmt.Fprintf(&words, " A picture less sharp than all good ones is rejected as blurred; its score beyond 1 comes from good parts blurred by %g px.", anomaly.SoftBlur)
	}
	return words.String()
}
