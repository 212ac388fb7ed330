package alarm

import (
	"fmt"
	"time"

	"linesman/event"
)

// A lamp is a beacon that whoever raises an alarm wants lit for as long as the
// alarm's cause is there: no step of a roster, and not put out by whoever
// acknowledges. It is an annunciation all the same: what is shelved, suppressed or
// out of service lights none. Its lightings are deliveries like others.

// mostLamps is how many lamps one alarm may ask for.
const mostLamps = 16

// lampAgain is how long after a lighting failed the next begins.
const lampAgain = time.Minute

// lights says whether an alarm's lamps have to be lit.
func (b *Board) lights(a *standing) bool {
	switch b.state(a) {
	case Unacknowledged, Acknowledged:
		return !a.Drill
	}
	return false
}

// lampsOf returns the lamps that an alarm waits for, and since when: those that
// were not lit since it asks for them, and those that failed.
func (b *Board) lampsOf(a *standing) map[string]time.Time {
	if len(a.asked) == 0 || !b.lights(a) {
		return nil
	}
	due := map[string]time.Time{}
	for _, channel := range a.asked {
		if _, there := b.set.Channels[channel]; !there { // the site file lost it since
			continue
		}
		switch d := a.lamps[channel]; {
		case d == nil:
			due[channel] = a.Opened
		case d.State == Failed && d.Withdrawn:
			due[channel] = d.Failed
		case d.State == Failed:
			due[channel] = d.Failed.Add(lampAgain)
		}
	}
	return due
}

// lampsDue begins the lightings that are due. Of an alarm that lights none any
// more the lamps are dark: they are lit anew if it does again.
func (b *Board) lampsDue(now time.Time) {
	for _, a := range b.sorted() {
		if !b.lights(a) {
			a.lamps = nil
			continue
		}
		due := b.lampsOf(a)
		for _, channel := range a.asked {
			if at, is := due[channel]; is && !at.After(now) {
				n := a.lit + 1
				b.say(now, a.ID, "", a.Cause, event.NotifyPending{Delivery: fmt.Sprintf("%s/lamp/%d/%s", a.ID, n, channel), Alarms: []string{a.ID},
					Channel: channel, Round: n, Lamp: true, Seconds: seconds(a.Opened, now)})
				delete(due, channel)
			}
		}
	}
}

// lampPending takes in that a lighting begins. Of those that failed only the last
// is kept.
func (b *Board) lampPending(e event.Event, p event.NotifyPending) {
	a := b.alarms[p.Alarms[0]]
	if a == nil {
		return
	}
	if old := a.lamps[p.Channel]; old != nil && old.State == Failed && !old.inFlight {
		delete(b.deliveries, old.ID)
		delete(b.live, old.ID)
	}
	d := &delivery{next: e.Time, Delivery: Delivery{ID: p.Delivery, Alarms: p.Alarms, Channel: p.Channel, Round: p.Round, Lamp: true,
		State: Pending, Pending: e.Time, From: e.Time.Add(-time.Duration(p.Seconds * float64(time.Second)))}}
	if a.lamps == nil {
		a.lamps = map[string]*delivery{}
	}
	a.lamps[p.Channel], a.lit = d, max(a.lit, p.Round)
	b.deliveries[d.ID], b.live[d.ID] = d, d
}

// relight has the lamps of all that stands lit anew: whether they still are after
// a start nobody knows.
func (b *Board) relight() {
	for _, a := range b.open {
		a.lamps = nil
	}
}
