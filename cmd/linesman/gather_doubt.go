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

// doubt has each half of the parts judged by what the other half teaches, both at
// once. What stands out is left out.
func (g *gathering) doubt(ctx context.Context, threads int) error {
	tell := progress()
	e, ctx := errgroup.WithContext(ctx)
	for half := range 2 {
		e.Go(func() error {
			in := teach.Input{Name: "half", Open: onnx.Open, Threads: max(1, threads/2)}
			if half == 0 { // the other is as far
				in.Progress = func(stage string, done, total int) { tell("which stand out: "+stage, done, total) }
			}
			var good teach.Crops
			for i := 1 - half; i < len(g.crops); i += 2 {
				good = append(good, g.crops[i])
			}
			model, err := teach.Located(ctx, in, good, g.settings.MMPerPx)
			if err != nil {
				return fmt.Errorf("looking which parts stand out: %w", err)
			}
			return g.judge(ctx, model, half)
		})
	}
	return e.Wait()
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
