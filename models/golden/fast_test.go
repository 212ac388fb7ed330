package golden

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWorstIsThePlainMaximum: what is not looked up, row by row and width by width, could
// not have been the strangest place.
func TestWorstIsThePlainMaximum(t *testing.T) {
	m := taught(t, printed)
	flaws := []flaw{{}, {}, {x: 8, y: -5, r: 2, contrast: -0.3}, {x: -12, y: 3, r: 9, contrast: 0.05}, {x: 3, y: 3, r: 8, contrast: -0.3, crack: true}}
	const seed = 5
	t.Logf("seed %d", seed)
	for i, f := range flaws {
		crop, s := part(rand.New(rand.NewPCG(seed, uint64(i))), true, f), newScratch(m)
		if err := m.examine(&crop, s); err != nil {
			t.Fatal(err)
		}
		got := s.worst(m)
		inPrint, inverse := s.pose.printMap(), float32(1/s.pose.scale)
		var want peak
		for w := range widths {
			for y := s.window.y0; y < s.window.y1; y += strides[w] {
				for x := s.window.x0; x < s.window.x1; x += strides[w] {
					k := y*m.size + x
					if !s.inside[k] {
						continue
					}
					gx, gy := inPrint.to((0.5-float32(s.pose.x))*inverse, (float32(y)+0.5-float32(s.pose.y))*inverse)
					half := float32(m.spread[w].half) + 0.5
					a, b := int(gx+half+inPrint.cos*inverse*float32(x)), int(gy+half-inPrint.sin*inverse*float32(x))
					side := m.spread[w].side()
					if uint(a) >= uint(side) || uint(b) >= uint(side) {
						continue
					}
					d := s.smoothed[w].v[k]
					if z := float64(max(d, -d) / m.spread[w].v[b*side+a]); z > want.z {
						want = peak{z: z, diff: float64(d), x: x, y: y, width: w}
					}
				}
			}
		}
		if got != want || want.z == 0 {
			t.Errorf("part %d: %+v, want %+v", i, got, want)
		}
	}
}

// TestMedianOnARing holds the median, whose places are told by the squares of their
// distances, against that of the distances themselves.
func TestMedianOnARing(t *testing.T) {
	const seed, side = 7, 40
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	p := plane{side, make([]float32, side*side)}
	for range 400 {
		for i := range p.v {
			p.v[i] = rng.Float32()
		}
		// Half and whole pixels, so that places lie on the radii themselves.
		s := &scratch{pose: pose{x: 20 + float64(rng.IntN(5))/2, y: 20 - float64(rng.IntN(5))/2}}
		from, to, step := float64(rng.IntN(20))/2, 10+float64(rng.IntN(20))/2, 1+rng.IntN(3)
		var all []float32
		for j := max(int(s.pose.y-to), 0); j < min(int(s.pose.y+to)+1, side); j += step {
			for i := max(int(s.pose.x-to), 0); i < min(int(s.pose.x+to)+1, side); i += step {
				if d := math.Hypot(float64(i)+0.5-s.pose.x, float64(j)+0.5-s.pose.y); d >= from && d <= to {
					all = append(all, p.v[j*side+i])
				}
			}
		}
		slices.Sort(all)
		if got, want := s.medianOn(&p, from, to, step), all[len(all)/2]; got != want || len(s.few) != len(all) {
			t.Errorf("from %v to %v, every %d: %v of %d, want %v of %d", from, to, step, got, len(s.few), want, len(all))
		}
	}
}

// TestMomentsAreSums holds the moments of runs against those of pixels.
func TestMomentsAreSums(t *testing.T) {
	const seed = 9
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for size := 1; size < 60; size += 3 {
		mask := make([]byte, size*size)
		for i := range mask {
			if i > 0 && rng.IntN(7) > 0 {
				mask[i] = mask[i-1]
			} else {
				mask[i] = []byte{0, 0, 255, 128}[rng.IntN(4)]
			}
		}
		var want [6]float64
		for i, m := range mask {
			if x, y := float64(i%size)+0.5, float64(i/size)+0.5; m != 0 {
				for k, v := range [6]float64{1, x, y, x * x, x * y, y * y} {
					want[k] += v
				}
			}
		}
		n, sx, sy, sxx, sxy, syy := moments(mask, size)
		if got := [6]float64{n, sx, sy, sxx, sxy, syy}; got != want {
			t.Errorf("%d pixels: %v, want %v", size, got, want)
		}
	}
}
