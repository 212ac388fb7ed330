package evidence

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
)

// PNG writes RGB pixels (3 bytes each, rows from the top, without gaps) as a
// PNG that gives exactly these pixels back. It spends little time on making
// the file small: a sensor's noise does not compress.
func PNG(width, height int, rgb []byte) ([]byte, error) {
	if width <= 0 || height <= 0 || len(rgb) != 3*width*height {
		return nil, fmt.Errorf("evidence: %d bytes are no picture of %d x %d RGB pixels", len(rgb), width, height)
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i, j := 0, 0; i < len(rgb); i, j = i+3, j+4 {
		img.Pix[j], img.Pix[j+1], img.Pix[j+2], img.Pix[j+3] = rgb[i], rgb[i+1], rgb[i+2], 255
	}
	var out bytes.Buffer
	out.Grow(len(rgb) + 1024)
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	return out.Bytes(), nil
}

// Pixels reads a PNG back as RGB pixels, for a part to be judged again.
func Pixels(file []byte) (width, height int, rgb []byte, err error) {
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("evidence: %w", err)
	}
	b := img.Bounds()
	rgb = make([]byte, 0, 3*b.Dx()*b.Dy())
	if nrgba, ok := img.(*image.NRGBA); ok {
		for i := 0; i < len(nrgba.Pix); i += 4 {
			rgb = append(rgb, nrgba.Pix[i], nrgba.Pix[i+1], nrgba.Pix[i+2])
		}
		return b.Dx(), b.Dy(), rgb, nil
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			rgb = append(rgb, byte(r>>8), byte(g>>8), byte(bl>>8))
		}
	}
	return b.Dx(), b.Dy(), rgb, nil
}
