package alarm

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// delivery is a Delivery with what only its attempts need.
type delivery struct {
	Delivery
	next     time.Time // the next attempt, or the end of waiting for a receipt
	awaited  bool      // sent, and a receipt is to come until next
	inFlight bool
	answered map[string]bool // devices that said that they have it
}

// Back-off of a delivery's attempts.
const (
	firstRetry = 2 * time.Second
	mostRetry  = time.Minute
)

// backOff is the pause after so many attempts.
func backOff(attempts int) time.Duration {
	return min(firstRetry<<min(max(attempts-1, 0), 16), mostRetry)
}

func deliveryID(alarm string, round, step int, t target) string {
	return fmt.Sprintf("%s/%d/%d/%s/%s", alarm, round, step, t.recipient, t.channel)
}

func (b *Board) pending(e event.Event, p event.NotifyPending) {
	if b.deliveries[p.Delivery] != nil || len(p.Alarms) == 0 {
		return
	}
	if p.Lamp {
		b.lampPending(e, p)
		return
	}
	d := &delivery{next: e.Time, Delivery: Delivery{
		ID: p.Delivery, Alarms: p.Alarms, Recipient: p.Recipient, Channel: p.Channel, Roster: p.Roster, Step: p.Step, Round: p.Round,
		Drill: p.Drill, State: Pending, Pending: e.Time, From: e.Time.Add(-time.Duration(p.Seconds * float64(time.Second))),
	}}
	for _, id := range p.Alarms {
		if a := b.alarms[id]; a != nil {
			b.stepBegan(a, p.Step, p.Round, e.Time, false)
			b.deliveries[p.Delivery], b.live[p.Delivery] = d, d
			b.called(a, d)
		}
	}
}

// mostCalls is how many deliveries of one alarm are kept: one that nobody takes
// for weeks calls on, and must not fill the memory.
const mostCalls = 256

func (b *Board) called(a *standing, d *delivery) {
	if a.calls = append(a.calls, d); len(a.calls) > mostCalls {
		if old := a.calls[0].ID; b.live[old] == nil {
			delete(b.deliveries, old)
		}
		a.calls = slices.Delete(a.calls, 0, 1)
	}
}

func (b *Board) stepBegan(a *standing, step, round int, at time.Time, empty bool) {
	if round > a.round {
		a.called = at
	}
	a.round, a.step, a.stepAt, a.empty = max(a.round, round), step, at, empty
}

func (b *Board) sentOut(e event.Event, p event.NotifySent) {
	b.reached(p.Delivery, SentOut, e.Time, p.Attempts)
	if d := b.deliveries[p.Delivery]; d != nil && d.State == SentOut && p.Awaits {
		d.awaited, d.next = true, e.Time.Add(b.set.Receipt)
		b.live[d.ID] = d
	}
}

func (b *Board) reached(id string, s DeliveryState, at time.Time, attempts int) {
	d := b.deliveries[id]
	if d == nil || d.State != Failed && d.State.rank() >= s.rank() {
		return
	}
	d.State, d.awaited = s, false
	d.Attempts = max(d.Attempts, attempts)
	switch s {
	case SentOut:
		d.Sent = at
	case Received:
		d.Received = at
	case Opened:
		d.Opened = at
	case AckedDelivery:
		d.Acked = at
	}
}

func (b *Board) failed(e event.Event, p event.NotifyFailed) {
	if p.Delivery == "" {
		for _, id := range p.Alarms {
			if a := b.alarms[id]; a != nil {
				b.stepBegan(a, p.Step, p.Round, e.Time, true)
			}
		}
		return
	}
	if d := b.deliveries[p.Delivery]; d != nil && d.State.rank() < Received.rank() {
		d.State, d.Failed, d.Why, d.Withdrawn, d.awaited, d.Attempts = Failed, e.Time, p.Why, p.Withdrawn, false, p.Attempts
	}
}

// wanted says whether a delivery still serves anything.
func (b *Board) wanted(d *delivery) bool {
	if d.Drill {
		return b.drills[d.Alarms[0]] != nil
	}
	wants := b.wants
	if d.Lamp {
		wants = b.lights
	}
	return slices.ContainsFunc(d.Alarms, func(id string) bool { a := b.alarms[id]; return a != nil && wants(a) })
}

// stepFailed says whether nothing of an alarm's present step can arrive any more.
func (b *Board) stepFailed(a *standing) bool {
	any := false
	for _, d := range a.calls {
		if d.Step == a.step && d.Round == a.round {
			if d.State != Failed || d.Withdrawn {
				return false
			}
			any = true
		}
	}
	return any
}

// withdraw ends deliveries that nobody needs any more before they are sent.
func (b *Board) withdraw(now time.Time) {
	for id, d := range b.live {
		if d.State != Pending && !d.awaited && !d.inFlight {
			delete(b.live, id)
		}
	}
	for _, d := range list(b.live, func(d *delivery) bool { return d.State == Pending && !d.inFlight && !b.wanted(d) }) {
		b.fail(now, d, "it was not needed any more: the alarm was acknowledged, cleared or silenced", true)
	}
}

func (b *Board) fail(now time.Time, d *delivery, why string, withdrawn bool) {
	b.say(now, d.Alarms[0], "", "", event.NotifyFailed{
		Delivery: d.ID, Alarms: d.Alarms, Recipient: d.Recipient, Channel: d.Channel, Attempts: d.Attempts, Why: why,
		Withdrawn: withdrawn, Seconds: seconds(d.From, now), Drill: d.Drill,
	})
}

