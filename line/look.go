package line

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"linesman/camera"
	"linesman/models"
	"linesman/vision"
)

// worker looks at frames: one at a time, with tools and buffers of its own.
type worker struct {
	s        *Station
	number   int
	holding  atomic.Pointer[plan] // whose setups it may be using
	setup    *setup               // looked by last
	view     int                  // whose frame was looked at last
	crops    vision.Crops
	owned    []vision.Crop
	results  []models.Result
	answered bool      // the model gave results for owned
	scores   []float64 // of owned, for the eyes
	haste    haste
}

// looked is what a worker has to say of one frame. The frame is still held.
type looked struct {
	job
	look
}

// look is a frame as one setup shows it.
type look struct {
	by      *setup // nil where nobody looked
	missing string // why nothing can be said; the frame is blind then
	quality vision.Quality
	parts   []sighting
	located time.Time
	judged  time.Time
	also    *look // the same frame by the setup of the changeover that is on its way
}

// blind returns why nothing at all can be said of the frame, "" if something can.
func (k *look) blind() string {
	for l := k; l != nil; l = l.also {
		if l.missing == "" {
			return ""
		}
	}
	return k.missing
}

// sighting is one part in one frame.
type sighting struct {
	aheadMM float64 // of the picture's centre, in the direction of travel
	lane    int
	box     vision.Box
	centre  vision.Point // pixels
	failed  string       // why the model gave no answer
	late    string       // why the model was not asked, "" if it was; failed is set then too
	// unanswered says that it is the model's own answer to this picture.
	unanswered bool
	result     models.Result
	crop       *keepsakeCrop // kept pixels, if they may be needed as evidence
	keep       bool          // whatever the verdict
	unkept     bool          // its pixels were not even copied, since no time was left
}

func (w *worker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-w.s.jobs:
			if !w.serve(ctx, j) {
				return
			}
		}
	}
}

// serve looks at one frame, hands over what it has to say, and measures the
// frame for the eyes; false once ctx has ended.
func (w *worker) serve(ctx context.Context, j job) bool {
	p := w.hold()
	defer w.holding.Store(nil)
	l := looked{job: j}
	first, second := p.by(w.s, j.frame, &w.s.cfg.Settings.Views[j.view])
	l.look = w.look(ctx, j, first)
	if second != nil {
		also := w.look(ctx, j, second)
		l.also = &also
	}
	watch := j.watch && l.blind() == ""
	j.frame.Retain() // the owner releases it as soon as it has decided
	defer j.frame.Release()
	select {
	case w.s.looked <- l:
	case <-ctx.Done():
		j.frame.Release()
		return false
	}
	if watch {
		w.glance(j)
	}
	if sh := w.s.shadow.Load(); sh != nil {
		sh.offer(w, j, &l.look)
	}
	return true
}

// hold takes up the plan as it is. The owner closes no setup of a plan that a
// worker holds; it exchanges the plan first and then looks who holds it.
func (w *worker) hold() *plan {
	for {
		p := w.s.plan.Load()
		w.holding.Store(p)
		if w.s.plan.Load() == p {
			return p
		}
	}
}

// look never fails: whatever goes wrong makes the frame, or its parts, blind.
func (w *worker) look(ctx context.Context, j job, by *setup) (l look) {
	l.by, w.setup, w.view, w.answered = by, by, j.view, false
	defer func() {
		if p := recover(); p != nil {
			w.s.cfg.Log.Error("looking at a frame failed", "line", w.s.cfg.Line, "camera", j.frame.Camera, "trigger", j.frame.Trigger, "err", p)
			l = look{by: by, missing: fmt.Sprintf("looking at the frame broke down: %v", p)}
		}
	}()
	f, view := j.frame, &w.s.cfg.Settings.Views[j.view]
	if err := by.locators[w.number][j.view].Locate(f, &w.crops); err != nil {
		l.missing = "no parts could be located: " + err.Error()
		return l
	}
	l.located, l.quality = w.s.now(), w.crops.Quality

	w.owned = w.owned[:0]
	for i := range w.crops.Items {
		c := &w.crops.Items[i]
		ahead := view.ahead(c.Centre.X, c.Centre.Y, f.Width, f.Height)
		if view.StepMM > 0 && math.Abs(ahead) > view.StepMM/2+by.Recipe.Part.DiameterMM/4 {
			continue // the neighbouring frame shows it nearer its middle
		}
		l.parts = append(l.parts, sighting{aheadMM: ahead, lane: max(1, c.Lane), box: c.Box, centre: c.Centre})
		w.owned = append(w.owned, *c)
	}
	w.recognise(ctx, f, &l)
	l.judged = w.s.now()
	return l
}

// shareFrom is how many parts of one frame are worth another core. What is shared out
// goes in batches of half as many.
const shareFrom = 8

