package anomaly

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// swatch is a picture with one colour a column.
func swatch() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for y := range 2 {
		img.Set(0, y, color.NRGBA{255, 0, 0, 255})
		img.Set(1, y, color.NRGBA{0, 255, 0, 255})
		img.Set(2, y, color.NRGBA{0, 0, 255, 255})
	}
	return img
}

func TestDecodePicture(t *testing.T) {
	for _, c := range []struct {
		name   string
		encode func(*bytes.Buffer) error
	}{
		{"png", func(b *bytes.Buffer) error { return png.Encode(b, swatch()) }},
		{"bmp", func(b *bytes.Buffer) error { return bmp.Encode(b, swatch()) }},
		{"tiff", func(b *bytes.Buffer) error { return tiff.Encode(b, swatch(), nil) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var file bytes.Buffer
			if err := c.encode(&file); err != nil {
				t.Fatal(err)
			}
			p, err := DecodePicture(file.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			row := []byte{255, 0, 0, 0, 255, 0, 0, 0, 255}
			if want := append(row, row...); p.Width != 3 || p.Height != 2 || !bytes.Equal(p.Pix, want) {
				t.Errorf("%d x %d %v, want 3 x 2 %v", p.Width, p.Height, p.Pix, want)
			}
		})
	}
}

func TestDecodeJPEG(t *testing.T) {
	flat := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		copy(flat.Pix[4*i:], []byte{200, 100, 50, 255})
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, flat, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	p, err := DecodePicture(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 100, 50} {
		if got := int(p.Pix[3*100+i]); got < want-3 || got > want+3 {
			t.Errorf("channel %d is %d, want about %d", i, got, want)
		}
	}
	if _, err := DecodePicture(file.Bytes()[:file.Len()/2]); !errors.Is(err, ErrPicture) {
		t.Errorf("half a file: %v, want ErrPicture", err)
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.jpg")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{empty, filepath.Join(dir, "absent.png"), dir} {
		if _, err := ReadPicture(path); !errors.Is(err, ErrPicture) {
			t.Errorf("%s: %v, want ErrPicture", path, err)
		}
	}
}

func FuzzDecodePicture(f *testing.F) {
	var file bytes.Buffer
	if err := png.Encode(&file, swatch()); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte("BM"))
	f.Add([]byte("RIFF0000WEBPVP8 "))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := DecodePicture(data)
		if err == nil && !p.whole() {
			t.Errorf("no error, and a picture of %d x %d with %d bytes", p.Width, p.Height, len(p.Pix))
		}
	})
}

// TestFromImage holds the colours of each kind of picture against those that the
// standard library gives pixel by pixel, in a part of it too.
func TestFromImage(t *testing.T) {
	const seed = 3
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	frame := image.Rect(0, 0, 23, 17)
	noise := func(pix []byte) {
		for i := range pix {
			pix[i] = byte(random.Uint32())
		}
	}
	colour, grey, plain, see := image.NewYCbCr(frame, image.YCbCrSubsampleRatio420), image.NewGray(frame), image.NewNRGBA(frame), image.NewRGBA(frame)
	for _, pix := range [][]byte{colour.Y, colour.Cb, colour.Cr, grey.Pix, plain.Pix} {
		noise(pix)
	}
	for y := range 17 {
		for x := range 23 {
			see.Set(x, y, color.NRGBA{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), byte(255 * min(1, random.IntN(3)))})
		}
	}
	see.Set(3, 3, color.NRGBA{200, 100, 50, 128})
	cut := image.Rect(3, 2, 20, 11)
	for name, img := range map[string]image.Image{
		"YCbCr": colour, "grey": grey, "NRGBA": plain, "RGBA": see,
		"a part of YCbCr": colour.SubImage(cut), "a part of grey": grey.SubImage(cut), "a part of NRGBA": plain.SubImage(cut), "a part of RGBA": see.SubImage(cut),
	} {
		got := FromImage(img)
		var want []byte
		for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
			for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
				c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
				want = append(want, c.R, c.G, c.B)
			}
		}
		if got.Width != img.Bounds().Dx() || got.Height != img.Bounds().Dy() || !bytes.Equal(got.Pix, want) {
			t.Errorf("%s: %d x %d, %v, want %v", name, got.Width, got.Height, got.Pix, want)
		}
	}
}
