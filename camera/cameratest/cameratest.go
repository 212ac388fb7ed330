// Package cameratest is what every camera driver must hold to: frames in
// order, an early end when asked, nothing left behind, errors instead of
// panics, and no secret in any of them.
package cameratest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/camera"
	"linesman/part"
)

// patience is how long a healthy driver may take for anything on a busy
// machine. Nothing waits that long unless it is going to fail.
const patience = 20 * time.Second

// Rig is one driver with its peers, healthy and otherwise.
type Rig struct {
	// Camera is the id the driver was given.
	Camera part.CameraID
	// Healthy returns a driver whose peer delivers at least Frames frames. It is
	// called once a case; peers end with the case's Cleanup.
	Healthy func(t *testing.T) camera.Driver
	Frames  int
	// Recording is set where the source ends by itself, after exactly Frames.
	Recording bool
	// Broken are drivers whose peers are absent, refuse or send garbage, by what
	// is wrong with them. Each must return an error that contains Says and is
	// ErrPermanent exactly where Permanent says so.
	Broken map[string]Broken
	// Secrets must not stand in any error.
	Secrets []string
}

// Broken is one driver that can not work.
type Broken struct {
	Open      func(t *testing.T) camera.Driver
	Says      []string
	Permanent bool
}

// Run runs the suite.
func Run(t *testing.T, rig Rig) {
	t.Run("delivers frames in order", func(t *testing.T) { rig.order(t) })
	if rig.Recording {
		t.Run("ends with the recording", func(t *testing.T) { rig.end(t) })
	} else {
		t.Run("stops when asked", func(t *testing.T) { rig.stop(t) })
	}
	t.Run("does not start when already asked to stop", func(t *testing.T) { rig.never(t) })
	t.Run("leaves nothing behind", func(t *testing.T) { rig.leak(t) })
	for name, b := range rig.Broken {
		t.Run(name, func(t *testing.T) { rig.broken(t, b) })
	}
}

// Recorder is a sink that checks each frame, lets it go, and calls Enough once
// it has seen as many as wanted.
type Recorder struct {
	Camera part.CameraID
	Want   int
	Enough func()

	mu      sync.Mutex
	frames  int
	packets int
	faults  []string
	lastSeq uint64
	lastAt  time.Time
	// stepsBack counts exposures before the one ahead: one is granted, where the
	// camera's clock becomes known.
	stepsBack int
}

// Frame checks one frame and releases it.
func (r *Recorder) Frame(f *camera.Frame) {
	defer f.Release()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames++
	fault := func(format string, args ...any) {
		if len(r.faults) < 10 {
			r.faults = append(r.faults, fmt.Sprintf("frame %d: ", r.frames)+fmt.Sprintf(format, args...))
		}
	}
	if f.Camera != r.Camera {
		fault("camera %q, want %q", f.Camera, r.Camera)
	}
	if f.Seq != r.lastSeq+1 {
		fault("seq %d after %d", f.Seq, r.lastSeq)
	}
	if f.At.Before(r.lastAt) {
		r.stepsBack++
	}
	if f.At.IsZero() || r.stepsBack > 1 {
		fault("exposed at %v, after one exposed at %v", f.At, r.lastAt)
	}
	if f.Width <= 0 || f.Height <= 0 || f.Stride < f.Width*f.Format.Channels() || len(f.Pix) != f.Stride*f.Height {
		fault("%d x %d pixels, stride %d, %d bytes", f.Width, f.Height, f.Stride, len(f.Pix))
	}
	r.lastSeq, r.lastAt = f.Seq, f.At
	if r.frames == r.Want && r.Enough != nil {
		r.Enough()
	}
}

// Packet checks one packet.
func (r *Recorder) Packet(p *camera.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets++
	if p.Camera != r.Camera || p.Codec == "" || len(p.Data) == 0 || p.At.IsZero() {
		r.faults = append(r.faults, fmt.Sprintf("packet %d: camera %q, codec %q, %d bytes, at %v", r.packets, p.Camera, p.Codec, len(p.Data), p.At))
	}
	if r.packets == 1 && !p.Key {
		r.faults = append(r.faults, "the first packet is no key picture")
	}
}

