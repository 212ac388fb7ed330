package rtsp

import (
	"fmt"

	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"

	"linesman/camera/codec"
)

// packetiser splits an access unit into packets.
type packetiser interface {
	Encode(nalus [][]byte) ([]*rtp.Packet, error)
}

// coding is what differs from codec to codec.
type coding struct {
	format     func() format.Format
	packetiser func(format.Format) (packetiser, error)
	encoder    func(width, height, keyEvery, quality int) (*codec.Encoder, error)
}

// payload is the RTP payload type, of those that are free to be used.
const payload = 96

var codings = map[string]coding{
	"h264": {
		format:     func() format.Format { return &format.H264{PayloadTyp: payload, PacketizationMode: 1} },
		packetiser: func(f format.Format) (packetiser, error) { return f.(*format.H264).CreateEncoder() },
		encoder:    codec.NewEncoder,
	},
	"h265": {
		format:     func() format.Format { return &format.H265{PayloadTyp: payload} },
		packetiser: func(f format.Format) (packetiser, error) { return f.(*format.H265).CreateEncoder() },
		encoder:    codec.NewH265Encoder,
	},
}

// codingOf returns the coding that the options ask for.
func codingOf(name string) (coding, error) {
	c, ok := codings[name]
	if !ok {
		return coding{}, fmt.Errorf("publish: codec is %q; give h264 or h265", name)
	}
	return c, nil
}
