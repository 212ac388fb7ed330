// Package rtsp is a network camera that sends H.264 over RTSP: by TCP, so that
// what is lost is known to be lost.
package rtsp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
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
	pool    *camera.Pool
	secrets []string // what no error may show
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
	d := &Driver{id: id, url: (*base.URL)(u), timeout: s.Timeout, pool: camera.NewPool(8)}
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

func (d *Driver) play(ctx context.Context, from *base.URL, wanted wants, sink camera.Sink) error {
	protocol := gortsplib.ProtocolTCP
	client := &gortsplib.Client{
		Scheme: from.Scheme, Host: from.Host, Protocol: &protocol,
		ReadTimeout: d.timeout, WriteTimeout: d.timeout, UserAgent: "linesman",
		// Losses are seen in the packets' numbers, and said in the frames.
		OnPacketsLost: func(uint64) {}, OnDecodeError: func(error) {}, OnTransportSwitch: func(error) {},
	}
	if err := client.Start(); err != nil {
		return err
	}
	defer client.Close()
	defer context.AfterFunc(ctx, client.Close)()

	media, h264, err := d.describe(client, from)
	if err != nil {
		return err
	}
	in, err := newIntake(client, media, h264)
	if err != nil {
		return err
	}
	client.OnPacketRTP(media, h264, in.packet)
	if _, err := client.Play(nil); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- client.Wait() }()
	v, err := newViewer(d, wanted, sink, h264.SPS, h264.PPS)
	if err != nil {
		return err
	}
	defer v.close()
	return v.watch(ctx, in, ended)
}

// describe finds the camera's H.264 stream and sets it up.
func (d *Driver) describe(client *gortsplib.Client, from *base.URL) (*description.Media, *format.H264, error) {
	session, _, err := client.Describe(from)
	if err != nil {
		return nil, nil, err
	}
	var h264 *format.H264
	media := session.FindFormat(&h264)
	if media == nil {
		var offers []string
		for _, m := range session.Medias {
			for _, f := range m.Formats {
				//lint:ignore SA1019 its word goes into an error text only
				offers = append(offers, f.Codec())
			}
		}
		return nil, nil, fmt.Errorf("it offers no H.264 but %s; set the camera's stream to H.264 (%w)", strings.Join(offers, ", "), camera.ErrPermanent)
	}
	if _, err := client.Setup(session.BaseURL, media, 0, 0); err != nil {
		return nil, nil, err
	}
	return media, h264, nil
}
