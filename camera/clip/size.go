package clip

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// maxSide is more pixels than any camera has in a row: a damaged set can say any
// number.
const maxSide = 16384

// size reads the picture's size from the sequence set, in pixels. The library
// panics on some sets that are cut short; that is an error here.
func (s sets) size(codec string) (width, height int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("its parameter sets can not be read (%v); restart the camera", r)
		}
	}()
	if codec == H264 {
		var sps h264.SPS
		err = sps.Unmarshal(s.sequence)
		if err == nil {
			width, height = sps.Width(), sps.Height()
		}
	} else {
		var sps h265.SPS
		err = sps.Unmarshal(s.sequence)
		if err == nil && len(s.sequence) < 13 {
			err = errors.New("cut short")
		}
		if err == nil {
			width, height = sps.Width(), sps.Height()
		}
	}
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("its parameter sets can not be read (%w); restart the camera", err)
	case width < 1 || height < 1 || width > maxSide || height > maxSide:
		return 0, 0, fmt.Errorf("its parameter sets say %d x %d pixels; restart the camera", width, height)
	}
	return width, height, nil
}
