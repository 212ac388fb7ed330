package part

import (
	"fmt"
	"time"
)

// Tick is a place on the belt in encoder counts, widened to 64 bits. Ticks of
// different epochs (before and after an encoder reset) can not be compared.
type Tick struct {
	Epoch int64 `json:"epoch"`
	Count int64 `json:"count"`
}

// Add returns the tick n counts further on.
func (t Tick) Add(n int64) Tick { return Tick{t.Epoch, t.Count + n} }

// Sub returns t less u in counts; ok is false across epochs.
func (t Tick) Sub(u Tick) (n int64, ok bool) { return t.Count - u.Count, t.Epoch == u.Epoch }

// Before reports whether t lies before u, epochs first.
func (t Tick) Before(u Tick) bool {
	return t.Epoch < u.Epoch || t.Epoch == u.Epoch && t.Count < u.Count
}

// String prints epoch and count.
func (t Tick) String() string { return fmt.Sprintf("%d:%d", t.Epoch, t.Count) }

// Source says how a position was found.
type Source uint8

// The sources of a position, best first.
const (
	Unknown      Source = iota
	Latched             // by the controller's FIFO or the camera's chunk data, at exposure
	Interpolated        // from time-stamped readings around the exposure
	Timed               // from time and a nominal speed alone
)

// String returns the source's word.
func (s Source) String() string {
	return [...]string{"unknown", "latched", "interpolated", "timed"}[min(int(s), 3)]
}

// MarshalText writes the source as its word.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Position is a place on the belt and how sure we are of it.
type Position struct {
	Tick        Tick
	Source      Source
	Uncertainty float64 // counts, plus or minus; widens the reject window
}

// Unroller turns the raw counter of a 16- or 32-bit encoder into Ticks. It
// takes care of rollover, of a belt that runs backwards, and of resets: a jump
// that no belt can make within the time between two readings, or a changed
// boot count of the controller, begins a new epoch.
//
// An Unroller belongs to one goroutine.
type Unroller struct {
	Bits     int     // 16 or 32
	MaxSpeed float64 // counts a second, the fastest the belt can move either way

	started bool
	raw     uint64
	boot    uint64
	at      time.Time
	tick    Tick
}

// Read takes one reading. reset is true when this reading begins a new epoch.
func (u *Unroller) Read(raw, boot uint64, at time.Time) (tick Tick, reset bool) {
	mask := uint64(1)<<u.Bits - 1
	raw &= mask
	if !u.started {
		u.started, u.raw, u.boot, u.at = true, raw, boot, at
		u.tick = Tick{Epoch: 1, Count: int64(raw)}
		return u.tick, false
	}
	step := signed(raw-u.raw, u.Bits)
	limit := u.MaxSpeed * (at.Sub(u.at).Seconds() + 0.1) // 0.1 s: readings are stamped on arrival
	if boot != u.boot || u.MaxSpeed > 0 && abs(float64(step)) > limit {
		u.tick = Tick{Epoch: u.tick.Epoch + 1, Count: int64(raw)}
		reset = true
	} else {
		u.tick.Count += step
	}
	u.raw, u.boot, u.at = raw, boot, at
	return u.tick, reset
}

// Widen places a raw counter latched by the same controller (a trigger, a
// sensor edge) into the current epoch: the tick nearest to the last reading
// with those low bits.
func (u *Unroller) Widen(raw uint64) Tick {
	mask := uint64(1)<<u.Bits - 1
	return u.tick.Add(signed((raw&mask)-u.raw, u.Bits))
}

// Now returns the last tick read.
func (u *Unroller) Now() Tick { return u.tick }

// signed reads the low bits of n as two's complement.
func signed(n uint64, bits int) int64 {
	shift := 64 - bits
	return int64(n<<shift) >> shift
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

// Near returns the tick closest to t whose low bits are raw: it places a raw
// counter latched by the same encoder at about the same time. A Tick keeps the
// encoder's own low bits, so this needs no Unroller.
func (t Tick) Near(raw uint64, bits int) Tick {
	mask := uint64(1)<<bits - 1
	return t.Add(signed((raw-uint64(t.Count))&mask, bits))
}
