package line

import (
	"sync"
	"testing"

	"linesman/camera"
)

// held counts a frame's holds by releasing them all.
func held(f *camera.Frame) (n int) {
	defer func() { _ = recover() }() // one release too many panics, and ends the count
	for {
		f.Release()
		n++
	}
}

func shotOf(pool *camera.Pool, seq uint64) Shot {
	f := pool.Get(4, 4, camera.Grey)
	f.Seq = seq
	return Shot{Frame: f}
}

func TestTheNewestShotWaits(t *testing.T) {
	s, pool := &Station{}, &camera.Pool{}
	if s.viewers.watched() {
		t.Error("nobody watches, and yet watched() is true")
	}
	shots, stop := s.Watch()
	other, stopOther := s.Watch()
	first, second := shotOf(pool, 1), shotOf(pool, 2)
	s.viewers.show(first)
	s.viewers.show(second)
	if got := (<-shots).Frame.Seq; got != 2 {
		t.Errorf("frame %d was shown, want 2", got)
	}
	stop()
	stop() // a second time does nothing
	if !s.viewers.watched() {
		t.Error("the other viewer was sent away too")
	}
	stopOther()
	if s.viewers.watched() || len(other) != 0 {
		t.Errorf("watched %v with %d shots left, want nobody and none", s.viewers.watched(), len(other))
	}
	// Ours is the one hold of the first; of the second the viewer that took it has another.
	if a, b := held(first.Frame), held(second.Frame); a != 1 || b != 2 {
		t.Errorf("holds %d and %d, want 1 and 2", a, b)
	}
}

// Viewers come and go while frames are shown: each frame comes back whole.
func TestViewersComeAndGo(t *testing.T) {
	s, pool := &Station{}, &camera.Pool{}
	var coming sync.WaitGroup
	for range 8 {
		coming.Go(func() {
			for range 200 {
				shots, stop := s.Watch()
				select {
				case shot := <-shots:
					shot.Frame.Release()
				default:
				}
				stop()
			}
		})
	}
	done := make(chan struct{})
	go func() { coming.Wait(); close(done) }()
	var frames []*camera.Frame
	for n := uint64(1); ; n++ {
		shot := shotOf(pool, n)
		frames = append(frames, shot.Frame)
		s.viewers.show(shot)
		select {
		case <-done:
		default:
			continue
		}
		break
	}
	for _, f := range frames {
		if n := held(f); n != 1 {
			t.Fatalf("frame %d of %d is held %d times, want once", f.Seq, len(frames), n)
		}
	}
}
