package main

import (
	"context"

	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// unclosed looks up in the log whether the line's last batch was closed, and if
// not, up to which tick its parts were confirmed. What still lies in the ring is
// newer: the tick is then early, never late.
func (a *appliance) unclosed(id part.LineID) *line.Unclosed {
	last := func(types ...event.Type) (events []event.Event) {
		events, err := a.store.Read(context.Background(), event.Filter{Types: types, Newest: true, Limit: 1000})
		if err != nil {
			a.log.Error("the log can not be asked how the last batch ended", "line", id, "err", err)
		}
		return events
	}
	// After a changeover the batch before closes while the new one runs.
	var left *line.Unclosed
	closed := map[string]bool{}
	for _, e := range last(event.BatchOpened{}.EventType(), event.BatchClosed{}.EventType()) {
		if c, err := event.As[event.BatchClosed](e); err == nil && c.Line == string(id) {
			closed[e.Batch] = true
		}
		if o, err := event.As[event.BatchOpened](e); err == nil && o.Line == string(id) {
			if !closed[e.Batch] {
				left = &line.Unclosed{Batch: e.Batch}
			}
			break
		}
	}
	if left == nil {
		return nil
	}
	for _, e := range last(event.PartConfirmed{}.EventType()) {
		if c, err := event.As[event.PartConfirmed](e); err == nil && c.Line == string(id) {
			left.Tick = part.Tick(c.Tick)
			break
		}
	}
	return left
}
