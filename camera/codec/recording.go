package codec

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/asticode/go-astiav"
)

// ErrCut is returned where a recording ends before the end it announced.
var ErrCut = errors.New("the recording is cut short")

// Recording reads a video file or GIF picture by picture.
type Recording struct {
	format  *astiav.FormatContext
	stream  *astiav.Stream
	ctx     *astiav.CodecContext
	packet  *astiav.Packet
	frame   *astiav.Frame
	picture Picture
	scaler  scaler

	announced int64 // packets the container says it has; 0 if it does not say
	packets   int64
	pictures  int64
	flushing  bool
	first     int64 // timestamp of the first picture
	step      time.Duration
}

// OpenRecording opens a video file for reading. The error does not name the
// file: the caller knows it.
func OpenRecording(path string) (*Recording, error) {
	quiet()
	r := &Recording{format: astiav.AllocFormatContext()}
	if r.format == nil {
		return nil, errors.New("no memory to read a recording")
	}
	if err := r.format.OpenInput(path, nil, nil); err != nil {
		return nil, fmt.Errorf("no video can be read from it: %w", err)
	}
	if err := r.open(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Recording) open() error {
	if err := r.format.FindStreamInfo(nil); err != nil {
		return fmt.Errorf("no video can be read from it: %w", err)
	}
	for _, s := range r.format.Streams() {
		if s.CodecParameters().MediaType() == astiav.MediaTypeVideo {
			r.stream = s
			break
		}
	}
	if r.stream == nil {
		return errors.New("it holds no video")
	}
	c := astiav.FindDecoder(r.stream.CodecParameters().CodecID())
	if c == nil {
		return fmt.Errorf("its codec (%s) can not be decoded; convert it to H.264", r.stream.CodecParameters().CodecID().Name())
	}
	if r.ctx = astiav.AllocCodecContext(c); r.ctx == nil {
		return errors.New("no memory for a decoder")
	}
	if err := r.stream.CodecParameters().ToCodecContext(r.ctx); err != nil {
		return fmt.Errorf("codec parameters: %w", err)
	}
	if err := openDecoder(r.ctx, c); err != nil {
		return err
	}
	r.packet, r.frame = astiav.AllocPacket(), astiav.AllocFrame()
	r.announced = r.stream.NbFrames()
	r.first = math.MinInt64
	r.step = 40 * time.Millisecond
	if fps := r.format.GuessFrameRate(r.stream, nil); fps.Num() > 0 && fps.Den() > 0 {
		r.step = time.Duration(float64(time.Second) * float64(fps.Den()) / float64(fps.Num()))
	}
	return nil
}

// Duration is how long the container says it plays, 0 where it does not say.
func (r *Recording) Duration() time.Duration {
	return max(time.Duration(r.format.Duration())*time.Microsecond, 0)
}

// Tag returns one of the container's lines of text by its name, such as "date" or
// "title"; "" where it has none.
func (r *Recording) Tag(name string) string {
	tags := r.format.Metadata()
	if tags == nil {
		return ""
	}
	e := tags.Get(name, nil, astiav.NewDictionaryFlags())
	if e == nil {
		return ""
	}
	return e.Value()
}

// Step is the nominal time from picture to picture.
func (r *Recording) Step() time.Duration { return r.step }

// Next returns the next picture, valid until the call after. At the end it
// returns io.EOF, or an error wrapping ErrCut where pictures are missing.
func (r *Recording) Next() (*Picture, error) {
	for {
		err := r.ctx.ReceiveFrame(r.frame)
		switch {
		case err == nil:
			return r.take(), nil
		case errors.Is(err, astiav.ErrEof):
			return nil, r.end()
		case !errors.Is(err, astiav.ErrEagain):
			return nil, fmt.Errorf("after %d pictures: %w", r.pictures, err)
		}
		if err := r.feed(); err != nil {
			return nil, err
		}
	}
}

// feed gives the decoder one more packet, or tells it that there are no more.
func (r *Recording) feed() error {
	for !r.flushing {
		r.packet.Unref()
		err := r.format.ReadFrame(r.packet)
		if errors.Is(err, astiav.ErrEof) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w after %d pictures: %w", ErrCut, r.pictures, err)
		}
		if r.packet.StreamIndex() != r.stream.Index() {
			continue
		}
		r.packets++
		err = r.ctx.SendPacket(r.packet)
		if errors.Is(err, astiav.ErrInvaliddata) {
			continue // the end will tell how many pictures are missing
		}
		if err != nil {
			return fmt.Errorf("after %d pictures: %w", r.pictures, err)
		}
		return nil
	}
	if r.flushing {
		return io.ErrUnexpectedEOF
	}
	r.flushing = true
	if err := r.ctx.SendPacket(nil); err != nil {
		return fmt.Errorf("after %d pictures: %w", r.pictures, err)
	}
	return nil
}

func (r *Recording) take() *Picture {
	pts := bestPTS(r.frame)
	at := time.Duration(r.pictures) * r.step
	if pts != math.MinInt64 {
		if r.first == math.MinInt64 {
			r.first = pts
		}
		base := r.stream.TimeBase()
		at = time.Duration(float64(pts-r.first) * float64(base.Num()) / float64(base.Den()) * float64(time.Second))
	}
	r.pictures++
	r.picture = Picture{Width: r.frame.Width(), Height: r.frame.Height(), PTS: at, Damaged: damaged(r.frame), frame: r.frame, scaler: &r.scaler}
	return &r.picture
}

func (r *Recording) end() error {
	switch {
	case r.pictures == 0:
		return fmt.Errorf("%w: it holds no complete picture", ErrCut)
	case r.packets < r.announced:
		return fmt.Errorf("%w: %d of %d pictures are there", ErrCut, r.packets, r.announced)
	}
	return io.EOF
}

// Close closes the file and frees the decoder's memory.
func (r *Recording) Close() {
	if r.packet != nil {
		r.packet.Free()
		r.frame.Free()
	}
	if r.ctx != nil {
		r.ctx.Free()
	}
	r.format.CloseInput()
	r.scaler.close()
}
