package anomaly

import (
	"image"

	"linesman/vision"
)

// Picture is what the network looks at: a located part or a whole picture.
type Picture struct {
	Width, Height int
	Pix           []byte // RGB, 3*Width*Height bytes
	// Mask is Width*Height bytes, above 127 on the part. Nil: every pixel counts.
	Mask []byte
}

// PictureOf returns the picture of a crop; it shares the crop's memory.
func PictureOf(c *vision.Crop) Picture {
	return Picture{Width: c.Size, Height: c.Size, Pix: c.Pix, Mask: c.Mask}
}

// Image copies the colours.
func (p *Picture) Image() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		copy(img.Pix[4*i:], p.Pix[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img
}

func (p *Picture) whole() bool {
	return p.Width > 0 && p.Height > 0 && len(p.Pix) == 3*p.Width*p.Height &&
		(p.Mask == nil || len(p.Mask) == p.Width*p.Height)
}

// Input says how a picture becomes the network's input.
//
// Located parts all become Size x Size. Whole pictures (Fit "area") keep their
// shape: their area becomes Size x Size, at most Enlarge times larger each
// way. RGB values become (value - 127) / 128.
type Input struct {
	Fit     string  `yaml:"fit"` // "square" or "area"
	Size    int     `yaml:"size"`
	Enlarge float64 `yaml:"enlarge,omitempty"`
	// Alone says that other parts about a located one are not shown, see Shown.
	Alone bool `yaml:"alone,omitempty"`
}

// The two ways to fit a picture.
const (
	FitSquare = "square"
	FitArea   = "area"
)

// step is the granule of the network's input: the coarse level halves the
// picture and its last layer lies at stride 16.
const step = 32

// Stride is how many pixels of the network's input one patch covers.
const Stride = 8
