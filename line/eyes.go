package line

import (
	"slices"
	"sync/atomic"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/vision"
)

// Watch says how a line's eyes are watched. Zero fields are the defaults.
type Watch struct {
	Every time.Duration // exposure to exposure of the frames measured; default 250ms
	Learn int           // frames that make the reference drift is measured from; default 200
	// Memory is how many measured frames the averages reach back; default 64. A
	// slow drift is seen that many frames late.
	Memory int
}

const (
	watchEvery  = 250 * time.Millisecond
	watchLearn  = 200
	watchMemory = 64
)

// eyes watches what the cameras show of themselves. It is one goroutine: the
// intake marks a few frames a second, the worker measures such a frame once its
// verdicts are on their way, and the eyes compare. Nobody ever waits for them:
// with no blank glance at hand, a frame is not measured.
type eyes struct {
	s       *Station
	watch   Watch
	setup   *setup // what is judged by in the frames compared
	origins []event.EyesReference
	glances chan *glance // measured
	blanks  chan *glance // free
	accepts chan acceptance
	views   []gaze
	seen    atomic.Pointer[[]Eye] // for readers
}

// glance is one measured frame of a view.
type glance struct {
	view  int
	setup *setup
	sight vision.Sight
}

// glancesAtHand is how many measured frames may wait.
const glancesAtHand = 4

func newEyes(s *Station) *eyes {
	w := s.cfg.Watch
	if w.Every == 0 {
		w.Every = watchEvery
	}
	if w.Learn == 0 {
		w.Learn = watchLearn
	}
	if w.Memory == 0 {
		w.Memory = watchMemory
	}
	e := &eyes{s: s, watch: w, origins: s.cfg.Origins, glances: make(chan *glance, glancesAtHand), blanks: make(chan *glance, glancesAtHand), accepts: make(chan acceptance)}
	for range glancesAtHand {
		e.blanks <- &glance{}
	}
	e.begin(s.first)
	return e
}

// begin looks anew: what other parts look like, or what another model says of
// them, is no drift.
func (e *eyes) begin(u *setup) {
	e.setup, e.views = u, nil
	for i := range u.parts {
		e.views = append(e.views, e.fresh(i))
	}
	e.show()
}

// fresh is a gaze that has seen nothing yet.
func (e *eyes) fresh(view int) gaze {
	return gaze{set: e.setup.parts[view], triggered: e.s.cfg.Settings.Views[view].StepMM == 0, learn: e.watch.Learn, memory: 1 / float64(e.watch.Memory)}
}

// run compares until there are no more glances.
func (e *eyes) run() {
	for {
		select {
		case g, more := <-e.glances:
			if !more {
				for i := range e.views {
					e.tellMinute(i)
				}
				return
			}
			e.take(g)
			e.blanks <- g
		case a := <-e.accepts:
			for _, view := range a.views {
				e.accept(view, a.reason, a.actor)
			}
			e.show()
			close(a.done)
		}
	}
}

// take sorts a measured frame in: the first of a new setup begins anew, and those
// of an old one that come after it are passed over, and so are those of one that was taken back.
func (e *eyes) take(g *glance) {
	if g.setup.cancelled.Load() {
		return
	}
	if g.setup.serial > e.setup.serial || e.setup.cancelled.Load() {
		for i := range e.views {
			e.tellMinute(i)
		}
		e.begin(g.setup)
	}
	if g.setup == e.setup {
		e.see(g.view, &g.sight)
		e.show()
	}
}

// see takes one measured frame.
func (e *eyes) see(view int, s *vision.Sight) {
	z := &e.views[view]
	z.at = s.At
	if at := s.At.Truncate(time.Minute); !at.Equal(z.minute) {
		e.tellMinute(view)
		z.minute, z.minuteFrames, z.minuteParts = at, 0, 0
	}
	z.minuteFrames++
	z.minuteParts += uint64(s.All.Parts)
	if !z.learned {
		if z.study(s); z.learned {
			if o := e.origin(view); o != nil {
				z.carryOn(o)
			}
			r := e.reference(view)
			z.reference = r
			e.origins = slices.Insert(slices.Clone(e.origins), 0, r)
			v := e.event(view, r)
			v.Cause = z.accepted
			e.s.cfg.Events.Emit(v)
		}
		return
	}
	z.follow(s)
	for what := range measures {
		if state, said := z.watch(what); said {
			e.emit(view, e.drift(view, what, state))
		}
	}
}

// origin returns what an earlier run of this recipe and model measured this view's
// drift from, or nil. Lamps
// age over months, and a start is no reason to call their light good.
func (e *eyes) origin(view int) *event.EyesReference {
	for i := range e.origins {
		if o := &e.origins[i]; e.isOf(o, view) && len(o.Part) == 3 && len(o.Belt) == 3 {
			return o
		}
	}
	return nil
}

// isOf reports whether an origin is this view's by what is judged by now.
func (e *eyes) isOf(o *event.EyesReference, view int) bool {
	v, r, m := &e.s.cfg.Settings.Views[view], e.setup.Recipe, e.setup.Detector.Model()
	return o.Line == string(e.s.cfg.Line) && o.View == v.Name && o.Camera == string(v.Camera) && o.RecipeHash == r.Hash() && o.ModelHash == m.SHA256
}

// event returns an event of a view, not yet handed over.
func (e *eyes) event(view int, p event.Payload) event.Event {
	s := e.s
	v := event.New(s.cfg.Site+"/line/"+string(s.cfg.Line), string(s.cfg.Settings.Views[view].Camera), s.now(), p)
	v.Batch = s.status.Load().Batch
	return v
}

func (e *eyes) emit(view int, p event.Payload) { e.s.cfg.Events.Emit(e.event(view, p)) }

// due reports whether a frame of this view is to be measured. It is called on
// the camera's goroutine.
func (in *intake) due(f *camera.Frame, every time.Duration) bool {
	if since := f.At.Sub(in.watched); since < every && since >= 0 {
		return false
	}
	in.watched = f.At
	return true
}

// glance measures the frame just looked at, whose verdicts are on their way,
// unless the eyes are busy. w holds its crops until the next frame.
func (w *worker) glance(j job) {
	e := w.s.eyes
	if !w.answered || w.crops.Quality.Covered || j.frame.Damaged || !w.s.moving.Load() {
		return
	}
	var g *glance
	select {
	case g = <-e.blanks:
	default:
		return
	}
	defer func() {
		if p := recover(); p != nil { // the line goes on without
			w.s.cfg.Log.Error("measuring a frame failed", "line", w.s.cfg.Line, "camera", j.frame.Camera, "trigger", j.frame.Trigger, "err", p)
			e.blanks <- g
		}
	}()
	w.scores = w.scores[:0]
	for i := range w.owned {
		w.scores = append(w.scores, scoreOf(&w.results[i]))
	}
	limits := w.setup.Recipe.Limits
	g.view, g.setup = j.view, w.setup
	g.sight.Take(j.frame, &w.crops, w.owned, w.scores, limits.Anomaly-limits.Unsure, &w.setup.parts[j.view])
	e.glances <- g // has room for every glance there is
}
