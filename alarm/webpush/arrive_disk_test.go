//go:build cgo

package webpush

import (
	"testing"

	"linesman/event/sqlite"
)

// TestArriveFromDisk is TestArrive with the log on disk, each step synced.
func TestArriveFromDisk(t *testing.T) {
	log, err := sqlite.Open(sqlite.Settings{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	arrive(t, log, 500)
}
