package alarm

import (
	"context"
	"fmt"

	"linesman/event"
)

// rebuild makes the board from the log.
func (d *Desk) rebuild(ctx context.Context) (*Board, error) {
	b := NewBoard(d.cfg.Settings, d.cfg.Source, d.cfg.Zone)
	broken := func(err error) (*Board, error) {
		return nil, fmt.Errorf("alarm: reading what stands from the log: %w", err)
	}
	if err := d.pastAnswers(ctx, b); err != nil {
		return nil, err
	}
	marks, err := d.cfg.Log.Read(ctx, event.Filter{Types: []event.Type{event.AlarmStanding{}.EventType()}, Newest: true, Limit: 1})
	if err != nil {
		return broken(err)
	}
	after := uint64(0)
	if len(marks) > 0 {
		p, err := event.As[event.AlarmStanding](marks[0])
		if err != nil {
			return broken(err)
		}
		after = max(p.From, 1) - 1
	}
	for {
		events, err := d.cfg.Log.Read(ctx, event.Filter{Types: Types, After: after, Limit: readAtOnce})
		if err != nil {
			return broken(err)
		}
		for _, e := range events {
			if err := b.Apply(e); err != nil { // one that can not be read must not keep the others silent
				d.cfg.Logger.Error("an event of an alarm can not be read", "seq", e.Seq, "err", err)
			}
			after = e.Seq
		}
		if len(events) < readAtOnce {
			b.relight()
			return b, nil
		}
	}
}
