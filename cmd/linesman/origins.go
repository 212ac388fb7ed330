package main

import (
	"context"

	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// origins looks up in the log what the drift of a line's eyes was measured from,
// newest first. What is older than a person's word that the view is to have a new
// origin, by the same recipe and model, is left out: a restart does not undo that word.
func (a *appliance) origins(id part.LineID) (found []event.EyesReference) {
	events, err := a.store.Read(context.Background(), event.Filter{Types: []event.Type{event.EyesReference{}.EventType(), event.EyesAccepted{}.EventType()}, Newest: true, Limit: 1000})
	if err != nil {
		a.log.Error("the log can not be asked what the cameras showed at first", "line", id, "err", err)
	}
	type whose struct{ view, camera, recipe, model string }
	anew := map[whose]bool{}
	for _, e := range events {
		if acc, err := event.As[event.EyesAccepted](e); err == nil && acc.Line == string(id) {
			anew[whose{acc.View, acc.Camera, acc.RecipeHash, acc.ModelHash}] = true
		}
		if r, err := event.As[event.EyesReference](e); err == nil && r.Line == string(id) && !anew[whose{r.View, r.Camera, r.RecipeHash, r.ModelHash}] {
			found = append(found, r)
		}
	}
	return found
}

// eyes says how the cameras of a line of this site stand.
func (a *appliance) eyes(id part.LineID) []line.Eye { return a.stations[id].Eyes() }

// acceptOrigin has a line of this site take what its cameras show now for right.
func (a *appliance) acceptOrigin(id part.LineID, view, reason, actor string) error {
	return a.stations[id].AcceptOrigin(view, reason, actor)
}
