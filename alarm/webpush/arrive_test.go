package webpush

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"linesman/alarm"
	"linesman/alarm/webpush/receiver"
	"linesman/event"
	"linesman/event/eventtest"
)

// TestArrive raises alarms one after the other and takes the time until the
// push service's device has decrypted each, and until the log says received.
// The log is in memory here; arrive_disk_test.go has the one on disk.
func TestArrive(t *testing.T) { arrive(t, eventtest.NewMemory(), 500) }

func arrive(t *testing.T, log event.Log, n int) {
	t.Helper()
	p := newPushes(t)
	ch := channel(t, t.TempDir(), &told{}, p.address)
	set := &alarm.Settings{
		Channels: map[string]alarm.Channel{"push": {Driver: "webpush"}},
		People:   map[string]*alarm.Person{"li": {Reach: map[string]string{"push": ""}}},
		Rosters:  []alarm.Roster{{Name: "all", Duty: []alarm.Duty{{Who: []string{"li"}}}, Steps: []alarm.Step{{By: []string{"push"}, Within: time.Hour}}}},
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	desk, err := alarm.New(alarm.Config{Settings: set, Site: "demo", Log: log, Deliverers: map[string]alarm.Deliverer{"push": ch}, Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- desk.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	arrived := make(chan receiver.Push, 16)
	p.mu.Lock()
	p.each = func(push receiver.Push) { arrived <- push }
	p.mu.Unlock()
	if _, err := ch.Subscribe("li", subscription(t, p, "phone")); err != nil {
		t.Fatal(err)
	}
	var pushed, proven []time.Duration
	for i := range n {
		began := time.Now()
		id, err := desk.Raise(t.Context(), alarm.Raise{Key: fmt.Sprint("zone/yard/", i), Zone: "yard", Severity: event.Critical, Text: "somebody is in the yard"})
		if err != nil {
			t.Fatal(err)
		}
		push := <-arrived
		pushed = append(pushed, push.At.Sub(began))
		var m Message
		if err := json.Unmarshal(push.Data, &m); err != nil || m.Alarm != id {
			t.Fatalf("alarm %s arrived as %s, %v", id, push.Data, err)
		}
		if err := desk.Receipt(t.Context(), m.Token, alarm.Received, ""); err != nil { // as the service worker does
			t.Fatal(err)
		}
		proven = append(proven, time.Since(began))
		if err := desk.Acknowledge(t.Context(), id, "user:li", ""); err != nil {
			t.Fatal(err)
		}
		if err := desk.Clear(t.Context(), fmt.Sprint("zone/yard/", i), "", "", ""); err != nil {
			t.Fatal(err)
		}
	}
	for what, took := range map[string][]time.Duration{"raised to push received": pushed, "raised to receipt in the log": proven} {
		slices.Sort(took)
		t.Logf("%s: n %d, p50 %s, p99 %s, max %s", what, n, took[n/2], took[n*99/100], took[n-1])
		if p99 := took[n*99/100]; p99 > time.Second {
			t.Errorf("%s: p99 %s, want 1 s", what, p99)
		}
	}
}
