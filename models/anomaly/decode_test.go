package anomaly

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
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
