package bench

import (
	"context"
	"iter"
	"time"

	"linesman/camera"
	"linesman/models/onnx"
	"linesman/models/teach"
	"linesman/sim"
	"linesman/sim/draw"
	"linesman/vision"
	"linesman/vision/cv"
)

// perFrame is how many parts of one frame are taken at most: light and belt
// change with travel, so a few parts of many frames know more of them than all
// parts of a few.
const perFrame = 10

// cut takes up to n parts out of frames, at most each from one, spread over all
// that are found there: they come lane by lane, and what lies near the picture's
// other edge must be known too. The frames stay the caller's.
func cut(frames iter.Seq2[*camera.Frame, error], set vision.LocateSettings, n, each int) (teach.Crops, error) {
	locator, err := cv.NewLocator(set)
	if err != nil {
		return nil, err
	}
	defer locator.Close()
	var good teach.Crops
	var found vision.Crops
	frame := 0
	for f, err := range frames {
		if err != nil {
			return nil, err
		}
		if err := locator.Locate(f, &found); err != nil {
			return nil, err
		}
		there, take := len(found.Items), min(each, len(found.Items))
		for i := range take {
			good = append(good, found.Items[(i*there/take+frame)%there].Clone())
		}
		frame++
		if len(good) >= n {
			return good[:n], nil
		}
	}
	return good, nil
}

// goodFrames draws frames of good parts, spread over the belt's travel.
func goodFrames(l sim.Layout, speed float64, seed uint64) iter.Seq2[*camera.Frame, error] {
	return func(yield func(*camera.Frame, error) bool) {
		parts := draw.NewFeed(draw.Spec{Layout: l, Seed: seed, DefectRate: -1})
		painter := draw.NewPainter(l, seed, draw.Options{SpeedMMs: speed, Exposure: exposure})
		w, h := painter.Size()
		pool, n := camera.NewPool(1), 0
		for t, shot := range draw.Walk(l, parts, speed, time.Time{}) {
			if n++; n%5 != 0 {
				continue
			}
			f := pool.Get(w, h, camera.RGB)
			painter.Paint(t.Travelled, shot.Visible, f)
			more := yield(f, nil)
			f.Release()
			if !more {
				return
			}
		}
	}
}

// teachModel teaches a model of located parts into dir.
func teachModel(ctx context.Context, name string, good teach.Crops, mmPerPx float64, dir string) error {
	model, err := teach.Located(ctx, teach.Input{Name: name, Open: onnx.Open}, good, mmPerPx)
	if err != nil {
		return err
	}
	return model.Write(dir)
}

// TeachDrawn teaches a model from n good parts of a drawn belt, of the given
// seed, into dir.
func TeachDrawn(ctx context.Context, l sim.Layout, n int, seed uint64, dir string) error {
	set := vision.LocateSettings{MMPerPx: l.MMPerPx, DiameterMM: l.DiameterMM, Lanes: l.Lanes, LaneMM: l.LaneMM, Belt: "+x"}
	good, err := cut(goodFrames(l, l.SpeedMMs(Rates[l.Product]), seed), set, n, perFrame)
	if err != nil {
		return err
	}
	return teachModel(ctx, string(l.Product), good, l.MMPerPx, dir)
}
