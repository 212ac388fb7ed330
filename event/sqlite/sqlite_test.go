package sqlite

import (
	"testing"

	"linesman/event"
	"linesman/event/eventtest"
)

func open(t testing.TB, set Settings) *Log {
	t.Helper()
	l, err := Open(set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return l
}

func TestLog(t *testing.T) {
	eventtest.TestLog(t, func(t *testing.T) event.Log { return open(t, Settings{Dir: t.TempDir()}) })
}
