package contrast

import (
	"math"

	"linesman/models/anomaly"
)

// The two blurs, in pixels: what the first takes away is roughness, the second
// gathers it.
const (
	fine   = 1.0
	gather = 2.0
)

// mostPixels bounds the picture that is measured; a larger one is brought to
// that area first. Teaching takes a hundred bytes for each.
const mostPixels = 1 << 20

// extent is the size at which a picture is measured: its own, or less.
func extent(p *anomaly.Picture) (w, h int) {
	scale := min(1, math.Sqrt(mostPixels/(float64(p.Width)*float64(p.Height))))
	return max(1, int(scale*float64(p.Width))), max(1, int(scale*float64(p.Height)))
}

// scratch is what measuring needs to itself.
type scratch struct {
	fitter                    anomaly.Fitter
	planes, light, blurred, z []float32
	row, room                 []float32
	queue                     []int
	seen                      []bool
}

// roughness measures a picture at w x h. The answer is s's until the next call.
func (s *scratch) roughness(p *anomaly.Picture, w, h int) []float32 {
	n := w * h
	s.planes, s.light, s.blurred = sized(s.planes, 3*n), sized(s.light, n), sized(s.blurred, n)
	s.fitter.Fit(p, w, h, s.planes)
	red, green, blue := s.planes[:n], s.planes[n:2*n], s.planes[2*n:]
	for i := range s.light {
		v := 127 + 128*(0.299*red[i]+0.587*green[i]+0.114*blue[i])
		s.light[i] = float32(math.Log1p(float64(max(v, 0))))
	}
	s.blur(s.light, s.blurred, w, h, fine)
	for i, v := range s.light {
		d := v - s.blurred[i]
		s.light[i] = d * d
	}
	s.blur(s.light, s.blurred, w, h, gather)
	for i, v := range s.blurred {
		s.blurred[i] = float32(math.Sqrt(float64(max(v, 0))))
	}
	return s.blurred
}

func sized(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// blur is Gaussian, mirrored at the edges. from and into are of w x h and not the
// same; s.planes is used between.
func (s *scratch) blur(from, into []float32, w, h int, sigma float64) {
	kernel := gauss(sigma)
	reach := len(kernel) - 1
	s.row = sized(s.row, max(w, h)+2*reach)
	half := sized(s.planes, w*h) // rows blurred
	for y := range h {
		line := from[y*w : (y+1)*w]
		mirror(s.row[:w+2*reach], line, reach)
		convolve(half[y*w:(y+1)*w], s.row, kernel)
	}
	for y := range h { // columns, a row at a time
		out := into[y*w : (y+1)*w]
		clear(out)
		for k := -reach; k <= reach; k++ {
			weight := kernel[max(k, -k)]
			line := half[reflected(y+k, h)*w:]
			for x := range out {
				out[x] += weight * line[x]
			}
		}
	}
}

// gauss is half a kernel, from its middle on.
func gauss(sigma float64) []float32 {
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

func convolve(out, line, kernel []float32) {
	reach := len(kernel) - 1
	for x := range out {
		v := kernel[0] * line[x+reach]
		for k := 1; k <= reach; k++ {
			v += kernel[k] * (line[x+reach-k] + line[x+reach+k])
		}
		out[x] = v
	}
}
