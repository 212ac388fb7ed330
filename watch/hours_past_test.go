//go:build cgo

package watch

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/sqlite"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
)

// The hours of before a start come out of the log, and are what was counted then.
func TestHoursOverARestart(t *testing.T) {
	log, err := sqlite.Open(sqlite.Settings{Dir: t.TempDir(), Site: "test", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	now := time.Now().UTC()
	want := rules.NewHours()
	var events []event.Event
	say := func(ago time.Duration, id string, p event.Payload) {
		events = append(events, event.New("/test", id, now.Add(-ago), p))
	}
	alert := func(key, zone, object string) rules.Alert {
		rule, _, _ := strings.Cut(key, "/")
		return rules.Alert{Rule: rule, Key: key, Camera: "yard", Zone: zone, Object: object}
	}
	raise := func(ago time.Duration, id, key, zone, object string, counted bool) {
		say(ago, id, event.AlarmRaised{Key: "watch/" + key, From: "watch/yard", Camera: "yard", Zone: zone, Object: object, Severity: "high", Text: key})
		if counted {
			want.Take(rules.Change{Kind: rules.Raised, At: now.Add(-ago), Alert: alert(key, zone, object)})
		}
	}
	clear := func(ago time.Duration, id, key string) {
		say(ago, id, event.AlarmCleared{Key: "watch/" + key})
		want.Take(rules.Change{Kind: rules.Cleared, At: now.Add(-ago), Alert: alert(key, "", "")})
	}
	const day = 24 * time.Hour
	raise(40*day, "old", "cell/yard", "cell", "person", false)
	say(40*day-time.Minute, "old", event.AlarmCleared{Key: "watch/cell/yard"})
	raise(20*day, "a", "cell/yard", "cell", "person", true)
	clear(20*day-100*time.Minute, "a", "cell/yard")
	// One of before the log named its object: what was cut out says it.
	say(10*day, "b", event.AlarmRaised{Key: "watch/fire/yard", From: "watch/yard", Camera: "yard", Severity: "high", Text: "fire"})
	say(10*day-time.Second, "b", event.AlarmRecorded{Alarm: "b", Camera: "yard", Sights: []event.AlarmSight{{Label: "smoke"}}})
	want.Take(rules.Change{Kind: rules.Raised, At: now.Add(-10 * day), Alert: alert("fire/yard", "", "smoke")})
	clear(10*day-time.Minute, "b", "fire/yard")
	raise(9*day, "c", "no camera/yard", "", "", true) // about no thing: the rule's name
	clear(9*day-time.Minute, "c", "no camera/yard")
	say(8*day, "w", event.AlarmWithheld{Key: "watch/cell/yard", Rule: "cell", Camera: "yard", Zone: "cell", Severity: "high", Sights: []event.AlarmSight{{Label: "person"}}})
	withheld := alert("cell/yard", "cell", "person")
	want.Withhold(&withheld, now.Add(-8*day))
	say(7*day, "l", event.AlarmRaised{Key: "line/caps-1/held", From: "line/caps-1", Severity: "high", Text: "held"})
	say(7*day, "d", event.AlarmRaised{Key: "watch/cell/yard", From: "alarm", Camera: "yard", Severity: "high", Text: "drill", Drill: true})
	for i := range 1500 { // more than is read at once
		ago := 2*day - time.Duration(i)*time.Minute
		key := fmt.Sprintf("dock/yard/person-%d", i)
		raise(ago, fmt.Sprint("p", i), key, "dock", "person", true)
		clear(ago-20*time.Second, fmt.Sprint("p", i), key)
	}
	raise(3*time.Hour, "s", "gate/yard", "gate", "person", true) // it stands, and is cleared by no process that raised it
	if _, err := log.Append(t.Context(), events); err != nil {
		t.Fatal(err)
	}

	engine, err := rules.NewEngine(nil, rules.Site{Cameras: map[part.CameraID]*scene.Settings{}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewGuard(GuardConfig{Source: "/test", Rules: engine, Past: log, Events: &book{}, Desk: &desk{}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	var got []rules.HourCell
	var since time.Time
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if got, since = g.Hours(); since.Before(now.Add(-30 * day)) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after 20 s the hours reach back to %v", since)
		}
	}
	rows := want.Rows(now.Add(-31*day), time.Now())
	same := func(a, b rules.HourCell) bool {
		d := a.Seconds - b.Seconds
		a.Seconds, b.Seconds = 0, 0
		return a == b && d > -1 && d < 1
	}
	if !slices.EqualFunc(got, rows, same) {
		t.Errorf("%d cells out of the log, %d as they were counted", len(got), len(rows))
		for i := range min(len(got), len(rows)) {
			if !same(got[i], rows[i]) {
				t.Fatalf("cell %d is %+v, want %+v", i, got[i], rows[i])
			}
		}
	}
}

// What stood when the process before ended goes on standing, until this one says that
// it is over: before the log has been read, and after.
func TestHoursJoined(t *testing.T) {
	at := func(minute int) time.Time {
		return time.Unix(1_800_000_000, 0).Add(time.Duration(minute) * time.Minute)
	}
	a := rules.Alert{Rule: "r", Key: "r/yard", Camera: "yard", Object: "person"}
	for _, c := range []struct {
		name    string
		play    func(r *register, join func())
		seconds float64
		raised  int
	}{
		{"over before the log was read", func(r *register, join func()) {
			r.over(rules.Change{Kind: rules.Cleared, At: at(20), Alert: a})
			join()
		}, 20 * 60, 1},
		{"over after", func(r *register, join func()) {
			join()
			r.over(rules.Change{Kind: rules.Cleared, At: at(20), Alert: a})
		}, 20 * 60, 1},
		{"it stands", func(r *register, join func()) { join() }, 30 * 60, 1},
		{"over, and raised anew before the log was read", func(r *register, join func()) {
			r.over(rules.Change{Kind: rules.Cleared, At: at(15), Alert: a})
			r.raised(&a, at(20))
			join()
		}, 25 * 60, 2},
	} {
		r, older := newRegister(), rules.NewHours()
		older.Take(rules.Change{Kind: rules.Raised, At: at(0), Alert: a})
		r.begin(at(10), true)
		c.play(r, func() { r.join(older, at(-60)) })
		cells, since := r.rows(at(30))
		var seconds float64
		raised := 0
		for _, cell := range cells {
			seconds, raised = seconds+cell.Seconds, raised+cell.Raised
		}
		if seconds != c.seconds || raised != c.raised || !since.Equal(at(-60)) {
			t.Errorf("%s: %v s, raised %d, since %v; want %v s, raised %d", c.name, seconds, raised, since, c.seconds, c.raised)
		}
	}
}
