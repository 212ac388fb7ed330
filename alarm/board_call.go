package alarm

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// markEvery is how often the log is told from where on a start has to read.
const markEvery = 24 * time.Hour

// Tick does what is due at a time: ends shelves, calls whoever is to be called,
// gives up what can not arrive. Call it after every other change and whenever
// Next says so.
func (b *Board) Tick(now time.Time) {
	b.unshelveDue(now)
	b.tellRepeated(now)
	b.withdraw(now)
	b.receiptsDue(now)
	b.callsDue(now)
	b.groupsDue(now)
	b.lampsDue(now)
	b.drillsDue(now)
	b.prune(now)
	b.mark(now)
}

func (b *Board) unshelveDue(now time.Time) {
	for _, key := range slices.Sorted(maps.Keys(b.shelves)) {
		if s := b.shelves[key].What; !s.Until.After(now) {
			id := ""
			if a := b.byKey[key]; a != nil {
				id = a.ID
			}
			b.say(now, id, "", "", event.AlarmShelved{Key: key, Reason: "its time is over", By: "system"})
		}
	}
}

// sorted returns the alarms that are open, the oldest first.
func (b *Board) sorted() []*standing {
	out := slices.Collect(maps.Values(b.open))
	slices.SortFunc(out, func(a, b *standing) int { return cmp.Or(a.Opened.Compare(b.Opened), strings.Compare(a.ID, b.ID)) })
	return out
}

// due returns which step of its roster an alarm is due for, and since when. A
// step beyond the roster's last begins the next round with the first.
func (b *Board) due(a *standing, r *Roster) (step int, at time.Time) {
	switch {
	case a.step == 0:
		return 1, a.stepAt
	case a.step < len(r.Steps) && (a.empty || b.stepFailed(a)):
		return a.step + 1, a.stepAt
	case a.step < len(r.Steps):
		return a.step + 1, a.stepAt.Add(r.Steps[a.step-1].Within)
	}
	within := r.Steps[len(r.Steps)-1].Within // the roster may have become shorter since
	return len(r.Steps) + 1, a.stepAt.Add(within + b.set.Repeat)
}

// callsDue begins the steps that are due. In a flood all but the critical ones
// wait a little for others of the same place, to be told together.
func (b *Board) callsDue(now time.Time) {
	for _, a := range b.sorted() {
		for range 100 { // a step that finds nobody is followed by the next at once
			r := b.set.roster(&a.Alarm)
			if r == nil || a.group != "" || !b.wants(a) {
				break
			}
			step, at := b.due(a, r)
			if at.After(now) {
				break
			}
			if a.Severity < event.Critical && b.flood(r).at(now) {
				b.gather(now, a, r, step)
				break
			}
			b.call(now, r, step, place(&a.Alarm), []*standing{a})
		}
	}
}

// place is where an alarm is, as alarms are told together.
func place(a *Alarm) string {
	switch {
	case a.Zone != "":
		return "zone " + a.Zone
	case a.Line != "":
		return "line " + a.Line
	case a.Camera != "":
		return "camera " + a.Camera
	}
	return a.From
}

func (b *Board) gather(now time.Time, a *standing, r *Roster, step int) {
	where := place(&a.Alarm)
	a.group = fmt.Sprintf("%s\n%d\n%s", r.Name, step, where)
	g := b.groups[a.group]
	if g == nil {
		g = &group{due: now.Add(b.set.Flood.Gather), roster: r, step: step, place: where}
		b.groups[a.group] = g
	}
	g.alarms = append(g.alarms, a.ID)
}

func (b *Board) groupsDue(now time.Time) {
	for _, key := range slices.Sorted(maps.Keys(b.groups)) {
		g := b.groups[key]
		if g.due.After(now) {
			continue
		}
		delete(b.groups, key)
		var still []*standing
		for _, id := range g.alarms {
			if a := b.alarms[id]; a != nil && a.group == key {
				a.group = ""
				if b.wants(a) {
					still = append(still, a)
				}
			}
		}
		if len(still) > 0 {
			b.call(now, g.roster, g.step, g.place, still)
		}
	}
}

