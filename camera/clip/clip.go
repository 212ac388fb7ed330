// Package clip keeps the last seconds of a camera's compressed stream and
// writes what an alarm needs of them as MP4, without decoding or encoding
// anything: what the camera sent is what a person sees.
//
// A Ring holds the stream, a Recorder waits for the seconds after an alarm and
// delivers the finished Clip, Write makes one MP4 file. All three go by the
// times in the packets; none looks at a clock. Only H.264 and H.265 are kept.
//
// A clip shows faces as the camera saw them. Who may open one is for the caller
// to decide.
package clip

import (
	"errors"
	"fmt"
	"time"

	"linesman/camera"
	"linesman/part"
)

// The codecs of streams that can be kept.
const (
	H264 = "h264"
	H265 = "h265"
)

var (
	// ErrCodec marks a stream that can not be kept.
	ErrCodec = errors.New("no clip can be made of this stream")
	// ErrStream marks packets of which no file can be made.
	ErrStream = errors.New("no file can be made of these packets")
)

// ID names what a clip is for: the alarm.
type ID string

// File is one finished MP4 file.
type File struct {
	Data []byte // owned by whoever gets the File
	Made
}

// Made says what a written file holds.
type Made struct {
	// From is the exposure of the picture shown first, To of the one shown last.
	// The picture at second s of the file was exposed at From + s.
	From, To      time.Time
	Frames        int
	Width, Height int // pixels
	Codec         string
}

// Clip is what was recorded for one alarm.
type Clip struct {
	ID     ID
	Camera part.CameraID
	// From and To are the exposures that were asked for. What there is begins at
	// the key picture before From.
	From, To time.Time
	// Files hold the pictures in order: one file, unless the camera changed its
	// picture (size, profile) or the clock was set in between.
	Files []File
	// Missing says in words what was asked for and is not there; empty if nothing
	// is known to be missing between the first and the last picture.
	Missing []string
}

// known refuses a packet that can not be kept.
func known(p *camera.Packet) error {
	switch {
	case p.Codec == "jpeg":
		return fmt.Errorf("%w: camera %s sends JPEG pictures, of which each would be kept whole; set the camera to H.264 or H.265", ErrCodec, p.Camera)
	case p.Codec != H264 && p.Codec != H265:
		return fmt.Errorf("%w: camera %s sends %q; set the camera to H.264 or H.265", ErrCodec, p.Camera, p.Codec)
	case len(p.Data) == 0:
		return fmt.Errorf("%w: camera %s sent a packet without data", ErrStream, p.Camera)
	case p.At.IsZero():
		return fmt.Errorf("%w: camera %s sent a packet without an exposure time", ErrStream, p.Camera)
	}
	return nil
}

// apart is by how much the stream's clock and the exposure times may disagree
// from one packet to the next before the stream is taken to have begun anew.
const apart = time.Second

// step is the time from one packet to the next. It is the stream's own, which
// is even where arrival is not, and may be negative where pictures are sent in
// another order than they are shown. Where the stream began anew or either
// clock was set, it is the lesser way forward of the two.
func step(from, to *camera.Packet) time.Duration {
	stream, exposure := to.PTS-from.PTS, to.At.Round(0).Sub(from.At.Round(0))
	switch d := stream - exposure; {
	case d <= apart && d >= -apart:
		return stream
	case stream > 0 && (exposure <= 0 || stream < exposure):
		return stream
	}
	return max(exposure, 0)
}
