// Package codec turns compressed video into pixels and pixels into compressed
// video. It is the one place that talks to FFmpeg's libraries (libavformat,
// libavcodec, libswscale); the camera drivers and the drawn line share it.
//
// Everything opened here holds memory of C: close it. Nothing here is safe for
// use from several goroutines at once.
package codec

import (
	"fmt"
	"sync"
	"time"

	"github.com/asticode/go-astiav"
)

// What is decoded at most. A header can ask for any size, by damage or on
// purpose, and the decoder would reserve memory for it.
const (
	// MaxSide and MaxPixels bound one picture: 8192 x 4352 is the most that level
	// 6.2 of H.265 has room for (ITU-T H.265, table A.8), and more than any camera
	// we know of sends.
	MaxSide   = 8192
	MaxPixels = 8192 * 4352
	// MaxUnit is the compressed data of one picture, in bytes: five times the key
	// picture of a 4K camera at 25 Mbit/s with one key picture a second.
	MaxUnit = 4 << 20
)

// quiet silences FFmpeg's own words on standard error: what goes wrong comes
// back as an error, and a dirty stream must not fill the journal.
var quiet = sync.OnceFunc(func() { astiav.SetLogLevel(astiav.LogLevelQuiet) })

// Picture is one decoded picture. It is valid only inside the call that hands
// it over, or until the next picture is asked for.
type Picture struct {
	Width, Height int
	PTS           time.Duration // as given with the compressed data, or since the recording's start
	Damaged       bool          // the decoder had to guess parts of it
	frame         *astiav.Frame
	scaler        *scaler
}

// RGB writes the pixels to dst: 3 bytes a pixel, Width*3 bytes a row.
func (p *Picture) RGB(dst []byte) error {
	if len(dst) < p.Width*p.Height*3 {
		return fmt.Errorf("%d bytes are too few for a picture of %d x %d pixels", len(dst), p.Width, p.Height)
	}
	return p.scaler.toRGB(p.frame, dst, p.Width, p.Height)
}