// call begins one step: one delivery for each recipient and channel.
func (b *Board) call(now time.Time, r *Roster, step int, where string, alarms []*standing) {
	lead := slices.MaxFunc(alarms, func(a, b *standing) int { return cmp.Compare(a.Severity, b.Severity) })
	ids := []string{lead.ID}
	round := lead.round
	for _, a := range alarms {
		round = max(round, a.round)
		if a != lead {
			ids = append(ids, a.ID)
		}
	}
	if step > len(r.Steps) {
		step, round = 1, round+1
	}
	targets := b.targets(now, r, step)
	for _, t := range targets {
		b.say(now, lead.ID, "", lead.Cause, event.NotifyPending{
			Delivery: deliveryID(lead.ID, round, step, t), Alarms: ids, Recipient: t.recipient, Channel: t.channel,
			Roster: r.Name, Step: step, Round: round, Seconds: seconds(lead.Opened, now),
		})
	}
	if len(targets) == 0 {
		b.say(now, lead.ID, "", lead.Cause, event.NotifyFailed{
			Alarms: ids, Step: step, Round: round, Seconds: seconds(lead.Opened, now),
			Why: fmt.Sprintf("nobody who is on duty by roster %s can be called by step %d: see alarms.rosters and alarms.people", r.Name, step),
		})
	}
}

// target is one recipient on one channel.
type target struct{ recipient, channel string }

// targets are those that a step calls at a time.
func (b *Board) targets(now time.Time, r *Roster, step int) []target {
	s := r.Steps[step-1]
	who := s.Who
	if len(who) == 0 && len(s.By) > 0 {
		who = r.OnDuty(now, b.zone)
	}
	var out []target
	for _, name := range who {
		for _, channel := range s.By {
			if p := b.set.People[name]; p != nil {
				if _, ok := p.Reach[channel]; ok {
					out = append(out, target{name, channel})
				}
			}
		}
	}
	for _, channel := range s.Call {
		out = append(out, target{"", channel})
	}
	return out
}

// Next returns when Tick has something to do next if nothing else happens; zero
// is never.
func (b *Board) Next() time.Time {
	var next time.Time
	at := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, s := range b.shelves {
		at(s.What.Until)
	}
	for _, a := range b.open {
		if a.untold > 0 {
			at(a.told.Add(tellRepeats))
		}
		for _, due := range b.lampsOf(a) {
			at(due)
		}
		if r := b.set.roster(&a.Alarm); r != nil && a.group == "" && b.wants(a) {
			_, due := b.due(a, r)
			at(due)
		}
	}
	for _, g := range b.groups {
		at(g.due)
	}
	busy := b.underWay()
	for _, d := range b.live {
		if !d.inFlight && busy[d.Channel] < perChannel && (d.State == Pending || d.awaited) {
			at(d.next)
		}
	}
	for _, d := range b.drills {
		at(d.due)
	}
	return next
}

// prune forgets what is normal again, but for the newest.
func (b *Board) prune(now time.Time) {
	if len(b.alarms) <= keepClosed || now.Sub(b.prunedAt) < time.Minute {
		return
	}
	b.prunedAt = now
	var closed []*standing
	for _, a := range b.alarms {
		if a.closed && now.Sub(a.Cleared) > keepClosedFor && a.untold == 0 {
			closed = append(closed, a)
		}
	}
	slices.SortFunc(closed, func(a, b *standing) int { return cmp.Or(b.Cleared.Compare(a.Cleared), strings.Compare(a.ID, b.ID)) })
	for _, a := range closed[min(keepClosed/2, len(closed)):] {
		delete(b.alarms, a.ID)
		if b.byKey[a.Key] == a && b.shelves[a.Key].What.Until.IsZero() {
			delete(b.byKey, a.Key)
		}
	}
	for id, d := range b.deliveries {
		if !slices.ContainsFunc(d.Alarms, func(a string) bool { return b.alarms[a] != nil }) && !d.inFlight {
			delete(b.deliveries, id)
			delete(b.live, id)
		}
	}
}

// mark tells the log from where on a start has to read.
func (b *Board) mark(now time.Time) {
	if now.Sub(b.markedAt) < markEvery {
		return
	}
	low := b.low(now)
	if b.markedAt.IsZero() || low <= b.marked { // begins counting, or not yet known
		b.markedAt = now
		return
	}
	b.say(now, "", "", "", event.AlarmStanding{From: low, Open: len(b.open)})
}
