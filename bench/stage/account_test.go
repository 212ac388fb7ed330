package stage

import (
	"slices"
	"testing"
	"time"

	"linesman/event"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(s float64) time.Time { return noon.Add(time.Duration(s * float64(time.Second))) }

// logged is an event as the log gives it back.
func logged(s float64, subject string, p event.Payload) event.Event {
	return event.New("/stage", subject, at(s), p)
}

func raise(s float64, id string) event.Event {
	return logged(s, id, event.AlarmRaised{Key: "k", From: "watch", Severity: "high", Text: "t"})
}

func clears(s float64, id string) event.Event { return logged(s, id, event.AlarmCleared{Key: "k"}) }

// An account that can not find what is wrong proves nothing: each fault is put into a
// log, and only it is counted.
func TestHoldFindsEachFault(t *testing.T) {
	visits := []span{{at(0), at(10)}, {at(20), at(30)}, {at(40), at(42)}} // the last too short to be owed
	for name, c := range map[string]struct {
		log  []event.Event
		want Counted
	}{
		"as it should be":              {[]event.Event{raise(2, "a"), clears(13, "a"), raise(22, "b"), clears(33, "b")}, Counted{Raised: 2}},
		"one is lost":                  {[]event.Event{raise(2, "a"), clears(13, "a")}, Counted{Raised: 1, Lost: 1}},
		"one is doubled":               {[]event.Event{raise(2, "a"), clears(5, "a"), raise(6, "b"), clears(13, "b"), raise(22, "c"), clears(33, "c")}, Counted{Raised: 2, Doubled: 1}},
		"one is false":                 {[]event.Event{raise(2, "a"), clears(13, "a"), raise(16, "b"), clears(17, "b"), raise(22, "c"), clears(33, "c")}, Counted{Raised: 2, False: 1}},
		"under one that stood":         {[]event.Event{raise(2, "a"), clears(33, "a")}, Counted{Raised: 1, Covered: 1, Stuck: 1}},
		"it never ends":                {[]event.Event{raise(2, "a"), clears(13, "a"), raise(22, "b")}, Counted{Raised: 2, Covered: 1, Stuck: 1}},
		"the short one is raised, too": {[]event.Event{raise(2, "a"), clears(13, "a"), raise(22, "b"), clears(33, "b"), raise(41, "c"), clears(45, "c")}, Counted{Raised: 3}},
		"too late to be of it":         {[]event.Event{raise(2, "a"), clears(13, "a"), raise(34, "b"), clears(35, "b")}, Counted{Raised: 1, Lost: 1, False: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &record{deliveries: map[string]*delivered{}}
			for _, e := range c.log {
				r.take(e)
			}
			got := r.hold("a visit", "k", visits, func(s span) bool { return s.to.Sub(s.from) >= 4*time.Second }, 3*time.Second, at(60))
			got.stuck(r.of("k"), []span{{at(14), at(20)}, {at(45), at(59)}}, at(60))
			wrong := got.Lost + got.Doubled + got.False + got.Stuck
			if len(got.Details) != wrong {
				t.Errorf("%d things are wrong, and %q say so", wrong, got.Details)
			}
			got.Details = nil
			c.want.What, c.want.All, c.want.Owed = "a visit", 3, 2
			if got.All != c.want.All || got.Owed != c.want.Owed || got.Raised != c.want.Raised || got.Covered != c.want.Covered || got.Lost != c.want.Lost || got.Doubled != c.want.Doubled || got.False != c.want.False || got.Stuck != c.want.Stuck {
				t.Errorf("counted %+v, want %+v", got, c.want)
			}
			report := SoakReport{Visits: got}
			if (report.Err() != nil) != (wrong > 0) {
				t.Errorf("%d things are wrong, and the report says %v", wrong, report.Err())
			}
		})
	}
}

func TestEachDeliveryHasAnEnd(t *testing.T) {
	r := &record{deliveries: map[string]*delivered{}}
	begin := func(id string) { r.take(logged(0, "a", event.NotifyPending{Delivery: id, Alarms: []string{"a"}})) }
	for _, id := range []string{"received", "sent", "failed", "withdrawn", "open", "doubled", "doubled"} {
		begin(id)
	}
	r.take(logged(1, "a", event.NotifySent{Delivery: "received"}))
	r.take(logged(2, "a", event.NotifyReceived{Delivery: "received"}))
	r.take(logged(1, "a", event.NotifySent{Delivery: "sent"}))
	r.take(logged(1, "a", event.NotifyFailed{Delivery: "failed"}))
	r.take(logged(1, "a", event.NotifyFailed{Delivery: "withdrawn", Withdrawn: true}))
	r.take(logged(1, "a", event.NotifySent{Delivery: "doubled"}))
	if got, want := r.account(), (Deliveries{All: 6, Received: 1, Sent: 2, Failed: 1, Withdrawn: 1, Open: 1, Doubled: 1}); got != want {
		t.Errorf("accounted %+v, want %+v", got, want)
	}
}

// A script does all that was asked for, within its time, and the same for a seed.
func TestScript(t *testing.T) {
	for seed := range uint64(20) {
		s := Soak{For: 20 * time.Minute, Drops: 40, Kills: 7, Down: 1. / 3, Seed: seed, Still: stillness}
		got, end := s.write(noon), noon.Add(s.For)
		if len(got.drops) != 40 || len(got.kills) != 7 || len(got.visits) < 30 {
			t.Fatalf("seed %d: %d drops, %d kills, %d visits", seed, len(got.drops), len(got.kills), len(got.visits))
		}
		var down time.Duration
		for _, o := range got.outages {
			down += o.to.Sub(o.from)
		}
		if share := down.Seconds() / s.For.Seconds(); share < 0.32 || share > 0.34 {
			t.Errorf("seed %d: out of reach for %.2f of the time", seed, share)
		}
		for i := 1; i < len(got.visits); i++ {
			if got.visits[i-1].meets(got.visits[i]) || !got.visits[i].from.Before(end) {
				t.Errorf("seed %d: visit %d is %v", seed, i, got.visits[i])
			}
		}
		if !slices.IsSortedFunc(got.kills, time.Time.Compare) || got.kills[6].After(end) {
			t.Errorf("seed %d: kills at %v", seed, got.kills)
		}
		if again := s.write(noon); !slices.Equal(again.visits, got.visits) || !slices.Equal(again.drops, got.drops) {
			t.Errorf("seed %d does not give the same script twice", seed)
		}
	}
}
