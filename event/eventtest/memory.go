// Package eventtest is what tests of the log and of its users need: one
// conformance suite for every event.Log, and a log in memory.
package eventtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"linesman/event"
)

var (
	_ event.Log  = (*Memory)(nil)
	_ event.Sink = (*Memory)(nil)
)

// Memory is an event log in memory. It keeps every promise of event.Log but
// the one of being on disk, and takes events by Emit as well.
type Memory struct {
	mu      sync.Mutex
	events  []event.Event // events[i] has seq i+1
	byID    map[string]uint64
	changed chan struct{}
	closed  bool
}

// NewMemory returns an empty log.
func NewMemory() *Memory {
	return &Memory{byID: map[string]uint64{}, changed: make(chan struct{})}
}

// Emit stores an event. It panics over an event that no log takes: in a test
// that is the finding.
func (m *Memory) Emit(e event.Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if _, err := m.Append(context.Background(), []event.Event{e}); err != nil {
		panic("eventtest: " + err.Error())
	}
}

// Append stores events. See event.Log.
func (m *Memory) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i, e := range events {
		if err := e.Check(); err != nil {
			return nil, fmt.Errorf("event log: event %d of %d: %w", i+1, len(events), err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, event.ErrClosed
	}
	out := slices.Clone(events)
	for i := range out {
		e := &out[i]
		e.Time = e.Time.UTC().Round(0)
		if e.ID == "" {
			e.ID = event.NewID()
		}
		if e.Actor == "" {
			e.Actor = "system"
		}
		if seq, ok := m.byID[e.ID]; ok {
			e.Seq = seq
			continue
		}
		e.Seq = uint64(len(m.events)) + 1
		e.Data = slices.Clone(e.Data)
		m.events = append(m.events, *e)
		m.byID[e.ID] = e.Seq
	}
	close(m.changed)
	m.changed = make(chan struct{})
	return out, nil
}

// Read returns events that match. See event.Log.
func (m *Memory) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, event.ErrClosed
	}
	limit := f.Limit
	if limit <= 0 {
		limit = event.DefaultLimit
	}
	var out []event.Event
	for i := range m.events {
		e := m.events[i]
		if f.Newest {
			e = m.events[len(m.events)-1-i]
		}
		if f.Match(e) {
			if out = append(out, e); len(out) == limit {
				break
			}
		}
	}
	return out, nil
}

// Follow calls fn with every event after seq. See event.Log.
func (m *Memory) Follow(ctx context.Context, after uint64, fn func(event.Event) error) error {
	for {
		m.mu.Lock()
		changed := m.changed
		m.mu.Unlock()
		events, err := m.Read(ctx, event.Filter{After: after})
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fn(e); err != nil {
				return err
			}
			after = e.Seq
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Events returns all there is, for a test to look at.
func (m *Memory) Events() []event.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

// Close ends the log; followers return event.ErrClosed.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.changed)
	}
	return nil
}
