package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/rtsp"
	"linesman/sim/fault"
)

// sizes is a sink that counts frames and knows their size.
type sizes struct {
	width, height, frames int
	enough                func()
}

func (s *sizes) Frame(f *camera.Frame) {
	s.width, s.height = f.Width, f.Height
	if s.frames++; s.frames == 3 {
		s.enough()
	}
	if age := time.Since(f.At); age < 0 || age > 5*time.Second {
		s.frames = -1 << 30 // its exposure is no time of ours
	}
	f.Release()
}

func (s *sizes) Packet(*camera.Packet) {}

// The drawn line is there for a camera driver that knows nothing of it, takes
// an order for a fault, and ends when told to.
func TestSimPublishesItselfAndObeys(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	c := SimCmd{Product: "caps", Seed: 1, Defects: 0.02, PLC: closedPort(t), Frames: closedPort(t), RTSP: closedPort(t), Control: closedPort(t)}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()

	var err error
	for range 200 { // until all of it listens
		if err = fault.Ask(ctx, c.Control, fault.Order{Kind: "missed-trigger"}); err == nil || !strings.Contains(err.Error(), "no drawn line") {
			break
		}
		select {
		case early := <-ended:
			t.Fatalf("it ended: %v", early)
		case <-time.After(25 * time.Millisecond):
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := fault.Ask(ctx, c.Control, fault.Order{Kind: "earthquake"}); err == nil || !strings.Contains(err.Error(), "is not known") {
		t.Errorf("an unknown fault: %v", err)
	}

	d, err := rtsp.New("belt", rtsp.Settings{URL: "rtsp://" + c.RTSP + "/line"})
	if err != nil {
		t.Fatal(err)
	}
	looking, enough := context.WithTimeout(ctx, 30*time.Second)
	defer enough()
	got := &sizes{enough: enough}
	if err := d.Run(looking, got); looking.Err() != context.Canceled {
		t.Fatalf("%d frames, then %v", got.frames, err)
	}
	if got.width != 512 || got.height != 288 || got.frames < 3 {
		t.Errorf("%d frames of %d x %d pixels, want 3 of 512 x 288", got.frames, got.width, got.height)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}
