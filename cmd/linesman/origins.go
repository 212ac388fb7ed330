package main

import (
	"context"

	"linesman/event"
	"linesman/part"
)

// origins looks up in the log what the drift of a line's eyes was measured from,
// newest first.
func (a *appliance) origins(id part.LineID) (found []event.EyesReference) {
	events, err := a.store.Read(context.Background(), event.Filter{Types: []event.Type{event.EyesReference{}.EventType()}, Newest: true, Limit: 1000})
	if err != nil {
		a.log.Error("the log can not be asked what the cameras showed at first", "line", id, "err", err)
	}
	for _, e := range events {
		if r, err := event.As[event.EyesReference](e); err == nil && r.Line == string(id) {
			found = append(found, r)
		}
	}
	return found
}
