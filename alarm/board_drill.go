package alarm

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"linesman/event"
)

// drill is one staged alarm on its way.
type drill struct{ due time.Time }

// drillKey is the key of staged alarms.
const drillKey = "drill"

// Drill stages an alarm and sends it by every path that a roster may use, but
// for those the settings skip. What has not arrived in time raises an alarm of
// its own, which the other paths carry.
func (b *Board) Drill(now time.Time, actor string) (id string, err error) {
	paths := b.paths()
	if len(paths) == 0 {
		return "", fmt.Errorf("%w: there is no path to drill: alarms.rosters name none, or alarms.drill.skip skips all", ErrRefused)
	}
	if len(b.drills) > 0 {
		return "", fmt.Errorf("%w: a drill is under way; it ends within %s", ErrRefused, b.set.Drill.Within)
	}
	id = event.MakeID(now).String()
	b.say(now, id, actor, "", event.AlarmRaised{Key: drillKey, From: "alarm/drill", Severity: event.High.String(), Drill: true,
		Text: "Drill: this alarm is staged, nothing is wrong", WhatTo: "nothing: it only has to arrive"})
	for _, t := range paths {
		b.say(now, id, "", "", event.NotifyPending{Delivery: deliveryID(id, 1, 1, t), Alarms: []string{id}, Recipient: t.recipient, Channel: t.channel, Step: 1, Round: 1, Drill: true})
	}
	return id, nil
}

// paths are all recipients on all channels that some step of a roster may call.
func (b *Board) paths() []target {
	var out []target
	add := func(t target) {
		if !slices.Contains(out, t) && !slices.Contains(b.set.Drill.Skip, t.channel) {
			out = append(out, t)
		}
	}
	for _, r := range b.set.Rosters {
		for _, s := range r.Steps {
			who := s.Who
			if len(who) == 0 {
				for _, d := range r.Duty {
					who = slices.Concat(who, d.Who)
				}
			}
			for _, name := range who {
				for _, channel := range s.By {
					if _, ok := b.set.People[name].Reach[channel]; ok {
						add(target{name, channel})
					}
				}
			}
			for _, channel := range s.Call {
				add(target{"", channel})
			}
		}
	}
	return out
}

// drillsDue ends drills that have arrived by every path, or whose time is over.
func (b *Board) drillsDue(now time.Time) {
	for _, id := range slices.Sorted(maps.Keys(b.drills)) {
		over := !b.drills[id].due.After(now)
		list := b.Deliveries(id)
		all := true
		for _, d := range list {
			all = all && b.arrived(d)
		}
		if all || over {
			b.endDrill(now, id, list)
		}
	}
}

// arrived says whether a drill's delivery is proven as far as its channel can
// prove it: received, or sent where no receipts come.
func (b *Board) arrived(d Delivery) bool {
	del := b.deliveries[d.ID]
	return d.State.rank() >= Received.rank() || d.State == SentOut && !del.awaited && !del.inFlight
}

func (b *Board) endDrill(now time.Time, id string, list []Delivery) {
	out := event.AlarmDrilled{Alarm: id, Passed: true}
	var lost []Delivery
	for _, d := range list {
		p := event.AlarmArrive{Recipient: d.Recipient, Channel: d.Channel, Arrived: b.arrived(d), State: string(d.State)}
		if p.Arrived {
			p.Seconds = seconds(d.Pending, cmp.Or(d.Received, d.Sent))
		} else {
			p.Why = cmp.Or(d.Why, fmt.Sprintf("%s after %s", d.State, b.set.Drill.Within))
			out.Passed = false
			lost = append(lost, d)
		}
		out.Paths = append(out.Paths, p)
	}
	b.say(now, id, "", "", out)
	a := b.alarms[id]
	b.say(now, id, "", "", event.AlarmCleared{Key: drillKey, Why: "the drill is over", Seconds: seconds(a.Opened, now), Drill: true})
	for _, d := range list {
		key := "drill/" + cmp.Or(d.Recipient, "all") + "/" + d.Channel
		if !slices.ContainsFunc(lost, func(l Delivery) bool { return l.ID == d.ID }) {
			_ = b.Clear(now, key, "the drill arrived by this path", "", "") // Clear of a key that may not stand never fails
			continue
		}
		path := cmp.Or(d.Recipient, "everybody") + " by " + d.Channel
		if _, err := b.Raise(now, Raise{Key: key, From: "alarm/drill", Severity: event.High,
			Text:   "drill failed: path " + path,
			WhatTo: "an alarm would not have arrived either: see alarms.channels." + d.Channel + " and the device of " + cmp.Or(d.Recipient, "the channel")}); err != nil {
			panic("alarm: " + err.Error()) // names are bounded by Validate
		}
	}
}

// next returns when the next drill begins after a time; zero is never.
func (s DrillSettings) next(after time.Time, zone *time.Location) time.Time {
	at, err := time.Parse("15:04", s.At)
	if err != nil {
		return time.Time{}
	}
	day := after.In(zone)
	for i := range 8 {
		t := time.Date(day.Year(), day.Month(), day.Day()+i, at.Hour(), at.Minute(), 0, 0, zone)
		if t.After(after) && (Duty{Days: s.Days}).on(t) {
			return t
		}
	}
	return time.Time{}
}
