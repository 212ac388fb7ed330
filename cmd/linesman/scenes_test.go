package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/part"
)

func TestScenes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "scenes")
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	s := newScenes(dir, log)
	if scene, _ := s.Recall("yard"); scene != nil {
		t.Errorf("of a camera never seen: %q", scene)
	}
	ctx, stop := context.WithCancel(t.Context())
	s.Keep("yard", []byte("old"))
	s.Keep("yard", []byte("new"))
	s.Keep("gate", []byte("other"))
	stop()
	if err := s.run(ctx); err != nil { // what is owed at the end is written
		t.Fatal(err)
	}
	again := newScenes(dir, log)
	for id, want := range map[string]string{"yard": "new", "gate": "other"} {
		scene, at := again.Recall(part.CameraID(id))
		if string(scene) != want || time.Since(at) > time.Minute {
			t.Errorf("%s: %q of %v, want %q", id, scene, at, want)
		}
	}
	long := time.Now().Add(-sceneFor - time.Minute)
	if err := os.Chtimes(again.path("yard"), long, long); err != nil {
		t.Fatal(err)
	}
	if scene, _ := again.Recall("yard"); scene != nil {
		t.Errorf("of an hour ago: %q", scene)
	}
	if said.Len() > 0 {
		t.Errorf("it said %s", &said)
	}

	// A folder that can not be written is told of once.
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s = newScenes(filepath.Join(blocked, "scenes"), log)
	for range 3 {
		s.Keep("yard", []byte("x"))
		s.write()
	}
	if n := strings.Count(said.String(), "can not be kept"); n != 1 {
		t.Errorf("it was said %d times: %s", n, &said)
	}
}
