package event

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is told from outside is what the ring says of itself.
func TestLookRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring")
	if _, err := LookRing(path); err == nil {
		t.Error("a ring that is not there has a state")
	}
	r, err := OpenRing(RingSettings{Path: path, Source: "/demo"})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r.Emit(New("/demo", "plc-1", time.Now(), PLCState{Controller: "plc-1", State: "connected"}))
	}
	got, err := LookRing(path)
	if want := r.State(); err != nil || got != want || got.Used == 0 {
		t.Errorf("%+v (%v), want %+v with something in it", got, err, want)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, 2*ringPage), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LookRing(path); err == nil {
		t.Error("a file of zeroes is taken for a ring")
	}
}
