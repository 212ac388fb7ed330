package overlay

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"linesman/camera"
	"linesman/part"
	"linesman/vision"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

func ground() *image.RGBA {
	f := camera.NewPool(1).Get(160, 100, camera.RGB)
	for i := range f.Pix {
		f.Pix[i] = byte(60 + i%3*10)
	}
	return Picture(f)
}

func TestDrawingsLookAsKept(t *testing.T) {
	cases := map[string]func(img *image.RGBA){
		"verdicts": func(img *image.RGBA) {
			for i, o := range []part.Outcome{part.Pass, part.Fail, part.Inconclusive} {
				b := vision.Box{X0: 5 + 52*float64(i), Y0: 30, X1: 50 + 52*float64(i), Y1: 75}
				Box(img, b, Of(o), 2)
				Label(img, vision.Point{X: b.X0, Y: b.Y0}, o.String(), Of(o))
			}
		},
		"heat": func(img *image.RGBA) {
			Heat(img, vision.Box{X0: 20, Y0: 10, X1: 140, Y1: 90}, 4, []float32{
				0, 0.2, 0.5, 0.2,
				0.1, 1, 3, 0.5,
				0, 0.4, 1.5, float32(math.NaN()),
			})
		},
		"path": func(img *image.RGBA) {
			Path(img, []vision.Point{{X: 10, Y: 80}, {X: 50, Y: 60}, {X: 90, Y: 65}, {X: 140, Y: 20}}, Yellow)
		},
		"marks": func(img *image.RGBA) {
			Marks(img, []Mark{
				{vision.Box{X0: 10, Y0: 30, X1: 60, Y1: 90}, "person", Yellow},
				{vision.Box{X0: 14, Y0: 32, X1: 40, Y1: 60}, "no-helmet", Red},
				{vision.Box{X0: 120, Y0: 2, X1: 158, Y1: 50}, "forklift 0.91", Grey},
				{vision.Box{X0: 70, Y0: 70, X1: 90, Y1: 90}, "", Red},
			})
		},
		"beyond the edge": func(img *image.RGBA) {
			Box(img, vision.Box{X0: -20, Y0: -20, X1: 30, Y1: 300}, Red, 3)
			Label(img, vision.Point{X: 150, Y: 4}, "spot 0.4 mm", Red)
			Heat(img, vision.Box{X0: 120, Y0: 60, X1: 400, Y1: 300}, 1, []float32{2})
			Path(img, []vision.Point{{X: -50, Y: 50}, {X: 400, Y: 50}}, Grey)
		},
	}
	for name, paint := range cases {
		t.Run(name, func(t *testing.T) {
			img := ground()
			paint(img)
			file := filepath.Join("testdata", name+".png")
			if *update {
				var b bytes.Buffer
				if err := png.Encode(&b, img); err != nil {
					t.Fatal(err)
				}
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			in, err := os.Open(file)
			if err != nil {
				t.Fatalf("%v; go test ./vision/overlay -update makes it", err)
			}
			defer in.Close()
			want, err := png.Decode(in)
			if err != nil {
				t.Fatal(err)
			}
			for y := range 100 {
				for x := range 160 {
					if got, w := img.RGBAAt(x, y), color.RGBAModel.Convert(want.At(x, y)).(color.RGBA); far(got, w) {
						t.Fatalf("pixel (%d, %d) is %v, was kept as %v", x, y, got, w)
					}
				}
			}
		})
	}
}

// far allows for the last bit of floating point on another kind of processor.
func far(a, b color.RGBA) bool {
	d := func(a, b uint8) bool { return max(a, b)-min(a, b) > 1 }
	return d(a.R, b.R) || d(a.G, b.G) || d(a.B, b.B) || a.A != b.A
}

func TestGreyFramesBecomePictures(t *testing.T) {
	f := camera.NewPool(1).Get(2, 1, camera.Grey)
	f.Pix[0], f.Pix[1] = 10, 200
	if got, want := Picture(f).RGBAAt(1, 0), (color.RGBA{200, 200, 200, 255}); got != want {
		t.Errorf("grey 200 became %v", got)
	}
}
