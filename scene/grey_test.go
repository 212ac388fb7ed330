package scene

import (
	"testing"

	"linesman/camera"
)

func TestGreyTake(t *testing.T) {
	for _, tt := range []struct {
		name          string
		width, height int
		format        camera.Format
		w, h          int
	}{
		{"1080p", 1920, 1080, camera.RGB, 160, 90},
		{"odd", 777, 433, camera.RGB, 160, 89},
		{"grey", 640, 480, camera.Grey, 160, 120},
		{"smaller than the small one", 100, 50, camera.Grey, 100, 50},
		{"a single row", 640, 1, camera.RGB, 160, 1},
	} {
		ch := tt.format.Channels()
		f := &camera.Frame{Width: tt.width, Height: tt.height, Stride: tt.width*ch + 5, Format: tt.format}
		f.Pix = make([]byte, f.Stride*tt.height)
		for y := range tt.height { // left half black, right half white
			for x := tt.width / 2 * ch; x < tt.width*ch; x++ {
				f.Pix[y*f.Stride+x] = 255
			}
		}
		var g Grey
		g.Take(f)
		if g.Width != tt.w || g.Height != tt.h || len(g.Pix) != tt.w*tt.h {
			t.Fatalf("%s: %d x %d, want %d x %d", tt.name, g.Width, g.Height, tt.w, tt.h)
		}
		for i, v := range g.Pix {
			x := i % tt.w
			if x < tt.w/2-1 && v != 0 || x > tt.w/2+1 && v != 255 {
				t.Fatalf("%s: pixel %d, %d is %d", tt.name, x, i/tt.w, v)
			}
		}
		if a := testing.AllocsPerRun(10, func() { g.Take(f) }); a > 0 {
			t.Errorf("%s: %v allocations a frame", tt.name, a)
		}
	}
}

func BenchmarkGreyTake(b *testing.B) {
	f := &camera.Frame{Width: 1920, Height: 1080, Stride: 1920 * 3, Pix: make([]byte, 1920*3*1080)}
	var g Grey
	for b.Loop() {
		g.Take(f)
	}
}
