package line

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"linesman/event"
	"linesman/part"
)

// Eye is how the eyes of one view stand now. It is a copy: readers own it.
type Eye struct {
	View      string
	Camera    part.CameraID
	Recipe    string    // name@version by which the view is looked at
	MMPerPx   float64   // of the view
	At        time.Time // exposure of the newest frame measured; zero before the first
	Frames    uint64    // learned from so far
	Learn     uint64    // to be learned from before drift is measured
	Learned   bool
	Reference event.EyesReference // what drift is measured from; zero until learned
	Measures  []EyeMeasure        // in the order of docs/vision.md; nil until learned
}

// EyeMeasure is how far one measure has come from its origin.
type EyeMeasure struct {
	What, Unit    string
	Now           float64 // in Unit
	WarnAt, Limit float64 // in Unit, either way
	State         string  // "steady", "warning" or "limit"
	Why           string  // what was seen, for a person; "" while steady
	WhatTo        string  // the cure; "" while steady
}

// Eyes returns how the cameras' own state stands, in the order of the views. It
// never waits.
func (s *Station) Eyes() []Eye { return slices.Clone(*s.eyes.seen.Load()) }

// show has readers see what the eyes know.
func (e *eyes) show() {
	all := make([]Eye, len(e.views))
	for i := range all {
		all[i] = e.eye(i)
	}
	e.seen.Store(&all)
}

func (e *eyes) eye(view int) Eye {
	z, v := &e.views[view], &e.s.cfg.Settings.Views[view]
	out := Eye{View: v.Name, Camera: v.Camera, Recipe: e.setup.id, MMPerPx: v.MMPerPx, At: z.at, Frames: z.frames, Learn: uint64(z.learn), Learned: z.learned, Reference: z.reference}
	if !z.learned {
		return out
	}
	for what, state := range z.states {
		m := &measures[what]
		now, _ := z.drift(what)
		warn, limit := z.bounds(what)
		o := EyeMeasure{What: m.name, Unit: m.unit, Now: now, WarnAt: warn, Limit: limit, State: [...]string{"steady", "warning", "limit"}[state]}
		if state != steady {
			o.Why, o.WhatTo = z.why(what, now), m.whatTo
		}
		out.Measures = append(out.Measures, o)
	}
	return out
}

// acceptance is a person's word that what views show now is right.
type acceptance struct {
	views         []int
	reason, actor string
	done          chan struct{} // closed when it is done
}

// AcceptOrigin makes what a view shows from now on its new origin, by the recipe and
// model that judge now: the next frames measured make the reference anew, and no
// earlier one is carried on. view "" is every view. It is told in eyes.accepted by the
// actor, a drift that stands is told to have ended, and the new eyes.reference names
// eyes.accepted as its cause. The line must run, or be about to. An error is returned
// for a view that the line does not have, without a reason, or once the line has ended.
func (s *Station) AcceptOrigin(view, reason, actor string) error {
	a := acceptance{reason: strings.TrimSpace(reason), actor: actor, done: make(chan struct{})}
	for i := range s.cfg.Settings.Views {
		if name := s.cfg.Settings.Views[i].Name; view == "" || view == name {
			a.views = append(a.views, i)
		}
	}
	switch {
	case len(a.views) == 0:
		return fmt.Errorf("line %s: there is no view %q; see its views in the site file", s.cfg.Line, view)
	case a.reason == "":
		return fmt.Errorf("line %s: a new origin needs a reason", s.cfg.Line)
	}
	select {
	case s.eyes.accepts <- a:
		<-a.done
		return nil
	case <-s.done:
		return fmt.Errorf("line %s: %w", s.cfg.Line, errEnded)
	}
}

// accept begins a view anew, with nothing of before to carry on.
func (e *eyes) accept(view int, reason, actor string) {
	e.tellMinute(view)
	z, v := &e.views[view], &e.s.cfg.Settings.Views[view]
	a := event.EyesAccepted{Line: string(e.s.cfg.Line), View: v.Name, Camera: string(v.Camera), Recipe: e.setup.id, RecipeHash: e.setup.hash,
		ModelHash: e.setup.Detector.Model().SHA256, Reason: reason}
	for what, state := range z.states {
		if state != steady {
			a.Drifted = append(a.Drifted, measures[what].name)
		}
	}
	said := e.event(view, a)
	said.ID, said.Actor = event.NewID(), actor
	e.s.cfg.Events.Emit(said)
	for what, state := range z.states {
		if state == steady {
			continue
		}
		d := e.drift(view, what, "ended")
		d.Why = "accepted as the new origin: " + d.Why
		ended := e.event(view, d)
		ended.Cause, ended.Actor = said.ID, actor
		e.s.cfg.Events.Emit(ended)
	}
	e.origins = slices.DeleteFunc(slices.Clone(e.origins), func(o event.EyesReference) bool { return e.isOf(&o, view) })
	*z = e.fresh(view)
	z.accepted = said.ID
}
