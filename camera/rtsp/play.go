package rtsp

import (
	"context"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/format"

	"linesman/camera"
)

// play opens one stream and delivers what is wanted of it until it ends.
func (d *Driver) play(ctx context.Context, from *base.URL, wanted wants, sink camera.Sink) error {
	protocol := gortsplib.ProtocolTCP
	door := &door{address: from.Host, scheme: from.Scheme}
	client := &gortsplib.Client{
		Scheme: from.Scheme, Host: from.Host, Protocol: &protocol,
		ReadTimeout: d.timeout, WriteTimeout: d.timeout, UserAgent: "linesman",
		DialContext: door.dial, DialTLSContext: door.dialTLS,
		// Losses are seen in the packets' numbers, and said in the frames.
		OnPacketsLost: func(uint64) {}, OnDecodeError: func(error) {}, OnTransportSwitch: func(error) {},
	}
	if err := client.Start(); err != nil {
		return err
	}
	defer client.Close()
	defer context.AfterFunc(ctx, client.Close)()

	session, _, err := client.Describe(from)
	if err != nil {
		return err
	}
	media, with, err := choose(session)
	if err != nil {
		return err
	}
	media.Formats = []format.Format{with.format()} // nobody listens to the others
	if _, err := client.Setup(session.BaseURL, media, 0, 0); err != nil {
		return err
	}
	v, err := newViewer(d, wanted, sink, with)
	if err != nil {
		return err
	}
	defer v.close()
	in, err := newIntake(client, media, with)
	if err != nil {
		return err
	}
	client.OnPacketRTP(media, with.format(), in.packet)
	door.lift()
	if _, err := client.Play(nil); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- client.Wait() }()
	return v.watch(ctx, in, ended)
}
