package camera

import (
	"errors"
	"math/rand/v2"
	"time"
)

// backOff says how long to wait before a camera is opened again: longer after
// each failure, at most Max, and always Permanent for faults that need a
// person. Every wait is spread by a fifth either way, so that the cameras of a
// site do not all knock at one switch in the same instant.
type backOff struct {
	First, Max, Permanent time.Duration
	failures              int
}

// after returns the wait after one more failure.
func (b *backOff) after(err error) time.Duration {
	if errors.Is(err, ErrPermanent) {
		return jitter(b.Permanent)
	}
	wait := b.First << min(b.failures, 20)
	b.failures++
	return jitter(min(wait, b.Max))
}

// reset forgets the failures: the camera has been well for a while.
func (b *backOff) reset() { b.failures = 0 }

func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}
