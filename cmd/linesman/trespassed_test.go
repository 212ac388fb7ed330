package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/event"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/part"
)

// TestTrespassed: what a process that was killed has left open is found with the
// alarm behind it; what was closed, what another line has left, and what this run has
// begun is not.
func TestTrespassed(t *testing.T) {
	store, err := sqlite.Open(sqlite.Settings{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	say := func(line, began, cause string, open bool) event.Event {
		t.Helper()
		e := event.New("/s/line/"+line, "gate", time.Now(), event.PartSuspect{Line: line, From: event.Tick{Epoch: 1, Count: 70}, To: event.Tick{Epoch: 1, Count: 80}, Open: open, Began: began, Why: "somebody"})
		e.ID, e.Cause = event.NewID(), cause
		if _, err := store.Append(t.Context(), []event.Event{e}); err != nil {
			t.Fatal(err)
		}
		return e
	}
	closed := say("l", "", "", true)
	say("l", closed.ID, "an-alarm", true)
	say("l", closed.ID, "an-alarm", false)
	left := say("l", "", "", true)
	say("l", left.ID, "its-alarm", true)
	say("another", "", "", true)
	say("l", "", "", false) // of one moment
	own := event.New("/s/line/l", "line", time.Now(), event.BatchOpened{Line: "l"})
	if _, err := store.Append(t.Context(), []event.Event{own}); err != nil {
		t.Fatal(err)
	}
	opened, err := store.Read(t.Context(), event.Filter{Newest: true, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	say("l", "", "", true)
	a := &appliance{store: store, log: slog.New(slog.DiscardHandler)}
	got, err := a.trespassed(t.Context(), "l", opened[0].Seq)
	if err != nil {
		t.Fatal(err)
	}
	want := []line.Trespassed{{Began: left.ID, Cause: "its-alarm", From: part.Tick{Epoch: 1, Count: 70}, Why: "somebody"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("left open (-want +got):\n%s", d)
	}
}
