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
	p := Picture{Width: r.Dx(), Height: r.Dy(), Pix: make([]byte, 3*r.Dx()*r.Dy())}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.Pix[3*(y-r.Min.Y)*p.Width:][:3*p.Width]
		switch img := img.(type) {
		case *image.YCbCr:
			for x := r.Min.X; x < r.Max.X; x++ {
				i, j := img.YOffset(x, y), img.COffset(x, y)
				row[0], row[1], row[2] = color.YCbCrToRGB(img.Y[i], img.Cb[j], img.Cr[j])
				row = row[3:]
			}
		case *image.Gray:
			for _, v := range img.Pix[img.PixOffset(r.Min.X, y):][:p.Width] {
				row[0], row[1], row[2] = v, v, v
				row = row[3:]
			}
		case *image.NRGBA:
			for from := img.Pix[img.PixOffset(r.Min.X, y):][:4*p.Width]; len(from) > 0; from, row = from[4:], row[3:] {
				copy(row[:3], from)
			}
		case *image.RGBA:
			for from := img.Pix[img.PixOffset(r.Min.X, y):][:4*p.Width]; len(from) > 0; from, row = from[4:], row[3:] {
				if copy(row[:3], from); from[3] != 0xff { // its colours are premultiplied
					c := color.NRGBAModel.Convert(color.RGBA{R: from[0], G: from[1], B: from[2], A: from[3]}).(color.NRGBA)
					row[0], row[1], row[2] = c.R, c.G, c.B
				}
			}
		default:
			for x := r.Min.X; x < r.Max.X; x++ {
				c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
				row[0], row[1], row[2] = c.R, c.G, c.B
				row = row[3:]
			}
		}
	}
	return p
}
