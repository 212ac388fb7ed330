package api

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"linesman/camera"
)

// pictures turns frames into JPEGs for viewers. It keeps its buffers from
// picture to picture and belongs to one goroutine.
type pictures struct {
	width int // pixels across, at most
	rgb   *image.RGBA
	grey  *image.Gray
	out   bytes.Buffer
}

// jpegQuality keeps a 0.3 mm spot at 0.1 mm a pixel visible; evidence, not
// this picture, is what is judged.
const jpegQuality = 82

// encode returns the frame as a JPEG, made smaller by a whole factor where it
// is wider than allowed, each pixel the mean of those it stands for.
func (p *pictures) encode(f *camera.Frame) ([]byte, error) {
	channels := f.Format.Channels()
	if f.Width <= 0 || f.Height <= 0 || f.Stride < f.Width*channels || len(f.Pix) < f.Stride*(f.Height-1)+f.Width*channels {
		return nil, fmt.Errorf("camera %s frame %d: %d bytes do not hold %dx%d pixels of stride %d", f.Camera, f.Seq, len(f.Pix), f.Width, f.Height, f.Stride)
	}
	by := (f.Width + p.width - 1) / p.width
	w, h := max(f.Width/by, 1), max(f.Height/by, 1)
	if by > f.Height {
		return nil, fmt.Errorf("camera %s: %dx%d pixels are too flat to show", f.Camera, f.Width, f.Height)
	}
	p.out.Reset()
	var picture image.Image
	if f.Format == camera.Grey {
		if p.grey == nil || p.grey.Rect.Dx() != w || p.grey.Rect.Dy() != h {
			p.grey = image.NewGray(image.Rect(0, 0, w, h))
		}
		shrink(p.grey.Pix, 1, f, by, w, h)
		picture = p.grey
	} else {
		if p.rgb == nil || p.rgb.Rect.Dx() != w || p.rgb.Rect.Dy() != h {
			p.rgb = image.NewRGBA(image.Rect(0, 0, w, h))
			for i := 3; i < len(p.rgb.Pix); i += 4 {
				p.rgb.Pix[i] = 255
			}
		}
		shrink(p.rgb.Pix, 4, f, by, w, h)
		picture = p.rgb
	}
	if err := jpeg.Encode(&p.out, picture, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return nil, fmt.Errorf("camera %s frame %d: %w", f.Camera, f.Seq, err)
	}
	return bytes.Clone(p.out.Bytes()), nil
}

// shrink writes the frame's channels into every step bytes of to.
func shrink(to []byte, step int, f *camera.Frame, by, w, h int) {
	channels := f.Format.Channels()
	for y := range h {
		for x := range w {
			at := (y*w + x) * step
			for c := range channels {
				if by == 1 {
					to[at+c] = f.Pix[y*f.Stride+x*channels+c]
					continue
				}
				sum := 0
				for v := y * by; v < (y+1)*by; v++ {
					row := v * f.Stride
					for u := x * by; u < (x+1)*by; u++ {
						sum += int(f.Pix[row+u*channels+c])
					}
				}
				to[at+c] = byte(sum / (by * by))
			}
		}
	}
}
