package overlay

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"linesman/vision"
)

// noise is a picture in which every pixel is its own.
func noise(w, h int, seed uint64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(r.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// colours counts the runs of one colour along a row of a box.
func runs(img *image.RGBA, y, x0, x1 int) int {
	n := 1
	for x := x0 + 1; x < x1; x++ {
		if img.RGBAAt(x, y) != img.RGBAAt(x-1, y) {
			n++
		}
	}
	return n
}

func TestAFaceIsLeftInAFewCells(t *testing.T) {
	for _, face := range []vision.Box{
		{X0: 100, Y0: 60, X1: 160, Y1: 140},
		{X0: 100.4, Y0: 60.7, X1: 117.2, Y1: 80.1},
		{X0: 20, Y0: 20, X1: 29, Y1: 31},
		{X0: -30, Y0: -20, X1: 40, Y1: 60},    // partly outside
		{X0: 180, Y0: 100, X1: 400, Y1: 1000}, // the same, at the other end
	} {
		img, was := noise(240, 180, 7), noise(240, 180, 7)
		Veil(img, nil, []vision.Box{face})
		c := face.Centre()
		x0, x1 := max(int(face.X0), 0), min(int(face.X1)+1, 240)
		y0, y1 := max(int(face.Y0), 0), min(int(face.Y1)+1, 180)
		if n := runs(img, min(max(int(c.Y), y0), y1-1), x0, x1); n > Cells+1 {
			t.Errorf("face %v: %d cells across it, want at most %d and one cut at its edge", face, n, Cells)
		}
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				if got := img.RGBAAt(x, y); got.R&7 != 4 || got.G&7 != 4 || got.B&7 != 4 || got.A != 255 {
					t.Fatalf("face %v: pixel (%d, %d) is %v, not of a cell", face, x, y, got)
				}
			}
		}
		for y := range 180 {
			for x := range 240 {
				far := math.Max(math.Abs(float64(x)-c.X)/face.Width(), math.Abs(float64(y)-c.Y)/face.Height())
				if far > 0.5+margin+0.2 && img.RGBAAt(x, y) != was.RGBAAt(x, y) {
					t.Fatalf("face %v: pixel (%d, %d), far from it, was changed", face, x, y)
				}
			}
		}
	}
}

func TestTheHeadIsVeiledWhereNoFaceIsFound(t *testing.T) {
	upright := vision.Box{X0: 50, Y0: 20, X1: 90, Y1: 170}
	sitting := vision.Box{X0: 50, Y0: 20, X1: 150, Y1: 140}
	lying := vision.Box{X0: 20, Y0: 60, X1: 200, Y1: 130}
	own, others := vision.Box{X0: 62, Y0: 24, X1: 76, Y1: 42}, vision.Box{X0: 180, Y0: 24, X1: 194, Y1: 42}
	for _, c := range []struct {
		name            string
		person          vision.Box
		faces           []vision.Box
		veiled, visible image.Point
	}{
		{"upright", upright, nil, image.Pt(70, 45), image.Pt(70, 90)},
		{"sitting", sitting, nil, image.Pt(100, 60), image.Pt(100, 120)},
		{"lying, head at the left", lying, nil, image.Pt(22, 100), image.Pt(100, 10)},
		{"lying, head at the right", lying, nil, image.Pt(198, 100), image.Pt(100, 10)},
		{"its face is found", upright, []vision.Box{own}, image.Pt(70, 30), image.Pt(55, 45)},
		{"somebody else's face is found", upright, []vision.Box{others}, image.Pt(70, 30), image.Pt(70, 90)},
	} {
		t.Run(c.name, func(t *testing.T) {
			img, was := noise(240, 180, 3), noise(240, 180, 3)
			Veil(img, []vision.Box{c.person}, c.faces)
			same := func(p image.Point) bool { // with its neighbours: a mean can be a pixel's own colour
				for _, d := range []image.Point{{}, {X: 1}, {Y: 1}} {
					if img.RGBAAt(p.X+d.X, p.Y+d.Y) != was.RGBAAt(p.X+d.X, p.Y+d.Y) {
						return false
					}
				}
				return true
			}
			if same(c.veiled) {
				t.Errorf("%v can be seen", c.veiled)
			}
			if !same(c.visible) {
				t.Errorf("%v is veiled", c.visible)
			}
		})
	}
}

