package rtsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"linesman/camera/codec"
)

// Playing says how a video file is published.
type Playing struct {
	Options
	Realtime bool // at the pace of the file; else as fast as it can be encoded
	Loop     bool // begin again at the end
	// Ready, if set, is told the address to play once the stream is there.
	Ready func(url string)
}

// welcome is how long after a client asked to play the first picture goes out:
// its seat is taken a moment after it asked.
const welcome = 200 * time.Millisecond

// farewell is how long clients have to take the last pictures before the
// stream closes.
const farewell = time.Second

// PublishFile publishes a video file as a camera's stream, encoded anew, until
// it ends (nil) or ctx does (ctx.Err()). The file begins when the first client
// begins to play, so that a count of what passes misses nothing.
func PublishFile(ctx context.Context, path string, o Playing) error {
	p, err := Listen(o.Options)
	if err != nil {
		return err
	}
	defer p.Close()
	if o.Ready != nil {
		o.Ready(p.URL())
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.Joined():
	}
	if err := pause(ctx, welcome); err != nil {
		return err
	}
	clock := time.Now()
	for {
		if clock, err = p.play(ctx, path, clock, o.Realtime); err != nil {
			return err
		}
		if !o.Loop {
			return pause(ctx, farewell)
		}
	}
}

// play publishes the file once, its first picture at the given time, and
// returns when the picture after its last would be due.
func (p *Publisher) play(ctx context.Context, path string, start time.Time, realtime bool) (time.Time, error) {
	r, err := codec.OpenRecording(path)
	if err != nil {
		return start, fmt.Errorf("publish %q: %w", path, err)
	}
	defer r.Close()
	var rgb []byte
	last := start
	for {
		pic, err := r.Next()
		if errors.Is(err, io.EOF) {
			return last.Add(r.Step()), nil
		}
		if err != nil {
			return last, fmt.Errorf("publish %q: %w", path, err)
		}
		if n := pic.Width * pic.Height * 3; len(rgb) != n {
			rgb = make([]byte, n)
		}
		if err := pic.RGB(rgb); err != nil {
			return last, fmt.Errorf("publish %q: %w", path, err)
		}
		last = start.Add(pic.PTS)
		if realtime {
			if err := pause(ctx, time.Until(last)); err != nil {
				return last, err
			}
		}
		if err := p.enqueue(ctx, rgb, pic.Width, pic.Height, last); err != nil {
			return last, fmt.Errorf("publish %q: %w", path, err)
		}
	}
}

// enqueue is Publish that waits for the encoder instead of leaving out.
func (p *Publisher) enqueue(ctx context.Context, rgb []byte, width, height int, at time.Time) error {
	f, err := p.frame(rgb, width, height, at)
	if f == nil {
		return err
	}
	select {
	case <-ctx.Done():
		f.Release()
		return ctx.Err()
	case p.pictures <- f:
		return nil
	}
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
