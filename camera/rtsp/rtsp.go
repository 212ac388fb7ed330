// Package rtsp is a network camera that sends H.264 over RTSP: by TCP, so that
// what is lost is known to be lost.
package rtsp

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"

	"linesman/camera"
	"linesman/part"
)

var _ camera.Driver = (*Driver)(nil)

// Driver is one network camera. It may be run again and again, one run at a
// time.
type Driver struct {
	id      part.CameraID
	url     *base.URL
	timeout time.Duration
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
	// Some cameras want the password within the path: it is as secret.
	d.secrets = []string{u.String(), u.RequestURI()}
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
	err := d.play(ctx, sink)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.explain(err)
}

func (d *Driver) play(ctx context.Context, sink camera.Sink) error {
	protocol := gortsplib.ProtocolTCP
	client := &gortsplib.Client{
		Scheme: d.url.Scheme, Host: d.url.Host, Protocol: &protocol,
		ReadTimeout: d.timeout, WriteTimeout: d.timeout, UserAgent: "linesman",
		// Losses are seen in the packets' numbers, and said in the frames.
		OnPacketsLost: func(uint64) {}, OnDecodeError: func(error) {}, OnTransportSwitch: func(error) {},
	}
	if err := client.Start(); err != nil {
		return err
	}
	defer client.Close()
	defer context.AfterFunc(ctx, client.Close)()

	media, h264, err := d.describe(client)
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
	v, err := newViewer(d, sink, h264.SPS, h264.PPS)
	if err != nil {
		return err
	}
	defer v.close()
	return v.watch(ctx, in, ended)
}

// describe finds the camera's H.264 stream and sets it up.
func (d *Driver) describe(client *gortsplib.Client) (*description.Media, *format.H264, error) {
	session, _, err := client.Describe(d.url)
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
