package line

import (
	"context"
	"fmt"

	"linesman/event/evidence"
	"linesman/models"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
	"linesman/rules"
	"linesman/vision"
)

// Again judges kept parts again, the line's own way from the crop to the
// verdict. It may be used from several goroutines.
type Again struct {
	Recipe   *recipe.Recipe
	Detector models.Detector
}

var _ proof.Rejudge = Again{}.Judge

// Judge answers every case; see proof.Rejudge.
func (a Again) Judge(ctx context.Context, cases []proof.Case) []proof.Answer {
	answers := make([]proof.Answer, len(cases))
	looks := make([][]again, len(cases))
	bySize := map[int][]*again{} // crops of one size go through the network together
	for i := range cases {
		c := &cases[i]
		looks[i] = make([]again, len(c.Judged.Views))
		for k, v := range c.Judged.Views {
			if v.Missing != "" && !v.Unanswered {
				continue // of that moment: nothing to look at
			}
			l := &looks[i][k]
			if l.crop, l.err = CropOf(c.Pictures[k]); l.err == nil {
				bySize[l.crop.Size] = append(bySize[l.crop.Size], l)
			}
		}
	}
	for _, batch := range bySize {
		a.look(ctx, batch)
	}
	for i := range cases {
		answers[i] = a.answer(&cases[i], looks[i])
	}
	return answers
}

// again is one view on its way to an answer.
type again struct {
	crop   vision.Crop
	result models.Result
	err    error
}

func (a Again) look(ctx context.Context, batch []*again) {
	crops, results := make([]vision.Crop, len(batch)), make([]models.Result, len(batch))
	for i, l := range batch {
		crops[i] = l.crop
	}
	err := a.Detector.Detect(ctx, crops, models.Ask{Places: a.Recipe.Limits.Places()}, results)
	if err != nil && len(batch) > 1 { // it speaks for one of them
		for i := range batch {
			a.look(ctx, batch[i:i+1])
		}
		return
	}
	for i, l := range batch {
		l.result, l.err = results[i], err
	}
}

func (a Again) answer(c *proof.Case, looks []again) proof.Answer {
	in := rules.Input{Part: part.ID(c.Part), Doubt: c.Doubts}
	for k, v := range c.Judged.Views {
		l := &looks[k]
		if l.err != nil {
			return proof.Answer{Err: fmt.Errorf("view %s: %w", v.Name, l.err)}
		}
		view := rules.View{Name: v.Name, Camera: part.CameraID(v.Camera), Missing: v.Missing, Quality: vision.Quality(v.Quality), Result: l.result,
			ToPart: toPart(v.MMPerPx, v.Belt, l.crop.Centre)}
		if v.Missing == "" || v.Unanswered {
			view.Missing = ""
			if why := l.result.Unanswered; why != "" {
				view.Missing = noAnswer + why
			}
		}
		in.Views = append(in.Views, view)
	}
	v := decide(in, a.Recipe)
	return proof.Answer{Outcome: v.Outcome.String(), Score: finite(v.score), Reasons: logged(v.Reasons)}
}

// CropOf reads a kept picture back as the crop that was judged.
func CropOf(file []byte) (vision.Crop, error) {
	size, rgb, c, err := evidence.Part(file)
	if err != nil {
		return vision.Crop{}, err
	}
	t, b := c.ToSensor, c.Box
	return vision.Crop{
		Size: size, Pix: rgb, Mask: c.Mask, ToSensor: vision.Affine{A: t[0], B: t[1], C: t[2], D: t[3], E: t[4], F: t[5]},
		Centre: vision.Point{X: c.Centre[0], Y: c.Centre[1]}, Box: vision.Box{X0: b[0], Y0: b[1], X1: b[2], Y1: b[3]},
		Area: c.Area, Lane: c.Lane, Touching: c.Touching, Surround: c.Surround,
	}, nil
}
