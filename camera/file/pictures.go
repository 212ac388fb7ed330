package file

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // picture formats, read by image.Decode
	_ "image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"linesman/camera"
)

// maxPixels is the largest picture that is read.
const maxPixels = 64 << 20

var pictureEndings = []string{".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}

func isPicture(path string) bool {
	return slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(path)))
}

// pictures shows picture files one after the other.
type pictures struct {
	paths  []string
	shown  int
	pace   time.Duration
	canvas *image.RGBA // every picture is painted here first
}

func openFolder(dir string, s Settings) (source, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, fmt.Errorf("folder of pictures %q: %w (%w)", dir, err, camera.ErrPermanent)
	}
	var paths []string
	for _, e := range entries {
		if !e.IsDir() && isPicture(e.Name()) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("folder %q holds no picture (%s); correct the camera's path (%w)", dir, strings.Join(pictureEndings, " "), camera.ErrPermanent)
	}
	return newPictures(paths, s), nil
}

func newPictures(paths []string, s Settings) *pictures {
	fps := s.FPS
	if fps == 0 {
		fps = 10
	}
	return &pictures{paths: paths, pace: time.Duration(float64(time.Second) / fps)}
}

func (p *pictures) next() (picture, error) {
	if p.shown == len(p.paths) {
		return picture{}, io.EOF
	}
	path := p.paths[p.shown]
	img, err := read(path)
	if err != nil {
		return picture{}, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	at := time.Duration(p.shown) * p.pace
	p.shown++
	size := img.Bounds().Size()
	return picture{width: size.X, height: size.Y, at: at, rgb: func(dst []byte) error { return p.paint(dst, img) }}, nil
}

func (p *pictures) step() time.Duration { return p.pace }
func (p *pictures) close()              {}

// read decodes one picture after a look at its size.
func read(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	if _, err := r.Peek(1); err != nil {
		return nil, errors.New("the file is empty")
	}
	config, _, err := image.DecodeConfig(r)
	if err != nil {
		return nil, damagedPicture(err)
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, fmt.Errorf("%d x %d pixels are more than the %d that are read", config.Width, config.Height, maxPixels)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bufio.NewReader(f))
	if err != nil {
		return nil, damagedPicture(err)
	}
	return img, nil
}

// damagedPicture hides io.EOF: a file cut short is not a recording's end.
func damagedPicture(err error) error {
	return fmt.Errorf("not a whole picture (%v)", err)
}

// paint writes the picture as RGB; transparent places become black.
func (p *pictures) paint(dst []byte, img image.Image) error {
	size := img.Bounds().Size()
	if p.canvas == nil || p.canvas.Rect.Size() != size {
		p.canvas = image.NewRGBA(image.Rectangle{Max: size})
	}
	draw.Draw(p.canvas, p.canvas.Rect, img, img.Bounds().Min, draw.Src)
	pix := p.canvas.Pix
	for i, j := 0, 0; i < len(pix); i, j = i+4, j+3 {
		dst[j], dst[j+1], dst[j+2] = pix[i], pix[i+1], pix[i+2]
	}
	return nil
}
