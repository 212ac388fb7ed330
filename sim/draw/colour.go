package draw

import "math"

// rgb is a colour as the camera's pixels hold it, 0..255 a channel, sRGB.
type rgb [3]float64

// luma returns the colour's grey value, 0..255 (Rec. 601), by which contrast
// is measured.
func (c rgb) luma() float64 { return 0.299*c[0] + 0.587*c[1] + 0.114*c[2] }

// lab is a colour in CIE L*a*b* under D65.
type lab [3]float64

// deltaE returns the CIE 1976 difference of two colours.
func (c lab) deltaE(b lab) float64 {
	return math.Sqrt((c[0]-b[0])*(c[0]-b[0]) + (c[1]-b[1])*(c[1]-b[1]) + (c[2]-b[2])*(c[2]-b[2]))
}

// white is the D65 white point.
var white = [3]float64{0.95047, 1, 1.08883}

func (c rgb) lab() lab {
	var l [3]float64
	for i, v := range c {
		v /= 255
		if v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	f := func(row [3]float64, w float64) float64 {
		t := (row[0]*l[0] + row[1]*l[1] + row[2]*l[2]) / w
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f([3]float64{0.4124564, 0.3575761, 0.1804375}, white[0])
	y := f([3]float64{0.2126729, 0.7151522, 0.0721750}, white[1])
	z := f([3]float64{0.0193339, 0.1191920, 0.9503041}, white[2])
	return lab{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func (c lab) rgb() rgb {
	y := (c[0] + 16) / 116
	f := func(t, w float64) float64 {
		if t*t*t > 216.0/24389 {
			return w * t * t * t
		}
		return w * (116*t - 16) * 27 / 24389
	}
	x, z := f(y+c[1]/500, white[0]), f(y-c[2]/200, white[2])
	yy := f(y, white[1])
	out := rgb{
		3.2404542*x - 1.5371385*yy - 0.4985314*z,
		-0.9692660*x + 1.8760108*yy + 0.0415560*z,
		0.0556434*x - 0.2040259*yy + 1.0572252*z,
	}
	for i, v := range out {
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		out[i] = 255 * min(max(v, 0), 1)
	}
	return out
}

// roundTrip is more than a colour moves, in delta E, on its way from rgb to lab
// and back: the matrices have seven digits.
const roundTrip = 1e-4

// away returns a colour that lies delta E from c in a direction of the dice's
// choosing and that no channel clips or drowns in the light's drift.
func (c rgb) away(d *dice, delta float64) rgb {
	from := c.lab()
	for {
		n := lab{d.normal(), d.normal(), d.normal()}
		length := n.deltaE(lab{})
		if length < 1e-3 {
			continue
		}
		to := from
		for i := range to {
			to[i] += n[i] / length * delta
		}
		out := to.rgb()
		if max(out[0], out[1], out[2]) <= 226 && min(out[0], out[1], out[2]) >= 20 &&
			math.Abs(out.lab().deltaE(from)-delta) < max(0.01*delta, roundTrip) {
			return out
		}
	}
}
