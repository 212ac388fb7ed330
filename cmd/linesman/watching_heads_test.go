//go:build cgo

package main

import (
	"testing"
	"time"

	"linesman/event"
)

// TestHeadsOfTheAppliance sets a head count, ends the process and begins it again: the
// log has who counted, and the count goes on.
func TestHeadsOfTheAppliance(t *testing.T) {
	dir, camera := t.TempDir(), freeAddress(t)
	y := openYard(t, dir, camera)
	if heads := y.a.watching.guard.Heads(); len(heads) != 1 || heads[0].Unknown == "" {
		t.Errorf("nobody has counted, but the heads are %+v", heads)
	}
	if _, err := y.a.watching.guard.SetHeads("hall", 7, "user:li"); err != nil {
		t.Fatal(err)
	}
	e := y.await("the count", event.ZoneCount{}.EventType(), 0, 10*time.Second, func(e event.Event) bool { return e.Subject == "hall" })
	if c, err := event.As[event.ZoneCount](e); err != nil || e.Actor != "user:li" || !c.SetTo || c.People != 7 || !c.Unknown {
		t.Errorf("the log keeps %+v by %s, %v", c, e.Actor, err)
	}
	y.stop()

	again := openYard(t, dir, camera)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		heads := again.a.watching.guard.Heads()
		if len(heads) == 1 && heads[0].Now == 7 && heads[0].Unknown == "" && heads[0].Since.Equal(e.Time) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after the restart the heads are %+v, want 7 since %v", heads, e.Time)
		}
	}
}
