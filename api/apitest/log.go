package apitest

import (
	"context"
	"slices"
	"sync"

	"linesman/event"
)

// Log is an event log in memory. The zero value is ready.
type Log struct {
	mu     sync.Mutex
	events []event.Event
	grown  chan struct{} // closed and replaced at every append
}

// Append stores events and returns them with ID and Seq.
func (l *Log) Append(_ context.Context, events []event.Event) ([]event.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := slices.Clone(events)
	for i := range out {
		out[i].Seq = uint64(len(l.events) + 1)
		if out[i].ID == "" {
			out[i].ID = event.NewID()
		}
		l.events = append(l.events, out[i])
	}
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
	return out, nil
}

// Read returns events that match.
func (l *Log) Read(_ context.Context, f event.Filter) ([]event.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Limit == 0 {
		f.Limit = event.DefaultLimit
	}
	var out []event.Event
	take := func(e event.Event) bool {
		if f.Match(e) {
			out = append(out, e)
		}
		return len(out) < f.Limit
	}
	if f.Newest {
		for _, e := range slices.Backward(l.events) {
			if !take(e) {
				break
			}
		}
		return out, nil
	}
	for _, e := range l.events {
		if !take(e) {
			break
		}
	}
	return out, nil
}

// Follow calls fn with every event after seq until ctx ends or fn fails.
func (l *Log) Follow(ctx context.Context, after uint64, fn func(event.Event) error) error {
	for {
		l.mu.Lock()
		var next []event.Event
		if after < uint64(len(l.events)) {
			next = slices.Clone(l.events[after:])
		}
		if l.grown == nil {
			l.grown = make(chan struct{})
		}
		grown := l.grown
		l.mu.Unlock()
		for _, e := range next {
			if err := fn(e); err != nil {
				return err
			}
			after = e.Seq
		}
		if len(next) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-grown:
		}
	}
}
