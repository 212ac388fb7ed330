package tamper

import "time"

// hold makes a lasting state of what each picture says: raised after it was so
// for a while, cleared after it was not.
type hold struct {
	raised  bool
	since   time.Time // from when on it was so, raised or not
	turning time.Time // from when on pictures say otherwise; zero if they do not
}

// see takes what a picture at a time says, or that it does not tell.
func (h *hold) see(at time.Time, known, is bool, raise, clear time.Duration) {
	if h.since.IsZero() {
		h.since = at
	}
	switch {
	case !known:
		h.turning = time.Time{}
		return
	case is == h.raised:
		h.turning = time.Time{}
		return
	case h.turning.IsZero():
		h.turning = at
	}
	wait := raise
	if h.raised {
		wait = clear
	}
	if at.Sub(h.turning) >= wait {
		h.raised, h.since, h.turning = is, h.turning, time.Time{}
	}
}

// interrupt forgets what was about to turn: between two pictures too much time
// has gone by to say that it lasted.
func (h *hold) interrupt() { h.turning = time.Time{} }
