package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph265"
	syntax "github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/pion/rtp"

	"linesman/camera/codec"
)

// h265 is all that is of H.265 alone (ITU-T H.265; RFC 7798 in packets).
type h265 struct{ f *format.H265 }

func (h265) name() string                     { return "h265" }
func (c h265) format() format.Format          { return c.f }
func (h265) decoder() (*codec.Decoder, error) { return codec.NewH265Decoder() }
func (c h265) described() [][]byte            { return [][]byte{c.f.VPS, c.f.SPS, c.f.PPS} }

func (c h265) unpacker() (unpack, error) {
	d, err := c.f.CreateDecoder()
	if err != nil {
		return nil, fmt.Errorf("its H.265 can not be unpacked: %w", err)
	}
	return func(p *rtp.Packet) ([][]byte, error) {
		nalus, err := d.Decode(p)
		if errors.Is(err, rtph265.ErrMorePacketsNeeded) || errors.Is(err, rtph265.ErrNonStartingPacketAndNoPrevious) {
			return nil, nil
		}
		return nalus, err
	}, nil
}

func (h265) look(nalu []byte) (kind, int) {
	switch t := syntax.NALUType(nalu[0] >> 1 & 0x3f); {
	case t >= syntax.NALUType_BLA_W_LP && t <= syntax.NALUType_CRA_NUT:
		return key, 0
	case t == syntax.NALUType_RASL_N, t == syntax.NALUType_RASL_R:
		return leading, 0
	case t < syntax.NALUType_VPS_NUT:
		return slice, 0
	case t == syntax.NALUType_VPS_NUT:
		return set, 0
	case t == syntax.NALUType_SPS_NUT:
		return set, 1
	case t == syntax.NALUType_PPS_NUT:
		return set, 2
	}
	return other, 0
}

func (c h265) check(nalu []byte) error {
	if _, place := c.look(nalu); place != 1 {
		return nil // the other sets say nothing of size
	}
	return guarded(func() error {
		var s syntax.SPS
		if err := s.Unmarshal(nalu); err != nil {
			return fmt.Errorf("a parameter set that can not be read (%w)", err)
		}
		stored := 0
		for _, n := range s.MaxDecPicBufferingMinus1 {
			stored = max(stored, int(n)+1)
		}
		return fits(int(s.PicWidthInLumaSamples), int(s.PicHeightInLumaSamples), stored)
	})
}
