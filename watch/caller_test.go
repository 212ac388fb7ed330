package watch

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/rules"
)

// hooked is a desk at which something happens while it is told.
type hooked struct {
	desk
	meanwhile func(key string)
}

func (h *hooked) Raise(ctx context.Context, r alarm.Raise) (string, error) {
	h.meanwhile(r.Key)
	return h.desk.Raise(ctx, r)
}

// What comes in while the desk is told of something that is thereby out of date
// must not cost another alarm its turn.
func TestNothingIsLostWhileTheDeskIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine, err := rules.NewEngine(nil, rules.Site{})
		if err != nil {
			t.Fatal(err)
		}
		h := &hooked{}
		g, err := NewGuard(GuardConfig{Rules: engine, Events: &book{}, Desk: h, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil {
			t.Fatal(err)
		}
		c := g.caller
		change := func(kind rules.ChangeKind, key string) rules.Change {
			return rules.Change{Kind: kind, At: time.Now(), Alert: rules.Alert{Rule: key, Key: key}}
		}
		var once sync.Once
		h.meanwhile = func(key string) {
			if key == "watch/first" {
				once.Do(func() {
					c.add(change(rules.Raised, "second"))
					c.add(change(rules.Cleared, "first"))
				})
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); c.run(ctx) }()
		c.add(change(rules.Updated, "first"))
		synctest.Wait()
		stop()
		<-done
		raised, cleared := h.told()
		if !slices.ContainsFunc(raised, func(r alarm.Raise) bool { return r.Key == "watch/second" }) || !slices.Equal(cleared, []string{"watch/first"}) {
			t.Errorf("raised %+v, cleared %q: want the second raised and the first cleared", raised, cleared)
		}
	})
}

// What is kept of an alarm stands in the log no earlier than the alarm, however late
// its picture was on a busy box: who asks what became of an alarm asks from its birth on.
func TestKeptAfterItsAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := openYardOf(t, yardRules, nil, func(c *GuardConfig) { c.Keep = func([]byte) string { return "kept" } })
		defer y.stop()
		y.desk.slow = 3 * time.Second
		y.show(2 * time.Second)
		y.eyes.see(nil, person(240, 200))
		y.show(15 * time.Second) // a gate at rest looks once in 5 s
		y.book.mu.Lock()
		defer y.book.mu.Unlock()
		kept, came := 0, time.Time{}
		for _, e := range y.book.events {
			if e.Type == (event.ZoneEntered{}).EventType() {
				came = e.Time
			}
			if p, err := event.As[event.AlarmRecorded](e); err == nil && p.Key != "" {
				if kept++; e.Time.Before(came.Add(y.desk.slow)) {
					t.Errorf("kept %s after somebody came in, the desk had it after %s at the earliest", e.Time.Sub(came), y.desk.slow)
				}
			}
		}
		if kept != 1 {
			t.Errorf("the log says of %d alarms what was kept, want 1", kept)
		}
	})
}
