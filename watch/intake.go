package watch

import (
	"sync"

	"linesman/camera"
	"linesman/camera/clip"
)

// intake takes what the camera delivers, for the station's goroutine. There is room for
// two frames, so that a box that hesitates for less than the time between two of them
// loses none. Where a third comes nobody keeps up: the newest wins, the others are
// pushed out and counted. The compressed stream goes into the clips' ring.
type intake struct {
	recorder *clip.Recorder // nil keeps no clips
	refused  func(error)

	mu      sync.Mutex      // held for the exchange of pointers
	waiting []*camera.Frame // oldest first
	skipped uint64          // pushed out since the last take
	wake    chan struct{}
}

var _ camera.Sink = (*intake)(nil)

func newIntake(r *clip.Recorder, refused func(error)) *intake {
	return &intake{recorder: r, refused: refused, wake: make(chan struct{}, 1)}
}

// room is how many frames may wait.
const room = 2

// Frame lines a frame up, or puts it in the place of those that nobody had time for.
func (in *intake) Frame(f *camera.Frame) {
	in.mu.Lock()
	var old [room]*camera.Frame
	if len(in.waiting) == room {
		in.skipped += uint64(copy(old[:], in.waiting))
		in.waiting = in.waiting[:0]
	}
	in.waiting = append(in.waiting, f)
	in.mu.Unlock()
	for _, o := range old {
		if o != nil {
			o.Release()
		}
	}
	in.call()
}

// call wakes the station.
func (in *intake) call() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// Packet keeps one piece of the stream.
func (in *intake) Packet(p *camera.Packet) {
	if in.recorder == nil {
		return
	}
	if err := in.recorder.Packet(p); err != nil {
		in.refused(err)
	}
}

// take hands over the frame that waited longest, nil if there is none, and how many were
// pushed out before it. It calls again for one that still waits.
func (in *intake) take() (f *camera.Frame, skipped uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.waiting) == 0 {
		return nil, 0
	}
	f, skipped = in.waiting[0], in.skipped
	in.waiting[0] = nil
	in.waiting = append(in.waiting[:0], in.waiting[1:]...)
	in.skipped = 0
	if len(in.waiting) > 0 {
		in.call()
	}
	return f, skipped
}
