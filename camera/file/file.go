// Package file is a camera that shows what another camera once saw: a video, a
// GIF or a folder of pictures, at its own pace or as fast as it can be read.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"linesman/camera"
	"linesman/part"
)

var _ camera.Driver = (*Driver)(nil)

// Driver plays one recording. It may be run again and again, one run at a time.
type Driver struct {
	id       part.CameraID
	settings Settings
	pool     *camera.Pool
}

// New returns a driver for the recording named in the settings. The recording
// is opened by Run.
func New(id part.CameraID, s Settings) (camera.Driver, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &Driver{id: id, settings: s, pool: camera.NewPool(8)}, nil
}

// source is a recording being read. next returns io.EOF at its end; the picture
// it returns is valid until the call after.
type source interface {
	next() (picture, error)
	step() time.Duration // nominal time from picture to picture
	close()
}

// picture is one picture of a source.
type picture struct {
	width, height int
	at            time.Duration // since the recording's start
	damaged       bool
	rgb           func(dst []byte) error
}

// Run plays the recording. At of a frame is the opening plus the time within
// the recording, so that belt speeds hold even when it is read faster. No
// Packets are delivered.
func (d *Driver) Run(ctx context.Context, sink camera.Sink) error {
	play := playing{d: d, sink: sink, start: time.Now()}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := play.once(ctx)
		if errors.Is(err, io.EOF) && d.settings.Loop {
			continue
		}
		return err
	}
}

// playing is one run: it numbers frames through all rounds of a loop.
type playing struct {
	d      *Driver
	sink   camera.Sink
	start  time.Time
	offset time.Duration // of this round
	seq    uint64
}

func (p *playing) once(ctx context.Context) error {
	path := p.d.settings.Path
	src, err := open(path, p.d.settings)
	if err != nil {
		return err
	}
	defer src.close()
	var last time.Duration
	for {
		pic, err := src.next()
		if errors.Is(err, io.EOF) {
			p.offset += last + src.step()
			return io.EOF
		}
		if err != nil {
			return unreadable(path, err)
		}
		last = max(last, pic.at)
		at := p.start.Add(p.offset + pic.at)
		if p.d.settings.realtime() {
			if err := until(ctx, at); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.show(pic, at); err != nil {
			return unreadable(path, err)
		}
	}
}

func (p *playing) show(pic picture, at time.Time) error {
	f := p.d.pool.Get(pic.width, pic.height, camera.RGB)
	if err := pic.rgb(f.Pix); err != nil {
		f.Release()
		return err
	}
	p.seq++
	f.Camera, f.Seq, f.At, f.Damaged = p.d.id, p.seq, at, pic.damaged
	p.sink.Frame(f)
	return nil
}

// until waits for a time, or for ctx.
func until(ctx context.Context, at time.Time) error {
	wait := time.Until(at)
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// open looks at what the path names and opens it.
func open(path string, s Settings) (source, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("recording %q is not there; correct the camera's path (%w)", path, camera.ErrPermanent)
	}
	if err != nil {
		return nil, fmt.Errorf("recording %q: %w (%w)", path, err, camera.ErrPermanent)
	}
	switch {
	case info.IsDir():
		return openFolder(path, s)
	case info.Size() == 0:
		return nil, unreadable(path, errors.New("the file is empty"))
	case isPicture(path):
		return newPictures([]string{path}, s), nil
	}
	return openVideo(path)
}

// unreadable names the file and the cure.
func unreadable(path string, err error) error {
	return fmt.Errorf("recording %q: %w; copy it again from where it was recorded (%w)", path, err, camera.ErrPermanent)
}
