//go:build measure

package face

import (
	"flag"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/draw"

	"linesman/models/detect"
	"linesman/models/face/yunet"
	"linesman/models/onnx"
	"linesman/vision"
)

var (
	pictures = flag.String("pictures", "../../../shared/data/safety/hardhat/test", "folder of pictures with people, for TestSmallestFace")
	floor    = flag.Float64("floor", 0.3, "score from which on something is a face")
	most     = flag.Int("most", 150, "how many faces to measure with")
)

// TestSmallestFace measures how small, and how large, a face may be. Faces found
// beyond doubt (0.8) at a height of 40 to 160 pixels are taken for the truth; their
// pictures are shrunk or grown until the face has the height asked for, and cut
// to 1280 x 720 around it.
//
//	go test -tags measure ./models/face -run SmallestFace -v -args -pictures DIR
func TestSmallestFace(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*pictures, "*", "*.jpg"))
	if more, _ := filepath.Glob(filepath.Join(*pictures, "*.jpg")); err == nil {
		files = append(files, more...)
	}
	if err != nil || len(files) == 0 {
		t.Skipf("nothing was measured: no pictures in %s; name a folder by -args -pictures DIR", *pictures)
	}
	slices.Sort(files)
	d, err := Load(yunet.Folder, Options{Open: onnx.Open})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	heights := []float64{6, 8, 10, 12, 14, 16, 20, 24, 32, 64, 128, 256, 400, 600}
	found := make([]int, len(heights))
	n := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := detect.Decode(data)
		if err != nil {
			continue
		}
		faces, err := d.Look(p, 0.8)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.Clone(faces) {
			if h := f.Box.Height(); h < 40 || h > 160 || n >= *most {
				continue
			}
			n++
			for i, h := range heights {
				scaled, at := around(p, f.Box, h)
				faces, err := d.Look(scaled, *floor)
				if err != nil {
					t.Fatal(err)
				}
				if slices.ContainsFunc(faces, func(g Face) bool { return g.Box.Overlap(at) > 0.3 }) {
					found[i]++
				}
			}
		}
	}
	for i, h := range heights {
		t.Logf("%d pixels high: %d of %d faces found", int(h), found[i], n)
	}
}

// around cuts 1280 x 720 pixels around a face, scaled to a height in pixels.
func around(p detect.Picture, face vision.Box, height float64) (detect.Picture, vision.Box) {
	src := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		copy(src.Pix[4*i:4*i+3], p.Pix[3*i:])
		src.Pix[4*i+3] = 255
	}
	k := height / face.Height()
	c := face.Centre()
	x, y := 640-k*c.X, 360-k*c.Y // where the picture's corner comes to lie
	dst := image.NewRGBA(image.Rect(0, 0, 1280, 720))
	to := image.Rect(int(math.Round(x)), int(math.Round(y)), int(math.Round(x+k*float64(p.Width))), int(math.Round(y+k*float64(p.Height))))
	draw.CatmullRom.Scale(dst, to, src, src.Rect, draw.Src, nil)
	out := detect.Picture{Width: 1280, Height: 720, Stride: 3840, Pix: make([]byte, 3840*720)}
	for i := range 1280 * 720 {
		copy(out.Pix[3*i:3*i+3], dst.Pix[4*i:])
	}
	return out, vision.Box{X0: x + k*face.X0, Y0: y + k*face.Y0, X1: x + k*face.X1, Y1: y + k*face.Y1}
}
