package api

import "sync"

// message is one SSE message, encoded once for all viewers.
type message struct {
	name string // of the event
	data []byte // JSON; shared, read-only
}

// mailbox is what waits for one viewer: the newest message of each kind and no
// more. Who puts never waits; who is slow misses what came between.
type mailbox struct {
	ready chan struct{} // holds one token while something waits

	mu      sync.Mutex
	waiting []slot
}

type slot struct {
	key string
	message
}

func newMailbox() *mailbox { return &mailbox{ready: make(chan struct{}, 1)} }

// put leaves a message, in place of one with the same key that nobody took.
func (b *mailbox) put(key string, m message) {
	b.mu.Lock()
	found := false
	for i := range b.waiting {
		if b.waiting[i].key == key {
			b.waiting[i].message, found = m, true
		}
	}
	if !found {
		b.waiting = append(b.waiting, slot{key, m})
	}
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// take empties the box, in the order in which its keys were first put.
func (b *mailbox) take() []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]message, len(b.waiting))
	for i, s := range b.waiting {
		out[i] = s.message
	}
	b.waiting = b.waiting[:0]
	return out
}
