package anomaly

import (
	"math"

	"linesman/vision/lanes"
)

// Smoother filters planes by symmetric kernels, mirrored at the edges, and keeps
// its scratch. One goroutine at a time.
type Smoother struct{ row, half []float32 }

// Gauss is half a Gaussian kernel, from its middle on; sigma is in pixels.
func Gauss(sigma float64) []float32 {
	reach := int(math.Ceil(3 * sigma))
	k := make([]float32, reach+1)
	sum := 0.0
	for i := range k {
		v := math.Exp(-float64(i*i) / (2 * sigma * sigma))
		k[i] = float32(v)
		if sum += v; i > 0 {
			sum += v
		}
	}
	for i := range k {
		k[i] /= float32(sum)
	}
	return k
}

// Filter convolves a plane of w x h with half a kernel along both axes. from and
// into must not be the same.
func (s *Smoother) Filter(from, into []float32, w, h int, kernel []float32) {
	reach := len(kernel) - 1
	s.row, s.half = sized(s.row, max(w, h)+2*reach), sized(s.half, w*h)
	for y := range h {
		line := from[y*w : (y+1)*w]
		mirror(s.row[:w+2*reach], line, reach)
		lanes.Symmetric(s.half[y*w:(y+1)*w], s.row[:w+2*reach], kernel)
	}
	for y := range h { // columns, a row at a time
		out := into[y*w : (y+1)*w]
		clear(out)
		for k := -reach; k <= reach; k++ {
			lanes.Add(out, s.half[reflected(y+k, h)*w:], kernel[max(k, -k)])
		}
	}
}

func sized(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// mirror lays a line into the middle of a longer one and reflects it outwards.
func mirror(into, line []float32, reach int) {
	for i := range into {
		into[i] = line[reflected(i-reach, len(line))]
	}
}

// reflected brings an index back into 0..n-1, the edge pixel counted twice.
func reflected(i, n int) int {
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	if i >= n {
		i = 2*n - 1 - i
	}
	return i
}
