package anomaly

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // registers the format
	_ "image/png"
	"os"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// ErrPicture says that a file is no picture that can be read.
var ErrPicture = errors.New("unreadable picture")

// maxPixels bounds what one file may ask for: a camera of 100 megapixels.
const maxPixels = 100_000_000

// ReadPicture reads a JPEG, PNG, BMP, TIFF or WebP file. Pixels are taken as
// stored: an EXIF orientation is not applied, so that boxes and heat maps fit
// the file. Transparent pixels keep their colour; 16 bits become 8.
func ReadPicture(path string) (Picture, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %v", ErrPicture, err)
	}
	return DecodePicture(data)
}

// DecodePicture reads a picture from the bytes of a file. It never panics.
func DecodePicture(data []byte) (p Picture, err error) {
	defer func() { // a decoder that trips over foreign bytes must not stop the line
		if r := recover(); r != nil {
			p, err = Picture{}, fmt.Errorf("%w: damaged file: %v", ErrPicture, r)
		}
	}()
	if len(data) == 0 {
		return Picture{}, fmt.Errorf("%w: the file is empty", ErrPicture)
	}
	head, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %v", ErrPicture, err)
	}
	if head.Width <= 0 || head.Height <= 0 || head.Width > maxPixels/head.Height {
		return Picture{}, fmt.Errorf("%w: %d x %d pixels", ErrPicture, head.Width, head.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, fmt.Errorf("%w: %v", ErrPicture, err)
	}
	return FromImage(img), nil
}

// FromImage copies an image's colours.
func FromImage(img image.Image) Picture {
	r := img.Bounds()
	p := Picture{Width: r.Dx(), Height: r.Dy(), Pix: make([]byte, 0, 3*r.Dx()*r.Dy())}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		switch img := img.(type) {
		case *image.YCbCr:
			for x := r.Min.X; x < r.Max.X; x++ {
				i, j := img.YOffset(x, y), img.COffset(x, y)
				red, green, blue := color.YCbCrToRGB(img.Y[i], img.Cb[j], img.Cr[j])
				p.Pix = append(p.Pix, red, green, blue)
			}
		case *image.Gray:
			for x := r.Min.X; x < r.Max.X; x++ {
				v := img.GrayAt(x, y).Y
				p.Pix = append(p.Pix, v, v, v)
			}
		case *image.NRGBA:
			for x := r.Min.X; x < r.Max.X; x++ {
				c := img.NRGBAAt(x, y)
				p.Pix = append(p.Pix, c.R, c.G, c.B)
			}
		default:
			for x := r.Min.X; x < r.Max.X; x++ {
				c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
				p.Pix = append(p.Pix, c.R, c.G, c.B)
			}
		}
	}
	return p
}
