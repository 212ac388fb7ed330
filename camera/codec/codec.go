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

// maxPixels is the largest picture that is decoded, in pixels. A damaged header
// can ask for any size; 64 megapixels is more than any camera we know of.
const maxPixels = 64 << 20

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
