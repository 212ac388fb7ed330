package cv

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"gocv.io/x/gocv"

	"linesman/camera"
	"linesman/vision"
)

// TestFramesAreShrunkAlike: a frame of even size is shrunk as OpenCV shrinks it, whatever
// its rows' stride.
func TestFramesAreShrunkAlike(t *testing.T) {
	const seed = 23
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, size := range []image.Point{{1000, 800}, {640, 482}, {326, 214}} {
		f := &camera.Frame{Width: size.X, Height: size.Y, Stride: 3*size.X + 7, Format: camera.RGB}
		f.Pix = make([]byte, f.Stride*f.Height)
		for i := range f.Pix {
			f.Pix[i] = byte(rng.Uint32())
		}
		l := newLocator(t, tablets())
		if err := l.Locate(f, new(vision.Crops)); err != nil {
			t.Fatal(err)
		}
		l.load(f)
		got := bytes.Clone(bytesOf(&l.small))
		l.copyIn(f)
		gocv.Resize(l.full, &l.small, image.Pt(size.X/2, size.Y/2), 0, 0, gocv.InterpolationArea)
		if !bytes.Equal(got, bytesOf(&l.small)) {
			t.Errorf("%v: not as OpenCV shrinks it", size)
		}
	}
}
