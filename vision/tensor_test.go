package vision

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// plain is what Fill is defined by, one pixel of the tensor at a time: the mean of
// what falls on it where the picture shrinks, bilinear where it grows.
func plain(l Letterbox, pix []byte, stride int, n Normalise, pad [3]byte, x, y, c int) float64 {
	x0, y0 := (float64(x)-l.Left)/l.Scale, (float64(y)-l.Top)/l.Scale
	x1, y1 := (float64(x)+1-l.Left)/l.Scale, (float64(y)+1-l.Top)/l.Scale
	mx, my := (x0+x1)/2, (y0+y1)/2
	v := float64(pad[c])
	at := func(i, j int) float64 { return float64(pix[min(max(j, 0), l.ph-1)*stride+3*min(max(i, 0), l.pw-1)+c]) }
	switch {
	case mx < 0 || my < 0 || mx >= float64(l.pw) || my >= float64(l.ph):
	case l.Scale < 1:
		var sum, share float64
		for j := max(int(y0), 0); j < l.ph && float64(j) < y1; j++ {
			for i := max(int(x0), 0); i < l.pw && float64(i) < x1; i++ {
				k := (min(x1, float64(i)+1) - max(x0, float64(i), 0)) * (min(y1, float64(j)+1) - max(y0, float64(j), 0))
				sum, share = sum+k*at(i, j), share+k
			}
		}
		v = sum / share
	default:
		px, py := min(max(mx-0.5, 0), float64(l.pw-1)), min(max(my-0.5, 0), float64(l.ph-1))
		i, j := int(px), int(py)
		fx, fy := px-float64(i), py-float64(j)
		v = (at(i, j)*(1-fx)+at(i+1, j)*fx)*(1-fy) + (at(i, j+1)*(1-fx)+at(i+1, j+1)*fx)*fy
	}
	return (v - float64(n.Mean[c])) / float64(n.Deviation[c])
}

func TestFillIsWhatItIsDefinedBy(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, seed))
	n := Normalise{Mean: [3]float32{127, 100, 0}, Deviation: [3]float32{128, 1, 2}}
	for _, s := range [][4]int{{64, 36, 32, 32}, {37, 61, 32, 64}, {20, 11, 64, 64}, {1, 1, 32, 32}, {1, 50, 32, 32}, {100, 3, 32, 64}, {31, 31, 31, 31}, {640, 360, 96, 64}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			w, h := s[0], s[1]
			stride := 3*w + 5
			pix := make([]byte, stride*h)
			for i := range pix {
				pix[i] = byte(rng.UintN(256))
			}
			l := Fit(w, h, s[2], s[3])
			out := make([]float32, 3*l.W*l.H)
			for i := range out {
				out[i] = float32(math.NaN())
			}
			n.BGR = s[0]%2 == 1
			l.Fill(pix, stride, n, [3]byte{114, 9, 200}, out)
			for c := range 3 {
				plane := c
				if n.BGR {
					plane = 2 - c
				}
				for y := range l.H {
					for x := range l.W {
						want, got := plain(l, pix, stride, n, [3]byte{114, 9, 200}, x, y, c), float64(out[(plane*l.H+y)*l.W+x])
						if !(math.Abs(got-want) < 1e-3) {
							t.Fatalf("seed %d: plane %d at %d, %d: %v, want %v", seed, c, x, y, got, want)
						}
					}
				}
			}
		})
	}
}

func BenchmarkFill(b *testing.B) {
	for _, s := range [][4]int{{1920, 1080, 640, 384}, {1280, 720, 640, 384}, {640, 360, 640, 384}, {768, 576, 640, 480}} {
		b.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(b *testing.B) {
			pix := make([]byte, s[0]*s[1]*3)
			for i := range pix {
				pix[i] = byte(i * 7)
			}
			out := make([]float32, 3*s[2]*s[3])
			l := Fit(s[0], s[1], s[2], s[3])
			for b.Loop() {
				l.Fill(pix, 3*s[0], Normalise{Deviation: [3]float32{1, 1, 1}}, [3]byte{114, 114, 114}, out)
			}
		})
	}
}
