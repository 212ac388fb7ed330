package api

import "linesman/part"

// beside shows the newest frames of the cameras beside a line. It belongs to
// one goroutine.
type beside struct {
	config  *Config
	encoder pictures
	shown   map[part.CameraID]uint64 // seq of the last frame shown
}

func newBeside(c *Config) *beside {
	return &beside{config: c, encoder: pictures{width: besideWidth}, shown: map[part.CameraID]uint64{}}
}

// fresh returns the pictures that have come since it was last asked. A camera
// without a new frame sends none: an old picture is never sent as new.
func (b *beside) fresh() []Picture {
	var out []Picture
	for _, c := range b.config.Cameras() {
		f := b.config.Latest(c.Camera)
		if f == nil {
			continue
		}
		if b.shown[c.Camera] != f.Seq {
			b.shown[c.Camera] = f.Seq
			picture, err := b.encoder.encode(f)
			if err != nil {
				b.config.Logger.Warn("a frame can not be shown", "camera", c.Camera, "err", err)
			} else {
				p := Picture{Camera: string(c.Camera), Seq: f.Seq, At: f.At.UTC(), Width: f.Width, Height: f.Height, JPEG: picture}
				stamp(&p.Now, &p.AgeMS, f.At)
				out = append(out, p)
			}
		}
		f.Release()
	}
	return out
}
