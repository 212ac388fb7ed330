package watch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/scene"
)

// Bounds of what is read of the log for the head counts: how long ago somebody must
// have counted, how many crossings there may be since, and how many are read at once.
const (
	countedWithin = 31 * 24 * time.Hour
	mostCrossings = 200_000
	readAtOnce    = 1000
)

// pastHeads is what the log says of the spaces at the guard's start.
type pastHeads struct {
	spaces *scene.Spaces
	due    map[string]pastDue // by space, those with a time of reconcile in the day before
}

// pastDue is a space at a time at which its count was to be looked at.
type pastDue struct {
	at    time.Time
	heads scene.Heads
}

// readHeads counts from what somebody last counted on what the log says went over
// doors up to a time. A space that nobody has counted within countedWithin stays
// unknown.
func readHeads(ctx context.Context, log Past, of *scene.Spaces, to time.Time, zone *time.Location) (*pastHeads, error) {
	p := &pastHeads{spaces: of.Fresh("nobody has counted yet"), due: map[string]pastDue{}}
	sets, err := lastSets(ctx, log, of, to)
	if err != nil || len(sets) == 0 {
		return p, err
	}
	counted := slices.Clone(sets)
	due := map[string]time.Time{}
	for _, h := range of.Heads() {
		if at, ok := of.Due(h.Space, to.Add(-24*time.Hour), to, zone); ok {
			due[h.Space] = at
		}
	}
	before := func(at time.Time) { // holds fast what the counts were before an event of a time
		for _, h := range p.spaces.Heads() {
			if d, ok := due[h.Space]; ok && at.After(d) {
				p.due[h.Space] = pastDue{d, h}
				delete(due, h.Space)
			}
		}
	}
	read, f := 0, event.Filter{Types: []event.Type{event.LineCrossed{}.EventType()}, After: sets[0].Seq, To: to, Limit: readAtOnce}
	for more := true; more; {
		events, err := log.Read(ctx, f)
		if err != nil {
			return p, err
		}
		if read += len(events); read > mostCrossings {
			p.spaces.Forget(fmt.Sprintf("more than %d went over lines since somebody counted", mostCrossings))
			clear(p.due)
			return p, nil
		}
		for _, e := range events {
			for len(sets) > 0 && sets[0].Seq < e.Seq {
				before(sets[0].Time)
				p.set(sets[0])
				sets = sets[1:]
			}
			before(e.Time)
			p.take(e)
			f.After = e.Seq
		}
		more = len(events) == readAtOnce
	}
	for _, e := range sets {
		before(e.Time)
		p.set(e)
	}
	before(to.Add(time.Nanosecond))
	return p, p.doubt(ctx, log, counted)
}

// doubt makes unknown what was counted before events were lost: nobody can tell how
// many went over doors meanwhile. The ring tells of it when it begins, after to.
func (p *pastHeads) doubt(ctx context.Context, log Past, sets []event.Event) error {
	lost, err := log.Read(ctx, event.Filter{Types: []event.Type{event.RingLost{}.EventType()}, After: sets[0].Seq, Newest: true, Limit: 1})
	if err != nil || len(lost) == 0 {
		return err
	}
	l, err := event.As[event.RingLost](lost[0])
	if err != nil {
		return err
	}
	for _, e := range sets {
		if c, err := event.As[event.ZoneCount](e); err == nil && e.Seq < lost[0].Seq {
			p.spaces.Doubt(c.Zone, "events were lost since somebody counted ("+l.Why+")")
		}
	}
	return nil
}

// lastSets are the newest events by which somebody counted, one a space, in order.
func lastSets(ctx context.Context, log Past, of *scene.Spaces, to time.Time) (sets []event.Event, err error) {
	for _, h := range of.Heads() {
		events, err := log.Read(ctx, event.Filter{Types: []event.Type{event.ZoneCount{}.EventType()}, Subject: h.Space, From: to.Add(-countedWithin), To: to, Newest: true, Limit: 10})
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if c, err := event.As[event.ZoneCount](e); err == nil && c.SetTo && c.Zone == h.Space && c.Camera == "" {
				sets = append(sets, e)
				break
			}
		}
	}
	slices.SortFunc(sets, func(a, b event.Event) int { return int(a.Seq) - int(b.Seq) })
	return sets, nil
}

func (p *pastHeads) set(e event.Event) {
	if c, err := event.As[event.ZoneCount](e); err == nil {
		_, _ = p.spaces.Set(c.Zone, c.People, e.Time) // a count below 0 is none
	}
}

// take counts one crossing.
func (p *pastHeads) take(e event.Event) {
	c, err := event.As[event.LineCrossed](e)
	if err != nil {
		return
	}
	p.spaces.Take(part.CameraID(c.Camera), []scene.Crossing{{Line: c.Line, Label: c.Label, In: c.Way == "in", At: e.Time}})
}
