package tamper_test

import (
	"fmt"
	"testing"

	"linesman/camera"
	"linesman/vision/tamper"
)

func TestReduce(t *testing.T) {
	for _, c := range []struct {
		width, height, small int
		format               camera.Format
	}{{1920, 1080, 90, camera.RGB}, {480, 270, 90, camera.Grey}, {640, 480, 120, camera.RGB}, {200, 150, 120, camera.Grey}, {1080, 1920, 284, camera.RGB}} {
		t.Run(fmt.Sprintf("%d x %d", c.width, c.height), func(t *testing.T) {
			pool := camera.NewPool(1)
			f := pool.Get(c.width, c.height, c.format)
			step := c.format.Channels()
			for y := range c.height {
				for x := range c.width {
					for k := range step {
						f.Pix[y*f.Stride+x*step+k] = byte(x*200/c.width + 10) // grey grows to the right
					}
				}
			}
			var s, again tamper.Sight
			r := tamper.NewReducer()
			must(t, r.Reduce(f, &s))
			if s.Height != c.small || len(s.Grey) != 160*c.small {
				t.Fatalf("a small picture of %d rows, %d bytes, want %d rows", s.Height, len(s.Grey), c.small)
			}
			for _, x := range []int{0, 79, 159} {
				if got, want := int(s.Grey[s.Height/2*160+x]), x*200/160+10; got < want-2 || got > want+2 {
					t.Errorf("column %d is %d, want about %d", x, got, want)
				}
			}
			must(t, r.Reduce(f, &again))
			if s.Sum != again.Sum {
				t.Error("the same picture has two sums")
			}
			for i := range f.Pix { // a picture of noise: fine detail, another sum everywhere
				f.Pix[i] = byte(i * i * 2654435761 >> 13)
			}
			must(t, r.Reduce(f, &again))
			for i := range s.Sum {
				if s.Sum[i] == again.Sum[i] || !(again.Fine[i] > 10*s.Fine[i]+5) {
					t.Errorf("cell %d: sums %x and %x, fine detail %.2f of a slope and %.2f of noise", i, s.Sum[i], again.Sum[i], s.Fine[i], again.Fine[i])
				}
			}
		})
	}
	for _, c := range [][2]int{{100, 100}, {1000, 20}, {170, 1000}} {
		f := camera.NewPool(1).Get(c[0], c[1], camera.Grey)
		if err := tamper.NewReducer().Reduce(f, new(tamper.Sight)); err == nil {
			t.Errorf("a frame of %d x %d pixels was accepted", c[0], c[1])
		}
	}
}

func BenchmarkReduce(b *testing.B) {
	for _, format := range []camera.Format{camera.RGB, camera.Grey} {
		b.Run(map[camera.Format]string{camera.RGB: "RGB", camera.Grey: "grey"}[format], func(b *testing.B) {
			f := camera.NewPool(1).Get(1920, 1080, format)
			var s tamper.Sight
			r := tamper.NewReducer()
			for b.Loop() {
				if err := r.Reduce(f, &s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
