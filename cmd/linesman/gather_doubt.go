package main

import (
	"context"
	"fmt"
	"maps"

	"golang.org/x/sync/errgroup"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/golden"
	"linesman/models/onnx"
	"linesman/models/teach"
)

// fewestTaught is how many parts say anything about how good parts vary.
const fewestTaught = golden.Fewest

// doubt has each half of the parts judged by what the other half teaches. What stands
// out is left out, and the halves are compared anew without it: a defective part among
// those taught widens the limits, and hides others.
func (g *gathering) doubt(ctx context.Context, threads int) error {
	tell := progress()
	taught := [2]teach.Crops{g.taken(0), g.taken(1)}
	err := halves(ctx, func(ctx context.Context, half int) error {
		in := teach.Input{Name: "half", Open: onnx.Open, Threads: max(1, threads/2)}
		if half == 0 { // the other is as far
			in.Progress = func(stage string, done, total int) { tell("which stand out: "+stage, done, total) }
		}
		model, err := teach.Located(ctx, in, taught[1-half], g.settings.MMPerPx)
		if err != nil {
			return err
		}
		return g.judge(ctx, model, half)
	})
	for again := 0; err == nil && again < doubtedAgain; again++ {
		before := len(g.taken(0)) + len(g.taken(1))
		if before == len(g.parts) {
			break
		}
		taught = [2]teach.Crops{g.taken(0), g.taken(1)}
		err = halves(ctx, func(_ context.Context, half int) error { return g.compare(half, taught[1-half]) })
		if len(g.taken(0))+len(g.taken(1)) == before {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("looking which parts stand out: %w", err)
	}
	return nil
}

// doubtedAgain is how often the halves are compared anew at most.
const doubtedAgain = 2

// halves does the same for both halves at once.
func halves(ctx context.Context, do func(ctx context.Context, half int) error) error {
	e, ctx := errgroup.WithContext(ctx)
	for half := range 2 {
		e.Go(func() error { return do(ctx, half) })
	}
	return e.Wait()
}

// taken are the parts of a half that do not stand out.
func (g *gathering) taken(half int) (good teach.Crops) {
	for i := half; i < len(g.crops); i += 2 {
		if g.parts[i].Take {
			good = append(good, g.crops[i])
		}
	}
	return good
}

// compare judges one half of the parts by the golden comparison alone, which a few
// parts among those taught lead astray more than the network. No part is taken back.
func (g *gathering) compare(half int, taught teach.Crops) error {
	return compareHalf(g.crops, half, taught, g.settings.MMPerPx, func(i int, class string, score float64, err error) {
		p := &g.parts[i]
		switch {
		case err != nil:
			p.Take, p.Why = false, err.Error()
		case score > p.Score:
			if p.Score = score; p.Score >= 1 {
				p.Take, p.Why = false, class
			}
		}
	})
}

// compareHalf tells of each second crop, from half on, what the golden comparison says
// of it that taught teaches.
func compareHalf(crops teach.Crops, half int, taught teach.Crops, mmPerPx float64, tell func(i int, class string, score float64, err error)) error {
	model, err := golden.Teach(taught, mmPerPx, nil)
	if err != nil {
		return err
	}
	for i := half; i < len(crops); i += 2 {
		class, worst, err := model.Worst(&crops[i])
		tell(i, class, worst.Score, err)
	}
	return nil
}

// clearlyOut is the score from which a part is left out though no person looks: not the
// tail of good parts, whose loss would narrow what good is.
const clearlyOut = 1.5

// standOut has each half of the crops compared with what the other half teaches, again
// without those that stood out as long as more do, and says why each that does. Those
// that a person called good may not, and are taught. Too few to be halved: none does.
func standOut(ctx context.Context, crops teach.Crops, mmPerPx float64, calledGood func(i int) bool) (why map[int]string, err error) {
	why = map[int]string{}
	for range 1 + doubtedAgain {
		var taught [2]teach.Crops
		for i, c := range crops {
			if why[i] == "" {
				taught[i%2] = append(taught[i%2], c)
			}
		}
		if min(len(taught[0]), len(taught[1])) < fewestTaught {
			break
		}
		var found [2]map[int]string
		err := halves(ctx, func(_ context.Context, half int) error {
			found[half] = map[int]string{}
			return compareHalf(crops, half, taught[1-half], mmPerPx, func(i int, class string, score float64, err error) {
				switch {
				case calledGood(i) || why[i] != "":
				case err != nil:
					found[half][i] = err.Error()
				case score >= clearlyOut:
					found[half][i] = class
				}
			})
		})
		if err != nil {
			return nil, fmt.Errorf("looking which parts stand out: %w", err)
		}
		if len(found[0])+len(found[1]) == 0 {
			break
		}
		for _, f := range found {
			maps.Copy(why, f)
		}
	}
	return why, nil
}

// judge judges one half of the parts.
func (g *gathering) judge(ctx context.Context, model *anomaly.Model, half int) error {
	d, err := model.Detector(anomaly.Options{Open: onnx.Open, Threads: 1, Channels: channel.All()})
	if err != nil {
		return err
	}
	defer d.Close()
	out := make([]models.Result, 1)
	for i := half; i < len(g.crops); i += 2 {
		if err := d.Detect(ctx, g.crops[i:i+1], models.Ask{}, out); err != nil {
			return err
		}
		p, r := &g.parts[i], &out[0]
		p.Score, p.Take = r.Anomaly, r.Anomaly < 1
		switch {
		case r.Unanswered != "":
			p.Take, p.Why = false, r.Unanswered
		case !p.Take && len(r.Findings) > 0:
			p.Why = r.Findings[0].Class
		}
	}
	return nil
}
