package draw

import (
	"iter"
	"math"
	"time"

	"linesman/sim"
)

// reach returns how far the longest part reaches from its centre, in mm:
// foreign tablets and capsules that are not closed are longer than the product's own.
func reach(l sim.Layout) float64 {
	switch l.Product {
	case sim.Caps:
		return l.DiameterMM * (0.5 + sizeSpread)
	case sim.Capsules: // one that is not closed, askew
		return (l.DiameterMM+closureSpread+sizeRange*openLeast)/2 + play*l.WidthMM/2
	}
	return l.DiameterMM * 0.6
}

// Shot is one picture's worth of parts.
type Shot struct {
	// Visible are all parts of which the picture shows anything.
	Visible []sim.Part
	// New are those that this picture is the first to show whole. Over a walk
	// every part is new exactly once.
	New []sim.Part
}

// Walk moves the belt at a steady speed until the feed is done (for ever, if
// it never is) and yields every picture that a camera triggered as the layout
// says would take. Triggers are numbered from 1; their times count from the
// start, when the belt has travelled nothing. The Shot belongs to the caller.
func Walk(layout sim.Layout, feed sim.Feed, speedMMs float64, start time.Time) iter.Seq2[sim.Trigger, Shot] {
	return func(yield func(sim.Trigger, Shot) bool) {
		w := walk{layout: layout, feed: feed, reach: reach(layout), fresh: math.Inf(-1)}
		for n := uint64(1); ; n++ {
			travelled, more := w.next()
			if !more {
				return
			}
			t := sim.Trigger{
				N: n, Travelled: travelled,
				Tick: uint32(int64(math.Round(travelled * layout.PerMM))),
				At:   start.Add(time.Duration(travelled / speedMMs * float64(time.Second))),
			}
			if !yield(t, w.shot(travelled)) {
				return
			}
		}
	}
}

// walk is a belt on the move.
type walk struct {
	layout sim.Layout
	feed   sim.Feed
	reach  float64
	window []sim.Part // laid, not yet out of sight
	due    []float64  // MM of parts that have yet to pass the part sensor
	laidMM float64
	steps  int
	fresh  float64 // parts up to here have been new
}

// lay takes what the feed has up to a place.
func (w *walk) lay(mm float64) {
	for _, p := range w.feed.Until(mm) {
		w.window, w.due = append(w.window, p), append(w.due, p.MM)
	}
	w.laidMM = max(w.laidMM, mm)
}

// next returns the travel at which the camera fires next.
func (w *walk) next() (travelled float64, more bool) {
	if w.layout.StepMM == 0 {
		for len(w.due) == 0 {
			if w.feed.Done() {
				return 0, false
			}
			w.lay(w.laidMM + w.layout.PitchMM)
		}
		mm := w.due[0]
		w.due = w.due[1:]
		return mm + w.layout.CameraMM, true
	}
	w.due = w.due[:0]
	if w.feed.Done() && (len(w.window) == 0 || w.window[len(w.window)-1].MM <= w.fresh) {
		return 0, false
	}
	w.steps++
	return float64(w.steps) * w.layout.StepMM, true
}

// shot returns the parts in the picture taken at travelled.
func (w *walk) shot(travelled float64) Shot {
	middle, edge := travelled-w.layout.CameraMM, w.layout.FrameXMM/2
	w.lay(middle + edge + w.reach)
	var s Shot
	whole := middle + edge - w.reach
	keep := w.window[:0]
	for _, p := range w.window {
		if p.MM <= middle-edge-w.reach {
			continue
		}
		keep = append(keep, p)
		if p.MM < middle+edge+w.reach {
			s.Visible = append(s.Visible, p)
		}
		if p.MM > w.fresh && p.MM <= whole {
			s.New = append(s.New, p)
		}
	}
	w.window, w.fresh = keep, max(w.fresh, whole)
	return s
}
