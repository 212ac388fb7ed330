//go:build cgo

package line_test

import (
	"strings"
	"testing"

	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// TestTrespass lets somebody stand at the ejector while parts pass: the log has it
// at once, the line holds if asked, and once the desk has answered the ticks that
// passed meanwhile are named as suspect with their cause, once.
func TestTrespass(t *testing.T) {
	p := newPlant(t, build{layout: discs(), seed: *seed, workers: 2})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	suspects := func(r record) (all []event.Event, said []event.PartSuspect) {
		for _, e := range r.events {
			if s, err := event.As[event.PartSuspect](e); err == nil && s.Why == "somebody at the ejector" {
				all, said = append(all, e), append(said, s)
			}
		}
		return all, said
	}
	if err := p.station.Trespass("yard/ejector", "somebody at the ejector", "", false); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(r record) bool { all, _ := suspects(r); return len(all) == 1 }) {
		t.Fatal("the log does not say that it began" + p.describe())
	}
	r, _ := p.record()
	passed := len(r.fates)
	if !p.await(patience, func(r record) bool { return len(r.fates) >= passed+3 }) {
		t.Fatal("the belt stands although nobody asked for a hold" + p.describe())
	}
	for _, cause := range []string{"an-event", "another"} { // one alarm is of it
		if err := p.station.TrespassBecause("yard/ejector", cause); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // over is over
		if err := p.station.TrespassOver("yard/ejector"); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.station.TrespassBecause("yard/ejector", "an-event"); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(r record) bool { all, _ := suspects(r); return len(all) > 2 }) {
		t.Fatal("the log does not say that it is over" + p.describe())
	}
	r, _ = p.record()
	all, said := suspects(r)
	if len(all) != 3 {
		t.Fatalf("%d events, want that it began, because of what, and that it is over: %+v", len(all), said)
	}
	if !said[0].Open || said[0].Began != "" || all[0].Cause != "" || all[0].Severity != event.High {
		t.Errorf("at its beginning it says %+v", said[0])
	}
	if !said[1].Open || said[1].Began != all[0].ID || all[1].Cause != "an-event" || all[1].Severity != event.Info {
		t.Errorf("of its cause it says %+v because of %q", said[1], all[1].Cause)
	}
	if said[2].Open || said[2].Began != all[0].ID || all[2].Cause != "an-event" || said[2].From != said[0].From || said[2].To.Count <= said[2].From.Count {
		t.Errorf("at its end it says %+v because of %q, want one stretch of belt because of an-event", said[2], all[2].Cause)
	}
	// What an earlier run has left open ends where the belt is now; it had counted
	// from elsewhere where it is far ahead.
	left := []line.Trespassed{{Began: "before-1", Cause: "its-alarm", From: part.Tick{Epoch: 7, Count: said[0].From.Count}, Why: "somebody at the ejector"},
		{Began: "before-2", From: part.Tick{Epoch: 7, Count: said[0].From.Count + 1<<30}, Why: "somebody at the ejector"}}
	if err := p.station.TrespassesLeft(left); err != nil {
		t.Fatal(err)
	}
	ended := map[string]event.PartSuspect{}
	p.await(patience, func(r record) bool {
		for _, e := range r.events {
			if s, err := event.As[event.PartSuspect](e); err == nil && (s.Began == "before-1" && e.Cause == "its-alarm" || s.Began == "before-2") {
				ended[s.Began] = s
			}
		}
		return len(ended) == 2
	})
	if s := ended["before-1"]; s.Open || s.From != said[0].From || s.To.Count < said[2].To.Count || s.To.Epoch != s.From.Epoch {
		t.Errorf("what an earlier run left open ends with %+v", s)
	}
	if s := ended["before-2"]; s.Open || s.From.Count != 0 || s.From.Epoch != s.To.Epoch || !strings.Contains(s.Why, "so did the controller") {
		t.Errorf("what was left open before the counter began anew ends with %+v", s)
	}
	if err := p.station.Trespass("yard/ejector", "somebody at the ejector", "another", true); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(record) bool {
		st := p.station.Status()
		return st.State == "held" && strings.Contains(st.Why, "asked by the PC: somebody at the ejector")
	}) {
		t.Fatalf("the line does not hold, or not for that: %+v", p.station.Status())
	}
	if err := p.station.TrespassOver("yard/ejector"); err != nil {
		t.Fatal(err)
	}
	if err := p.running(patience); err != nil {
		t.Errorf("released once nobody stands there: %v", err)
	}
}
