package part

import "time"

// Clock tells where the belt was at a given moment, from time-stamped encoder
// readings: between two readings by straight interpolation, just outside them
// by the speed measured there. It keeps the last readings only and belongs to
// one goroutine.
type Clock struct {
	// MaxGap is how far from the nearest reading a moment may lie; beyond it the
	// position is Unknown. Zero means 500 ms.
	MaxGap time.Duration

	readings []reading // ascending in time, one epoch
}

type reading struct {
	at   time.Time
	tick Tick
}

const clockDepth = 128

// Add takes one reading. A new epoch forgets the old one's readings.
func (c *Clock) Add(tick Tick, at time.Time) {
	if n := len(c.readings); n > 0 {
		last := c.readings[n-1]
		if last.tick.Epoch != tick.Epoch {
			c.readings = c.readings[:0]
		} else if !at.After(last.at) {
			return
		}
	}
	if len(c.readings) == clockDepth {
		copy(c.readings, c.readings[1:])
		c.readings = c.readings[:clockDepth-1]
	}
	c.readings = append(c.readings, reading{at, tick})
}

// Speed returns counts a second over the last readings; ok is false with fewer
// than two.
func (c *Clock) Speed() (perSecond float64, ok bool) {
	n := len(c.readings)
	if n < 2 {
		return 0, false
	}
	return speed(c.readings[max(0, n-10)], c.readings[n-1]), true
}

// At returns the belt's position at the moment t. Its uncertainty grows with
// the distance to the nearest reading, by the speed.
func (c *Clock) At(t time.Time) Position {
	maxGap := c.MaxGap
	if maxGap == 0 {
		maxGap = 500 * time.Millisecond
	}
	n := len(c.readings)
	if n < 2 {
		return Position{}
	}
	i := n - 1
	for i > 1 && c.readings[i-1].at.After(t) {
		i--
	}
	a, b := c.readings[i-1], c.readings[i]
	perSecond := speed(a, b)
	gap := min(absDuration(t.Sub(a.at)), absDuration(t.Sub(b.at)))
	if gap > maxGap {
		return Position{}
	}
	source := Interpolated
	if t.Before(a.at) || t.After(b.at) {
		source = Timed
	}
	return Position{
		Tick:        a.tick.Add(int64(perSecond*t.Sub(a.at).Seconds() + 0.5)),
		Source:      source,
		Uncertainty: 1 + 0.1*abs(perSecond)*gap.Seconds(),
	}
}

func speed(a, b reading) float64 {
	return float64(b.tick.Count-a.tick.Count) / b.at.Sub(a.at).Seconds()
}

func absDuration(d time.Duration) time.Duration {
	if d < 0 {
		return -d
	}
	return d
}
