package codec

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/asticode/go-astiav"
)

// padding is what libavcodec may read beyond the end of compressed data.
const padding = 64

// Decoder decodes one H.264 or H.265 stream. It uses one thread and keeps no
// picture back for speed: a camera's picture comes out as soon as its data is in.
type Decoder struct {
	coding  string
	ctx     *astiav.CodecContext
	packet  *astiav.Packet
	frame   *astiav.Frame
	picture Picture
	scaler  scaler
	buf     []byte
}

// NewDecoder returns a decoder for H.264.
func NewDecoder() (*Decoder, error) { return newDecoder("H.264", astiav.CodecIDH264) }

// NewH265Decoder returns a decoder for H.265.
func NewH265Decoder() (*Decoder, error) { return newDecoder("H.265", astiav.CodecIDHevc) }

func newDecoder(coding string, id astiav.CodecID) (*Decoder, error) {
	quiet()
	c := astiav.FindDecoder(id)
	if c == nil {
		return nil, fmt.Errorf("this FFmpeg has no %s decoder; install Debian's libavcodec59", coding)
	}
	d := &Decoder{coding: coding, ctx: astiav.AllocCodecContext(c)}
	if d.ctx == nil {
		return nil, fmt.Errorf("no memory for a decoder of %s", coding)
	}
	d.ctx.SetFlags(d.ctx.Flags().Add(astiav.CodecContextFlagLowDelay))
	if err := openDecoder(d.ctx, c); err != nil {
		d.ctx.Free()
		return nil, err
	}
	d.packet, d.frame = astiav.AllocPacket(), astiav.AllocFrame()
	return d, nil
}

// openDecoder opens a decoder with one thread and a limit to its pictures.
func openDecoder(ctx *astiav.CodecContext, c *astiav.Codec) error {
	ctx.SetThreadCount(1)
	options := astiav.NewDictionary()
	defer options.Free()
	if err := options.Set("max_pixels", strconv.Itoa(MaxPixels), 0); err != nil {
		return fmt.Errorf("decoder options: %w", err)
	}
	if err := ctx.Open(c, options); err != nil {
		return fmt.Errorf("decoder %s does not open: %w", c.Name(), err)
	}
	return nil
}

// Decode takes one access unit in Annex B form and calls each with every
// picture that it completes, in the order of showing. pts comes back with the
// picture. An error says that the data could not be decoded, or was larger than
// MaxUnit or MaxSide; the decoder can be used further.
func (d *Decoder) Decode(annexB []byte, pts time.Duration, each func(*Picture)) error {
	if len(annexB) == 0 {
		return errors.New("an access unit without data")
	}
	if len(annexB) > MaxUnit {
		return fmt.Errorf("an access unit of %d bytes; %d is the most", len(annexB), MaxUnit)
	}
	d.buf = append(append(d.buf[:0], annexB...), make([]byte, padding)...)
	d.packet.Unref()
	if err := d.packet.FromData(d.buf); err != nil {
		return fmt.Errorf("no memory for an access unit of %d bytes: %w", len(annexB), err)
	}
	d.packet.SetSize(len(annexB))
	d.packet.SetPts(int64(pts))
	if err := d.ctx.SendPacket(d.packet); err != nil {
		return fmt.Errorf("decode %s: %w", d.coding, err)
	}
	return d.drain(each)
}

func (d *Decoder) drain(each func(*Picture)) error {
	for {
		err := d.ctx.ReceiveFrame(d.frame)
		switch {
		case errors.Is(err, astiav.ErrEagain), errors.Is(err, astiav.ErrEof):
			return nil
		case err != nil:
			return fmt.Errorf("decode %s: %w", d.coding, err)
		}
		if d.frame.Width() > MaxSide || d.frame.Height() > MaxSide {
			err = fmt.Errorf("a picture of %d x %d pixels; %d is the longest side", d.frame.Width(), d.frame.Height(), MaxSide)
			d.frame.Unref()
			return err
		}
		d.picture = Picture{
			Width: d.frame.Width(), Height: d.frame.Height(), PTS: time.Duration(d.frame.Pts()),
			Damaged: damaged(d.frame), frame: d.frame, scaler: &d.scaler,
		}
		each(&d.picture)
		d.frame.Unref()
	}
}

// Close frees the decoder's memory.
func (d *Decoder) Close() {
	d.packet.Free()
	d.frame.Free()
	d.ctx.Free()
	d.scaler.close()
}
