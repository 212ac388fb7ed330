package watch

import (
	"image"
	"sync"
	"time"

	"linesman/camera"
	"linesman/models/detect"
	"linesman/vision"
	"linesman/vision/overlay"
)

// facing keeps the faces of the frame that was last shown or kept: one that is shown
// to several is looked at once.
type facing struct {
	mu    sync.Mutex // held while faces are looked for, never by Run
	frame uint64     // whose faces are known
	found []vision.Box
	err   error
	told  said
}

// facesIn finds the faces in a frame that is about to be shown or kept: nobody
// looks for them otherwise. An error means that nobody knows where they are.
func (s *Station) facesIn(f *camera.Frame) ([]vision.Box, error) {
	if s.cfg.Faces == nil {
		return nil, nil
	}
	k := &s.facing
	k.mu.Lock()
	defer k.mu.Unlock()
	if f.Seq == k.frame && f.Seq != 0 {
		return k.found, k.err
	}
	k.found, k.err = s.cfg.Faces(detect.Picture{Width: f.Width, Height: f.Height, Stride: f.Stride, Pix: f.Pix}, nil)
	k.frame, k.told.every = f.Seq, time.Minute
	if k.err != nil && k.told.now(time.Now()) {
		s.cfg.Log.Error("faces can not be looked for: pictures are shown and kept as coarse squares meanwhile", "camera", string(s.cfg.Camera), "err", k.err)
	}
	return k.found, k.err
}

// hidden says who is to be veiled in a view. ok is false where nobody knows: the
// picture could not be judged, the faces could not be looked for, or it is in a
// format in which neither can be. All of it is then to be made coarse.
func (s *Station) hidden(v View) (people, faces []vision.Box, ok bool) {
	if v.Scene == nil || v.Frame.Format != camera.RGB {
		return nil, nil, false
	}
	faces, err := s.facesIn(v.Frame)
	return v.people(), faces, err == nil
}

// Shown returns what the station last saw as everybody may see it, with one hold:
// faces and heads are veiled unless the site file shows them, and all of a picture
// in which nobody knows where they are. Nil if it saw nothing.
func (s *Station) Shown() *camera.Frame {
	v := s.View()
	if v.Frame == nil {
		return nil
	}
	defer v.Frame.Release()
	f, _ := s.veiled(v)
	return f
}

// veiled returns a view's frame as everybody may see it, with one hold; clear is
// false where all of it had to be made coarse.
func (s *Station) veiled(v View) (f *camera.Frame, clear bool) {
	if s.cfg.Settings.Faces == "shown" {
		return v.Frame.Retain(), true
	}
	f = s.shown.Get(v.Frame.Width, v.Frame.Height, v.Frame.Format)
	f.Camera, f.Seq, f.At, f.Damaged = v.Frame.Camera, v.Frame.Seq, v.Frame.At, v.Frame.Damaged
	row := f.Width * f.Format.Channels()
	for y := range f.Height {
		copy(f.Pix[y*f.Stride:y*f.Stride+row], v.Frame.Pix[y*v.Frame.Stride:])
	}
	people, faces, clear := s.hidden(v)
	if clear {
		overlay.VeilRGB(f.Pix, f.Width, f.Height, f.Stride, people, faces)
	} else {
		overlay.CoarsePixels(f.Pix, f.Width, f.Height, f.Stride, f.Format.Channels())
	}
	return f, clear
}

// picture returns a view's frame as a picture of its own that may be kept.
func (s *Station) picture(v View) *image.RGBA {
	img := overlay.Picture(v.Frame)
	if people, faces, clear := s.hidden(v); clear {
		overlay.Veil(img, people, faces)
	} else {
		overlay.Coarse(img)
	}
	return img
}

// people are the boxes of people in the view.
func (v View) people() (out []vision.Box) {
	if v.Scene == nil {
		return nil
	}
	for i := range v.Scene.Tracks {
		if v.Scene.Tracks[i].Label == "person" {
			out = append(out, v.Scene.Tracks[i].Box)
		}
	}
	return out
}
