package watch

import (
	"errors"
	"sync"
	"time"

	"linesman/event"
	"linesman/models/secondlook"
)

// LookingEye turns a crop (RGB, secondlook.Side x secondlook.Side) into features;
// secondlook.Eye is made for it.
type LookingEye interface {
	Look(crop []byte) ([]float32, error)
}

// Judge is a second look by its model.
type Judge struct {
	Model *secondlook.Model
	Hash  string // of its file
}

// Second is the site's second look: by what things are judged that are about to
// raise an alarm, and by what beside it. It is safe from many goroutines.
type Second struct {
	open func() (LookingEye, error)

	mu             sync.Mutex // held for the exchange of pointers and for counts
	eye            LookingEye
	active, shadow *Judge
	withheld       uint64
	counts         event.SecondLookShadowed
}

// shadowExamples bounds how many alarms a report of the shadow names.
const shadowExamples = 10

// NewSecond returns a second look that takes nothing away. open is called once
// something is to be judged.
func NewSecond(open func() (LookingEye, error)) *Second { return &Second{open: open} }

// Use says by what alarms are withheld from now on; nil: by nothing. What is
// withheld by another is raised within a second. An error says that nothing
// changed.
func (s *Second) Use(active *Judge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if active != nil {
		if err := s.ready(); err != nil {
			return err
		}
	}
	s.active, s.withheld = active, 0
	return nil
}

// Shadow says what judges beside it from now on; nil: nothing. It returns what the
// one before has to tell, if there was one.
func (s *Second) Shadow(beside *Judge, now time.Time) (was event.SecondLookShadowed, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if beside != nil {
		if err := s.ready(); err != nil {
			return was, false, err
		}
	}
	was, ok = s.counted(now), s.shadow != nil
	s.shadow, s.counts = beside, event.SecondLookShadowed{From: now.UTC()}
	return was, ok, nil
}

// ready opens the network.
func (s *Second) ready() error {
	if s.eye != nil {
		return nil
	}
	if s.open == nil {
		return errors.New("watch: no network is there for a second look")
	}
	eye, err := s.open()
	if err != nil {
		return err
	}
	s.eye = eye
	return nil
}

// judges returns by what is judged now.
func (s *Second) judges() (eye LookingEye, active, shadow *Judge) {
	if s == nil {
		return nil, nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.eye, s.active, s.shadow
}

// Judging is by what a second look is taken now.
type Judging struct {
	Active, Shadow *Judge // nil: none
	Withheld       uint64 // alarms, since Active began
	Beside         event.SecondLookShadowed
}

// Judging says by what a second look is taken now, and what came of it.
func (s *Second) Judging(now time.Time) Judging {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Judging{s.active, s.shadow, s.withheld, s.counted(now)}
}

// counted is what the shadow has to tell.
func (s *Second) counted(now time.Time) event.SecondLookShadowed {
	c := s.counts
	if s.shadow != nil {
		c.Version, c.Hash = s.shadow.Model.Version, s.shadow.Hash
	}
	c.To = now.UTC()
	return c
}

// hour returns what the shadow has to tell each hour, and begins anew.
func (s *Second) hour(now time.Time) (c event.SecondLookShadowed, ok bool) {
	if s == nil {
		return c, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shadow == nil || now.Sub(s.counts.From) < time.Hour {
		return c, false
	}
	c = s.counted(now)
	s.counts = event.SecondLookShadowed{From: now.UTC()}
	return c, true
}

// count notes what a judge made of one alarm.
func (s *Second) count(j *Judge, withheld bool, key, camera string, like []event.AlarmLike) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch j {
	case s.active:
		if withheld {
			s.withheld++
		}
	case s.shadow:
		s.counts.Looked++
		if !withheld {
			return
		}
		s.counts.Withheld++
		if len(s.counts.Examples) < shadowExamples {
			s.counts.Examples = append(s.counts.Examples, event.ShadowWithheld{Key: key, Camera: camera, Like: like})
		}
	}
}
