package main

import (
	"context"
	"time"

	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// endTrespasses has a line end what earlier runs have left open: somebody stood at
// its gate when the process was killed, or the power failed.
func (a *appliance) endTrespasses(ctx context.Context, id part.LineID, batch string) error {
	for {
		// What the runs before handed over last may still have lain in the ring: once
		// this run's own first batch is in the log, it is, too.
		opened, err := a.store.Read(ctx, event.Filter{Types: []event.Type{event.BatchOpened{}.EventType()}, Batch: batch, Limit: 100})
		for _, e := range opened {
			if o, err := event.As[event.BatchOpened](e); err != nil || o.Line != string(id) {
				continue
			}
			left, err := a.trespassed(ctx, id, e.Seq)
			if err == nil && len(left) > 0 {
				err = a.stations[id].TrespassesLeft(left)
			}
			if err == nil || ctx.Err() != nil {
				return nil
			}
			a.log.Error("what was suspect when the process before ended can not be closed; it is tried again", "line", id, "err", err)
		}
		if err != nil && ctx.Err() == nil {
			a.log.Error("the log can not be asked what was suspect when the process before ended; it is asked again", "line", id, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// trespassed looks up in the log which ranges of a line's belt were called suspect
// before an event, and never closed.
func (a *appliance) trespassed(ctx context.Context, id part.LineID, before uint64) (left []line.Trespassed, err error) {
	events, err := a.store.Read(ctx, event.Filter{Types: []event.Type{event.PartSuspect{}.EventType()}, Newest: true, Limit: 1000})
	if err != nil {
		return nil, err
	}
	ended, cause := map[string]bool{}, map[string]string{} // by the event that began
	for _, e := range events {                             // newest first
		p, err := event.As[event.PartSuspect](e)
		switch {
		case err != nil || p.Line != string(id):
		case p.Began != "" && !p.Open:
			ended[p.Began] = true
		case p.Began != "":
			cause[p.Began] = e.Cause
		case p.Open && !ended[e.ID] && e.Seq < before:
			if e.Cause == "" {
				e.Cause = cause[e.ID]
			}
			left = append(left, line.Trespassed{Began: e.ID, Cause: e.Cause, From: part.Tick(p.From), Why: p.Why})
		}
	}
	return left, nil
}
