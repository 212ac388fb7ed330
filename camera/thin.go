package camera

import "time"

// Thin decides which pictures of a camera are wanted where at most so many a
// second are. Key pictures are wanted first: they alone are coded without the
// pictures before, so that a picture that stands still is known by them. One takes
// the place of the picture that would be wanted next.
//
// The zero value wants all. It belongs to one goroutine.
type Thin struct {
	Every time.Duration // from one wanted picture to the next, at least
	due   time.Time
}

// early is by which share of Every a picture may come before it is due: cameras
// are not that punctual.
const early = 8

// Wants reports whether a picture is wanted. A clock that was set back by more
// than Every, or a second, begins anew.
func (t *Thin) Wants(exposed time.Time, key bool) bool {
	if t.Every <= 0 {
		return true
	}
	ahead := t.due.Sub(exposed)
	switch {
	case t.due.IsZero(), ahead <= t.Every/early, ahead > max(2*t.Every, t.Every+time.Second):
		t.due = exposed.Add(t.Every)
	case key && ahead <= t.Every:
		t.due = t.due.Add(t.Every)
	default:
		return false
	}
	return true
}
