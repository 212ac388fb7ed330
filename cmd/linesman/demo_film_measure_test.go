//go:build measure && cgo

package main

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"linesman/event"
)

var demoFilm = flag.String("demo-film", walkers, "the film of the demo's second camera")

// TestDemoSafetyFilm plays the demo with both its cameras: somebody walks over the
// lawn without a vest, and the hall's head count goes up and back to nobody. It takes
// three minutes; with opencv-doc elsewhere
//
//	go test -tags measure ./cmd/linesman -run DemoSafetyFilm -v -args -demo-film vtest.avi
func TestDemoSafetyFilm(t *testing.T) {
	if _, err := os.Stat(*demoFilm); err != nil {
		t.Skipf("nothing was measured: %v; apt-get install opencv-doc, or name the film by -args -demo-film FILE", err)
	}
	y := playDemo(t, *demoFilm)
	begun := time.Now()
	said := func(rule string) { t.Logf("%s: after %.0f s", rule, time.Since(begun).Seconds()) }
	for _, rule := range []string{"somebody on the hatched floor", "somebody in the hall", "no vest on the lawn"} {
		y.rang(rule, 120*time.Second)
		said(rule)
	}
	lawn := y.await("somebody on the lawn", event.AlarmRaised{}.EventType(), 0, 20*time.Second, about("somebody on the lawn"))
	y.await("the lawn is empty again", event.AlarmCleared{}.EventType(), lawn.Seq, time.Minute, func(e event.Event) bool { return e.Subject == lawn.Subject })
	said("the lawn is empty again")
	time.Sleep(time.Until(begun.Add(3 * time.Minute)))
	y.raisesNothingOf("no helmet on the hatched floor", "no vest on the hatched floor", "fire or smoke", "camera is gone", "camera sees nothing", "camera out of place")
	for typ, what := range map[event.Type]string{event.LineCrossed{}.EventType(): "crossings", event.AlarmRaised{}.EventType(): "alarms"} {
		events, err := y.a.store.Read(context.Background(), event.Filter{Types: []event.Type{typ}})
		must(t, err)
		t.Logf("%d %s", len(events), what)
		for _, e := range events {
			t.Logf("  %s %s %s", e.Time.Format("15:04:05.0"), e.Subject, e.Data)
		}
	}
}
