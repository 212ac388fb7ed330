package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"linesman/event"
)

// drainWithin is how long the log may take to have what the process before left in
// the ring, where more comes all the time; drainLook is how often it is looked at.
const (
	drainWithin = time.Minute
	drainLook   = 20 * time.Millisecond
)

// past is the log as it is asked for what was before this process: it answers once
// what the one before left in the ring has been written.
type past struct {
	log  event.Log
	ring *event.Ring
	warn *slog.Logger

	mu    sync.Mutex
	ready bool
}

func newPast(log event.Log, ring *event.Ring, warn *slog.Logger) *past {
	return &past{log: log, ring: ring, warn: warn, ready: ring.State().Used == 0}
}

// Read reads the log.
func (p *past) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	if err := p.wait(ctx); err != nil {
		return nil, err
	}
	return p.log.Read(ctx, f)
}

// wait returns once the ring was empty for a moment: all that was left in it is
// written then.
func (p *past) wait(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for deadline := time.Now().Add(drainWithin); !p.ready; {
		switch {
		case p.ring.State().Used == 0:
			p.ready = true
			return nil
		case time.Now().After(deadline):
			p.ready = true
			p.warn.Warn("the log does not come up with the ring: what the process before saw last may be left out of head counts and alarm hours")
			return nil
		}
		select {
		case <-time.After(drainLook):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}
