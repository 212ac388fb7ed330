package watch

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"testing"
	"testing/synctest"
	"time"

	"linesman/camera"
	"linesman/models/detect"
	"linesman/vision"
	"linesman/vision/overlay"
	"linesman/vision/tamper"
)

// head is where somebody's small face is in the pictures of these tests, whom no
// network finds: stripes that a veil averages away.
var head = image.Rect(100, 100, 116, 116)

func striped(f *camera.Frame) {
	for y := head.Min.Y; y < head.Max.Y; y++ {
		for x := head.Min.X; x < head.Max.X; x++ {
			for k := range 3 {
				f.Pix[y*f.Stride+3*x+k] = byte(255 * (x / 2 % 2))
			}
		}
	}
}

// visible reports whether the stripes can be seen.
func visible(img image.Image) bool {
	n := 0
	for x := head.Min.X + 1; x < head.Max.X; x++ {
		a, _, _, _ := img.At(x-1, head.Min.Y+8).RGBA()
		b, _, _, _ := img.At(x, head.Min.Y+8).RGBA()
		if max(a, b)-min(a, b) > 0x4000 {
			n++
		}
	}
	return n > 3
}

// noFaces finds none: the face is too small for it.
func noFaces(detect.Picture, []vision.Box) ([]vision.Box, error) { return nil, nil }

// Whoever stands in a picture of which nobody knows where people and faces are is
// not to be known in it, live or in the alarm's picture: all of it is coarse.
func TestNobodyIsKnownWhereNobodyLooked(t *testing.T) {
	broken := func(detect.Picture, []vision.Box) ([]vision.Box, error) {
		return []vision.Box{{X1: 1, Y1: 1}}, errors.New("the session is closed")
	}
	for _, c := range []struct {
		name   string
		faces  func(detect.Picture, []vision.Box) ([]vision.Box, error)
		shown  string // faces: of the settings
		change func(*yard)
		clear  bool
	}{
		{"nothing is wrong", noFaces, "", func(*yard) {}, true},
		{"the site shows faces", broken, "shown", func(*yard) {}, true},
		{"faces can not be looked for", broken, "", func(*yard) {}, false},
		{"the detector fails", noFaces, "", func(y *yard) { y.eyes.see(errors.New("out of memory")) }, false},
		{"the picture is damaged", noFaces, "", func(y *yard) {
			y.painted = func(f *camera.Frame) { striped(f); f.Damaged = true }
		}, false},
		{"the camera sends no colours", noFaces, "", func(y *yard) {
			y.painted = func(f *camera.Frame) {
				striped(f)
				for i := range f.Width * f.Height {
					f.Pix[i] = f.Pix[3*i]
				}
				f.Format, f.Stride, f.Pix = camera.Grey, f.Width, f.Pix[:f.Width*f.Height]
			}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var kept []byte
				y := openYardWith(t, yardRules, nil, func(g *GuardConfig) {
					g.Keep = func(data []byte) string { kept = data; return "kept" }
				}, func(s *Config) {
					s.Faces = c.faces
					if c.shown != "" {
						s.Settings.Faces = c.shown
					}
				})
				defer y.stop()
				y.painted = striped
				c.change(y)
				y.show(2 * time.Second)
				f := y.station.Shown()
				defer f.Release()
				if got := visible(overlay.Picture(f)); got != c.clear {
					t.Errorf("the small face can be seen live: %t, want %t", got, c.clear)
				}
				v := y.station.View()
				task := &task{view: v}
				task.change.Alert.Camera = "yard"
				if y.guard.caller.keep(task); kept == nil {
					t.Fatal("no picture was kept")
				}
				v.Frame.Release()
				img, err := jpeg.Decode(bytes.NewReader(kept))
				if err != nil {
					t.Fatal(err)
				}
				if got := visible(img); got != c.clear {
					t.Errorf("the small face can be seen in the alarm's picture: %t, want %t", got, c.clear)
				}
			})
		})
	}
}

// A camera that was turned stays so until a person says that it is right: all that
// time small heads are not to be seen live, nor in its own alarm's picture.
func TestNobodyIsKnownToACameraThatWasMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept []byte
		y := openYardWith(t, tamperRules, nil, func(g *GuardConfig) {
			g.Keep = func(data []byte) string { kept = data; return "kept" }
		}, func(s *Config) { s.Faces = noFaces })
		defer y.stop()
		y.painted = func(f *camera.Frame) { scenery(1)(f); striped(f) }
		y.show(40 * time.Second)
		if f := y.station.Shown(); !visible(overlay.Picture(f)) {
			t.Fatal("before it was moved nothing can be seen: this test shows nothing")
		} else {
			f.Release()
		}
		y.painted = func(f *camera.Frame) { scenery(2)(f); striped(f) }
		y.show(90 * time.Second)
		moved := false
		for _, r := range y.station.Status().Tamper {
			moved = moved || r.Raised && r.Fault == tamper.Moved
		}
		if !moved {
			t.Fatalf("it was not seen to be moved: %+v", y.station.Status())
		}
		f := y.station.Shown()
		defer f.Release()
		if visible(overlay.Picture(f)) {
			t.Error("the small face can be seen live")
		}
		if kept == nil {
			t.Fatal("the alarm has no picture")
		}
		img, err := jpeg.Decode(bytes.NewReader(kept))
		if err != nil {
			t.Fatal(err)
		}
		if visible(img) {
			t.Error("the small face can be seen in the alarm's own picture")
		}
	})
}

// A finder of faces that fails is asked once a frame, and no crop of what an alarm
// is about is kept: a few squares look like anything.
func TestNothingIsCutOutWhereFacesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		y := openYardWith(t, yardRules, nil, func(*GuardConfig) {}, func(s *Config) {
			s.Faces = func(detect.Picture, []vision.Box) ([]vision.Box, error) { asked++; return nil, errors.New("broken") }
		})
		defer y.stop()
		y.eyes.see(nil, person(240, 200))
		y.show(2 * time.Second)
		v := y.station.View()
		defer v.Frame.Release()
		for range 3 {
			f, clear := y.station.veiled(v)
			if f.Release(); clear {
				t.Error("it says that faces are veiled")
			}
		}
		if asked != 1 {
			t.Errorf("the finder was asked %d times about one frame, want once", asked)
		}
	})
}
