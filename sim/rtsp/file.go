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
	// Ahead codes the file once, before anybody plays it, and sends it from memory:
	// cameras code by themselves, not on the box that is measured. Clients begin at its
	// next key picture.
	Ahead bool
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
	var spool []unit
	var lasts time.Duration
	if o.Ahead {
		if spool, lasts, err = p.coded(path); err != nil {
			return err
		}
	}
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
	for began := clock; o.Ahead; clock = clock.Add(lasts) {
		if err := p.roll(ctx, spool, began, clock, o.Realtime); err != nil {
			return err
		}
		if !o.Loop {
			return pause(ctx, farewell)
		}
	}
	for {
		if clock, err = p.play(ctx, path, clock, o.Realtime); err != nil {
			return err
		}
		if !o.Loop {
			return pause(ctx, farewell)
		}
	}
}

// unit is one coded picture of a file.
type unit struct {
	annexB []byte
	key    bool
	pts    time.Duration
}

// coded codes a file, and says how long it plays.
func (p *Publisher) coded(path string) (all []unit, lasts time.Duration, err error) {
	r, err := codec.OpenRecording(path)
	if err != nil {
		return nil, 0, fmt.Errorf("publish %q: %w", path, err)
	}
	defer r.Close()
	var enc *codec.Encoder
	var rgb []byte
	for {
		pic, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && enc == nil {
			rgb = make([]byte, pic.Width*pic.Height*3)
			if enc, err = p.coding.encoder(pic.Width, pic.Height, p.options.KeyEvery, p.options.Quality); err == nil {
				defer enc.Close()
			}
		}
		if err == nil {
			err = pic.RGB(rgb)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("publish %q: %w", path, err)
		}
		data, key, err := enc.Encode(rgb, 3*pic.Width, pic.PTS, len(all) == 0)
		if err != nil {
			return nil, 0, fmt.Errorf("publish %q: %w", path, err)
		}
		if len(data) > 0 {
			all = append(all, unit{append([]byte(nil), data...), key, pic.PTS})
		}
		lasts = pic.PTS + r.Step()
	}
	return all, lasts, nil
}

// roll sends what was coded once, its first picture at the given time.
func (p *Publisher) roll(ctx context.Context, spool []unit, began, start time.Time, realtime bool) error {
	for i := range spool {
		u := &spool[i]
		at := start.Add(u.pts)
		if realtime {
			if err := pause(ctx, time.Until(at)); err != nil {
				return err
			}
		}
		if err := p.transmit(u.annexB, u.key, at.Sub(began), at); err != nil {
			return err
		}
	}
	return ctx.Err()
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
