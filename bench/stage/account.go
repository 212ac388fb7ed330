package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/event/sqlite"
)

// record is what the log says, read after the program has ended.
type record struct {
	events     int
	raised     []raised // by seq
	deliveries map[string]*delivered
	entered    []entered
	ringLost   []string
}

// raised is one alarm.raised event: an alarm, or one that came back.
type raised struct {
	key, alarm string
	again      uint64
	at         time.Time
	cleared    time.Time // zero: it still stood when the log ended
}

// delivered is one delivery.
type delivered struct {
	alarms                []string
	pending               int
	sent, received, acked time.Time
	failed, withdrawn     bool
}

// entered is somebody who came into a zone.
type entered struct {
	camera string
	at     time.Time // exposure of the picture by which it was believed
}

// readLog reads the log of a site that lies in dir.
func readLog(ctx context.Context, dir string) (r *record, err error) {
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(dir, "data", "log"), Site: "stage", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	r = &record{deliveries: map[string]*delivered{}}
	types := append([]event.Type{event.ZoneEntered{}.EventType(), event.RingLost{}.EventType()}, alarm.Types...)
	for after := uint64(0); ; {
		events, err := log.Read(ctx, event.Filter{Types: types, After: after, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			after = e.Seq
			r.take(e)
		}
		if len(events) < 1000 {
			return r, nil
		}
	}
}

func (r *record) take(e event.Event) {
	r.events++
	if p, err := event.As[event.ZoneEntered](e); err == nil {
		r.entered = append(r.entered, entered{p.Camera, e.Time})
	}
	if p, err := event.As[event.AlarmRaised](e); err == nil {
		r.raised = append(r.raised, raised{key: p.Key, alarm: e.Subject, again: p.Again, at: e.Time})
	}
	if e.Type == (event.AlarmCleared{}).EventType() {
		for i := len(r.raised) - 1; i >= 0; i-- {
			if r.raised[i].alarm == e.Subject {
				if r.raised[i].cleared.IsZero() {
					r.raised[i].cleared = e.Time
				}
				break
			}
		}
	}
	if p, err := event.As[event.RingLost](e); err == nil {
		r.ringLost = append(r.ringLost, fmt.Sprintf("%d events: %s", p.Count, p.Why))
	}
	r.notify(e)
}

func (r *record) notify(e event.Event) {
	of := func(id string) *delivered {
		if r.deliveries[id] == nil {
			r.deliveries[id] = &delivered{}
		}
		return r.deliveries[id]
	}
	if p, err := event.As[event.NotifyPending](e); err == nil {
		d := of(p.Delivery)
		d.pending++
		d.alarms = p.Alarms
	}
	if p, err := event.As[event.NotifySent](e); err == nil {
		of(p.Delivery).sent = e.Time
	}
	if p, err := event.As[event.NotifyReceived](e); err == nil {
		if d := of(p.Delivery); d.received.IsZero() { // of several devices the first
			d.received = e.Time
		}
	}
	if p, err := event.As[event.NotifyAcknowledged](e); err == nil {
		of(p.Delivery).acked = e.Time
	}
	if p, err := event.As[event.NotifyFailed](e); err == nil && p.Delivery != "" {
		of(p.Delivery).failed, of(p.Delivery).withdrawn = true, p.Withdrawn
	}
}

// of are the times an alarm of a key was raised.
func (r *record) of(key string) (out []raised) {
	for _, x := range r.raised {
		if x.key == key {
			out = append(out, x)
		}
	}
	return out
}

// stood is how long it was the case.
func (x raised) stood(end time.Time) span {
	if x.cleared.IsZero() {
		return span{x.at, end}
	}
	return span{x.at, x.cleared}
}

// Deliveries is what became of all of them.
type Deliveries struct {
	All       int `json:"all"`
	Received  int `json:"received"`
	Sent      int `json:"sent_no_receipt"`
	Failed    int `json:"failed"`
	Withdrawn int `json:"withdrawn"`
	Open      int `json:"open"`    // without an end: wrong
	Doubled   int `json:"doubled"` // begun twice: wrong
}

func (r *record) account() (out Deliveries) {
	for _, d := range r.deliveries {
		out.All++
		switch {
		case !d.received.IsZero():
			out.Received++
		case d.failed && d.withdrawn:
			out.Withdrawn++
		case d.failed:
			out.Failed++
		case !d.sent.IsZero():
			out.Sent++
		default:
			out.Open++
		}
		if d.pending != 1 {
			out.Doubled++
		}
	}
	return out
}

// Counted is an account of what should have raised an alarm against what did.
type Counted struct {
	What   string `json:"what"`
	All    int    `json:"all"`    // visits, losses
	Owed   int    `json:"owed"`   // of these, long enough in sight that an alarm is owed
	Raised int    `json:"raised"` // raised an alarm of their own, owed or not
	// Covered fell wholly or first under an alarm that already stood: nobody had seen
	// that what it was about was over.
	Covered int `json:"covered"`
	Lost    int `json:"lost"`    // owed, and no alarm stood
	Doubled int `json:"doubled"` // raised two or more times
	False   int `json:"false"`   // raised, and nothing was there
	Stuck   int `json:"stuck"`   // stood though it was long in sight that it was over
	// Details name what is wrong.
	Details []string `json:"details,omitempty"`
}

// hold holds occasions against the alarms of a key. owed says of each whether an
// alarm is owed; late is how long after its end an alarm is still of it.
func (r *record) hold(what, key string, all []span, owed func(span) bool, late time.Duration, end time.Time) Counted {
	c := Counted{What: what, All: len(all)}
	alarms := r.of(key)
	used := make([]bool, len(alarms))
	for _, o := range all {
		due := owed(o)
		if due {
			c.Owed++
		}
		n, stood := 0, false
		for i, a := range alarms {
			if !used[i] && a.at.After(o.from) && a.at.Before(o.to.Add(late)) {
				used[i] = true
				n++
			}
			stood = stood || a.stood(end).meets(span{o.from, o.to.Add(late)})
		}
		switch {
		case n == 1:
			c.Raised++
		case n > 1:
			c.Raised++
			c.Doubled++
			c.Details = append(c.Details, fmt.Sprintf("%s from %s to %s was raised %d times", what, clock(o.from), clock(o.to), n))
		case stood:
			c.Covered++
		case due:
			c.Lost++
			c.Details = append(c.Details, fmt.Sprintf("%s from %s to %s: no alarm stood", what, clock(o.from), clock(o.to)))
		}
	}
	for i, a := range alarms {
		if !used[i] {
			c.False++
			c.Details = append(c.Details, fmt.Sprintf("%s was raised at %s, and nothing was there", key, clock(a.at)))
		}
	}
	return c
}

// stuck counts the times in which it was in sight that nothing was there, and an
// alarm stood at their end.
func (c *Counted) stuck(alarms []raised, over []span, end time.Time) {
	for _, o := range over {
		for _, a := range alarms {
			if stood := a.stood(end); stood.has(o.to) && stood.has(o.from) {
				c.Stuck++
				c.Details = append(c.Details, fmt.Sprintf("%s, raised at %s, stood on though nothing was there from %s to %s", a.key, clock(a.at), clock(o.from), clock(o.to)))
			}
		}
	}
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// keys are all that alarms were raised for.
func (r *record) keys() []string {
	var out []string
	for _, x := range r.raised {
		if !slices.Contains(out, x.key) {
			out = append(out, x.key)
		}
	}
	slices.Sort(out)
	return out
}
