package watch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"linesman/event"
	"linesman/rules"
)

// TestLostIsReadAgain holds that an event that found no room is made up for: what
// the log said last counts, whatever was lost, and however often the log refuses.
func TestLostIsReadAgain(t *testing.T) {
	state := func(seq uint64, is string) event.Event {
		e := event.New("/demo/line/caps-1", "line", time.Now(), event.LineState{Line: "caps-1", State: is})
		e.Seq = seq
		return e
	}
	refusals := 0
	for name, c := range map[string]struct {
		newest func(context.Context) ([]event.Event, error)
		runs   bool
	}{
		"nothing is read": {nil, true},
		"what was lost is read": {func(context.Context) ([]event.Event, error) {
			return []event.Event{state(factDepth+1, "stopped")}, nil
		}, false},
		"the log refuses twice": {func(context.Context) ([]event.Event, error) {
			if refusals++; refusals <= 2 {
				return nil, errors.New("the log is away")
			}
			return []event.Event{state(factDepth+1, "stopped")}, nil
		}, false},
		"it knows less than was heard": {func(context.Context) ([]event.Event, error) {
			return []event.Event{state(3, "stopped")}, nil
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				keep := time.Duration(0)
				engine, err := rules.NewEngine([]rules.Rule{{Name: "runs", When: `runs("caps-1")`, Severity: "low", Say: "x", Keep: &keep}}, rules.Site{})
				if err != nil {
					t.Fatal(err)
				}
				g, err := NewGuard(GuardConfig{Rules: engine, Events: &book{}, Desk: &desk{}, Newest: c.newest, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				var work sync.WaitGroup
				for i := range factDepth { // nobody takes them yet
					g.Hear(event.New("/demo", "mixer", time.Now(), event.PLCState{State: "lost"})) // no rule speaks of it
					g.Hear(state(uint64(i+1), "running"))
				}
				g.Hear(state(factDepth+1, "stopped"))
				work.Go(func() { _ = g.Run(ctx) })
				time.Sleep(5 * time.Second)
				if n := len(g.Standing()); n == 1 != c.runs {
					t.Errorf("%d stand, want that it runs: %v", n, c.runs)
				}
				cancel()
				work.Wait()
			})
		})
	}
}
