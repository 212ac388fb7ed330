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

// scratch is what measuring needs to itself.
type scratch struct {
	fitter                    anomaly.Fitter
	smooth                    anomaly.Smoother
	planes, light, blurred, z []float32
	room                      []float32
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
	s.smooth.Filter(s.light, s.blurred, w, h, anomaly.Gauss(fine))
	for i, v := range s.light {
		d := v - s.blurred[i]
		s.light[i] = d * d
	}
	s.smooth.Filter(s.light, s.blurred, w, h, anomaly.Gauss(gather))
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