// receiptsDue sends again, or gives up, what was sent and never received.
func (b *Board) receiptsDue(now time.Time) {
	for _, d := range list(b.live, func(d *delivery) bool { return d.awaited && !d.inFlight && !d.next.After(now) }) {
		switch {
		case !b.wanted(d):
			d.awaited = false // it was sent, and more will not be known
		case d.Attempts >= b.set.Attempts:
			b.fail(now, d, fmt.Sprintf("sent %d times, and no receipt came", d.Attempts), false)
		}
	}
}

// Ready returns the deliveries whose next attempt is due, in order, and holds
// them to be under way until Result. No more than perChannel are on one channel,
// and none on a channel that is held back.
func (b *Board) Ready(now time.Time, held map[string]bool) []Delivery {
	busy := b.underWay()
	var out []Delivery
	due := func(d *delivery) bool {
		return (d.State == Pending || d.awaited && d.Attempts < b.set.Attempts) && !d.inFlight && !d.next.After(now)
	}
	for _, d := range list(b.live, due) {
		if busy[d.Channel] >= perChannel || held[d.Channel] || !b.wanted(d) {
			continue
		}
		busy[d.Channel]++
		d.inFlight = true
		out = append(out, d.Delivery)
	}
	return out
}

// perChannel is how many attempts are under way on one channel at most.
const perChannel = 8

// underWay counts the attempts under way by channel.
func (b *Board) underWay() map[string]int {
	busy := map[string]int{}
	for _, d := range b.live {
		if d.inFlight {
			busy[d.Channel]++
		}
	}
	return busy
}

// Unwanted returns the deliveries under way that nobody needs any more.
func (b *Board) Unwanted() []string {
	var out []string
	for id, d := range b.live {
		if d.inFlight && !b.wanted(d) {
			out = append(out, id)
		}
	}
	return out
}

// Result takes what became of an attempt. proves says whether receipts are to be
// expected on that channel.
func (b *Board) Result(now time.Time, id string, proof Proof, proves bool, err error) {
	d := b.deliveries[id]
	if d == nil || !d.inFlight {
		return
	}
	d.inFlight = false
	d.Attempts++
	if err == nil {
		b.sent(now, d, proves && proof != Arrived)
		if proof == Arrived {
			b.receipt(now, d, Received, "")
		}
		if d.awaited {
			d.next = now.Add(b.set.Receipt)
		}
		return
	}
	d.Why = err.Error()
	switch {
	case d.State.rank() >= Received.rank(): // the receipt of an earlier attempt
	case !b.wanted(d):
		if d.State == Pending {
			b.fail(now, d, "it was not needed any more; an attempt was under way: "+d.Why, true)
		}
	case errors.Is(err, ErrNever), d.Attempts >= b.set.Attempts:
		b.fail(now, d, d.Why, false)
	default:
		d.next = now.Add(backOff(d.Attempts))
	}
}

func (b *Board) sent(now time.Time, d *delivery, awaits bool) {
	if d.State == Pending || d.State == Failed && d.Sent.IsZero() {
		b.say(now, d.Alarms[0], "", "", event.NotifySent{Delivery: d.ID, Alarms: d.Alarms, Recipient: d.Recipient, Channel: d.Channel,
			Attempts: max(d.Attempts, 1), Awaits: awaits, Seconds: seconds(d.From, now), Drill: d.Drill})
	}
}

// list returns deliveries that match, the oldest first.
func list(all map[string]*delivery, match func(*delivery) bool) []*delivery {
	var out []*delivery
	for _, d := range all {
		if match(d) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *delivery) int { return cmp.Or(a.Pending.Compare(b.Pending), strings.Compare(a.ID, b.ID)) })
	return out
}

// Deliveries returns an alarm's deliveries, the oldest first; of all alarms
// where id is empty.
func (b *Board) Deliveries(id string) []Delivery {
	var out []Delivery
	for _, d := range list(b.deliveries, func(d *delivery) bool { return id == "" || slices.Contains(d.Alarms, id) }) {
		out = append(out, d.Delivery)
	}
	return out
}

// Delivery returns one delivery; ok is false where the board has none of that id.
func (b *Board) Delivery(id string) (d Delivery, ok bool) {
	if d := b.deliveries[id]; d != nil {
		return d.Delivery, true
	}
	return d, false
}

// calling says whether something still calls by a channel: a roster's step, or an
// alarm that has its lamp lit.
func (b *Board) calling(channel string) bool {
	for _, a := range b.open {
		if d := a.lamps[channel]; d != nil && d.State.rank() >= SentOut.rank() && b.lights(a) {
			return true
		}
		for _, d := range a.calls {
			if d.Channel == channel && !d.Drill && d.State.rank() >= SentOut.rank() && b.wants(a) {
				return true
			}
		}
	}
	return false
}

// Notice writes down what a delivery tells. The desk adds token and links.
func (b *Board) notice(d Delivery) (Notice, bool) {
	lead := b.alarms[d.Alarms[0]]
	if lead == nil {
		return Notice{}, false
	}
	a := b.view(lead)
	n := Notice{ID: d.ID, Attempt: d.Attempts + 1, Recipient: d.Recipient, Alarm: a, Alarms: d.Alarms, More: len(d.Alarms) - 1, Place: place(&a), Step: d.Step, Round: d.Round}
	if p := b.set.People[d.Recipient]; p != nil {
		n.To = p.Reach[d.Channel]
	}
	n.Title = title(a, n.Place)
	n.Text = a.Text
	if n.More > 0 {
		n.Text = fmt.Sprintf("%s, and %d more in %s", a.Text, n.More, n.Place)
	}
	return n, true
}
