package watch

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/vision/tamper"
)

// Memory keeps what a camera's scene looks like from one process to the next, so that
// a camera that was turned in between is told of. Its methods return at once: what
// takes time is done elsewhere.
type Memory interface {
	// Recall returns what was kept of a camera and when, nil if that is nothing or too
	// old to be held against what is seen now.
	Recall(id part.CameraID) (scene []byte, at time.Time)
	// Keep takes the scene of a camera. It must not be changed after.
	Keep(id part.CameraID, scene []byte)
}

// rememberEvery is how often a scene is handed to the memory.
const rememberEvery = time.Minute

// recall takes up the scene that another process has learnt.
func (s *Station) recall() {
	if s.cfg.Memory == nil {
		return
	}
	scene, at := s.cfg.Memory.Recall(s.cfg.Camera)
	if scene == nil {
		return
	}
	if err := s.tamper.Recall(scene); err != nil {
		s.cfg.Log.Warn("what a camera saw before the start is not known: its scene is learnt anew", "camera", string(s.cfg.Camera), "of", at.UTC(), "err", err)
	}
}

// remember hands the scene over, now and then.
func (s *Station) remember(at time.Time) {
	if s.cfg.Memory == nil || at.Sub(s.remembered) < rememberEvery && !at.Before(s.remembered) {
		return
	}
	s.remembered = at
	if scene := s.tamper.Remember(); scene != nil {
		s.cfg.Memory.Keep(s.cfg.Camera, scene)
	}
}

// accepted is a person's word that a camera shows what it should.
type accepted struct {
	reason, actor string
}

// ErrNoCamera is returned for a camera that is not watched.
var ErrNoCamera = errors.New("no such safety camera; see watches in the site file")

// AcceptView takes what a camera shows from now on for what it should show: its scene
// is learnt anew, and what was raised against the one before (moved, covered, blurred)
// is cleared once that is done. It is told in camera.accepted by the actor. It returns
// at once; an error is returned for a camera that is not watched, and without a reason.
// Zones stay where they were drawn.
func (g *Guard) AcceptView(id part.CameraID, reason, actor string) error {
	s := g.stations[id]
	if s == nil {
		return fmt.Errorf("camera %q: %w", id, ErrNoCamera)
	}
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return fmt.Errorf("camera %q: say why what it shows is right", id)
	}
	s.accept.Store(&accepted{reason, actor})
	return nil
}

// relearn does what a person asked for.
func (s *Station) relearn(at time.Time) {
	a := s.accept.Swap(nil)
	if a == nil {
		return
	}
	said := event.CameraAccepted{Camera: string(s.cfg.Camera), Reason: a.reason}
	for _, r := range s.readings {
		if r.Raised && r.Fault != tamper.Dark && r.Fault != tamper.Frozen {
			said.Faults = append(said.Faults, r.Fault.String())
		}
	}
	s.tamper.Relearn()
	s.remembered = at // not before the new one is learnt
	g := s.cfg.Guard
	e := event.New(g.cfg.Source+"/camera/"+string(s.cfg.Camera), "", at, said)
	e.Actor = a.actor
	g.cfg.Events.Emit(e)
}
