package rtsp

import (
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtcp"

	"linesman/camera"
	"linesman/camera/codec"
)

// encode encodes and sends pictures until Close.
func (p *Publisher) encode() {
	var enc *codec.Encoder
	defer func() {
		if enc != nil {
			enc.Close()
		}
	}()
	var width, height int
	var start time.Time
	for f := range p.pictures {
		if enc == nil || f.Width != width || f.Height != height {
			if enc != nil {
				enc.Close()
			}
			var err error
			if enc, err = p.coding.encoder(f.Width, f.Height, p.options.KeyEvery, p.options.Quality); err != nil {
				enc = nil
				p.fail(err)
				f.Release()
				continue
			}
			width, height = f.Width, f.Height
		}
		if start.IsZero() {
			start = f.At
		}
		if err := p.send(enc, f, f.At.Sub(start)); err != nil {
			p.fail(err)
		}
		f.Release()
	}
}

func (p *Publisher) send(enc *codec.Encoder, f *camera.Frame, pts time.Duration) error {
	unit, key, err := enc.Encode(f.Pix, f.Stride, pts, p.oweKey())
	if err != nil || len(unit) == 0 {
		return err
	}
	return p.transmit(unit, key, pts, f.At)
}

// transmit sends one coded picture.
func (p *Publisher) transmit(unit []byte, key bool, pts time.Duration, at time.Time) error {
	var nalus h264.AnnexB // H.265 is laid out alike
	if err := nalus.Unmarshal(unit); err != nil {
		return fmt.Errorf("publish %s: %w", p.options.Name, err)
	}
	packets, err := p.packetise.Encode(nalus)
	if err != nil {
		return fmt.Errorf("publish %s: %w", p.options.Name, err)
	}
	stamp := uint32(int64(pts.Seconds() * 90000))
	for _, packet := range packets {
		packet.Timestamp = stamp
		if p.options.Mangle != nil && !p.options.Mangle(packet) {
			continue
		}
		// A client with no room loses the packet; that is its loss alone.
		_ = p.stream.WritePacketRTPWithNTP(p.media, packet, at)
	}
	if key {
		p.report(stamp, at)
	}
	return nil
}

// report tells clients which exposure time a time stamp means. Cameras send
// such a sender report every few seconds; here one follows each key picture, so
// that a client has it from its second picture on.
func (p *Publisher) report(stamp uint32, at time.Time) {
	stats := p.stream.Stats()
	var ssrc uint32
	for _, m := range stats.Medias {
		for _, f := range m.Formats {
			ssrc = f.LocalSSRC
		}
	}
	const since1900 = 2208988800 // seconds from 1900 to 1970
	ntp := uint64(at.Unix()+since1900)<<32 | uint64(at.Nanosecond())<<32/1e9
	_ = p.stream.WritePacketRTCP(p.media, &rtcp.SenderReport{SSRC: ssrc, NTPTime: ntp, RTPTime: stamp})
}
