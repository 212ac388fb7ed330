package eventtest

import (
	"time"

	"linesman/event"
)

// Noon is the time the suite's first event happened; each later one happened a
// second after the one before.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// Sample returns n events, mixed as a line mixes them: passes, rejects, states.
func Sample(n int) []event.Event {
	out := make([]event.Event, n)
	for i := range out {
		at := Noon.Add(time.Duration(i) * time.Second)
		id := event.MakeID(at).String()
		var e event.Event
		switch i % 5 {
		case 0:
			e = event.New("/demo/line/caps-1", "plc-1", at, event.PLCState{Controller: "plc-1", State: "connected", Boot: uint64(i)})
		case 1:
			e = event.New("/demo/line/caps-1", id, at, event.PartJudged{Line: "caps-1", Outcome: "fail", Score: 1.5, Reasons: []event.Reason{{Rule: "print", Text: "wrong print"}}})
			e.Part = id
		case 2:
			e = event.New("/demo/line/caps-1", id, at, event.PartGated{Line: "caps-1", Outcome: "pass", Result: "opened"})
			e.Part = id
			e.Cause = event.MakeID(at).String()
		default:
			e = event.New("/demo/line/caps-1", id, at, event.PartJudged{Line: "caps-1", Outcome: "pass", Score: 0.25})
			e.Part = id
		}
		e.ID = event.MakeID(at).String()
		if i >= n/2 {
			e.Batch = "B-2"
		} else {
			e.Batch = "B-1"
		}
		out[i] = e
	}
	return out
}
