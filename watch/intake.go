package watch

import (
	"sync"

	"linesman/camera"
	"linesman/camera/clip"
)

// intake takes what the camera delivers, for the station's goroutine. There is
// room for one frame: the newest wins, and one that is pushed out is counted.
// The compressed stream goes into the clips' ring.
type intake struct {
	recorder *clip.Recorder // nil keeps no clips
	refused  func(error)

	mu      sync.Mutex // held for the exchange of a pointer
	frame   *camera.Frame
	skipped uint64 // pushed out since the last take
	wake    chan struct{}
}

var _ camera.Sink = (*intake)(nil)

func newIntake(r *clip.Recorder, refused func(error)) *intake {
	return &intake{recorder: r, refused: refused, wake: make(chan struct{}, 1)}
}

// Frame takes the place of a frame that nobody had time for.
func (in *intake) Frame(f *camera.Frame) {
	in.mu.Lock()
	old := in.frame
	in.frame = f
	if old != nil {
		in.skipped++
	}
	in.mu.Unlock()
	if old != nil {
		old.Release()
	}
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

// take hands over the newest frame, nil if there is none, and how many were
// pushed out before it.
func (in *intake) take() (f *camera.Frame, skipped uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	f, skipped = in.frame, in.skipped
	in.frame, in.skipped = nil, 0
	return f, skipped
}
