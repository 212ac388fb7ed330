package codec

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/asticode/go-astiav"
)

// Encoder encodes RGB pictures of one size to H.264 or H.265 as a camera does:
// no reordering, no delay, parameter sets before every key picture.
type Encoder struct {
	with          encoding
	ctx           *astiav.CodecContext
	frame         *astiav.Frame
	packet        *astiav.Packet
	scaler        scaler
	width, height int
}

// encoding is what differs from codec to codec.
type encoding struct {
	coding, library, debian string
	own, params             string // the option that the library's own ones stand in, and they
}

var (
	h264 = encoding{"H.264", "libx264", "libx264-164", "x264-params", "colormatrix=smpte170m:scenecut=0:log=-1"}
	// x265 starts threads of its own, and lets key pictures be leant over, unless
	// told otherwise.
	h265 = encoding{"H.265", "libx265", "libx265-199", "x265-params", "colormatrix=smpte170m:scenecut=0:log-level=-1:bframes=0:open-gop=0:pools=none:frame-threads=1"}
)

// NewEncoder returns an encoder for H.264. Sizes are rounded down to even
// numbers, as the codec wants them. keyEvery is the most pictures from key
// picture to key picture; quality is the constant rate factor, 0 the best, 51
// the worst.
func NewEncoder(width, height, keyEvery, quality int) (*Encoder, error) {
	return newEncoder(h264, width, height, keyEvery, quality)
}

// NewH265Encoder is NewEncoder for H.265: several times slower, for tests.
func NewH265Encoder(width, height, keyEvery, quality int) (*Encoder, error) {
	return newEncoder(h265, width, height, keyEvery, quality)
}

func newEncoder(with encoding, width, height, keyEvery, quality int) (*Encoder, error) {
	quiet()
	c := astiav.FindEncoderByName(with.library)
	if c == nil {
		return nil, fmt.Errorf("this FFmpeg has no %s; install Debian's libavcodec59 and %s", with.library, with.debian)
	}
	e := &Encoder{with: with, width: width &^ 1, height: height &^ 1}
	if e.width < 16 || e.height < 16 {
		return nil, fmt.Errorf("pictures of %d x %d pixels are too small to encode; 16 x 16 is the least", width, height)
	}
	e.ctx = astiav.AllocCodecContext(c)
	if e.ctx == nil {
		return nil, errors.New("no memory for an encoder")
	}
	e.ctx.SetWidth(e.width)
	e.ctx.SetHeight(e.height)
	e.ctx.SetPixelFormat(astiav.PixelFormatYuv420P)
	e.ctx.SetTimeBase(astiav.NewRational(1, 90000))
	e.ctx.SetFramerate(astiav.NewRational(25, 1))
	e.ctx.SetGopSize(keyEvery)
	e.ctx.SetThreadCount(1)
	if err := e.open(c, quality); err != nil {
		e.ctx.Free()
		return nil, err
	}
	e.packet, e.frame = astiav.AllocPacket(), astiav.AllocFrame()
	e.frame.SetWidth(e.width)
	e.frame.SetHeight(e.height)
	e.frame.SetPixelFormat(astiav.PixelFormatYuv420P)
	if err := e.frame.AllocBuffer(0); err != nil {
		e.Close()
		return nil, fmt.Errorf("no memory for a picture to encode: %w", err)
	}
	return e, nil
}

func (e *Encoder) open(c *astiav.Codec, quality int) error {
	options := astiav.NewDictionary()
	defer options.Free()
	for _, o := range [][2]string{
		{"preset", "ultrafast"}, {"tune", "zerolatency"}, {"crf", strconv.Itoa(quality)},
		{"forced-idr", "1"}, {e.with.own, e.with.params},
	} {
		if err := options.Set(o[0], o[1], 0); err != nil {
			return fmt.Errorf("encoder option %s: %w", o[0], err)
		}
	}
	if err := e.ctx.Open(c, options); err != nil {
		return fmt.Errorf("%s does not open for %d x %d pixels: %w", e.with.library, e.width, e.height, err)
	}
	return nil
}

// Encode encodes one picture of stride bytes a row and returns its access unit
// in Annex B form, owned by the caller. key asks for a key picture.
func (e *Encoder) Encode(rgb []byte, stride int, pts time.Duration, key bool) (annexB []byte, isKey bool, err error) {
	if stride < e.width*3 || len(rgb) < stride*(e.height-1)+e.width*3 {
		return nil, false, fmt.Errorf("%d bytes, %d a row, are too few for a picture of %d x %d pixels", len(rgb), stride, e.width, e.height)
	}
	if err := e.scaler.fromRGB(rgb, stride, e.frame); err != nil {
		return nil, false, err
	}
	e.frame.SetPts(ticks(pts))
	e.frame.SetPictureType(astiav.PictureTypeNone)
	if key {
		e.frame.SetPictureType(astiav.PictureTypeI)
	}
	if err := e.ctx.SendFrame(e.frame); err != nil {
		return nil, false, fmt.Errorf("encode %s: %w", e.with.coding, err)
	}
	for {
		e.packet.Unref()
		err := e.ctx.ReceivePacket(e.packet)
		if errors.Is(err, astiav.ErrEagain) {
			return annexB, isKey, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("encode %s: %w", e.with.coding, err)
		}
		annexB = append(annexB, e.packet.Data()...)
		isKey = isKey || e.packet.Flags().Has(astiav.PacketFlagKey)
	}
}

// ticks is a time by the clock of 90 kHz, to the nearest of its ticks: the rate
// control goes by the time from picture to picture, and one that wavers makes
// another picture of the same.
func ticks(d time.Duration) int64 { return (int64(d)*9 + 50_000) / 100_000 }

// Close frees the encoder's memory.
func (e *Encoder) Close() {
	e.packet.Free()
	e.frame.Free()
	e.ctx.Free()
	e.scaler.close()
}
