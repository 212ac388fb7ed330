package camera

import (
	"fmt"
	"time"
)

// inspector stands between a driver and its sink: it looks at every frame and
// passes it on.
type inspector struct {
	s    *Supervisor
	next Sink
}

// Frame looks at one frame, marks it where it can not be trusted, passes it on.
func (i inspector) Frame(f *Frame) {
	i.s.inspect(f)
	i.next.Frame(f)
}

// Packet passes one packet on.
func (i inspector) Packet(p *Packet) { i.next.Packet(p) }

// inspect counts the frame, numbers it and decides what the camera is doing.
// The supervisor still owns the frame here, so it may write to it.
func (s *Supervisor) inspect(f *Frame) {
	moving := s.watch.Moving()
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.delivered {
		s.pace(now.Sub(s.seen).Seconds())
	}
	s.lastFrame, s.seen, s.delivered = now, now, true
	s.state.Frames++
	f.Seq = s.state.Frames
	s.state.Dropped += f.Dropped

	status, why := s.judge(f, moving, now)
	if f.Damaged {
		s.state.Damaged++
	}
	s.changeLocked(status, why)
}

// judge says what the frame shows about its camera, and marks the frame.
func (s *Supervisor) judge(f *Frame, moving bool, now time.Time) (Status, string) {
	if s.state.Width == 0 {
		s.state.Width, s.state.Height = f.Width, f.Height
	}
	if f.Width != s.state.Width || f.Height != s.state.Height {
		f.Damaged = true
		return Changed, fmt.Sprintf("the picture is %d x %d pixels instead of %d x %d; set the camera back, or calibrate it anew at that size and restart",
			f.Width, f.Height, s.state.Width, s.state.Height)
	}
	run, lasted := s.still.see(f, moving, now)
	if run > 0 && f.Trigger != 0 {
		f.Damaged = true // a fresh exposure of a moving belt is never the old picture
	}
	if run+1 >= s.watch.FrozenFrames && lasted >= s.watch.FrozenFor {
		f.Damaged = true
		return Frozen, "the picture stands still while the belt moves; restart the camera"
	}
	if s.state.Status == Frozen && s.still.unbroken(f) { // the belt stands: no proof that it lives again
		f.Damaged = true
		return Frozen, s.state.Error
	}
	return Live, ""
}

// pace follows the frame rate, smoothed over about ten frames.
func (s *Supervisor) pace(seconds float64) {
	if seconds <= 0 {
		return
	}
	if s.interval == 0 {
		s.interval = seconds
	}
	s.interval += 0.1 * (seconds - s.interval)
	s.state.FPS = 1 / s.interval
}
