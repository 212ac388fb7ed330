package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
)

// room is where viewers watch one thing. Its work - encoding, reading the log -
// is done once for all viewers, by one goroutine that runs from when the first
// enters until the last has left. Nobody watching costs nothing.
type room struct {
	run  func(ctx context.Context) // until ctx ends
	late func(box *mailbox)        // for who comes when others are there; called with mu held. Nil: nothing
	log  *slog.Logger              // carries what is watched

	mu      sync.Mutex // guards what follows; never held while waiting
	viewers map[*mailbox]bool
	stop    context.CancelFunc
	done    chan struct{}
}

// enter gives a viewer its mailbox and opens the room for the first.
func (r *room) enter() *mailbox {
	r.mu.Lock()
	defer r.mu.Unlock()
	box := newMailbox()
	r.viewers[box] = true
	switch {
	case len(r.viewers) == 1:
		var ctx context.Context
		ctx, r.stop = context.WithCancel(context.Background())
		done := make(chan struct{})
		r.done = done
		go func() { defer close(done); r.run(ctx) }()
	case r.late != nil:
		r.late(box)
	}
	return box
}

// leave closes the room behind the last viewer and waits until it is shut.
func (r *room) leave(box *mailbox) {
	r.mu.Lock()
	delete(r.viewers, box)
	stop, done := r.stop, r.done
	empty := len(r.viewers) == 0
	r.mu.Unlock()
	if empty {
		stop()
		<-done
	}
}

// show hands a message to every viewer.
func (r *room) show(key, name string, v any) {
	data, err := json.Marshal(v)
	if err != nil { // our own types, with every float made a number
		r.log.Error("could not show", "err", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for box := range r.viewers {
		box.put(key, message{name, data})
	}
}
