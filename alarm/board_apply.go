package alarm

import (
	"fmt"
	"time"

	"linesman/event"
)

// Types are the events that a board is made of, for a start to read back.
var Types = []event.Type{"linesman.alarm.*", "linesman.notify.*"}

// Apply takes in one event of the log, in the log's order. An event that was
// taken in before changes nothing, and neither does one of an alarm that the
// board does not know any more.
func (b *Board) Apply(e event.Event) error {
	if e.Seq > 0 && e.Seq <= b.lastSeq {
		return nil
	}
	b.lastSeq = max(b.lastSeq, e.Seq)
	switch e.Type {
	case event.AlarmRaised{}.EventType():
		return apply(e, b.raised)
	case event.AlarmRepeated{}.EventType():
		return apply(e, b.repeated)
	case event.AlarmCleared{}.EventType():
		return apply(e, b.cleared)
	case event.AlarmAcked{}.EventType():
		return apply(e, b.acked)
	case event.AlarmShelved{}.EventType():
		return apply(e, b.shelved)
	case event.AlarmSuppressed{}.EventType():
		return apply(e, b.suppressed)
	case event.AlarmService{}.EventType():
		return apply(e, b.service)
	case event.AlarmStanding{}.EventType():
		return apply(e, func(e event.Event, p event.AlarmStanding) { b.marked, b.markedAt = p.From, e.Time })
	case event.AlarmDrilled{}.EventType():
		return apply(e, func(_ event.Event, p event.AlarmDrilled) { delete(b.drills, p.Alarm) })
	case event.NotifyPending{}.EventType():
		return apply(e, b.pending)
	case event.NotifySent{}.EventType():
		return apply(e, b.sentOut)
	case event.NotifyReceived{}.EventType():
		return apply(e, b.received)
	case event.NotifyOpened{}.EventType():
		return apply(e, func(e event.Event, p event.NotifyOpened) { b.reached(p.Delivery, Opened, e.Time, 0) })
	case event.NotifyAcknowledged{}.EventType():
		return apply(e, func(e event.Event, p event.NotifyAcknowledged) { b.reached(p.Delivery, AckedDelivery, e.Time, 0) })
	case event.NotifyFailed{}.EventType():
		return apply(e, b.failed)
	}
	return nil
}

func apply[P event.Payload](e event.Event, fn func(event.Event, P)) error {
	p, err := event.As[P](e)
	if err != nil {
		return err
	}
	fn(e, p)
	return nil
}

func (b *Board) raised(e event.Event, p event.AlarmRaised) {
	severity, err := event.ParseSeverity(p.Severity)
	if err != nil { // of a later version: rather too loud than silent
		severity = event.Critical
	}
	a := b.alarms[e.Subject]
	switch {
	case a == nil:
		a = &standing{seq: e.Seq, Alarm: Alarm{ID: e.Subject, Raised: e.Time, Cause: e.Cause, Drill: p.Drill}}
		b.alarms[a.ID] = a
		b.startRound(a, e.Time)
	case p.Again <= a.Again:
		return
	case a.closed:
		b.startRound(a, b.mayCall(a, p.Again, e.Time))
	}
	a.Key, a.From, a.Camera, a.Zone, a.Line, a.Severity = p.Key, p.From, p.Camera, p.Zone, p.Line, severity
	a.Text, a.WhatTo, a.Latched, a.Again = p.Text, p.WhatTo, p.Latched, p.Again
	a.asked, a.lamps = p.Lamps, nil
	a.Active, a.closed, a.Opened, a.Last, a.Cleared, a.Acked = true, false, e.Time, e.Time, time.Time{}, Ack{}
	a.Count++
	a.told = e.Time
	b.byKey[p.Key], b.open[a.ID] = a, a
	if p.Drill {
		b.drills[a.ID] = &drill{due: e.Time.Add(b.set.Drill.Within)}
	} else if r := b.set.roster(&a.Alarm); r != nil && b.wants(a) {
		b.flood(r).add(e.Time)
	}
}

// mayCall is when an alarm that came back may call: one that chatters does so
// once in the chattering time, however often it comes back.
func (b *Board) mayCall(a *standing, again uint64, now time.Time) time.Time {
	if next := a.called.Add(b.set.Chattering); again > 2 && next.After(now) {
		return next
	}
	return now
}

