// Package camera sees: it turns whatever a camera sends into Frames and, where
// there is a compressed stream, Packets. Drivers live in sub-folders; the
// Supervisor keeps one of them running and says what state the camera is in.
package camera

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"linesman/part"
)

// Format is the layout of a frame's pixels.
type Format uint8

// Pixel formats. All are 8 bits a channel, rows from the top.
const (
	RGB  Format = iota // 3 bytes a pixel, interleaved
	Grey               // 1 byte a pixel
)

// Channels returns the bytes of one pixel.
func (f Format) Channels() int {
	if f == Grey {
		return 1
	}
	return 3
}

// Frame is one exposure. It is read-only once sent: live view, evidence and a
// second station may hold it at the same time, each with its own Retain.
type Frame struct {
	Camera  part.CameraID
	Seq     uint64 // counts frames of this camera since it was opened, from 1
	Trigger uint64 // the controller's trigger number; 0 for a free-running camera
	// At is the exposure, with monotonic reading where the host's clock was at hand.
	At       time.Time
	Position part.Position // of the belt at exposure; Source Unknown if none

	Width, Height, Stride int // pixels, pixels, bytes from row to row
	Format                Format
	Pix                   []byte // Stride*Height bytes

	Dropped uint64 // frames known to be lost since the one before
	Damaged bool   // the decoder saw loss in this picture group
	// Stream says that the frame was decoded from a stream of which key pictures are
	// known, and Key that it is one of them.
	Stream, Key bool

	refs atomic.Int32
	pool *Pool
}

// Retain adds one holder. Call it before handing the frame to another owner.
func (f *Frame) Retain() *Frame { f.refs.Add(1); return f }

// Release gives up one hold; the last one returns the pixels to their pool.
// Using the frame afterwards is a broken promise.
func (f *Frame) Release() {
	switch n := f.refs.Add(-1); {
	case n == 0 && f.pool != nil:
		f.pool.put(f)
	case n < 0:
		panic("camera: frame released more often than retained")
	}
}

// Pool recycles frames of one size. Get never blocks: an empty pool allocates.
// The zero value is ready; a Pool is safe for use from many goroutines.
type Pool struct{ free chan *Frame }

// NewPool returns a pool that keeps at most n idle frames.
func NewPool(n int) *Pool { return &Pool{free: make(chan *Frame, n)} }

// Get returns a frame with room for width x height pixels, held once. Its
// pixels are whatever the last user left there; every other field is zero.
func (p *Pool) Get(width, height int, format Format) *Frame {
	size := width * height * format.Channels()
	var pix []byte
	select {
	case f := <-p.free:
		pix = f.Pix[:cap(f.Pix)]
	default:
	}
	if cap(pix) < size {
		pix = make([]byte, size)
	}
	f := &Frame{Width: width, Height: height, Stride: width * format.Channels(), Format: format, Pix: pix[:size], pool: p}
	f.refs.Store(1)
	return f
}

func (p *Pool) put(f *Frame) {
	select {
	case p.free <- f:
	default:
	}
}

// Packet is one access unit of the compressed stream, for clips and live view
// without encoding again. Data is Annex B for H.264 and H.265; read-only.
type Packet struct {
	Camera part.CameraID
	Codec  string        // "h264", "h265", "jpeg"
	PTS    time.Duration // since the stream began
	At     time.Time
	Key    bool
	Data   []byte
}

// Sink takes what a camera delivers. Frame hands over one hold of the frame:
// the sink releases it. Neither method may block: a sink with no room drops
// and counts, or takes the frame as inconclusive.
type Sink interface {
	Frame(*Frame)
	Packet(*Packet)
}

// Driver is one kind of camera.
//
// Run opens the camera, delivers into the sink until ctx ends or something
// breaks, closes the camera and returns: ctx.Err() when asked to stop, io.EOF
// when a recording has ended, else what broke. It never retries by itself; the
// Supervisor does. Errors that no retry can mend wrap ErrPermanent. Errors
// never contain credentials.
type Driver interface {
	Run(ctx context.Context, sink Sink) error
}

// ErrPermanent marks errors that need a person: a wrong password, an unknown
// file, a device that another process has open. The Supervisor still retries,
// slowly, since passwords and files get mended.
var ErrPermanent = errors.New("needs attention")

// Status is what a camera is doing.
type Status uint8

// The statuses of a camera.
const (
	Connecting Status = iota
	Live
	Stalled // connected, but no frame within the time allowed
	Frozen  // frames arrive, but the picture stands still while the belt moves
	Down    // broken; waiting to try again
	Ended   // a recording has come to its end
	Changed // frames arrive, but not of the size they should have
)

// String returns the status's word.
func (s Status) String() string {
	return [...]string{"connecting", "live", "stalled", "frozen", "down", "ended", "changed"}[min(int(s), 6)]
}

// MarshalText writes the status as its word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// State is a camera's status and its counters since the supervisor began.
type State struct {
	Camera   part.CameraID `json:"camera"`
	Status   Status        `json:"status"`
	Since    time.Time     `json:"since"`
	Frames   uint64        `json:"frames"`
	Dropped  uint64        `json:"dropped"`
	Damaged  uint64        `json:"damaged"`
	Restarts uint64        `json:"restarts"`
	FPS      float64       `json:"fps"`
	Width    int           `json:"width"`
	Height   int           `json:"height"`
	Error    string        `json:"error,omitempty"` // why it is down, without credentials
}
