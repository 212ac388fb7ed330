package rtsp

import (
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph265"
	names "github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
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
	if nalu[0]&1 != 0 || len(nalu) > 1 && nalu[1]>>3 != 0 {
		return other, 0 // of a second layer, which is not decoded
	}
	switch t := names.NALUType(nalu[0] >> 1 & 0x3f); {
	case t >= names.NALUType_BLA_W_LP && t <= names.NALUType_CRA_NUT:
		return key, 0
	case t == names.NALUType_RASL_N, t == names.NALUType_RASL_R:
		return leading, 0
	case t < names.NALUType_VPS_NUT:
		return slice, 0
	case t == names.NALUType_VPS_NUT:
		return set, 0
	case t == names.NALUType_SPS_NUT:
		return set, 1
	case t == names.NALUType_PPS_NUT:
		return set, 2
	}
	return other, 0
}

func (c h265) check(nalu []byte) error {
	if _, place := c.look(nalu); place != 1 {
		return nil // the other sets say nothing of size
	}
	width, height, stored, err := size265(nalu)
	if err != nil {
		return err
	}
	return fits(width, height, stored)
}

// size265 reads the head of a sequence parameter set (7.3.2.2.1), as size264
// does.
func size265(nalu []byte) (width, height, stored int, err error) {
	s := read(nalu, 2)
	s.skip(4)
	layers := int(s.u(3)) // temporal ones, beside the first
	s.skip(1)
	s.tier265(layers)
	s.ue() // its number
	if chroma := s.ue(); chroma == 3 {
		s.skip(1)
	}
	width, height = s.ue(), s.ue()
	if cropped := s.flag(); cropped {
		for range 4 {
			s.ue()
		}
	}
	for range 3 {
		s.ue() // bit depths and picture order
	}
	first := layers
	if each := s.flag(); each {
		first = 0
	}
	for ; first <= layers; first++ {
		stored = max(stored, s.ue()+1)
		s.ue()
		s.ue()
	}
	return width, height, stored, s.err()
}

// tier265 passes over profile, tier and level (7.3.3).
func (s *syntax) tier265(layers int) {
	const profile, level = 88, 8 // bits
	s.skip(profile + level)
	if layers == 0 {
		return
	}
	var bits int
	for i := range 8 {
		hasProfile, hasLevel := s.flag(), s.flag()
		if i < layers && hasProfile {
			bits += profile
		}
		if i < layers && hasLevel {
			bits += level
		}
	}
	s.skip(bits)
}
