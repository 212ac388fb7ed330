package alarm

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// lamps is a desk in the bubble's time whose beacon is a lamp.
type lamps struct {
	*Desk
	t      *testing.T
	memory *eventtest.Memory
	beacon *lamp
	end    func() error
}

func openLamps(t *testing.T) *lamps {
	l := &lamps{t: t, memory: eventtest.NewMemory(), beacon: &lamp{peer: newPeer(false)}}
	l.start()
	return l
}

func (l *lamps) start() {
	l.Desk = deskOn(l.t, site(l.t), l.memory, map[string]Deliverer{"push": newPeer(true), "mail": newPeer(false), "beacon": l.beacon})
	l.end = run(l.t, l.Desk)
	synctest.Wait()
}

func (l *lamps) stop() {
	l.t.Helper()
	if err := l.end(); err != nil {
		l.t.Error(err)
	}
}

// rule raises a rule's alarm that asks for these lamps.
func (l *lamps) rule(key string, s event.Severity, lamps ...string) (id string) {
	l.t.Helper()
	id, err := l.Raise(l.t.Context(), Raise{Key: key, From: "watch/yard", Severity: s, Text: "somebody is there", Lamps: lamps})
	l.no(err)
	return id
}

func (l *lamps) no(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lamps) clear(key string) { l.t.Helper(); l.no(l.Clear(l.t.Context(), key, "", "", "")) }

func (l *lamps) ack(id string) {
	l.t.Helper()
	l.no(l.Acknowledge(l.t.Context(), id, "user:li", ""))
}

