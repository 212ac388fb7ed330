package event_test

import (
	"testing"
	"time"

	"linesman/event"
)

func TestPass(t *testing.T) {
	at := time.Unix(1, 0)
	judged := func(data string) event.Event {
		return event.Event{Type: "linesman.part.judged.v1", Source: "/demo", Time: at, Data: []byte(data)}
	}
	for name, test := range map[string]struct {
		e    event.Event
		want bool
	}{
		"ours":              {event.New("/demo", "p", at, event.PartJudged{Line: "caps-1", Outcome: "pass"}), true},
		"ours, fail":        {event.New("/demo", "p", at, event.PartJudged{Line: "caps-1", Outcome: "fail", Model: "pass"}), false},
		"ours, late":        {event.New("/demo", "p", at, event.PartJudged{Line: "caps-1", Outcome: "pass", Late: true}), false},
		"gated":             {event.New("/demo", "p", at, event.PartGated{Line: "caps-1", Outcome: "pass", Result: "opened"}), true},
		"confirmed":         {event.New("/demo", "p", at, event.PartConfirmed{Line: "caps-1", Outcome: "pass", Went: "exited"}), true},
		"a line with quote": {event.New("/demo", "p", at, event.PartJudged{Line: `a","outcome":"pass",`, Outcome: "fail"}), false},
		"other order":       {judged(`{"outcome" : "pass", "line":"x"}`), true},
		"said twice":        {judged(`{"line":"x","outcome":"pass","outcome":"fail"}`), false},
		"said within":       {judged(`{"line":"x","more":{"outcome":"pass"}}`), false},
		"another type":      {event.New("/demo", "p", at, event.LineMinute{}), false},
	} {
		if got := test.e.Pass(); got != test.want {
			t.Errorf("%s: %v, want %v: %s", name, got, test.want, test.e.Data)
		}
	}
}
