package alarm

import (
	"context"
	"time"

	"linesman/event"
)

// settleIn is how long after a start a drill that was missed is made up: phones
// need a moment to hold their streams again.
const settleIn = 2 * time.Minute

// firstDrill returns when the first drill of this run begins, zero for never: at
// the next set time, or soon, where the last set time went by while nobody ran.
func (d *Desk) firstDrill(ctx context.Context, b *Board, now time.Time) time.Time {
	next := d.cfg.Settings.Drill.next(now, d.cfg.Zone)
	missed, err := d.missedDrill(ctx, b, now)
	if err != nil {
		d.cfg.Logger.Warn("nobody can tell whether a drill was missed while this box was off", "err", err)
	}
	if soon := now.Add(settleIn); missed && soon.Before(next) {
		return soon
	}
	return next
}

// missedDrill says whether the last set time went by without a drill since, though
// the site was there by then.
func (d *Desk) missedDrill(ctx context.Context, b *Board, now time.Time) (bool, error) {
	due := d.cfg.Settings.Drill.last(now, d.cfg.Zone)
	if due.IsZero() || len(b.drills) > 0 { // one that the process before began goes on
		return false, nil
	}
	drilled, err := d.cfg.Log.Read(ctx, event.Filter{Types: []event.Type{event.AlarmDrilled{}.EventType()}, Newest: true, Limit: 1})
	if err != nil || len(drilled) > 0 && !drilled[0].Time.Before(due) {
		return false, err
	}
	first, err := d.cfg.Log.Read(ctx, event.Filter{Limit: 1})
	return err == nil && len(first) > 0 && first[0].Time.Before(due), err
}

// last returns the newest set time up to a moment; zero is none.
func (s DrillSettings) last(now time.Time, zone *time.Location) time.Time {
	at, err := time.Parse("15:04", s.At)
	if err != nil {
		return time.Time{}
	}
	day := now.In(zone)
	for i := range 8 {
		t := time.Date(day.Year(), day.Month(), day.Day()-i, at.Hour(), at.Minute(), 0, 0, zone)
		if !t.After(now) && (Duty{Days: s.Days}).on(t) {
			return t
		}
	}
	return time.Time{}
}
