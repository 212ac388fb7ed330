package main

import (
	"log/slog"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/part"
)

// TestUnclosed: after a changeover the batch before is closed while the new one
// runs, and it is the new one that a process that was killed leaves open.
func TestUnclosed(t *testing.T) {
	for name, c := range map[string]struct {
		said []string // batch, and + for opened, - for closed, ! for another line's
		want *line.Unclosed
	}{
		"nothing":                      {},
		"ended":                        {[]string{"a+", "a-"}, nil},
		"killed":                       {[]string{"a+", "a-", "b+"}, &line.Unclosed{Batch: "b", Tick: part.Tick{Epoch: 1, Count: 7}}},
		"killed after a changeover":    {[]string{"a+", "b+", "a-"}, &line.Unclosed{Batch: "b", Tick: part.Tick{Epoch: 1, Count: 7}}},
		"killed amid a changeover":     {[]string{"a+", "b+"}, &line.Unclosed{Batch: "b", Tick: part.Tick{Epoch: 1, Count: 7}}},
		"ended after a changeover":     {[]string{"a+", "b+", "a-", "b-"}, nil},
		"killed before, ended since":   {[]string{"a+", "b+", "b-"}, nil},
		"another line's batch is open": {[]string{"a+", "a-", "c!"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := sqlite.Open(sqlite.Settings{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			events := []event.Event{event.New("/s/line/l", "gate", time.Now(), event.PartConfirmed{Line: "l", Outcome: "pass", Went: "exited", Tick: event.Tick{Epoch: 1, Count: 7}})}
			for _, s := range c.said {
				var p event.Payload = event.BatchOpened{Line: "l"}
				switch s[1] {
				case '-':
					p = event.BatchClosed{Line: "l"}
				case '!':
					p = event.BatchOpened{Line: "another"}
				}
				e := event.New("/s/line/l", "line", time.Now(), p)
				e.Batch = s[:1]
				events = append(events, e)
			}
			if _, err := store.Append(t.Context(), events); err != nil {
				t.Fatal(err)
			}
			a := &appliance{store: store, log: slog.New(slog.DiscardHandler)}
			got := a.unclosed("l")
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("left open: %+v, want %+v", got, c.want)
			}
		})
	}
}
