package main

import (
	"log/slog"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/sqlite"
)

// TestOrigins: a restart finds what drift was measured from, and never behind a
// person's word that it is to be measured anew, unless another model judged then.
func TestOrigins(t *testing.T) {
	ref := func(line, model string, frames uint64) event.Payload {
		return event.EyesReference{Line: line, View: "top", Camera: "cam", RecipeHash: "r", ModelHash: model, Frames: frames, Part: []float64{1, 2, 3}, Belt: []float64{1, 2, 3}}
	}
	word := event.EyesAccepted{Line: "l", View: "top", Camera: "cam", RecipeHash: "r", ModelHash: "m", Reason: "new lamps"}
	for name, c := range map[string]struct {
		said []event.Payload
		want []uint64
	}{
		"newest first":                 {[]event.Payload{ref("l", "m", 1), ref("another", "m", 9), ref("l", "m", 2)}, []uint64{2, 1}},
		"asked for anew, not yet made": {[]event.Payload{ref("l", "m", 1), ref("l", "n", 2), word}, []uint64{2}},
		"asked for anew, and made":     {[]event.Payload{ref("l", "m", 1), word, ref("l", "m", 3)}, []uint64{3}},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := sqlite.Open(sqlite.Settings{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			var events []event.Event
			for _, p := range c.said {
				events = append(events, event.New("/s/line/l", "cam", time.Now(), p))
			}
			if _, err := store.Append(t.Context(), events); err != nil {
				t.Fatal(err)
			}
			var got []uint64
			for _, r := range (&appliance{store: store, log: slog.New(slog.DiscardHandler)}).origins("l") {
				got = append(got, r.Frames)
			}
			if len(got) != len(c.want) || got[0] != c.want[0] || got[len(got)-1] != c.want[len(c.want)-1] {
				t.Errorf("origins %v, want %v", got, c.want)
			}
		})
	}
}
