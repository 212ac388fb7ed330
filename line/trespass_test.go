//go:build cgo

package line_test

import (
	"testing"

	"linesman/event"
)

// TestTrespass lets somebody stand at the ejector while parts pass: the line
// holds if asked, and the ticks that passed meanwhile are named as suspect with
// their cause, once.
func TestTrespass(t *testing.T) {
	p := newPlant(t, build{layout: discs(), seed: *seed, workers: 2})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	suspects := func(r record) (all []event.PartSuspect, causes []string) {
		for _, e := range r.events {
			if s, err := event.As[event.PartSuspect](e); err == nil && s.Why == "somebody at the ejector" {
				all, causes = append(all, s), append(causes, e.Cause)
			}
		}
		return all, causes
	}
	if err := p.station.Trespass("yard/ejector", "somebody at the ejector", "an-event", false); err != nil {
		t.Fatal(err)
	}
	r, _ := p.record()
	passed := len(r.fates)
	if !p.await(patience, func(r record) bool { return len(r.fates) >= passed+3 }) {
		t.Fatal("the belt stands although nobody asked for a hold" + p.describe())
	}
	for range 2 { // over is over
		if err := p.station.TrespassOver("yard/ejector"); err != nil {
			t.Fatal(err)
		}
	}
	if !p.await(patience, func(r record) bool { all, _ := suspects(r); return len(all) > 0 }) {
		t.Fatal("no part was called suspect" + p.describe())
	}
	r, _ = p.record()
	all, causes := suspects(r)
	if len(all) != 1 || causes[0] != "an-event" || all[0].To.Count <= all[0].From.Count {
		t.Errorf("suspect are %+v because of %q, want one stretch of belt because of an-event", all, causes)
	}
	if err := p.station.Trespass("yard/ejector", "somebody at the ejector", "another", true); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(record) bool { st := p.station.Status(); return st.State == "held" }) {
		t.Fatalf("the line does not hold: %+v", p.station.Status())
	}
	if err := p.station.TrespassOver("yard/ejector"); err != nil {
		t.Fatal(err)
	}
	if err := p.running(patience); err != nil {
		t.Errorf("released once nobody stands there: %v", err)
	}
}