// startRound lets the roster be gone through from its first step.
func (b *Board) startRound(a *standing, from time.Time) {
	a.round++
	a.step, a.stepAt, a.empty, a.called, a.group = 0, from, false, from, ""
}

func (b *Board) flood(r *Roster) *flood {
	f := b.floods[r.Name]
	if f == nil {
		f = &flood{limit: b.set.Flood.Count, within: b.set.Flood.Within}
		b.floods[r.Name] = f
	}
	return f
}

func (b *Board) repeated(e event.Event, p event.AlarmRepeated) {
	a := b.alarms[e.Subject]
	if a == nil || p.Count < a.Count {
		return
	}
	a.Count, a.Last, a.untold, a.told = p.Count, p.Last, 0, e.Time
	if severity, err := event.ParseSeverity(p.Severity); err == nil {
		a.Severity = severity
	}
	if p.Text != "" {
		a.Text = p.Text
	}
	if len(p.Lamps) > 0 {
		a.asked = p.Lamps
	}
	if p.Worse {
		a.Acked = Ack{}
		a.Latched = a.Severity >= b.set.latch
		b.startRound(a, e.Time)
	}
}

func (b *Board) cleared(e event.Event, p event.AlarmCleared) {
	a := b.alarms[e.Subject]
	if a == nil || !a.Active {
		return
	}
	a.Active, a.Cleared, a.untold = false, e.Time, 0
	a.Count = max(a.Count, p.Count)
	b.close(a, !p.Waits)
}

func (b *Board) acked(e event.Event, p event.AlarmAcked) {
	a := b.alarms[e.Subject]
	if a == nil || a.Acked.By != "" {
		return
	}
	a.Acked = Ack{By: p.By, Channel: p.Channel, Note: p.Note, At: e.Time}
	b.close(a, a.closed || !a.Active)
}

// close takes an alarm that is normal again from those that are open.
func (b *Board) close(a *standing, normal bool) {
	if a.closed = normal; normal {
		delete(b.open, a.ID)
	}
}

func (b *Board) shelved(e event.Event, p event.AlarmShelved) {
	if p.Shelved {
		b.shelves[p.Key] = said[Shelf]{Shelf{Key: p.Key, Until: p.Until, Reason: p.Reason, By: p.By}, e.ID, e.Seq}
		return
	}
	delete(b.shelves, p.Key)
	b.heardAgain(e.Time, []string{p.Key})
}

func (b *Board) suppressed(e event.Event, p event.AlarmSuppressed) {
	if p.Suppressed {
		b.silenced[p.Condition] = said[event.AlarmSuppressed]{p, e.ID, e.Seq}
		return
	}
	delete(b.silenced, p.Condition)
	b.heardAgain(e.Time, p.Keys)
}

func (b *Board) service(e event.Event, p event.AlarmService) {
	if p.Out {
		b.out[p.Key] = said[event.AlarmService]{p, e.ID, e.Seq}
		return
	}
	delete(b.out, p.Key)
	b.heardAgain(e.Time, []string{p.Key})
}

// heardAgain lets alarms that stand call anew, whose silence has ended.
func (b *Board) heardAgain(at time.Time, patterns []string) {
	for _, a := range b.open {
		if a.Acked.By != "" || a.Drill {
			continue
		}
		for _, p := range patterns {
			if fits(p, a.Key) {
				b.startRound(a, at)
				break
			}
		}
	}
}

// low returns where a start has to begin reading, so that it finds everything
// that stands; 0 while that is not known.
func (b *Board) low(now time.Time) uint64 {
	low := b.lastSeq
	take := func(seq uint64) { low = min(low, seq) }
	for _, a := range b.alarms {
		if !a.closed || now.Sub(a.Cleared) < keepClosedFor {
			take(a.seq)
		}
	}
	for _, s := range b.shelves {
		take(s.seq)
	}
	for _, s := range b.silenced {
		take(s.seq)
	}
	for _, s := range b.out {
		take(s.seq)
	}
	return low
}

// String says what is on the board, for a failed test.
func (b *Board) String() string {
	return fmt.Sprintf("%d alarms, %d deliveries, %d shelved, %d suppressed, %d out of service", len(b.alarms), len(b.deliveries), len(b.shelves), len(b.silenced), len(b.out))
}
