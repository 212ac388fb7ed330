package bench

import (
	"sync"
	"sync/atomic"
	"time"
)

// clock is the time of one run, as line, belt and tally see it. Paced, it is
// the wall clock less the stretches during which it stood; unpaced, it is
// belt time, moved by whoever moves the belt.
type clock struct {
	start   time.Time
	unpaced bool
	belt    atomic.Int64 // unpaced: belt time

	mu      sync.Mutex
	stops   []stretch
	stopped bool
	stopAt  time.Time
	going   chan struct{} // closed while the clock goes
}

type stretch struct{ from, to time.Time }

func newClock(unpaced bool) *clock {
	c := &clock{start: time.Now(), unpaced: unpaced, going: make(chan struct{})}
	close(c.going)
	return c
}

// Now returns the run's time. While the clock stands it does not change.
func (c *clock) Now() time.Time { return c.At(time.Now()) }

// At returns the run's time at a moment of the wall clock.
func (c *clock) At(wall time.Time) time.Time {
	if c.unpaced {
		return c.start.Add(time.Duration(c.belt.Load()))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped && wall.After(c.stopAt) {
		wall = c.stopAt
	}
	return wall.Add(-c.stood(wall))
}

// Elapsed returns the run's time since its start.
func (c *clock) Elapsed() time.Duration { return c.Now().Sub(c.start) }

// Stop lets the clock stand; workers wait at their next Hold.
func (c *clock) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped, c.stopAt = true, time.Now()
	c.going = make(chan struct{})
}

// Go lets the clock go on.
func (c *clock) Go() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stops = append(c.stops, stretch{c.stopAt, time.Now()})
	c.stopped = false
	close(c.going)
}

// Ran returns for how long the clock has gone at a moment of the wall clock.
func (c *clock) Ran(wall time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped && wall.After(c.stopAt) {
		wall = c.stopAt
	}
	return wall.Sub(c.start) - c.stood(wall)
}

// stood returns for how long the clock has stood up to a moment.
func (c *clock) stood(wall time.Time) (stood time.Duration) {
	for _, s := range c.stops {
		switch {
		case !wall.Before(s.to):
			stood += s.to.Sub(s.from)
		case wall.After(s.from):
			stood += wall.Sub(s.from)
		}
	}
	return stood
}

// Hold waits until the clock goes.
func (c *clock) Hold() {
	c.mu.Lock()
	going := c.going
	c.mu.Unlock()
	<-going
}
