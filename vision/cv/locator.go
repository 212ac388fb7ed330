package cv

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math"
	"unsafe"

	"gocv.io/x/gocv"

	"linesman/camera"
	"linesman/vision"
	"linesman/vision/lanes"
)

// Locator finds round parts of one product in the frames of one view. It
// belongs to one goroutine; every worker makes its own.
type Locator struct {
	settings vision.LocateSettings
	size     int     // of a crop, pixels
	radius   float64 // of a part, pixels of the shrunk picture
	nominal  float64 // area of a part, pixels of the shrunk picture
	shrink   int     // sensor pixels to one of the shrunk picture, 1 or 2
	reach    int     // about a blob that cores are looked for in at first, pixels of the shrunk picture

	width, height int // of the frames the Mats below were made for
	mats          []gocv.Mat
	full, small   gocv.Mat // RGB at the sensor's and the shrunk size
	sketchMat     gocv.Mat // RGB, shrunk until noise cancels
	far           gocv.Mat // distance from the belt's colour, shrunk, 0..255
	farFull       gocv.Mat // the same at the sensor's size
	part          gocv.Mat // 255 where a part is, holes filled, shrunk
	inner         gocv.Mat // part, a pixel in from its rim
	depth         gocv.Mat // distance to the nearest belt pixel
	deep          gocv.Mat // the cores of parts
	voronoi       gocv.Mat
	kernel        gocv.Mat

	pix    []byte // of the frame that is looked at, R G B
	stride int
	sketch sketch
	bare   bareRow
	belt   belt
	limit  int // distance from the belt's colour at which a part begins
	grey   []byte
	marked []byte  // 255, as long as a crop's row
	things patches // connected things, then parts
	holes  patches
	cores  patches
	blobs  []blob
	seeds  []seed
	core   []byte // 255 in the cores about one blob
	named  []int  // seed by OpenCV's name for its core; -1 for none

	witnesses []witness
	usual     usual
	doubts    []float64
}

var _ vision.Locator = (*Locator)(nil)

// NewLocator returns a locator for a product. The settings are validated. Size
// the frames as they come: the first one decides, and a change of size
// re-makes the buffers.
func NewLocator(settings vision.LocateSettings) (*Locator, error) {
	if err := settings.Validate(); err != nil {
		return nil, fmt.Errorf("locate: %w", err)
	}
	l := &Locator{settings: settings, size: settings.CropSize(), shrink: 1}
	if settings.DiameterPx() >= 40 {
		l.shrink = 2
	}
	l.radius = settings.DiameterPx() / 2 / float64(l.shrink)
	l.nominal = math.Pi * l.radius * l.radius
	l.reach = int(l.radius) + 2
	l.marked = bytes.Repeat([]byte{255}, l.size)
	return l, nil
}

// Locate finds the parts of one frame. Parts across the frame's edge along the
// belt are counted in Cut; all others come back, lane by lane as they stand.
func (l *Locator) Locate(f *camera.Frame, into *vision.Crops) error {
	into.Reset()
	if err := l.fits(f); err != nil {
		return fmt.Errorf("locate: camera %q frame %d: %w", f.Camera, f.Seq, err)
	}
	into.Quality = vision.Inspect(f, &l.grey)
	l.load(f)
	share, known := l.learnBelt(into.Quality.Covered)
	into.Quality.Covered = !known
	if !known || !l.separate(share) {
		return nil // nothing to be seen, or the bare belt
	}
	l.findBlobs()
	l.cutOut(f, into)
	l.correctShade(into)
	return nil
}

// Close frees every Mat. The locator must not be used afterwards; a second
// Close does nothing.
func (l *Locator) Close() error {
	var errs []error
	for i := range l.mats {
		errs = append(errs, l.mats[i].Close())
	}
	l.mats, l.width, l.height = nil, 0, 0
	return errors.Join(errs...)
}

