package sqlite

import (
	"bytes"
	"sync"

	"linesman/event"
)

// How many of the newest events followers get from memory, at most, and how
// many bytes of data.
const (
	tailLength = 4096
	tailBytes  = 16 << 20
)

// tail is the log's newest events, for followers: two hundred of them then
// cost no reading of the disk. It is guarded by its own lock, which nobody
// holds for longer than a copy.
type tail struct {
	mu     sync.RWMutex
	events [tailLength]event.Event // at seq % tailLength
	first  uint64                  // the oldest there is; 0 for none
	last   uint64
	bytes  int // of data
}

// add takes what was stored, by ascending seq without gaps.
func (t *tail) add(events []event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range events {
		e.Data = bytes.Clone(e.Data) // the producer's own
		if t.first == 0 {
			t.first = e.Seq
		}
		place := &t.events[e.Seq%tailLength]
		if e.Seq >= t.first+tailLength {
			t.first = e.Seq - tailLength + 1
		}
		t.bytes += len(e.Data) - len(place.Data)
		t.last, *place = e.Seq, e
	}
	for t.bytes > tailBytes && t.first < t.last {
		place := &t.events[t.first%tailLength]
		t.bytes -= len(place.Data)
		*place = event.Event{}
		t.first++
	}
}

// since returns up to limit events after a seq; ok is false when memory does
// not reach that far back.
func (t *tail) since(after uint64, limit int) (out []event.Event, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.first == 0 || after+1 < t.first {
		return nil, false
	}
	for seq := after + 1; seq <= t.last && len(out) < limit; seq++ {
		out = append(out, t.events[seq%tailLength])
	}
	return out, true
}
