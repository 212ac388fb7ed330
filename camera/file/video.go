package file

import (
	"time"

	"linesman/camera/codec"
)

// video is a video file or a GIF.
type video struct{ recording *codec.Recording }

func openVideo(path string) (source, error) {
	r, err := codec.OpenRecording(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return video{r}, nil
}

func (v video) next() (picture, error) {
	p, err := v.recording.Next()
	if err != nil {
		return picture{}, err
	}
	return picture{width: p.Width, height: p.Height, at: max(p.PTS, 0), damaged: p.Damaged, rgb: p.RGB}, nil
}

func (v video) step() time.Duration { return v.recording.Step() }
func (v video) close()              { v.recording.Close() }
