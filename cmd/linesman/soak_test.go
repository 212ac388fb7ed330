//go:build cgo

package main

import (
	"testing"
	"time"

	"linesman/bench/stage"
)

// TestSoak is `linesman bench soak` for half a minute: a real stream that drops, the
// real program killed twice, a push service that is out of reach for a third.
func TestSoak(t *testing.T) {
	binary := program(t)
	r, err := stage.RunSoak(t.Context(), stage.Soak{Program: binary, Dir: t.TempDir(), For: 24 * time.Second, Still: 3 * time.Second, Drops: 2, Kills: 2, Down: 0.33, FPS: 5, Seed: 4, Say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err != nil {
		t.Errorf("%v\n%+v\n%+v", err, r.Visits, r.Losses)
	}
	if r.Visits.Raised == 0 || r.Pushes == 0 {
		t.Errorf("%d visits raised an alarm, %d pushes were received: nothing was measured", r.Visits.Raised, r.Pushes)
	}
}