func TestAFaceIsOnePersons(t *testing.T) {
	front := vision.Box{X0: 60, Y0: 40, X1: 110, Y1: 170}
	behind := vision.Box{X0: 70, Y0: 10, X1: 130, Y1: 170} // head at (100, 26)
	face := vision.Box{X0: 78, Y0: 44, X1: 92, Y1: 62}     // of the one in front
	if got := faced([]vision.Box{behind, front}, []vision.Box{face}); got[0] || !got[1] {
		t.Errorf("the face in front is taken for that of (behind, front): %v, want only the second", got)
	}
}

// TestVeilIsTheSameOnRGB also holds that boxes that are none do no harm.
func TestVeilIsTheSameOnRGB(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	persons := []vision.Box{{X0: 10, Y0: 10, X1: 40, Y1: 90}, {X0: nan, X1: 5, Y1: 5}, {X0: 5, X1: 5, Y0: 5, Y1: 5}, {X0: 500, Y0: 500, X1: 600, Y1: 900}}
	faces := []vision.Box{{X0: 60, Y0: 20, X1: 80, Y1: 44}, {X0: -inf, X1: inf, Y0: 0, Y1: 1}, {X0: 30, X1: 20, Y0: 30, Y1: 20}}
	img := noise(120, 100, 9)
	pix := make([]byte, 120*100*3)
	for i := range 120 * 100 {
		copy(pix[3*i:3*i+3], img.Pix[4*i:])
	}
	Veil(img, persons, faces)
	VeilRGB(pix, 120, 100, 360, persons, faces)
	for i := range 120 * 100 {
		if [3]byte(pix[3*i:]) != [3]byte(img.Pix[4*i:]) {
			t.Fatalf("pixel (%d, %d) is %v in RGB and %v in RGBA", i%120, i/120, pix[3*i:3*i+3], img.Pix[4*i:4*i+3])
		}
	}
}

// TestCoarseLeavesNobody: of a picture of which nothing is known, a few squares are
// left, whatever its shape and format.
func TestCoarseLeavesNobody(t *testing.T) {
	for _, size := range []image.Point{{1280, 720}, {720, 1280}, {321, 243}, {7, 5}} {
		img := noise(size.X, size.Y, 5)
		Coarse(img)
		for _, channels := range []int{1, 3} {
			pix := make([]byte, size.X*size.Y*channels)
			plain := noise(size.X, size.Y, 5)
			for i := range size.X * size.Y {
				copy(pix[i*channels:(i+1)*channels], plain.Pix[4*i:])
			}
			CoarsePixels(pix, size.X, size.Y, size.X*channels, channels)
			for i := range size.X * size.Y {
				for k := range channels {
					if pix[i*channels+k] != img.Pix[4*i+k] {
						t.Fatalf("%v, %d channels: pixel %d differs from that of the picture in colours", size, channels, i)
					}
				}
			}
		}
		for y := range size.Y {
			if n := runs(img, y, 0, size.X); n > Coarsely {
				t.Fatalf("%v: %d squares along row %d, want at most %d", size, n, y, Coarsely)
			}
		}
		for x := range size.X {
			n := 1
			for y := 1; y < size.Y; y++ {
				if img.RGBAAt(x, y) != img.RGBAAt(x, y-1) {
					n++
				}
			}
			if n > Coarsely {
				t.Fatalf("%v: %d squares down column %d, want at most %d", size, n, x, Coarsely)
			}
		}
	}
}

func TestWordsDoNotHideWords(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 640, 1080))
	box := vision.Box{X0: 100, Y0: 300, X1: 300, Y1: 700}
	marks := []Mark{{box, "person", Yellow}, {box, "no-helmet", Red}, {box, "no-vest", Grey}}
	Marks(img, marks)
	for _, m := range marks {
		n := 0
		for y := range 1080 {
			for x := range 640 {
				if img.RGBAAt(x, y) == m.Colour {
					n++
				}
			}
		}
		w, h := labelSize(m.Text)
		if least := w * h * 4 / 2; n < least { // twice as large; at most half of a patch is letters
			t.Errorf("%q: %d pixels of its colour, want at least %d", m.Text, n, least)
		}
	}
	if got := img.RGBAAt(100, 500); got != (color.RGBA{150, 158, 166, 255}) {
		t.Errorf("the box's left side is %v, want the last mark's grey", got)
	}
}

func BenchmarkVeil(b *testing.B) {
	img := noise(1280, 720, 1)
	faces := []vision.Box{{X0: 100, Y0: 100, X1: 180, Y1: 200}, {X0: 500, Y0: 100, X1: 540, Y1: 150}}
	persons := []vision.Box{{X0: 800, Y0: 200, X1: 900, Y1: 600}}
	for b.Loop() {
		Veil(img, persons, faces)
	}
}
