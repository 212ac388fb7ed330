package main

import (
	"context"
	"fmt"

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
// out is left out, and no more taught from when the other half's turn comes.
func (g *gathering) doubt(ctx context.Context, threads int) error {
	tell := progress()
	for half := range 2 {
		var good teach.Crops
		for i := range g.crops {
			if i%2 != half && g.parts[i].Take {
				good = append(good, g.crops[i])
			}
		}
		if len(good) < fewestTaught {
			return fmt.Errorf("of one half of the parts only %d do not stand out: too few to judge the other half by; is the belt carrying one product?", len(good))
		}
		in := teach.Input{Name: "half", Open: onnx.Open, Threads: threads, Progress: func(stage string, done, total int) {
			tell(fmt.Sprintf("which stand out, %d of 2: %s", half+1, stage), done, total)
		}}
		model, err := teach.Located(ctx, in, good, g.settings.MMPerPx)
		if err != nil {
			return fmt.Errorf("looking which stand out: %w", err)
		}
		if err := g.judgeHalf(ctx, model, half, threads); err != nil {
			return err
		}
	}
	return nil
}

// judgeHalf judges one half of the parts.
func (g *gathering) judgeHalf(ctx context.Context, model *anomaly.Model, half, threads int) error {
	d, err := model.Detector(anomaly.Options{Open: onnx.Open, Threads: threads, Channels: channel.All()})
	if err != nil {
		return err
	}
	defer d.Close()
	for i := half; i < len(g.crops); i += 2 {
		out := make([]models.Result, 1)
		if err := d.Detect(ctx, g.crops[i:i+1], models.Ask{}, out); err != nil {
			return err
		}
		p, r := &g.parts[i], &out[0]
		p.Score, p.Why, p.Take = r.Anomaly, "", r.Anomaly < 1
		switch {
		case r.Unanswered != "":
			p.Take, p.Why = false, r.Unanswered
		case !p.Take && len(r.Findings) > 0:
			p.Why = r.Findings[0].Class
		}
	}
	return nil
}
