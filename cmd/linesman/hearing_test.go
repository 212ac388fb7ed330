//go:build cgo

package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/event/eventtest"
	"linesman/part"
	"linesman/rules"
	"linesman/watch"
)

// unheard calls nobody and writes nothing down.
type unheard struct{}

func (unheard) Emit(event.Event)                                            {}
func (unheard) Raise(context.Context, alarm.Raise) (string, error)          { return "id", nil }
func (unheard) Clear(context.Context, string, string, string, string) error { return nil }

// TestHeardBeforeTheStart holds that rules go by what the log said last before the
// process began: of lines however rarely one speaks, of controllers, and of modules.
func TestHeardBeforeTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := eventtest.NewMemory()
		say := func(e event.Event) {
			t.Helper()
			if _, err := log.Append(t.Context(), []event.Event{e}); err != nil {
				t.Fatal(err)
			}
		}
		line := func(line, state string) {
			say(event.New("/demo/line/"+line, "line", time.Now(), event.LineState{Line: line, State: state}))
		}
		mode := func(data, of string) {
			say(event.Event{Type: "mes.mode.v1", Source: "/demo", Subject: "press-1", Part: of, Time: time.Now(), Data: json.RawMessage(data)})
		}
		line("caps-2", "stopped")
		for range 150 { // more than a page
			line("caps-1", "stopped")
			line("caps-1", "running")
		}
		say(event.New("/demo/line/caps-1", "plc-1", time.Now(), event.PLCState{Controller: "plc-1", State: "connected"}))
		say(event.New("/demo/line/caps-1", "plc-1", time.Now(), event.PLCState{Controller: "plc-1", State: "lost"}))
		mode(`{"mode":"auto"}`, "")
		mode(`{"mode":"maintenance"}`, "")
		mode(`{"mode":"auto"}`, "of a part")

		rule := func(name, when string) rules.Rule {
			keep := time.Duration(0)
			return rules.Rule{Name: name, When: when, Severity: "low", Say: "x", Keep: &keep}
		}
		lines := []part.LineID{"caps-1", "caps-2", "caps-3"}
		engine, err := rules.NewEngine([]rules.Rule{rule("one", `runs("caps-1")`), rule("two", `runs("caps-2")`), rule("three", `runs("caps-3")`),
			rule("plc", `last("plc.state", "plc-1", "state") == "lost"`), rule("press", `runs("press-1")`), rule("fitters", `last("mes.mode.v1", "press-1", "mode") == "maintenance"`)},
			rules.Site{Lines: lines, Machines: map[string]rules.Machine{"press-1": {Event: "mes.mode.v1", Field: "mode", Running: []string{"auto"}}}})
		if err != nil {
			t.Fatal(err)
		}
		logger := slog.New(slog.NewTextHandler(t.Output(), nil))
		h := &hearing{store: log, facts: engine.Facts(), lines: lines, log: logger}
		guard, err := watch.NewGuard(watch.GuardConfig{Rules: engine, Events: unheard{}, Desk: unheard{}, Newest: h.newest, Log: logger})
		if err != nil {
			t.Fatal(err)
		}
		h.ears = guard
		ctx, cancel := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { _ = guard.Run(ctx) })
		work.Go(func() { _ = h.run(ctx) })
		stands := func(want string) {
			t.Helper()
			time.Sleep(3 * time.Second)
			var names []string
			for _, s := range guard.Standing() {
				names = append(names, s.Rule)
			}
			if slices.Sort(names); strings.Join(names, " ") != want {
				t.Errorf("%v stand, want %s", names, want)
			}
		}
		stands("fitters one plc three")
		line("caps-2", "running")
		mode(`{"mode":"auto"}`, "")
		stands("one plc press three two")
		cancel()
		work.Wait()
	})
}
