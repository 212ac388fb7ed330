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
		err = g.compare(ctx)
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

// compare judges the parts by the golden comparison alone, which a few parts among
// those taught lead astray more than the network. No part is taken back.
func (g *gathering) compare(ctx context.Context) error {
	return compareHalves(ctx, g.crops, g.settings.MMPerPx, func(i int) bool { return g.parts[i].Take }, func(i int, class string, score float64, err error) {
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

// compareHalves tells of each crop what the golden comparison says of it that the other
// half's teach, every second crop being of one half. Which are taught is asked before
// anything is told; it is told from two goroutines, of each crop once.
func compareHalves(ctx context.Context, crops teach.Crops, mmPerPx float64, teaches func(i int) bool, tell func(i int, class string, score float64, err error)) error {
	var taught [2]teach.Crops
	for i, c := range crops {
		if teaches(i) {
			taught[i%2] = append(taught[i%2], c)
		}
	}
	return halves(ctx, func(_ context.Context, half int) error {
		model, err := golden.Teach(taught[1-half], mmPerPx, nil)
		if err != nil {
			return err
		}
		for i := half; i < len(crops); i += 2 {
			class, worst, err := model.Worst(&crops[i])
			tell(i, class, worst.Score, err)
		}
		return nil
	})
}

// clearlyOut is the score from which a part is left out though no person looks: not the
// tail of good parts, whose loss would narrow what good is.
const clearlyOut = 1.5

// standOut has each half of the crops compared with what the other half teaches, again
// without those that stood out as long as more do, and says why each that does, empty
// for the others. Those that a person called good may not, and are taught. Too few to
// be halved: none does.
func standOut(ctx context.Context, crops teach.Crops, mmPerPx float64, calledGood func(i int) bool) (why []string, err error) {
	why = make([]string, len(crops))
	stays := func(i int) bool { return why[i] == "" }
	for before := -1; ; {
		var left [2]int
		for i := range crops {
			if stays(i) {
				left[i%2]++
			}
		}
		n := left[0] + left[1]
		if n == before || min(left[0], left[1]) < fewestTaught {
			return why, nil
		}
		before = n
		err := compareHalves(ctx, crops, mmPerPx, stays, func(i int, class string, score float64, err error) {
			switch {
			case calledGood(i) || !stays(i):
			case err != nil:
				why[i] = err.Error()
			case score >= clearlyOut:
				why[i] = class
			}
		})
		if err != nil {
			return nil, fmt.Errorf("looking which parts stand out: %w", err)
		}
	}
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
