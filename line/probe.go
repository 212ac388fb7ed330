package line

import (
	"context"
	"time"

	"linesman/camera"
	"linesman/models"
	"linesman/vision"
)

// place names a frame of a view.
type place struct {
	view   int
	ticket uint64
}

// probe is one frame on its way through the shadow.
type probe struct {
	place
	at      time.Time // when it was taken over
	frame   *camera.Frame
	quality vision.Quality
	parts   []shadowed
	why     string // nothing can be said of its parts
}

// shadowed is one part of a probe.
type shadowed struct {
	centre vision.Point
	crop   *keepsakeCrop // nil once it is compared
	result models.Result
	failed string
}

// offer hands the frame just looked at to the shadow, unless that is busy. w holds
// its crops until the next frame.
func (sh *shadow) offer(w *worker, j job, k *look) {
	if k.also != nil || !w.answered || k.by.Recipe.Name != sh.by.Recipe.Name {
		return
	}
	select {
	case <-sh.room:
	default:
		return
	}
	t := &probe{place: place{j.view, j.ticket}, at: sh.s.now()}
	if sh.alike {
		t.quality = k.quality
		t.take(w.owned)
	} else {
		t.frame = copyFrame(j.frame)
	}
	sh.probes <- t // has room for every probe there is
}

// take copies crops.
func (t *probe) take(crops []vision.Crop) {
	for i := range crops {
		t.parts = append(t.parts, shadowed{centre: crops[i].Centre, crop: copyCrop(&crops[i], models.Heatmap{})})
	}
}

// free gives the probe's buffers back.
func (t *probe) free() {
	for i := range t.parts {
		t.parts[i].crop.free()
		t.parts[i].crop = nil
	}
	if t.frame != nil {
		t.frame.Release()
		t.frame = nil
	}
}

// frameRoom lends the shadows' copies of frames: the camera's own are not to be
// held.
var frameRoom = camera.NewPool(shadowDepth)

func copyFrame(f *camera.Frame) *camera.Frame {
	c := frameRoom.Get(f.Width, f.Height, f.Format)
	for y := range f.Height {
		copy(c.Pix[y*c.Stride:(y+1)*c.Stride], f.Pix[y*f.Stride:(y+1)*f.Stride])
	}
	c.Camera, c.Seq, c.Trigger, c.At, c.Position, c.Damaged = f.Camera, f.Seq, f.Trigger, f.At, f.Position, f.Damaged
	return c
}

// judge has the candidate look at a probe, step by step.
func (sh *shadow) judge(ctx context.Context, t *probe) {
	defer func() {
		if p := recover(); p != nil { // the line goes on without
			sh.s.cfg.Log.Error("a candidate broke down", "line", sh.s.cfg.Line, "recipe", sh.by.id, "err", p)
			t.free()
		}
		sh.room <- struct{}{}
	}()
	since := time.Now()
	ok := sh.rest(ctx, since) && sh.find(t)
	for from := 0; ok && from < len(t.parts); from += shadowStep {
		if ok = sh.rest(ctx, since); ok {
			sh.detect(ctx, t.parts[from:min(from+shadowStep, len(t.parts))])
		}
	}
	if !ok {
		t.free()
		return
	}
	sh.judged[t.place] = t
	sh.compareThose(t.place)
}

// find locates the parts the candidate's own way, where that is another.
func (sh *shadow) find(t *probe) bool {
	if sh.alike {
		return true
	}
	if err := sh.by.locators[0][t.view].Locate(t.frame, &sh.crops); err != nil {
		t.why = "no parts could be located: " + err.Error()
	} else {
		t.quality = sh.crops.Quality
		t.take(sh.crops.Items)
	}
	t.frame.Release()
	t.frame = nil
	return true
}

// detect runs the candidate's model over a few parts.
func (sh *shadow) detect(ctx context.Context, parts []shadowed) {
	var crops [shadowStep]vision.Crop
	var results [shadowStep]models.Result
	for i := range parts {
		crops[i] = parts[i].crop.crop
	}
	err := sh.by.Detector.Detect(ctx, crops[:len(parts)], models.Ask{Places: sh.by.Recipe.Limits.Places()}, results[:len(parts)])
	for i := range parts {
		p := &parts[i]
		switch {
		case err != nil:
			p.failed = noAnswer + err.Error()
		case results[i].Unanswered != "":
			p.failed = noAnswer + results[i].Unanswered
		default:
			p.result = results[i]
			p.result.Findings = append([]models.Finding(nil), results[i].Findings...)
		}
	}
}

// nearest returns the part whose centre is nearest, within so many pixels.
func (t *probe) nearest(at vision.Point, reach float64) (best *shadowed) {
	for i := range t.parts {
		c := t.parts[i].centre
		if d := max(c.X-at.X, at.X-c.X, c.Y-at.Y, at.Y-c.Y); d <= reach {
			best, reach = &t.parts[i], d
		}
	}
	return best
}
