package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"linesman/event/disk"
	"linesman/part"
)

// scenes keeps what safety cameras show from one process to the next, a file for each
// camera. It is written by a goroutine of its own: no camera waits for a disk.
type scenes struct {
	dir string
	log *slog.Logger

	mu    sync.Mutex
	owed  map[part.CameraID][]byte // the newest of each that is not written yet
	wake  chan struct{}
	noted map[part.CameraID]bool // whose file could not be written, and that was said
}

// sceneFor is how long after it was written a scene is held against what is seen: over
// longer times day becomes night, and a yard another.
const sceneFor = time.Hour

func newScenes(dir string, log *slog.Logger) *scenes {
	return &scenes{dir: dir, log: log, owed: map[part.CameraID][]byte{}, noted: map[part.CameraID]bool{}, wake: make(chan struct{}, 1)}
}

func (s *scenes) path(id part.CameraID) string { return filepath.Join(s.dir, string(id)+".scene") }

// Recall reads a camera's file, unless it is too old.
func (s *scenes) Recall(id part.CameraID) (scene []byte, at time.Time) {
	info, err := os.Stat(s.path(id))
	if err != nil || time.Since(info.ModTime()) > sceneFor || info.Size() > 1<<20 {
		return nil, time.Time{}
	}
	if scene, err = os.ReadFile(s.path(id)); err != nil {
		s.log.Warn("what a camera saw before the start can not be read: its scene is learnt anew", "camera", string(id), "err", err)
		return nil, time.Time{}
	}
	return scene, info.ModTime()
}

// Keep has a scene written.
func (s *scenes) Keep(id part.CameraID, scene []byte) {
	s.mu.Lock()
	s.owed[id] = scene
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run writes until ctx ends, and then what is owed. It returns nil.
func (s *scenes) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			s.write()
			return nil
		case <-s.wake:
			s.write()
		}
	}
}

func (s *scenes) write() {
	s.mu.Lock()
	owed := s.owed
	s.owed = map[part.CameraID][]byte{}
	s.mu.Unlock()
	for id, scene := range owed {
		err := os.MkdirAll(s.dir, 0o700)
		if err == nil {
			err = disk.Write(s.path(id), 0o600, scene)
		}
		if err != nil && !s.noted[id] {
			s.log.Warn("what a camera sees can not be kept: after a restart nobody will know whether it was turned", "camera", string(id), "err", err)
		}
		s.noted[id] = err != nil
	}
}
