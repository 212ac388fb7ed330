package clip

import (
	"fmt"
	"sync"
	"time"

	"linesman/camera"
)

// Limits bound a Ring.
type Limits struct {
	// For is how long the stream is kept. The oldest picture group stays until the
	// next one is that old, so up to one group more is there.
	For time.Duration `yaml:"for,omitempty"`
	// Bytes bounds the compressed data, whatever For says.
	Bytes int64 `yaml:"bytes,omitempty"`
}

// Validate refuses limits by which nothing would be kept.
func (l Limits) Validate() error {
	switch {
	case l.For <= 0:
		return fmt.Errorf("for is %v; say how long the stream is kept, as 30s", l.For)
	case l.Bytes <= 0:
		return fmt.Errorf("bytes is %d; say how much of the stream is kept: 1 MiB a second is plenty for 8 Mbit/s", l.Bytes)
	}
	return nil
}

// Kept says what a Ring holds.
type Kept struct {
	From, To time.Time // exposures of the first and the last packet
	Packets  int
	Bytes    int64
	Groups   int
	// Early counts packets that were not kept, since no key picture had come;
	// Overflown those of picture groups larger than the whole ring.
	Early, Overflown uint64
}

// Ring holds the last seconds of one camera's stream: whole picture groups, so
// that what is in it begins with a key picture. It never waits: what does not
// fit pushes the oldest group out. A group that alone is larger than the ring is
// given up, and nothing is kept until the next key picture.
//
// One goroutine puts, any number may cut.
type Ring struct {
	limits Limits

	mu               sync.RWMutex
	groups           []group // oldest first; the last one is still growing
	last             *camera.Packet
	clock            time.Duration // time of the stream so far, forwards only
	bytes            int64
	early, overflown uint64
	open             bool // the last group takes packets
}

// group is a key picture and what follows up to the next one.
type group struct {
	packets []*camera.Packet
	bytes   int64
	since   time.Duration // by the ring's clock
}

// NewRing returns an empty ring.
func NewRing(l Limits) (*Ring, error) {
	if err := l.Validate(); err != nil {
		return nil, fmt.Errorf("clips: %w", err)
	}
	return &Ring{limits: l}, nil
}

// Put takes one packet and holds on to it; nobody may write to it any more. An
// error says that a packet of this kind can not be kept.
func (r *Ring) Put(p *camera.Packet) error {
	if err := known(p); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last != nil {
		r.clock += max(step(r.last, p), 0)
	}
	r.last = p
	switch {
	case p.Key:
		r.groups, r.open = append(r.groups, group{since: r.clock}), true
	case !r.open:
		r.early++
		return nil
	}
	g := &r.groups[len(r.groups)-1]
	g.packets = append(g.packets, p)
	g.bytes += int64(len(p.Data))
	r.bytes += int64(len(p.Data))
	r.trim()
	return nil
}

// trim lets groups go that are too old, or too much.
func (r *Ring) trim() {
	gone := 0
	for ; gone < len(r.groups); gone++ {
		newest := gone == len(r.groups)-1
		old := !newest && r.clock-r.groups[gone+1].since >= r.limits.For
		if !old && r.bytes <= r.limits.Bytes {
			break
		}
		r.bytes -= r.groups[gone].bytes
		if newest {
			r.overflown += uint64(len(r.groups[gone].packets))
			r.open = false
		}
	}
	if gone > 0 {
		n := copy(r.groups, r.groups[gone:])
		clear(r.groups[n:])
		r.groups = r.groups[:n]
	}
}

// Cut returns the packets from the key picture at or before from up to to, both
// exposure times; from the oldest on where the ring does not reach back so far.
// Their data is the ring's own: read-only, and good for as long as it is held.
func (r *Ring) Cut(from, to time.Time) []*camera.Packet {
	r.mu.RLock()
	defer r.mu.RUnlock()
	first := 0
	for i := len(r.groups) - 1; i > 0; i-- {
		if !r.groups[i].packets[0].At.After(from) {
			first = i
			break
		}
	}
	var cut []*camera.Packet
	for i := first; i < len(r.groups); i++ {
		for _, p := range r.groups[i].packets {
			if p.At.After(to) {
				return cut
			}
			cut = append(cut, p)
		}
	}
	return cut
}

// Kept returns what the ring holds.
func (r *Ring) Kept() Kept {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k := Kept{Bytes: r.bytes, Groups: len(r.groups), Early: r.early, Overflown: r.overflown}
	for i, g := range r.groups {
		k.Packets += len(g.packets)
		if i == 0 {
			k.From = g.packets[0].At
		}
		k.To = g.packets[len(g.packets)-1].At
	}
	return k
}
