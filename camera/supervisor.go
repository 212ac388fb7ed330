package camera

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"linesman/part"
)

// Watch says what a Supervisor watches for. Zero fields take the defaults named
// beside them.
type Watch struct {
	// Stall is the time without a frame after which a camera is stalled (2 s).
	Stall time.Duration `yaml:"stall,omitempty"`
	// Reopen is the time without a frame after which it is closed and opened
	// again (10 s).
	Reopen time.Duration `yaml:"reopen,omitempty"`
	// FrozenFrames is how many equal frames in a row make a frozen picture (10),
	// and FrozenFor the least time they must span (2 s; none for a triggered
	// camera, whose parts pass one by one).
	FrozenFrames int           `yaml:"frozen_frames,omitempty"`
	FrozenFor    time.Duration `yaml:"frozen_for,omitempty"`
	// Tolerance is how many grey levels of 256 a pixel may differ in equal
	// frames (2): a decoder dithers a little around a still picture.
	Tolerance int `yaml:"tolerance,omitempty"`
	// Width and Height are the size the pictures should have, in pixels; zero
	// takes the first frame's.
	Width  int `yaml:"width,omitempty"`
	Height int `yaml:"height,omitempty"`
	// Triggered is set for a camera that the belt triggers: while the belt
	// stands it owes no frames.
	Triggered bool `yaml:"triggered,omitempty"`
	// Moving reports whether the belt moves. While it stands, equal pictures are
	// no fault. Nil is a belt that always moves. It must not block.
	Moving func() bool `yaml:"-"`
	// Owes reports, for a triggered camera, whether a trigger has fired whose
	// frame has not come. While none has, it owes no frames though the belt
	// moves: nothing lies on it. Nil is a camera that always owes them. It must
	// not block.
	Owes func() bool `yaml:"-"`
	// Retry, RetryMax and RetryPermanent are the waits before a broken camera is
	// opened again: the first (500 ms), the longest (30 s), and the one for
	// faults that need a person (1 min). A camera that was well for Steady (10 s)
	// starts from the first again.
	Retry          time.Duration `yaml:"retry,omitempty"`
	RetryMax       time.Duration `yaml:"retry_max,omitempty"`
	RetryPermanent time.Duration `yaml:"retry_permanent,omitempty"`
	Steady         time.Duration `yaml:"steady,omitempty"`
	// LogEvery is the least time between two log lines about faults (5 s).
	LogEvery time.Duration `yaml:"log_every,omitempty"`
}

func (w Watch) withDefaults() Watch {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&w.Stall, 2*time.Second)
	def(&w.Reopen, 10*time.Second)
	def(&w.Retry, 500*time.Millisecond)
	def(&w.RetryMax, 30*time.Second)
	def(&w.RetryPermanent, time.Minute)
	def(&w.Steady, 10*time.Second)
	def(&w.LogEvery, 5*time.Second)
	if !w.Triggered {
		def(&w.FrozenFor, 2*time.Second)
	}
	if w.FrozenFrames == 0 {
		w.FrozenFrames = 10
	}
	if w.Tolerance == 0 {
		w.Tolerance = 2
	}
	if w.Moving == nil {
		w.Moving = func() bool { return true }
	}
	if w.Owes == nil {
		w.Owes = func() bool { return true }
	}
	return w
}

// Validate refuses a Watch that can not work.
func (w Watch) Validate() error {
	d := w.withDefaults()
	switch {
	case d.Stall < 0 || d.Reopen < 0 || d.Retry < 0 || d.RetryMax < 0 || d.RetryPermanent < 0 || d.FrozenFor < 0 || d.LogEvery < 0 || d.Steady < 0:
		return errors.New("a time is negative; give it as, say, 2s")
	case d.Reopen < d.Stall:
		return fmt.Errorf("reopen (%v) is shorter than stall (%v); make it longer", d.Reopen, d.Stall)
	case d.FrozenFrames < 2:
		return fmt.Errorf("frozen_frames is %d; at least 2 frames are needed to see that a picture stands still", d.FrozenFrames)
	case d.Tolerance < 0 || d.Tolerance > 255:
		return fmt.Errorf("tolerance is %d grey levels; give 0 to 255", d.Tolerance)
	case d.Width < 0 || d.Height < 0 || (d.Width == 0) != (d.Height == 0):
		return fmt.Errorf("size is %d x %d pixels; give both, or neither", d.Width, d.Height)
	}
	return nil
}

// Supervisor keeps one camera running: it opens the driver again when it
// breaks, notices a camera that has gone silent, a picture that stands still
// and one that has changed its size, and says so.
//
// It numbers the frames through (Seq goes on across reconnections) and marks as
// Damaged what nobody should trust: frames of a frozen picture, frames of the
// wrong size, and a triggered frame that equals the one before it although the
// belt has moved.
type Supervisor struct {
	camera  part.CameraID
	driver  Driver
	watch   Watch
	log     *slog.Logger
	onState func(State)

	mu        sync.Mutex
	state     State
	lastFrame time.Time // or when the driver was opened, or nothing was owed
	seen      time.Time // the last frame
	delivered bool      // a frame came since the driver was opened
	interval  float64
	still     still
	pending   []State // changes not yet told, in order
	wake      chan struct{}
}

