package alarm

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/event"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) // a Monday

// site is a plant with two people on duty, a boss and a beacon.
func site(t testing.TB) *Settings {
	t.Helper()
	s := &Settings{
		Link:     "https://box.example",
		Channels: map[string]Channel{"push": {Driver: "webpush"}, "mail": {Driver: "mail"}, "beacon": {Driver: "beacon"}},
		People: map[string]*Person{
			"li":   {Reach: map[string]string{"push": "", "mail": "li@plant.example"}},
			"eva":  {Reach: map[string]string{"push": ""}},
			"boss": {Reach: map[string]string{"mail": "boss@plant.example"}},
		},
		Rosters: []Roster{{Name: "safety",
			Duty:  []Duty{{Who: []string{"li"}, Days: []string{"mon", "tue", "wed", "thu", "fri"}, Hours: "06:00-22:00"}, {Who: []string{"eva"}}},
			Steps: []Step{{By: []string{"push"}, Within: time.Minute}, {By: []string{"mail"}, Who: []string{"boss"}, Within: 2 * time.Minute}, {Call: []string{"beacon"}}}}},
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

// desktop is a board with a clock set by hand, and all that it ever said.
type desktop struct {
	*Board
	t   *testing.T
	now time.Time
	log []event.Event
}

func newDesktop(t *testing.T, s *Settings) *desktop {
	return &desktop{Board: NewBoard(s, "/demo", time.UTC), t: t, now: noon}
}

// tick takes what happened down as a log does.
func (d *desktop) tick() {
	d.Tick(d.now)
	out := d.Take()
	for i := range out {
		out[i].Seq = uint64(len(d.log)) + 1
		if err := out[i].Check(); err != nil {
			d.t.Fatal(err)
		}
		d.log = append(d.log, out[i])
	}
	d.Stored(out)
}

// wait lets time pass, with every tick that is due meanwhile. What is due and
// nobody delivers stays so.
func (d *desktop) wait(by time.Duration) {
	for end := d.now.Add(by); d.now.Before(end); {
		d.tick()
		next := d.Next()
		if !next.After(d.now) && !next.IsZero() {
			next = d.now.Add(time.Second)
		}
		if next.IsZero() || next.After(end) {
			next = end
		}
		d.now = next
	}
	d.tick()
}

func (d *desktop) raise(key string, s event.Severity) string {
	d.t.Helper()
	id, err := d.Raise(d.now, Raise{Key: key, From: "watch/yard", Zone: "yard", Severity: s, Text: "somebody in " + key, WhatTo: "go and look"})
	if err != nil {
		d.t.Fatal(err)
	}
	d.tick()
	return id
}

func (d *desktop) state(id string) State {
	a, ok := d.Alarm(id)
	if !ok {
		return "gone"
	}
	return a.State
}

// told lists what the log says of an alarm, shortly.
func (d *desktop) told() []string {
	var out []string
	for _, e := range d.log {
		word := strings.TrimSuffix(strings.TrimPrefix(string(e.Type), "linesman."), ".v1")
		if p, err := event.As[event.NotifyPending](e); err == nil {
			word += " " + p.Recipient + "/" + p.Channel
		}
		out = append(out, word)
	}
	return out
}

func TestStates(t *testing.T) {
	type act func(d *desktop, id string) error
	ack := func(d *desktop, id string) error { return d.Acknowledge(d.now, id, "user:li", "") }
	clear := func(d *desktop, _ string) error { return d.Clear(d.now, "k", "", "", "") }
	raise := func(s event.Severity) act {
		return func(d *desktop, id string) error {
			got, err := d.Raise(d.now, Raise{Key: "k", Text: "t", Severity: s})
			if err == nil && got != id {
				return fmt.Errorf("another alarm: %s", got)
			}
			return err
		}
	}
	shelve := func(d *desktop, _ string) error {
		return d.Shelve(d.now, "k", d.now.Add(time.Hour), "the painter is in", "user:li")
	}
	later := func(by time.Duration) act {
		return func(d *desktop, _ string) error { d.wait(by); return nil }
	}
	for name, c := range map[string]struct {
		severity event.Severity
		acts     []act
		want     State
	}{
		"raised":                           {event.High, nil, Unacknowledged},
		"acknowledged":                     {event.High, []act{ack}, Acknowledged},
		"acknowledged twice":               {event.High, []act{ack, ack}, Acknowledged},
		"cleared, latched":                 {event.High, []act{clear}, Returned},
		"cleared, not latched":             {event.Medium, []act{clear}, Normal},
		"cleared, then acknowledged":       {event.High, []act{clear, ack}, Normal},
		"acknowledged, then cleared":       {event.High, []act{ack, clear}, Normal},
		"cleared twice":                    {event.Medium, []act{clear, clear}, Normal},
		"raised again":                     {event.High, []act{raise(event.High)}, Unacknowledged},
		"raised again after taking it":     {event.High, []act{ack, raise(event.High)}, Acknowledged},
		"got worse after taking it":        {event.High, []act{ack, raise(event.Critical)}, Unacknowledged},
		"milder after taking it":           {event.High, []act{ack, raise(event.Low)}, Acknowledged},
		"back while latched":               {event.High, []act{clear, raise(event.High)}, Unacknowledged},
		"back within the chattering time":  {event.Medium, []act{clear, later(57 * time.Second), raise(event.Medium)}, Unacknowledged},
		"shelved":                          {event.High, []act{shelve}, Shelved},
		"shelf over":                       {event.High, []act{shelve, later(time.Hour)}, Unacknowledged},
		"shelved, cleared, shelf over":     {event.Medium, []act{shelve, clear, later(time.Hour)}, Normal},
		"unshelved":                        {event.High, []act{shelve, func(d *desktop, _ string) error { return d.Unshelve(d.now, "k", "", "user:li") }}, Unacknowledged},
		"suppressed":                       {event.High, []act{func(d *desktop, _ string) error { return d.Suppress(d.now, "line stopped", []string{"k*"}, "", "", "") }}, Suppressed},
		"suppressed by another key's":      {event.High, []act{func(d *desktop, _ string) error { return d.Suppress(d.now, "line stopped", []string{"x*"}, "", "", "") }}, Unacknowledged},
		"out of service":                   {event.High, []act{func(d *desktop, _ string) error { return d.TakeOut(d.now, "k", "lens off", "user:li") }}, OutOfService},
		"out of service before it shelved": {event.High, []act{shelve, func(d *desktop, _ string) error { return d.TakeOut(d.now, "*", "lens off", "user:li") }}, OutOfService},
		"back in service": {event.High, []act{func(d *desktop, _ string) error { return d.TakeOut(d.now, "k", "lens off", "user:li") },
			func(d *desktop, _ string) error { return d.PutBack(d.now, "k", "", "user:li") }}, Unacknowledged},
		"condition over": {event.High, []act{func(d *desktop, _ string) error { return d.Suppress(d.now, "c", []string{"k"}, "", "", "") },
			func(d *desktop, _ string) error { return d.EndSuppression(d.now, "c", "", "") }}, Unacknowledged},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesktop(t, site(t))
			id := d.raise("k", c.severity)
			for i, do := range c.acts {
				d.now = d.now.Add(time.Second)
				if err := do(d, id); err != nil {
					t.Fatalf("act %d: %v", i+1, err)
				}
				d.tick()
			}
			if got := d.state(id); got != c.want {
				t.Errorf("state %q, want %q; told %v", got, c.want, d.told())
			}
			d.sameFromLog()
		})
	}
}