// Frames returns how many frames have come.
func (r *Recorder) Frames() int { r.mu.Lock(); defer r.mu.Unlock(); return r.frames }

func (r *Recorder) check(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.faults {
		t.Error(f)
	}
}

// play runs the driver until it has delivered want frames, or by itself if
// want is 0, and returns what it returned and how long it took to stop.
//
//lint:ignore ST1008 the error is what is asked for; the rest explains it
func (rig Rig) play(t *testing.T, d camera.Driver, want int) (*Recorder, error, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var asked time.Time
	r := &Recorder{Camera: rig.Camera, Want: want, Enough: func() { asked = time.Now(); cancel() }}
	err := Open(ctx, d, r)
	if asked.IsZero() && want > 0 && ctx.Err() != nil {
		t.Fatalf("%d of %d frames within %v; Run returned %v", r.Frames(), want, patience, err)
	}
	return r, err, time.Since(asked)
}

// Open runs the driver once; a panic comes back as an error that says so.
func Open(ctx context.Context, d camera.Driver, sink camera.Sink) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("PANIC: %v", p)
		}
	}()
	return d.Run(ctx, sink)
}

func (rig Rig) order(t *testing.T) {
	r, err, _ := rig.play(t, rig.Healthy(t), rig.Frames)
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
		t.Errorf("Run returned %v", err)
	}
	if r.Frames() < rig.Frames {
		t.Errorf("%d frames, want %d", r.Frames(), rig.Frames)
	}
	r.check(t)
}

func (rig Rig) end(t *testing.T) {
	r, err, _ := rig.play(t, rig.Healthy(t), 0)
	if !errors.Is(err, io.EOF) {
		t.Errorf("Run returned %v, want io.EOF", err)
	}
	if r.Frames() != rig.Frames {
		t.Errorf("%d frames, want %d", r.Frames(), rig.Frames)
	}
	r.check(t)
}

func (rig Rig) stop(t *testing.T) {
	_, err, took := rig.play(t, rig.Healthy(t), 1)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v, want context.Canceled", err)
	}
	if took > 2*time.Second {
		t.Errorf("it took %v to stop, want less than 2 s", took)
	}
}

func (rig Rig) never(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &Recorder{Camera: rig.Camera}
	if err := Open(ctx, rig.Healthy(t), r); !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v, want context.Canceled", err)
	}
}

// leak opens and closes one healthy camera ten times and compares goroutines
// and open files with what was there after the first.
func (rig Rig) leak(t *testing.T) {
	d := rig.Healthy(t)
	open := func() {
		r, err, _ := rig.play(t, d, 1)
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
			t.Fatalf("Run returned %v", err)
		}
		r.check(t)
	}
	open()
	goroutines, files := settle(0, 0)
	for range 10 {
		open()
	}
	if g, f := settle(goroutines, files); g > goroutines+2 || f > files+2 {
		t.Errorf("after ten openings %d goroutines and %d files are open, %d and %d after the first", g, f, goroutines, files)
	}
}

// settle waits until no more than so many goroutines and files are left, since
// the peer's side of a connection ends a moment later, and returns the counts.
func settle(goroutines, files int) (int, int) {
	var g, f int
	for range 100 {
		g, f = runtime.NumGoroutine(), openFiles()
		if g <= goroutines && f <= files {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return g, f
}

func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not Linux: the goroutines still count
	}
	return len(entries)
}

func (rig Rig) broken(t *testing.T, b Broken) {
	r, err, _ := rig.play(t, b.Open(t), 0)
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, context.DeadlineExceeded):
		t.Fatalf("Run returned %v after %d frames, want an error", err, r.Frames())
	case strings.HasPrefix(err.Error(), "PANIC"):
		t.Fatal(err)
	case errors.Is(err, camera.ErrPermanent) != b.Permanent:
		t.Errorf("needs a person: %v, want %v: %v", !b.Permanent, b.Permanent, err)
	}
	for _, want := range b.Says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	for _, secret := range rig.Secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
	r.check(t)
}
