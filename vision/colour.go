package vision

import "math"

// Lab converts sRGB, 0..255 and beyond, to CIE L*a*b* under D65.
func Lab(rgb [3]float64) [3]float64 {
	var l [3]float64
	for i, v := range rgb {
		v /= 255
		if v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124564*l[0] + 0.3575761*l[1] + 0.1804375*l[2]) / 0.95047)
	y := f(0.2126729*l[0] + 0.7151522*l[1] + 0.0721750*l[2])
	z := f((0.0193339*l[0] + 0.1191920*l[1] + 0.9503041*l[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// cardLevel is the level of the grey card that Cast speaks of.
const cardLevel = 160

// Cast returns the colour (a*, b*) that a grey card takes on when the light's
// red and blue change by these factors against its green. It says the same
// of dark and light things, which a* and b* of their own would not.
func Cast(red, blue float64) (a, b float64) {
	k := cardLevel * 3 / (red + 1 + blue)
	lab := Lab([3]float64{red * k, k, blue * k})
	return lab[1], lab[2]
}
