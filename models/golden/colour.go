package golden

import (
	"math"

	"linesman/vision"
)

// labOf is the mean colour of a part in CIE L*a*b* (D65), its light cancelled
// by the belt around it: what the part would be on the belt of teaching.
func (s *scratch) labOf(crop *vision.Crop, radius float64, surround [3]float32) [3]float64 {
	rgb := s.meanColour(crop, 0.8*radius)
	for c := range rgb {
		rgb[c] *= float64(surround[c] / max(crop.Surround[c], 1))
	}
	return vision.Lab(rgb)
}

// meanColour averages every second pixel of every second row within a radius.
func (s *scratch) meanColour(crop *vision.Crop, radius float64) (rgb [3]float64) {
	n := crop.Size
	x, y := s.pose.x, s.pose.y
	var sum [3]int
	count := 0
	for j := max(int(y-radius), 0); j < min(int(y+radius)+1, n); j += 2 {
		dy := float64(j) + 0.5 - y
		half := math.Sqrt(max(radius*radius-dy*dy, 0))
		for i := max(int(x-half), 0); i < min(int(x+half)+1, n); i += 2 {
			p := crop.Pix[3*(j*n+i):][:3:3]
			sum[0], sum[1], sum[2] = sum[0]+int(p[0]), sum[1]+int(p[1]), sum[2]+int(p[2])
			count++
		}
	}
	for c := range rgb {
		rgb[c] = float64(sum[c]) / float64(max(count, 1))
	}
	return rgb
}

// shade is a colour of good parts, CIE L*a*b*, and what their colours' spread
// is divided by.
type shade struct {
	Lab    [3]float64
	Whiten [3][3]float64
}

// distance returns how far a colour is from the good parts' mean: in deviations
// of the good parts, and in delta E (CIE 1976).
func (s *shade) distance(c [3]float64) (deviations, deltaE float64) {
	var d [3]float64
	for i := range d {
		d[i] = c[i] - s.Lab[i]
		deltaE += d[i] * d[i]
	}
	for i := range s.Whiten {
		t := s.Whiten[i][0]*d[0] + s.Whiten[i][1]*d[1] + s.Whiten[i][2]*d[2]
		deviations += t * t
	}
	return math.Sqrt(deviations), math.Sqrt(deltaE)
}

// shadeOf fits mean and spread to the good parts' colours. The floor is what
// the belt's word on the light may be wrong by from one setting to another, in any
// direction, and beltWord along that in which brightness moves a colour: another
// belt, or the same one worn, is lighter or darker and makes all parts seem so.
func shadeOf(all [][3]float64) (s shade) {
	const (
		floor    = 0.5  // delta E
		beltWord = 0.02 // of the brightness
		gamma    = 2.2  // of the camera's numbers
	)
	n := float64(len(all))
	for _, c := range all {
		for i := range c {
			s.Lab[i] += c[i] / n
		}
	}
	var cov [3][3]float64
	for _, c := range all {
		for i := range c {
			for j := range c {
				cov[i][j] += (c[i] - s.Lab[i]) * (c[j] - s.Lab[j]) / n
			}
		}
	}
	// Light k times as strong multiplies X, Y and Z by k, and so, by CIE's cube roots,
	// L* + 16, a* and b* by the cube root of k.
	brighter := [3]float64{(s.Lab[0] + 16) * gamma / 3, s.Lab[1] * gamma / 3, s.Lab[2] * gamma / 3}
	for i := range cov {
		cov[i][i] += floor * floor
		for j := range cov {
			cov[i][j] += beltWord * beltWord * brighter[i] * brighter[j]
		}
	}
	s.Whiten = inverseRoot(cov)
	return s
}

// inverseRoot returns L^-1 of the Cholesky factor L of a positive matrix.
func inverseRoot(a [3][3]float64) (out [3][3]float64) {
	var l [3][3]float64
	for i := range 3 {
		for j := range i + 1 {
			s := a[i][j]
			for k := range j {
				s -= l[i][k] * l[j][k]
			}
			if i == j {
				l[i][i] = math.Sqrt(max(s, 1e-12))
			} else {
				l[i][j] = s / l[j][j]
			}
		}
	}
	for i := range 3 {
		out[i][i] = 1 / l[i][i]
		for j := range i {
			var s float64
			for k := j; k < i; k++ {
				s -= l[i][k] * out[k][j]
			}
			out[i][j] = s / l[i][i]
		}
	}
	return out
}