// fits checks the frame and makes the Mats for its size.
func (l *Locator) fits(f *camera.Frame) error {
	ch := f.Format.Channels()
	if f.Width < 2*l.shrink || f.Height < 2*l.shrink || f.Stride < f.Width*ch || len(f.Pix) < f.Stride*(f.Height-1)+f.Width*ch {
		return fmt.Errorf("%d x %d pixels with stride %d do not fit %d bytes: the driver sent a broken frame", f.Width, f.Height, f.Stride, len(f.Pix))
	}
	if d := int(l.settings.DiameterPx()); f.Width < d || f.Height < d {
		return fmt.Errorf("%d x %d pixels is less than one part of %d pixels: check mm_per_px and diameter_mm", f.Width, f.Height, d)
	}
	if f.Width == l.width && f.Height == l.height {
		return nil
	}
	if err := l.Close(); err != nil {
		return err
	}
	w, h := f.Width/l.shrink, f.Height/l.shrink
	step := min(max(int(l.radius*2/11), 1), 8/l.shrink)
	l.sketch = sketch{w: max(w/step, 2), h: max(h/step, 2)}
	l.sketch.scale = float64(f.Width) * float64(f.Height) / float64(l.sketch.w*l.sketch.h)
	l.full = l.keep(gocv.NewMatWithSize(f.Height, f.Width, gocv.MatTypeCV8UC3))
	l.small = l.keep(gocv.NewMatWithSize(h, w, gocv.MatTypeCV8UC3))
	l.sketchMat = l.keep(gocv.NewMatWithSize(l.sketch.h, l.sketch.w, gocv.MatTypeCV8UC3))
	l.farFull = l.keep(gocv.NewMatWithSize(f.Height, f.Width, gocv.MatTypeCV8UC1))
	for _, m := range []*gocv.Mat{&l.far, &l.part, &l.inner, &l.deep} {
		*m = l.keep(gocv.NewMatWithSize(h, w, gocv.MatTypeCV8UC1))
	}
	for _, m := range []*gocv.Mat{&l.depth, &l.voronoi} {
		*m = l.keep(gocv.NewMat())
	}
	l.kernel = l.keep(gocv.GetStructuringElement(gocv.MorphRect, image.Pt(3, 3)))
	l.width, l.height = f.Width, f.Height
	l.belt, l.usual = belt{}, usual{}
	return nil
}

func (l *Locator) keep(m gocv.Mat) gocv.Mat {
	l.mats = append(l.mats, m)
	return m
}

// load notes where the frame's pixels are and shrinks it twice.
func (l *Locator) load(f *camera.Frame) {
	w, h := l.far.Cols(), l.far.Rows()
	l.pix, l.stride = f.Pix, f.Stride
	if halves := l.shrink == 2 && f.Width == 2*w && f.Height == 2*h; f.Format != camera.RGB || !halves {
		l.copyIn(f)
		gocv.Resize(l.full, &l.small, image.Pt(w, h), 0, 0, gocv.InterpolationArea)
	} else { // what Resize does, without the copy
		small := bytesOf(&l.small)
		for y := range h {
			lanes.Halve(small[3*y*w:3*(y+1)*w], f.Pix[2*y*f.Stride:], f.Pix[(2*y+1)*f.Stride:])
		}
	}
	gocv.Resize(l.small, &l.sketchMat, image.Pt(l.sketch.w, l.sketch.h), 0, 0, gocv.InterpolationArea)
	l.sketch.pix = bytesOf(&l.sketchMat)
}

// copyIn copies the frame into C memory.
func (l *Locator) copyIn(f *camera.Frame) {
	pix := bytesOf(&l.full)
	row := 3 * f.Width
	for y := range f.Height {
		from, to := f.Pix[y*f.Stride:], pix[y*row:(y+1)*row]
		if f.Format == camera.RGB {
			copy(to, from)
			continue
		}
		for x, g := range from[:f.Width] {
			to[3*x], to[3*x+1], to[3*x+2] = g, g, g
		}
	}
	l.pix, l.stride = pix, row
}

// bytesOf is the Mat's memory, valid while the Mat is open and keeps its size.
// Only for continuous Mats, which all of ours are.
func bytesOf(m *gocv.Mat) []byte {
	b, err := m.DataPtrUint8()
	if err != nil {
		panic(fmt.Sprintf("cv: %v", err)) // a Mat that we made ourselves
	}
	return b
}

func float32sOf(m *gocv.Mat) []float32 {
	b := bytesOf(m)
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4)
}
