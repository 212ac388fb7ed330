// Package rtsp is a network camera that sends H.264 or H.265 over RTSP: by TCP, so that
// what is lost is known to be lost.
package rtsp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"golang.org/x/sync/errgroup"

	"linesman/camera"
	"linesman/part"
)

var _ camera.Driver = (*Driver)(nil)

// Driver is one network camera. It may be run again and again, one run at a
// time.
type Driver struct {
	id      part.CameraID
	url     *base.URL
	sub     *base.URL // where frames come from, if not from url
	timeout time.Duration
	every   time.Duration // between two frames delivered, at least
	secrets []string      // what no error may show
}

// New returns a driver for the camera at the settings' address. It reads the
// password's environment variable; it does not talk to the camera.
func New(id part.CameraID, s Settings) (camera.Driver, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, fmt.Errorf("rtsp camera %s: url is no rtsp address", id)
	}
	if u.User, err = s.userinfo(u); err != nil {
		return nil, err
	}
	if s.Timeout == 0 {
		s.Timeout = 5 * time.Second
	}
	d := &Driver{id: id, url: (*base.URL)(u), timeout: s.Timeout}
	if s.FPS > 0 {
		d.every = time.Duration(float64(time.Second) / s.FPS)
	}
	// Some cameras want the password within the path: it is as secret.
	d.secrets = []string{u.String(), u.RequestURI()}
	if s.Sub != "" {
		sub, ok := address(s.Sub)
		if !ok {
			return nil, fmt.Errorf("rtsp camera %s: sub is no rtsp address", id)
		}
		sub.User = u.User
		d.sub = (*base.URL)(sub)
		d.secrets = append(d.secrets, sub.String(), sub.RequestURI())
	}
	if u.User != nil {
		password, _ := u.User.Password()
		d.secrets = append(d.secrets, u.User.String(), password, url.QueryEscape(password))
	}
	return d, nil
}

// Run plays the stream. Packets come as they are received, from the first key
// picture on; frames follow once decoded. At is the exposure by the camera's
// RTCP sender reports where its clock agrees with ours, else the arrival: it
// steps back once, by the way from sensor to here, with the first report.
func (d *Driver) Run(ctx context.Context, sink camera.Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := d.streams(ctx, sink)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.explain(err)
}

// streams plays the camera's one stream, or both side by side: if one breaks,
// both end.
func (d *Driver) streams(ctx context.Context, sink camera.Sink) error {
	if d.sub == nil {
		return d.play(ctx, d.url, wants{frames: true, packets: true}, sink)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.play(ctx, d.url, wants{packets: true}, sink) })
	g.Go(func() error {
		if err := d.play(ctx, d.sub, wants{frames: true}, sink); err != nil {
			return fmt.Errorf("sub-stream: %w", err)
		}
		return errors.New("sub-stream: the stream ended")
	})
	return g.Wait()
}
