package watch

import "time"

// paceOver is the time over which frames a second are counted.
const paceOver = 10 * time.Second

// pace counts frames a second over the last ten seconds of exposures.
type pace struct {
	times []time.Time
	began time.Time
}

// see takes one frame and returns the rate.
func (p *pace) see(at time.Time) float64 {
	if p.began.IsZero() || len(p.times) > 0 && at.Before(p.times[len(p.times)-1]) { // the clock was set
		p.times, p.began = p.times[:0], at
	}
	p.times = append(p.times, at)
	old := 0
	for old < len(p.times) && at.Sub(p.times[old]) > paceOver {
		old++
	}
	p.times = append(p.times[:0], p.times[old:]...)
	span := at.Sub(p.times[0]).Seconds()
	if span <= 0 {
		return 0
	}
	return float64(len(p.times)-1) / span
}

// full reports whether the count is over all of its time.
func (p *pace) full() bool {
	return len(p.times) > 0 && p.times[len(p.times)-1].Sub(p.began) >= paceOver
}

// said keeps a complaint from being made again and again.
type said struct {
	every time.Duration
	last  time.Time
}

// now reports whether it may be said again.
func (s *said) now(at time.Time) bool {
	if !s.last.IsZero() && at.Sub(s.last) < s.every {
		return false
	}
	s.last = at
	return true
}
