package anomaly

import (
	"math"
	"testing"
)

func TestExtent(t *testing.T) {
	area := Input{Fit: FitArea, Size: 320, Enlarge: 2}
	for _, c := range []struct {
		name       string
		in         Input
		w, h       int
		outW, outH int
	}{
		{"square", Input{Fit: FitSquare, Size: 96}, 140, 140, 96, 96},
		{"shape kept", area, 512, 208, 512, 192},
		{"upright", area, 384, 512, 288, 384},
		{"at most twice", area, 128, 128, 256, 256},
		{"a thin strip", area, 20000, 4, 5120, 64},
		{"one pixel", area, 1, 1, 64, 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w, h := c.in.Extent(c.w, c.h); w != c.outW || h != c.outH {
				t.Errorf("%d x %d -> %d x %d, want %d x %d", c.w, c.h, w, h, c.outW, c.outH)
			}
		})
	}
}

func TestInputCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Input
		ok   bool
	}{
		{"located", Input{Fit: FitSquare, Size: 96}, true},
		{"no multiple", Input{Fit: FitSquare, Size: 100}, false},
		{"too small", Input{Fit: FitSquare, Size: 32}, false},
		{"too large", Input{Fit: FitArea, Size: 1 << 20}, false},
		{"unknown", Input{Fit: "round", Size: 96}, false},
		{"no number", Input{Fit: FitArea, Size: 96, Enlarge: math.NaN()}, false},
	} {
		if err := c.in.Check(); (err == nil) != c.ok {
			t.Errorf("%s: Check(%+v) = %v, want ok %t", c.name, c.in, err, c.ok)
		}
	}
}

// TestFit holds that a flat colour stays itself at every size, that a fine
// pattern is averaged and not sampled, and that a ramp stays in place.
func TestFit(t *testing.T) {
	var f Fitter
	for _, size := range [][4]int{{40, 30, 40, 30}, {40, 30, 96, 64}, {300, 200, 64, 64}, {5, 7, 64, 64}} {
		p := Picture{Width: size[0], Height: size[1], Pix: make([]byte, 3*size[0]*size[1])}
		for i := range size[0] * size[1] {
			p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2] = 10, 127, 255
		}
		w, h := size[2], size[3]
		dst := make([]float32, 3*w*h)
		f.Fit(&p, w, h, dst)
		for c, want := range []float32{-117. / 128, 0, 1} {
			for i, got := range dst[c*w*h : (c+1)*w*h] {
				if math.Abs(float64(got-want)) > 1e-5 {
					t.Fatalf("%v: plane %d pixel %d is %v, want %v", size, c, i, got, want)
				}
			}
		}
	}

	stripes := Picture{Width: 256, Height: 64, Pix: make([]byte, 3*256*64)}
	for i := range 256 * 64 {
		stripes.Pix[3*i] = byte(255 * (i % 2))
	}
	dst := make([]float32, 3*64*64)
	f.Fit(&stripes, 64, 64, dst)
	for i := 2; i < 62; i++ {
		if v := dst[32*64+i]*128 + 127; math.Abs(float64(v)-127.5) > 3 {
			t.Fatalf("stripes one pixel wide became %v at %d, want their mean 127.5", v, i)
		}
	}

	ramp := Picture{Width: 200, Height: 64, Pix: make([]byte, 3*200*64)}
	for i := range 200 * 64 {
		ramp.Pix[3*i] = byte(i % 200)
	}
	f.Fit(&ramp, 64, 64, dst)
	for i := 4; i < 60; i++ {
		want := (float64(i)+0.5)*200/64 - 0.5
		if v := float64(dst[10*64+i]*128 + 127); math.Abs(v-want) > 0.6 {
			t.Fatalf("ramp at %d is %v, want %v: the picture has moved", i, v, want)
		}
	}
}
