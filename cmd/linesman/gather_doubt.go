package main

import (
	"context"
	"fmt"

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
	model, err := golden.Teach(taught, g.settings.MMPerPx, nil)
	if err != nil {
		return err
	}
	for i := half; i < len(g.crops); i += 2 {
		p := &g.parts[i]
		name, worst, err := model.Worst(&g.crops[i])
		switch {
		case err != nil:
			p.Take, p.Why = false, err.Error()
		case worst.Score > p.Score:
			if p.Score = worst.Score; p.Score >= 1 {
				p.Take, p.Why = false, name
			}
		}
	}
	return nil
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
