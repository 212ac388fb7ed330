package rtsp

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
	names "github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
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
	switch t := names.NALUType(nalu[0] & 0x1f); {
	case t == names.NALUTypeIDR:
		return key, 0
	case t == names.NALUTypeSPS:
		return set, 0
	case t == names.NALUTypePPS:
		return set, 1
	case t >= names.NALUTypeNonIDR && t < names.NALUTypeIDR:
		return slice, 0
	}
	return other, 0
}

func (c h264) check(nalu []byte) error {
	if _, place := c.look(nalu); place != 0 {
		return nil // a picture parameter set says nothing of size
	}
	width, height, stored, err := size264(nalu)
	if err != nil {
		return err
	}
	return fits(width, height, stored)
}

// size264 reads the head of a sequence parameter set (7.3.2.1.1): the size that
// is coded, in pixels, and how many pictures the stream leans on. What follows
// is the decoder's to read, as it reads what cameras mean by it.
func size264(nalu []byte) (width, height, stored int, err error) {
	s := read(nalu, 1)
	profile := s.u(8)
	s.skip(16) // constraints and level
	s.ue()     // its number
	if slices.Contains([]uint64{100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}, profile) {
		s.layout264()
	}
	s.ue() // frame numbers
	switch order := s.ue(); order {
	case 0:
		s.ue()
	case 1:
		s.skip(1)
		s.se()
		s.se()
		for n := s.ue(); n > 0 && !s.short; n-- {
			s.se()
		}
	}
	stored = s.ue()
	s.skip(1)                           // gaps
	columns, rows := s.ue()+1, s.ue()+1 // of macroblocks, 16 x 16 pixels each
	if frames := s.flag(); !frames {
		rows *= 2
	}
	return columns * 16, rows * 16, stored, s.err()
}

// layout264 reads what the higher profiles say of colours.
func (s *syntax) layout264() {
	lists := 8
	if s.ue() == 3 {
		lists = 12
		s.skip(1)
	}
	s.ue()
	s.ue()
	s.skip(1)
	if present := s.flag(); !present {
		return
	}
	for i := range lists {
		size := 16
		if i >= 6 {
			size = 64
		}
		if !s.flag() {
			continue
		}
		for last, next, j := 8, 8, 0; j < size; j++ {
			if next != 0 {
				next = (last + s.se() + 256) % 256
			}
			if next != 0 {
				last = next
			}
		}
	}
}
