package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
	syntax "github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"

	"linesman/camera/codec"
)

// h264 is all that is of H.264 alone (ITU-T H.264; RFC 6184 in packets).
type h264 struct{ f *format.H264 }

func (h264) name() string                     { return "h264" }
func (c h264) format() format.Format          { return c.f }
func (h264) decoder() (*codec.Decoder, error) { return codec.NewDecoder() }
func (c h264) described() [][]byte            { return [][]byte{c.f.SPS, c.f.PPS} }

func (c h264) unpacker() (unpack, error) {
	d, err := c.f.CreateDecoder()
	if err != nil {
		return nil, fmt.Errorf("its H.264 can not be unpacked: %w", err)
	}
	return func(p *rtp.Packet) ([][]byte, error) {
		nalus, err := d.Decode(p)
		if errors.Is(err, rtph264.ErrMorePacketsNeeded) || errors.Is(err, rtph264.ErrNonStartingPacketAndNoPrevious) {
			return nil, nil
		}
		return nalus, err
	}, nil
}

func (h264) look(nalu []byte) (kind, int) {
	switch t := syntax.NALUType(nalu[0] & 0x1f); {
	case t == syntax.NALUTypeIDR:
		return key, 0
	case t == syntax.NALUTypeSPS:
		return set, 0
	case t == syntax.NALUTypePPS:
		return set, 1
	case t >= syntax.NALUTypeNonIDR && t < syntax.NALUTypeIDR:
		return slice, 0
	}
	return other, 0
}

func (c h264) check(nalu []byte) error {
	if _, place := c.look(nalu); place != 0 {
		return nil // a picture parameter set says nothing of size
	}
	return guarded(func() error {
		var s syntax.SPS
		if err := s.Unmarshal(nalu); err != nil {
			return fmt.Errorf("a parameter set that can not be read (%w)", err)
		}
		stored := s.MaxNumRefFrames
		if s.VUI != nil && s.VUI.BitstreamRestriction != nil {
			r := s.VUI.BitstreamRestriction
			stored = max(stored, r.MaxDecFrameBuffering, r.MaxNumReorderFrames)
		}
		rows := int(s.PicHeightInMapUnitsMinus1) + 1 // of macroblocks, 16 x 16 pixels each
		if !s.FrameMbsOnlyFlag {
			rows *= 2
		}
		return fits((int(s.PicWidthInMbsMinus1)+1)*16, rows*16, int(stored))
	})
}
