package line

import (
	"context"
	"fmt"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"linesman/models"
	"linesman/vision"
)

// worker looks at frames: one at a time, with tools and buffers of its own.
type worker struct {
	s        *Station
	locators []vision.Locator // by view
	crops    vision.Crops
	owned    []vision.Crop
	results  []models.Result
	answered bool      // the model gave results for owned
	scores   []float64 // of owned, for the eyes
}

// looked is what a worker has to say of one frame. The frame is still held.
type looked struct {
	job
	missing string // why nothing can be said; the frame is blind then
	quality vision.Quality
	parts   []sighting
	located time.Time
	judged  time.Time
}

// sighting is one part in one frame.
type sighting struct {
	aheadMM float64 // of the picture's centre, in the direction of travel
	lane    int
	box     vision.Box
	failed  string // why the model gave no answer
	// unanswered says that it is the model's own answer to this picture.
	unanswered bool
	result     models.Result
	crop       *keepsakeCrop // kept pixels, if they may be needed as evidence
	keep       bool          // whatever the verdict
}

func (s *Station) newWorker() (*worker, error) {
	w := &worker{s: s}
	for i := range s.cfg.Settings.Views {
		l, err := s.cfg.Locator(s.cfg.Settings.Views[i])
		if err != nil {
			w.close()
			return nil, fmt.Errorf("view %s: %w", s.cfg.Settings.Views[i].Name, err)
		}
		w.locators = append(w.locators, l)
	}
	return w, nil
}

func (w *worker) close() {
	for _, l := range w.locators {
		l.Close()
	}
	w.locators = nil
}

func (w *worker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-w.s.jobs:
			l := w.look(ctx, j)
			watch := j.watch && l.missing == ""
			if watch {
				j.frame.Retain()
			}
			select {
			case w.s.looked <- l:
			case <-ctx.Done():
				j.frame.Release()
				if watch {
					j.frame.Release()
				}
				return
			}
			if watch {
				w.glance(j)
				j.frame.Release()
			}
		}
	}
}

// look never fails: whatever goes wrong makes the frame, or its parts, blind.
func (w *worker) look(ctx context.Context, j job) (l looked) {
	l.job = j
	defer func() {
		if p := recover(); p != nil {
			w.s.cfg.Log.Error("looking at a frame failed", "line", w.s.cfg.Line, "camera", j.frame.Camera, "trigger", j.frame.Trigger, "err", p)
			l = looked{job: j, missing: fmt.Sprintf("looking at the frame broke down: %v", p)}
		}
	}()
	f, view := j.frame, &w.s.cfg.Settings.Views[j.view]
	if err := w.locators[j.view].Locate(f, &w.crops); err != nil {
		l.missing = "no parts could be located: " + err.Error()
		return l
	}
	l.located, l.quality = w.s.now(), w.crops.Quality

	w.owned = w.owned[:0]
	for i := range w.crops.Items {
		c := &w.crops.Items[i]
		ahead := view.ahead(c.Centre.X, c.Centre.Y, f.Width, f.Height)
		if view.StepMM > 0 && math.Abs(ahead) > view.StepMM/2+w.s.cfg.Recipe.Part.DiameterMM/4 {
			continue // the neighbouring frame shows it nearer its middle
		}
		l.parts = append(l.parts, sighting{aheadMM: ahead, lane: max(1, c.Lane), box: c.Box})
		w.owned = append(w.owned, *c)
	}
	w.recognise(ctx, &l)
	l.judged = w.s.now()
	return l
}

// shareFrom is how many parts of one frame are worth a second worker's batch.
const shareFrom = 8

// detect runs the model over the owned parts. A frame of many parts is shared
// out in even batches, one a worker: its verdicts are due together, and while
// this frame is looked at the other cores would wait for the next.
func (w *worker) detect(ctx context.Context, ask models.Ask, results []models.Result) error {
	n := min(w.s.cfg.Settings.Workers, len(w.owned)/shareFrom)
	if n < 2 {
		return w.s.cfg.Detector.Detect(ctx, w.owned, ask, results)
	}
	g, ctx := errgroup.WithContext(ctx)
	for i := range n {
		from, to := i*len(w.owned)/n, (i+1)*len(w.owned)/n
		g.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("it broke down: %v", p)
				}
			}()
			return w.s.cfg.Detector.Detect(ctx, w.owned[from:to], ask, results[from:to])
		})
	}
	return g.Wait()
}

// noAnswer begins why a view is missing that was seen but not recognised.
const noAnswer = "the model gave no answer: "

// recognise runs the model over all owned parts.
func (w *worker) recognise(ctx context.Context, l *looked) {
	w.answered = true
	if len(w.owned) == 0 {
		return
	}
	for len(w.results) < len(w.owned) {
		w.results = append(w.results, models.Result{})
	}
	results := w.results[:len(w.owned)]
	err := w.detect(ctx, models.Ask{Heatmap: w.s.viewers.watched() || w.s.cfg.Keep != nil}, results)
	w.answered = err == nil
	limits := w.s.cfg.Recipe.Limits
	// What may yet be doubted: the owner will not see these pixels.
	doubtful := l.frame.Damaged || w.s.now().Sub(l.frame.At) > w.s.cfg.Settings.Deadline.D()/2
	several := len(required(w.s.cfg.Recipe, &w.s.cfg.Settings)) > 1
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
		// other may yet fail the part.
		mayFail := doubtful || p.failed != "" || !(p.result.Anomaly < limits.Anomaly-limits.Unsure)
		sample := sampled(l.frame.Trigger, i, w.s.cfg.Recipe.Keep.OnePassIn)
		p.keep = mayFail || sample
		if w.s.cfg.Keep != nil && (p.keep || several) {
			p.crop = copyCrop(&w.owned[i], p.result.Heatmap)
		}
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
