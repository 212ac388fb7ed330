package alarm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"linesman/event"
)

// mostCounted is how many events one report of KPIs reads.
const mostCounted = 500_000

// KPIs counts a time of the log.
func (d *Desk) KPIs(ctx context.Context, from, to time.Time) (KPIReport, error) {
	k := NewKPI(d.cfg.Settings.Flood, from)
	f := event.Filter{Types: []event.Type{event.AlarmRaised{}.EventType(), event.AlarmAcked{}.EventType()}, From: from, To: to, Limit: readAtOnce}
	read := 0
	for {
		events, err := d.cfg.Log.Read(ctx, f)
		if err != nil {
			return KPIReport{}, fmt.Errorf("alarm: reading the log: %w", err)
		}
		for _, e := range events {
			if err := k.Add(e); err != nil {
				d.cfg.Logger.Error("an event of an alarm can not be counted", "seq", e.Seq, "err", err)
			}
			f.After = e.Seq
		}
		if read += len(events); len(events) < readAtOnce {
			break
		}
		if read >= mostCounted {
			return KPIReport{}, fmt.Errorf("%w: more than %d alarms from %s to %s: ask for a shorter time", ErrRefused, mostCounted, from.Format(time.RFC3339), to.Format(time.RFC3339))
		}
	}
	r := k.Report(to)
	r.StaleAfter = d.cfg.Settings.Stale
	p, err := d.Look(ctx, 0)
	if err != nil {
		return KPIReport{}, err
	}
	for _, a := range p.Alarms {
		if a.Active && p.At.Sub(a.Opened) > d.cfg.Settings.Stale {
			r.Stale = append(r.Stale, a)
		}
	}
	return r, nil
}

// Past is an alarm as the log tells of it.
type Past struct {
	Alarm      Alarm
	Seq        uint64 // of its first event
	Deliveries []Delivery
	Events     []event.Event
}

// Past returns all that the log has of one alarm. The error wraps ErrUnknown
// where it has nothing. It looks from the alarm's birth on, which its id tells,
// and ends where the alarm did: a log of years is not gone through for it.
func (d *Desk) Past(ctx context.Context, id string) (Past, error) {
	unknown := fmt.Errorf("%w: the log has no alarm %.60q, or it has expired", ErrUnknown, id)
	born, ok := event.ParseID(id)
	if !ok {
		return Past{}, unknown
	}
	b := NewBoard(d.cfg.Settings, d.cfg.Source, d.cfg.Zone)
	var out Past
	from, span, now := born.Born().Add(-time.Second), 48*time.Hour, time.Now()
	for from.Before(now.Add(time.Minute)) {
		f := event.Filter{Subject: id, Types: Types, From: from, To: from.Add(span), Limit: readAtOnce}
		for more := true; more; {
			events, err := d.cfg.Log.Read(ctx, f)
			if err != nil {
				return Past{}, fmt.Errorf("alarm: reading the log: %w", err)
			}
			for _, e := range events {
				if err := b.Apply(e); err != nil {
					return Past{}, err
				}
				f.After = e.Seq
			}
			out.Events = append(out.Events, events...)
			more = len(events) == readAtOnce
		}
		a := b.alarms[id]
		if a == nil || a.closed && a.Cleared.Before(f.To.Add(-2*time.Hour)) {
			break // it can not come back any more
		}
		from, span = f.To, 4*span
	}
	if out.Alarm, ok = b.Alarm(id); !ok {
		return Past{}, unknown
	}
	out.Seq, out.Deliveries = out.Events[0].Seq, b.Deliveries(id)
	return out, nil
}

// History returns alarms raised before a seq (0: now), the newest first, at most
// so many, each as the log tells of it. next is where to go on; 0 is the end.
func (d *Desk) History(ctx context.Context, f event.Filter, limit int, drills bool) (past []Past, next uint64, err error) {
	f.Types, f.Newest, f.Limit = []event.Type{event.AlarmRaised{}.EventType()}, true, readAtOnce
	for len(past) < limit {
		events, err := d.cfg.Log.Read(ctx, f)
		if err != nil {
			return nil, 0, fmt.Errorf("alarm: reading the log: %w", err)
		}
		for _, e := range events {
			f.Before = e.Seq
			p, err := event.As[event.AlarmRaised](e)
			if err != nil || p.Again > 0 || p.Drill && !drills {
				continue // told of with its first event
			}
			one, err := d.Past(ctx, e.Subject)
			if errors.Is(err, ErrUnknown) {
				continue
			}
			if err != nil {
				return nil, 0, err
			}
			if past = append(past, one); len(past) == limit {
				return past, e.Seq, nil
			}
		}
		if len(events) < readAtOnce {
			return past, 0, nil
		}
	}
	return past, 0, nil
}