// detect runs the model over the owned parts. A frame of many parts is shared out over
// the cores: its verdicts are due together. Frames take their turns, since two side by
// side are both ready as late as the second; but a core that is done with one frame
// begins with the next. Each takes the next few parts when it is done with those
// before, so that one that is held up keeps no others waiting. It returns why the model
// was not asked at all, as it would have answered too late.
func (w *worker) detect(ctx context.Context, f *camera.Frame, ask models.Ask, results []models.Result) (late string, err error) {
	cores := max(1, min(w.s.cfg.Settings.Workers, len(w.owned)/shareFrom))
	if err := w.s.turn.Acquire(ctx, 1); err != nil {
		return "", err
	}
	if err := w.s.cores.Acquire(ctx, 1); err != nil {
		w.s.turn.Release(1)
		return "", err
	}
	if late := w.tooLate(f, cores); late != "" {
		w.s.cores.Release(1)
		w.s.turn.Release(1)
		return late, nil
	}
	began, few := w.s.now(), len(w.owned)
	if cores > 1 {
		few = shareFrom / 2
	}
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for i := range cores {
		if i > 0 {
			if err := w.s.cores.Acquire(ctx, 1); err != nil {
				break // another one failed, and has said why
			}
		}
		g.Go(func() error {
			defer w.s.cores.Release(1)
			return w.some(ctx, &next, few, ask, results)
		})
	}
	w.s.turn.Release(1)
	err = g.Wait()
	w.haste.took(w.s.now().Sub(began), len(w.owned), cores)
	return "", err
}

// some runs the model over the next few of the owned parts as long as there are any.
func (w *worker) some(ctx context.Context, next *atomic.Int64, few int, ask models.Ask, results []models.Result) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it broke down: %v", p)
		}
	}()
	for {
		to := int(next.Add(int64(few)))
		from := to - few
		if to = min(to, len(w.owned)); from >= to {
			return nil
		}
		if err := w.setup.Detector.Detect(ctx, w.owned[from:to], ask, results[from:to]); err != nil {
			return err
		}
	}
}

// noAnswer begins why a view is missing that was seen but not recognised.
const noAnswer = "the model gave no answer: "

// recognise runs the model over all owned parts.
func (w *worker) recognise(ctx context.Context, f *camera.Frame, l *look) {
	w.answered = true
	if len(w.owned) == 0 {
		return
	}
	for len(w.results) < len(w.owned) {
		w.results = append(w.results, models.Result{})
	}
	results := w.results[:len(w.owned)]
	limits := &l.by.Recipe.Limits
	why, err := w.detect(ctx, f, models.Ask{Heatmap: w.s.viewers.watched() || w.s.cfg.Keep != nil, Places: limits.Places()}, results)
	if why != "" {
		w.answered = false
		l.forgo("the model was not asked", why)
		if w.s.cfg.Keep != nil { // one stands for all: storing each would take the next frame's time
			l.parts[0].keep, l.parts[0].unkept, l.parts[0].crop = true, false, copyCrop(&w.owned[0], models.Heatmap{})
		}
		return
	}
	w.answered = err == nil
	// What may yet be doubted: the owner will not see these pixels.
	several := len(l.by.required) > 1 // the newest view's exposure counts then
	since, limit := w.s.now().Sub(f.At), w.s.cfg.Settings.Deadline.D()
	late, doubtful := since > limit && !several, f.Damaged || w.s.doubting.Load() || since > limit/2
	for i := range l.parts {
		p := &l.parts[i]
		if err != nil {
			p.failed = noAnswer + err.Error()
		} else if why := results[i].Unanswered; why != "" {
			p.failed, p.unanswered = noAnswer+why, true
		} else {
			p.result = results[i]
			p.result.Findings = append([]models.Finding(nil), results[i].Findings...)
			p.result.Heatmap.Score = append([]float32(nil), results[i].Heatmap.Score...)
		}
		// The pixels live until the next frame only, so they are copied now if
		// the owner may want to keep them. Where several views make a verdict, any
		// other may yet fail the part. Of a frame that is late one good part stands
		// for all.
		p.keep = p.failed != "" || !(p.result.Anomaly < limits.Lowest()) || sampled(f.Trigger, i, l.by.Recipe.Keep.OnePassIn) || late && i == 0
		p.unkept = late && !p.keep
		if w.s.cfg.Keep != nil && (p.keep || !late && (doubtful || several)) {
			p.crop = copyCrop(&w.owned[i], p.result.Heatmap)
		}
	}
}

// forgo says of all parts of a frame that the model gave no answer.
func (k *look) forgo(failed, late string) {
	for i := range k.parts {
		k.parts[i].failed, k.parts[i].late, k.parts[i].unkept = failed, late, late != ""
	}
}

// sampled draws one part in n, the same one whenever it is asked. The number is
// stirred (splitmix64), or a line of one part a picture, or of a regular pattern,
// would keep far more or none.
func sampled(trigger uint64, i, n int) bool {
	x := (trigger<<8 + uint64(i)) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x^x>>31)%uint64(n) == 0
}
