package watch

import (
	"fmt"
	"time"

	"linesman/event"
)

// paceOver is the time over which frames a second are counted.
const paceOver = 10 * time.Second

// A camera is short from less than shortBelow of the frames asked for on, and no
// more from shortUntil on: at the edge it must not come and go.
const (
	shortBelow = 0.8
	shortUntil = 0.9
)

// pace counts frames a second over the last ten seconds of exposures, and says
// whether they are too few.
type pace struct {
	wanted float64 // frames a second
	seen   []paced // in the last ten seconds, oldest first
	began  time.Time
	came   uint64 // since the last that was seen, itself not counted
	pushed uint64 // of these, pushed out by newer ones
	by     string // what it is short by: "box", "camera", or "" while it is not
}

// paced is one frame that was seen.
type paced struct {
	at           time.Time
	came, pushed uint64 // since the one before, itself counted as come
}

// take counts a frame that came, and those that were pushed out before it.
func (p *pace) take(pushed uint64) { p.came, p.pushed = p.came+1+pushed, p.pushed+pushed }

// see takes one frame that is seen, after take, and returns the rate.
func (p *pace) see(at time.Time) (seen float64) {
	if n := len(p.seen); n > 0 {
		// The clock was set, or nothing came for so long that silence was told of.
		if gap := at.Sub(p.seen[n-1].at); gap < 0 || gap > p.longest() && p.came <= 1 {
			p.seen = p.seen[:0]
		}
	}
	if len(p.seen) == 0 {
		p.began = at
	}
	p.seen = append(p.seen, paced{at, p.came, p.pushed})
	p.came, p.pushed = 0, 0
	old := 0
	for at.Sub(p.seen[old].at) > paceOver {
		old++
	}
	p.seen = append(p.seen[:0], p.seen[old:]...)
	seen, _, _ = p.rates()
	return seen
}

// longest is how far two frames of one count may be apart where none came between.
func (p *pace) longest() time.Duration {
	if p.wanted <= 0 {
		return paceOver
	}
	return max(blindAfter, time.Duration(3/p.wanted*float64(time.Second)))
}

// rates are frames a second that were seen, that came, and that were pushed out.
func (p *pace) rates() (seen, came, pushed float64) {
	last := len(p.seen) - 1
	if last < 1 {
		return 0, 0, 0
	}
	span := p.seen[last].at.Sub(p.seen[0].at).Seconds()
	if span <= 0 {
		return 0, 0, 0
	}
	for _, f := range p.seen[1:] {
		came, pushed = came+float64(f.came), pushed+float64(f.pushed)
	}
	return float64(last) / span, came / span, pushed / span
}

// full reports whether the count is over all of its time.
func (p *pace) full() bool {
	return len(p.seen) > 0 && p.seen[len(p.seen)-1].at.Sub(p.began) >= paceOver
}

// judge says whether too few of the frames asked for are seen, and by whom, and
// whether that is news. A count that is not over all of its time changes nothing.
func (p *pace) judge() (by string, news bool) {
	if !p.full() {
		return p.by, false
	}
	was := p.by
	seen, came, pushed := p.rates()
	switch {
	case seen >= shortUntil*p.wanted:
		p.by = ""
	case p.by == "" && seen >= shortBelow*p.wanted:
	case pushed > 0 && came >= shortBelow*p.wanted:
		p.by = "box"
	default:
		p.by = "camera"
	}
	return p.by, p.by != was
}

// told is what the log is told.
func (p *pace) told(camera string) event.CameraShort {
	seen, came, pushed := p.rates()
	e := event.CameraShort{Camera: camera, Short: p.by != "", By: p.by, WantedFPS: p.wanted, SeenFPS: tenth(seen), CameFPS: tenth(came), PushedFPS: tenth(pushed)}
	switch {
	case p.by == "box":
		e.Why = fmt.Sprintf("the box has not the cores: it looks at %.1f frames a second of %g asked for, and %.1f came", seen, p.wanted, came)
		e.WhatTo = fmt.Sprintf("ask for fewer frames (watches.%s.fps), take a camera off, or take a box with more cores", camera)
	case p.by == "camera" && came < shortBelow*p.wanted:
		e.Why = fmt.Sprintf("the camera sends %.1f frames a second of %g asked for", came, p.wanted)
		e.WhatTo = fmt.Sprintf("set the camera's rate to %g or a multiple of it, look at the network, or ask for fewer (watches.%s.fps)", p.wanted, camera)
	case p.by == "camera":
		e.Why = fmt.Sprintf("of %.1f frames a second that the camera sends %.1f lie far enough apart, and %g are asked for", came, seen, p.wanted)
		e.WhatTo = fmt.Sprintf("set the camera's rate to a multiple of %g", p.wanted)
	}
	return e
}

func tenth(v float64) float64 { return float64(int(v*10+0.5)) / 10 }

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