// NewSupervisor returns a supervisor for one camera. onState is called with
// every change of status or error, in order and from one goroutine; it may be
// nil. A slow onState never holds up a frame.
func NewSupervisor(id part.CameraID, d Driver, w Watch, log *slog.Logger, onState func(State)) *Supervisor {
	if onState == nil {
		onState = func(State) {}
	}
	w = w.withDefaults()
	return &Supervisor{
		camera: id, driver: d, watch: w, log: log.With("camera", string(id)), onState: onState,
		state: State{Camera: id, Status: Connecting, Since: time.Now(), Width: w.Width, Height: w.Height},
		still: still{tolerance: w.Tolerance},
		wake:  make(chan struct{}, 1),
	}
}

// State returns what the camera is doing now.
func (s *Supervisor) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Run keeps the camera running until ctx ends (it returns ctx.Err()) or a
// recording has ended (io.EOF). The sink's methods are called from the driver.
func (s *Supervisor) Run(ctx context.Context, sink Sink) error {
	told := make(chan struct{})
	stop := make(chan struct{})
	go func() { defer close(told); s.tell(stop) }()
	defer func() { close(stop); <-told }()
	defer s.forget()

	s.announce()
	wait := backOff{First: s.watch.Retry, Max: s.watch.RetryMax, Permanent: s.watch.RetryPermanent}
	faults := faults{log: s.log, every: s.watch.LogEvery}
	for {
		began := time.Now()
		err := s.open(ctx, sink)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF):
			s.change(Ended, "")
			return io.EOF
		case err == nil:
			err = errors.New("the driver stopped without saying why")
		}
		if s.deliveredSince() && time.Since(began) >= s.watch.Steady {
			wait.reset()
		}
		s.change(Down, err.Error())
		pause := wait.after(err)
		faults.report("camera down", err, "retry_in", pause.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		s.mu.Lock()
		s.state.Restarts++
		s.mu.Unlock()
	}
}

// open runs the driver once and looks after it until it returns.
func (s *Supervisor) open(ctx context.Context, sink Sink) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	s.lastFrame, s.seen, s.delivered, s.interval = time.Now(), time.Now(), false, 0
	s.mu.Unlock()

	done := make(chan error, 1)
	go func() { done <- s.drive(ctx, sink) }()
	ticker := time.NewTicker(max(s.watch.Stall/4, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(err, ErrPermanent) {
				return cause
			}
			return err
		case <-ticker.C:
			if err := s.silence(time.Now()); err != nil {
				cancel(err)
			}
		}
	}
}

// drive runs the driver; a panic in it becomes an error.
func (s *Supervisor) drive(ctx context.Context, sink Sink) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("camera driver panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("the camera's driver failed inside (%v); please report this with the log", p)
		}
	}()
	return s.driver.Run(ctx, inspector{s, sink})
}

// silence looks for a camera that no longer sends. It returns an error once the
// camera should be opened again.
func (s *Supervisor) silence(now time.Time) error {
	owes := !s.watch.Triggered || s.watch.Moving() && s.watch.Owes()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.seen) >= s.watch.Stall {
		s.state.FPS = 0
	}
	if !owes {
		s.lastFrame = now
		return nil
	}
	quiet := now.Sub(s.lastFrame)
	if quiet >= s.watch.Stall && s.delivered {
		s.changeLocked(Stalled, fmt.Sprintf("no frame for %v; look at the camera's cable, power and trigger", s.watch.Stall))
	}
	if quiet >= s.watch.Reopen {
		return fmt.Errorf("no frame for %v; opening the camera again", s.watch.Reopen)
	}
	return nil
}

func (s *Supervisor) deliveredSince() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delivered
}

func (s *Supervisor) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.still.forget()
}

func (s *Supervisor) change(status Status, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changeLocked(status, why)
}

// changeLocked notes a change of status or reason and queues it for telling.
func (s *Supervisor) changeLocked(status Status, why string) {
	if s.state.Status == status && s.state.Error == why {
		return
	}
	if s.state.Status != status {
		s.state.Since = time.Now()
	}
	if status != Live && status != Changed && status != Frozen {
		s.state.FPS = 0
	}
	s.state.Status, s.state.Error = status, why
	s.queueLocked()
}

// announce tells the state as it is.
func (s *Supervisor) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queueLocked()
}

func (s *Supervisor) queueLocked() {
	s.pending = append(s.pending, s.state)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// tell hands queued changes to onState until stop closes and none is left.
func (s *Supervisor) tell(stop <-chan struct{}) {
	for {
		s.mu.Lock()
		states := s.pending
		s.pending = nil
		s.mu.Unlock()
		for _, st := range states {
			s.onState(st)
		}
		if len(states) > 0 {
			continue
		}
		select {
		case <-s.wake:
		case <-stop:
			s.mu.Lock()
			left := len(s.pending)
			s.mu.Unlock()
			if left == 0 {
				return
			}
		}
	}
}