// TestLampOfARule holds when a rule's lamp is lit: while its alarm is active, and
// for as long as anything else needs it.
func TestLampOfARule(t *testing.T) {
	lit := func(l *lamps, is bool, when string) {
		l.t.Helper()
		synctest.Wait()
		if l.beacon.on() != is {
			l.t.Errorf("%s: lit is %v, want %v", when, !is, is)
		}
	}
	for name, play := range map[string]func(l *lamps){
		"an alarm that calls nobody": func(l *lamps) {
			id := l.rule("a", event.Low, "beacon")
			lit(l, true, "raised")
			l.ack(id)
			lit(l, true, "acknowledged")
			time.Sleep(time.Hour)
			lit(l, true, "after an hour")
			l.clear("a")
			lit(l, false, "cleared")
		},
		"latched": func(l *lamps) {
			l.rule("a", event.High, "beacon")
			l.clear("a")
			lit(l, false, "cleared, and nobody acknowledged")
		},
		"none is asked for": func(l *lamps) {
			l.rule("a", event.Low)
			lit(l, false, "raised")
		},
		"shared with a roster that ends first": func(l *lamps) {
			a := l.rule("a", event.Critical)
			time.Sleep(4 * time.Minute)
			lit(l, true, "the roster's last step")
			l.rule("b", event.Low, "beacon")
			l.ack(a)
			lit(l, true, "the roster does not need it")
			l.clear("b")
			lit(l, false, "nor the rule")
		},
		"shared with a roster that goes on": func(l *lamps) {
			l.rule("b", event.Low, "beacon")
			a := l.rule("a", event.Critical)
			time.Sleep(4 * time.Minute)
			l.clear("b")
			lit(l, true, "the rule does not need it")
			l.ack(a)
			lit(l, false, "nor the roster")
		},
		"shared by two rules": func(l *lamps) {
			l.rule("a", event.Low, "beacon")
			l.rule("b", event.Low, "beacon")
			l.clear("a")
			lit(l, true, "one is over")
			l.clear("b")
			lit(l, false, "both are over")
		},
		"it comes back": func(l *lamps) {
			id := l.rule("a", event.Low, "beacon")
			l.clear("a")
			lit(l, false, "cleared")
			if l.rule("a", event.Low, "beacon") != id {
				l.t.Error("another alarm")
			}
			lit(l, true, "back")
		},
		"shelved": func(l *lamps) {
			l.rule("a", event.Low, "beacon")
			l.no(l.Shelve(l.t.Context(), "a", time.Now().Add(10*time.Minute), "the painter is in", "user:li"))
			lit(l, false, "shelved")
			time.Sleep(11 * time.Minute)
			lit(l, true, "its time is over")
		},
		"suppressed by design": func(l *lamps) {
			l.no(l.Suppress(l.t.Context(), "maintenance", []string{"a"}, "", "system", ""))
			l.rule("a", event.Low, "beacon")
			lit(l, false, "in maintenance")
			l.no(l.EndSuppression(l.t.Context(), "maintenance", "system", ""))
			lit(l, true, "and after")
		},
		"the controller is away": func(l *lamps) {
			back := time.Now().Add(20 * time.Minute)
			l.beacon.down = func(at time.Time) bool { return at.Before(back) }
			id := l.rule("a", event.Low, "beacon")
			time.Sleep(19 * time.Minute)
			lit(l, false, "away")
			if _, calls, err := l.Alarm(l.t.Context(), id); err != nil || len(calls) > 2 {
				l.t.Errorf("%d lightings that failed are kept, %v", len(calls), err)
			}
			time.Sleep(3 * time.Minute)
			lit(l, true, "back")
		},
		"the process ends and begins again": func(l *lamps) {
			l.rule("a", event.Low, "beacon")
			l.stop()
			l.beacon.lit = false // the controller began anew, too
			l.start()
			lit(l, true, "after the start")
			l.clear("a")
			lit(l, false, "cleared")
		},
		"the process ends after the alarm": func(l *lamps) {
			l.rule("a", event.Low, "beacon")
			l.clear("a")
			lit(l, false, "cleared")
			l.stop()
			l.beacon.lit = true // it was not known to be dark
			l.start()
			lit(l, false, "after the start")
		},
		"the rule asks for it later": func(l *lamps) {
			l.rule("a", event.Low)
			l.rule("a", event.Low, "beacon")
			lit(l, true, "asked for")
			l.rule("a", event.Low, "beacon")
			l.stop()
			l.start()
			lit(l, true, "after a start")
		},
		"a channel that is gone": func(l *lamps) {
			l.rule("a", event.Low, "siren", "beacon")
			lit(l, true, "the other one")
			before := len(l.memory.Events())
			time.Sleep(10 * time.Minute)
			if after := len(l.memory.Events()); after != before {
				l.t.Errorf("%d events about a channel that is not there", after-before)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := openLamps(t)
				play(l)
				l.stop()
			})
		})
	}
}

// TestLampIsTold holds that a lighting is told like any call, and that it is no
// step of the roster.
func TestLampIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := openLamps(t)
		id := l.rule("a", event.Medium, "beacon")
		synctest.Wait()
		var told []string
		for _, e := range l.memory.Events() {
			word := strings.TrimSuffix(strings.TrimPrefix(string(e.Type), "linesman."), ".v1")
			if strings.Contains(string(e.Data), `"channel":"beacon"`) {
				told = append(told, word)
			}
		}
		if !slices.Equal(told, []string{"notify.pending", "notify.sent", "notify.received"}) {
			t.Errorf("the log says %q of the lamp", told)
		}
		a, calls, err := l.Alarm(t.Context(), id)
		i := slices.IndexFunc(calls, func(d Delivery) bool { return d.Lamp })
		if err != nil || a.State != Unacknowledged || i < 0 || calls[i].Step != 0 || calls[i].State != Received || len(calls) != 2 {
			t.Errorf("%+v, %+v, %v", a, calls, err)
		}
		if _, err := l.Raise(t.Context(), Raise{Key: "b", Text: "t", Lamps: make([]string, mostLamps+1)}); err == nil {
			t.Error("more lamps than there are were taken")
		}
		l.stop()
	})
}
