package rtsp

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"

	"linesman/camera"
	"linesman/camera/codec"
)

// coding is what differs from codec to codec.
type coding interface {
	// name is the word that packets carry.
	name() string
	format() format.Format
	decoder() (*codec.Decoder, error)
	// unpacker returns a new one, that has seen no packet.
	unpacker() (unpack, error)
	// look says what a NAL unit that is not empty is, and of a parameter set where
	// it stands among the sets.
	look(nalu []byte) (kind, int)
	// check says why a parameter set is not to be decoded.
	check(set []byte) error
	// described are the parameter sets of the stream's description, in the order
	// in which they stand before a key picture; nil for one that is not in there.
	described() [][]byte
}

// unpack takes one packet and returns the access unit that it completes, or
// nothing where more packets are needed.
type unpack func(*rtp.Packet) ([][]byte, error)

// kind is what a NAL unit means to a viewer.
type kind uint8

const (
	other   kind = iota
	slice        // a slice of a picture that leans on others
	key          // a slice of a picture that decoding can begin with
	leading      // a slice of a picture that leans on one before the last key picture
	set          // a parameter set
)

const (
	// maxSet is the largest parameter set, in bytes; one with every scaling list
	// has some 2,000.
	maxSet = 16 << 10
	// maxStored is how many pixels of earlier pictures a stream may lean on: six of
	// the largest pictures, which is the most of level 6.2 (ITU-T H.265, table A.8;
	// that of H.264, table A-1, is a little less). In memory it is 321 MB.
	maxStored = 6 * codec.MaxPixels
)

// choose returns the first stream that can be decoded, H.264 before H.265:
// it costs half the time.
func choose(session *description.Session) (*description.Media, coding, error) {
	var media *description.Media
	var with coding
	var offers []string
	for _, m := range session.Medias {
		for _, f := range m.Formats {
			//lint:ignore SA1019 its word goes into an error text only
			offers = append(offers, f.Codec())
			if m.IsBackChannel {
				continue
			}
			switch f := f.(type) {
			case *format.H264:
				return m, h264{f}, nil
			case *format.H265:
				if with == nil {
					media, with = m, h265{f}
				}
			}
		}
	}
	if with == nil {
		return nil, nil, fmt.Errorf("it offers no H.264 nor H.265 but %s; set the camera's stream to H.264 (%w)", listed(offers), camera.ErrPermanent)
	}
	return media, with, nil
}

// listed names the first of what a camera offers.
func listed(offers []string) string {
	const most = 8
	slices.Sort(offers)
	offers = slices.Compact(offers)
	if more := len(offers) - most; more > 0 {
		return fmt.Sprintf("%s and %d others", strings.Join(offers[:most], ", "), more)
	}
	return strings.Join(offers, ", ")
}

// fits refuses pictures that would take more memory than a camera may: width
// and height are those that are coded, in pixels, and stored is how many
// pictures the stream leans on.
func fits(width, height, stored int) error {
	switch {
	case width <= 0 || height <= 0:
		return errors.New("its pictures have no size")
	case width > codec.MaxSide || height > codec.MaxSide || width*height > codec.MaxPixels:
		return fmt.Errorf("its pictures have %d x %d pixels; set the camera to %d on a side and %d megapixels at most", width, height, codec.MaxSide, codec.MaxPixels/1_000_000)
	case stored > 16 || stored*width*height > maxStored:
		return fmt.Errorf("its pictures of %d x %d pixels lean on %d others; set the camera to a simpler profile or smaller pictures", width, height, stored)
	}
	return nil
}