// sameFromLog holds that the log alone makes the same board, and that reading
// it twice changes nothing.
func (d *desktop) sameFromLog() {
	d.t.Helper()
	again := NewBoard(d.set, d.source, d.zone)
	for range 2 {
		for _, e := range d.log {
			if err := again.Apply(e); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	strip := func(b *Board) (out []any) {
		for _, a := range b.List(1000) {
			a.Last, a.Count = time.Time{}, 0 // repeats are told once a minute
			out = append(out, a)
		}
		for _, x := range b.Deliveries("") {
			x.Attempts, x.Why = 0, ""
			out = append(out, x)
		}
		return append(out, b.Shelves(), b.Suppressions(), b.OutOfService())
	}
	got, want := strip(again), strip(d.Board)
	if len(got) != len(want) {
		d.t.Fatalf("from the log: %d things, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			d.t.Fatalf("from the log: %+v\nwant          %+v", got[i], want[i])
		}
	}
}

// TestSource holds that an alarm's events are those of its line.
func TestSource(t *testing.T) {
	d := newDesktop(t, site(t))
	for line, want := range map[string]string{"": "/demo", "caps-1": "/demo/line/caps-1"} {
		before := len(d.log)
		id, err := d.Raise(d.now, Raise{Key: "k" + line, Line: line, Severity: event.High, Text: "t"})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Acknowledge(d.now, id, "user:li", ""); err != nil {
			t.Fatal(err)
		}
		d.tick()
		for _, e := range d.log[before:] {
			if e.Source != want {
				t.Errorf("%s of line %q is of source %s", e.Type, line, e.Source)
			}
		}
	}
}

func TestAnotherAlarm(t *testing.T) {
	d := newDesktop(t, site(t))
	first := d.raise("k", event.Medium)
	if err := d.Clear(d.now, "k", "", "", ""); err != nil {
		t.Fatal(err)
	}
	d.wait(time.Minute)
	if second := d.raise("k", event.Medium); second == first {
		t.Error("back after the chattering time it is the same alarm")
	}
}

func TestRefusals(t *testing.T) {
	d := newDesktop(t, site(t))
	id := d.raise("k", event.High)
	for name, c := range map[string]struct {
		err  error
		want error
		says string
	}{
		"no such alarm":      {d.Acknowledge(d.now, "x", "user:li", ""), ErrUnknown, "no alarm"},
		"shelve nothing":     {d.Shelve(d.now, "x", d.now.Add(time.Hour), "r", "user:li"), ErrUnknown, "has the key"},
		"shelve for no why":  {d.Shelve(d.now, "k", d.now.Add(time.Hour), "", "user:li"), ErrRefused, "reason"},
		"shelve for no end":  {d.Shelve(d.now, "k", time.Time{}, "r", "user:li"), ErrRefused, "want an end"},
		"shelve for ever":    {d.Shelve(d.now, "k", d.now.Add(9*time.Hour), "r", "user:li"), ErrRefused, "shelve_at_most"},
		"unshelve nothing":   {d.Unshelve(d.now, "k", "", "user:li"), ErrUnknown, "not shelved"},
		"out for no why":     {d.TakeOut(d.now, "k", "", "user:li"), ErrRefused, "reason"},
		"in that is not out": {d.PutBack(d.now, "k", "", "user:li"), ErrUnknown, "not out"},
		"suppress nothing":   {d.Suppress(d.now, "c", nil, "", "", ""), ErrRefused, "0 keys"},
		"receipt of nothing": {d.Receipt(d.now, "x", Received, ""), ErrUnknown, "too old"},
		"receipt of sending": {d.Receipt(d.now, id+"/1/1/li/push", SentOut, ""), ErrRefused, "no receipt"},
	} {
		if !errors.Is(c.err, c.want) || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: %v, want %v with %q", name, c.err, c.want, c.says)
		}
	}
	for name, r := range map[string]Raise{"no key": {Text: "t"}, "no text": {Key: "k"}, "two lines": {Key: "k", Text: "a\nb"}, "no text at all": {Key: "k", Text: "\xff"}, "a drill's key": {Key: "drill", Text: "t"}} {
		if _, err := d.Raise(d.now, r); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// deliver makes the attempts that are due: channels of down fail, others send,
// and prove it where the channel can.
func (d *desktop) deliver(down ...string) (channels []string) {
	for _, x := range d.Ready(d.now, nil) {
		channels = append(channels, x.Recipient+"/"+x.Channel)
		var err error
		if slices.Contains(down, x.Channel) {
			err = errors.New("down")
		}
		d.Result(d.now, x.ID, Taken, x.Channel == "push", err)
	}
	d.tick()
	return channels
}

func TestEscalation(t *testing.T) {
	d := newDesktop(t, site(t))
	id := d.raise("k", event.High)
	if got := d.deliver(); !slices.Equal(got, []string{"eva/push", "li/push"}) {
		t.Fatalf("step 1 called %v", got)
	}
	for _, x := range d.Deliveries(id) {
		if err := d.Receipt(d.now, x.ID, Received, ""); err != nil {
			t.Fatal(err)
		}
	}
	d.wait(time.Minute)
	if got := d.deliver(); !slices.Equal(got, []string{"boss/mail"}) {
		t.Fatalf("step 2 called %v", got)
	}
	d.wait(2 * time.Minute)
	if got := d.deliver(); !slices.Equal(got, []string{"/beacon"}) {
		t.Fatalf("step 3 called %v", got)
	}
	if !d.calling("beacon") {
		t.Error("the beacon does not call")
	}
	d.wait(14 * time.Minute)
	if got := d.deliver(); len(got) != 0 {
		t.Errorf("called before the repeat: %v", got)
	}
	d.wait(2 * time.Minute)
	if got := d.deliver(); !slices.Equal(got, []string{"eva/push", "li/push"}) {
		t.Errorf("the roster does not begin anew: %v", got)
	}
	if err := d.Receipt(d.now, d.Deliveries(id)[0].ID, AckedDelivery, ""); err != nil { // by the first round's link
		t.Fatal(err)
	}
	d.tick()
	a, _ := d.Alarm(id)
	if a.State != Acknowledged || a.Acked.By != "recipient:eva" || a.Acked.Channel != "push" {
		t.Errorf("acknowledged: %+v", a)
	}
	if d.calling("beacon") {
		t.Error("the beacon calls on")
	}
	before := len(d.log)
	d.wait(2 * time.Hour)
	if got := d.deliver(); len(got) != 0 || len(d.log) != before {
		t.Errorf("sent after the acknowledgement: %v, %v", got, d.told()[before:])
	}
	d.sameFromLog()
}

// TestWithdrawn acknowledges while a delivery waits for its second attempt.
func TestWithdrawn(t *testing.T) {
	d := newDesktop(t, site(t))
	id := d.raise("k", event.High)
	d.deliver("push")
	if err := d.Acknowledge(d.now, id, "user:li", ""); err != nil {
		t.Fatal(err)
	}
	d.tick()
	for _, x := range d.Deliveries(id) {
		if x.State != Failed || !x.Withdrawn || x.Attempts != 1 {
			t.Errorf("%+v", x)
		}
	}
	d.wait(time.Hour)
	if got := d.deliver(); len(got) > 0 {
		t.Errorf("sent: %v", got)
	}
}

// TestNextAtOnce holds that a step of which nothing can arrive is not waited for.
func TestNextAtOnce(t *testing.T) {
	s := site(t)
	s.Attempts = 3
	d := newDesktop(t, s)
	d.raise("k", event.High)
	start := d.now
	for range 3 {
		d.deliver("push")
		d.wait(max(d.Next().Sub(d.now), 0))
	}
	if got := d.deliver(); !slices.Equal(got, []string{"boss/mail"}) || d.now.Sub(start) > 10*time.Second {
		t.Errorf("after %s called %v; told %v", d.now.Sub(start), got, d.told())
	}
}

func TestNobodyOnDuty(t *testing.T) {
	s := site(t)
	s.Rosters[0].Duty = s.Rosters[0].Duty[:1] // li alone, by day
	d := newDesktop(t, s)
	d.now = time.Date(2026, 3, 7, 3, 0, 0, 0, time.UTC) // Saturday night
	d.raise("k", event.High)
	if got := d.told(); !slices.Equal(got, []string{"alarm.raised", "notify.failed", "notify.pending boss/mail"}) {
		t.Errorf("told %v", got)
	}
}

func TestNoReceipt(t *testing.T) {
	s := site(t)
	s.Attempts = 2
	d := newDesktop(t, s)
	id := d.raise("k", event.High)
	d.deliver()
	d.wait(30 * time.Second)
	if got := d.deliver(); !slices.Equal(got, []string{"eva/push", "li/push"}) {
		t.Fatalf("not sent again without a receipt: %v", got)
	}
	d.wait(30 * time.Second)
	x := d.Deliveries(id)[0]
	if x.State != Failed || !strings.Contains(x.Why, "no receipt") {
		t.Errorf("%+v", x)
	}
	if err := d.Receipt(d.now, x.ID, Opened, ""); err != nil { // late, and true all the same
		t.Fatal(err)
	}
	if x, _ := d.Delivery(x.ID); x.State != Opened || x.Received.IsZero() {
		t.Errorf("late receipt: %+v", x)
	}
	d.tick()
	d.sameFromLog()
}

func TestFlood(t *testing.T) {
	d := newDesktop(t, site(t))
	for i := range 10 {
		d.raise(fmt.Sprint("alone-", i), event.Medium)
	}
	alone := len(d.Deliveries(""))
	for i := range 13 {
		d.raise(fmt.Sprint("more-", i), event.Medium)
	}
	if got := len(d.Deliveries("")); got != alone {
		t.Fatalf("%d deliveries at once in a flood", got-alone)
	}
	fire := d.raise("fire", event.Critical)
	if got := d.Deliveries(fire); len(got) != 2 || len(got[0].Alarms) != 1 {
		t.Errorf("a critical alarm in a flood: %+v", got)
	}
	d.wait(30 * time.Second)
	var grouped []Delivery
	for _, x := range d.Deliveries("") {
		if len(x.Alarms) > 1 && x.Step == 1 {
			grouped = append(grouped, x)
		}
	}
	if len(grouped) != 2 || len(grouped[0].Alarms) != 13 {
		t.Fatalf("told together: %+v", grouped)
	}
	n, ok := d.notice(grouped[0])
	if !ok || n.More != 12 || !strings.HasSuffix(n.Text, "and 12 more in zone yard") {
		t.Errorf("notice %+v", n)
	}
	if err := d.Receipt(d.now, grouped[0].ID, AckedDelivery, ""); err != nil {
		t.Fatal(err)
	}
	d.tick()
	for _, id := range grouped[0].Alarms {
		if got := d.state(id); got != Acknowledged {
			t.Errorf("acknowledged together: %s", got)
		}
	}
	d.sameFromLog()
}

func TestChattering(t *testing.T) {
	d := newDesktop(t, site(t))
	id := d.raise("k", event.Medium)
	for range 50 { // each second it comes and goes
		d.deliver()
		if err := d.Clear(d.now, "k", "", "", ""); err != nil {
			t.Fatal(err)
		}
		d.wait(500 * time.Millisecond)
		if again := d.raise("k", event.Medium); again != id {
			t.Fatal("another alarm")
		}
		d.wait(500 * time.Millisecond)
	}
	a, _ := d.Alarm(id)
	if a.Again != 50 || a.Count != 51 {
		t.Errorf("came back %d times, counted %d", a.Again, a.Count)
	}
	if n := len(d.Deliveries(id)); n > 8 {
		t.Errorf("%d deliveries of one alarm that chatters for 50 s", n)
	}
	d.sameFromLog()
}

func TestRepeatsAreFew(t *testing.T) {
	d := newDesktop(t, site(t))
	id := d.raise("k", event.Low)
	for range 1200 { // five a second, four minutes long
		d.raise("k", event.Low)
		d.wait(200 * time.Millisecond)
	}
	if a, _ := d.Alarm(id); a.Count != 1201 {
		t.Errorf("counted %d", a.Count)
	}
	if len(d.log) > 6 {
		t.Errorf("told %v", d.told())
	}
}

// TestNobodyEver lets an alarm stand for five days that nobody takes.
func TestNobodyEver(t *testing.T) {
	d := newDesktop(t, site(t))
	id := d.raise("k", event.High)
	for end := d.now.Add(5 * 24 * time.Hour); d.now.Before(end); {
		d.deliver()
		d.wait(time.Minute)
	}
	if n := len(d.Deliveries("")); n > mostCalls+8 {
		t.Errorf("%d deliveries are kept", n)
	}
	if n := len(d.live); n > 8 {
		t.Errorf("%d deliveries are looked at", n)
	}
	if d.state(id) != Unacknowledged {
		t.Errorf("state %s", d.state(id))
	}
	if n := d.Deliveries(id)[0].Round; n < 250 {
		t.Errorf("the oldest one kept is of round %d: it calls too seldom", n)
	}
}

func TestQuiet(t *testing.T) {
	d := newDesktop(t, site(t))
	d.raise("k", event.Low)
	d.wait(time.Hour)
	if got := d.told(); !slices.Equal(got, []string{"alarm.raised"}) {
		t.Errorf("told %v", got)
	}
}

func TestDrill(t *testing.T) {
	d := newDesktop(t, site(t))
	d.set.Drill.Skip = []string{"beacon"}
	id, err := d.Drill(d.now, "user:li")
	if err != nil {
		t.Fatal(err)
	}
	d.tick()
	if _, err := d.Drill(d.now, "user:li"); !errors.Is(err, ErrRefused) {
		t.Errorf("a second at once: %v", err)
	}
	if got := d.deliver(); !slices.Equal(got, []string{"boss/mail", "eva/push", "li/push"}) {
		t.Fatalf("drilled %v", got)
	}
	for _, x := range d.Deliveries(id) {
		if x.Recipient == "li" {
			if err := d.Receipt(d.now, x.ID, Received, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.wait(time.Minute)
	drilled := d.last(event.AlarmDrilled{}.EventType())
	p, err := event.As[event.AlarmDrilled](drilled)
	if err != nil || p.Passed || len(p.Paths) != 3 {
		t.Fatalf("drilled %+v, %v", p, err)
	}
	for _, path := range p.Paths {
		if want := path.Recipient != "eva"; path.Arrived != want {
			t.Errorf("path %+v, arrived want %t", path, want)
		}
	}
	open := d.List(0)
	if len(open) != 1 || open[0].Text != "drill failed: path eva by push" || open[0].State != Unacknowledged || open[0].Drill {
		t.Fatalf("raised %+v", open)
	}
	d.sameFromLog()

	// The next drill arrives by every path, and takes the alarm back.
	if err := d.Acknowledge(d.now, open[0].ID, "user:li", ""); err != nil {
		t.Fatal(err)
	}
	if id, err = d.Drill(d.now, "schedule"); err != nil {
		t.Fatal(err)
	}
	d.tick()
	d.deliver()
	for _, x := range d.Deliveries(id) {
		if x.Channel == "push" {
			if err := d.Receipt(d.now, x.ID, Received, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.tick()
	if p, err := event.As[event.AlarmDrilled](d.last(event.AlarmDrilled{}.EventType())); err != nil || !p.Passed {
		t.Errorf("second drill %+v, %v", p, err)
	}
	if open := d.List(0); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

func (d *desktop) last(typ event.Type) event.Event {
	for _, e := range slices.Backward(d.log) {
		if e.Type == typ {
			return e
		}
	}
	return event.Event{}
}

// TestMark holds that what stands can be read back from where the log is told
// to begin.
func TestMark(t *testing.T) {
	d := newDesktop(t, site(t))
	for i := range 300 {
		id := d.raise(fmt.Sprint("k", i), event.High)
		_ = d.Acknowledge(d.now, id, "user:li", "")
		_ = d.Clear(d.now, fmt.Sprint("k", i), "", "", "")
		d.wait(time.Minute)
	}
	stays := d.raise("stays", event.Low)
	if err := d.Shelve(d.now, "stays", d.now.Add(7*time.Hour), "painter", "user:li"); err != nil {
		t.Fatal(err)
	}
	d.wait(2 * time.Hour)
	for i := range 1300 {
		d.raise(fmt.Sprint("later", i%3), event.Low)
		_ = d.Clear(d.now, fmt.Sprint("later", i%3), "", "", "")
		d.wait(time.Minute)
	}
	mark, err := event.As[event.AlarmStanding](d.last(event.AlarmStanding{}.EventType()))
	if err != nil || mark.From < 300 {
		t.Fatalf("mark %+v, %v", mark, err)
	}
	again := NewBoard(d.set, d.source, d.zone)
	for _, e := range d.log[mark.From-1:] {
		if err := again.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if a, ok := again.Alarm(stays); !ok || a.State != d.state(stays) {
		t.Errorf("from the mark on: %+v, %t; want %s", a, ok, d.state(stays))
	}
	if !reflect.DeepEqual(again.List(0)[0].ID, d.List(0)[0].ID) || len(again.List(0)) != len(d.List(0)) {
		t.Errorf("from the mark on: %+v\nwant %+v", again.List(0), d.List(0))
	}
}

// TestAnyOrder does random things, and holds after each that the log alone makes
// the same board, that no delivery is lost, and that nothing is sent once nobody
// needs it.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			d := newDesktop(t, site(t))
			keys := []string{"a", "b", "zone/c", "zone/d"}
			for range 400 {
				key := keys[rng.IntN(len(keys))]
				switch rng.IntN(14) {
				case 0, 1, 2, 3:
					d.raise(key, event.Severity(rng.IntN(5)))
				case 4, 5:
					_ = d.Clear(d.now, key, "", "", "")
				case 6:
					if list := d.List(0); len(list) > 0 {
						_ = d.Acknowledge(d.now, list[rng.IntN(len(list))].ID, "user:li", "")
					}
				case 7:
					_ = d.Shelve(d.now, key, d.now.Add(time.Duration(1+rng.IntN(600))*time.Second), "r", "user:li")
				case 8:
					_ = d.Suppress(d.now, "c", []string{"zone/*"}, "", "", "")
				case 9:
					_ = d.EndSuppression(d.now, "c", "", "")
				case 10:
					_ = d.TakeOut(d.now, key, "r", "user:li")
				case 11:
					_ = d.PutBack(d.now, key, "", "user:li")
				case 12:
					if list := d.Deliveries(""); len(list) > 0 {
						_ = d.Receipt(d.now, list[rng.IntN(len(list))].ID, []DeliveryState{Received, Opened, AckedDelivery}[rng.IntN(3)], "")
					}
				}
				d.tick()
				for _, x := range d.Ready(d.now, nil) {
					if !slices.ContainsFunc(x.Alarms, func(id string) bool { s := d.state(id); return s == Unacknowledged || s == Returned }) {
						t.Fatalf("sends %+v, which nobody needs", x)
					}
					var err error
					if rng.IntN(3) == 0 {
						err = errors.New("down")
					}
					d.Result(d.now, x.ID, Taken, rng.IntN(2) == 0, err)
				}
				d.tick()
				d.wait(time.Duration(rng.IntN(90)) * time.Second)
			}
			d.sameFromLog()
		})
	}
}
