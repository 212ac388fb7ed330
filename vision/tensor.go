package vision

import "math"

// Letterbox is where a picture stands after it was shrunk or grown to fit a
// square or rectangle without changing its shape.
type Letterbox struct {
	Scale  float64 // tensor pixels to one of the picture
	Left   float64 // empty tensor pixels before the picture
	Top    float64
	W, H   int // of the tensor
	pw, ph int // of the picture
}

// Fit returns the letterbox of a picture of pw x ph pixels in w x h, in its middle.
func Fit(pw, ph, w, h int) Letterbox {
	k := math.Min(float64(w)/float64(pw), float64(h)/float64(ph))
	return Letterbox{Scale: k, Left: (float64(w) - k*float64(pw)) / 2, Top: (float64(h) - k*float64(ph)) / 2, W: w, H: h, pw: pw, ph: ph}
}

// ToPicture maps the tensor's pixels to the picture's.
func (l Letterbox) ToPicture() Affine {
	return Affine{A: 1 / l.Scale, C: -l.Left / l.Scale, E: 1 / l.Scale, F: -l.Top / l.Scale}
}

// Normalise says how a byte becomes a number: (v - Mean) / Deviation by channel.
type Normalise struct{ Mean, Deviation [3]float32 }

// Fill writes the picture (RGB, stride bytes from row to row) into a tensor of
// 3 planes of H x W numbers. Shrinking averages all pixels that fall on one
// (no aliasing), growing interpolates. What is beside the picture becomes pad,
// a byte of each channel.
func (l Letterbox) Fill(pix []byte, stride int, n Normalise, pad [3]byte, out []float32) {
	plane := l.W * l.H
	var k, off [3]float32
	for c := range 3 {
		k[c] = 1 / n.Deviation[c]
		off[c] = -n.Mean[c] / n.Deviation[c]
	}
	for y := range l.H {
		y0, y1 := (float64(y)-l.Top)/l.Scale, (float64(y)+1-l.Top)/l.Scale
		for x := range l.W {
			x0, x1 := (float64(x)-l.Left)/l.Scale, (float64(x)+1-l.Left)/l.Scale
			v := [3]float32{float32(pad[0]), float32(pad[1]), float32(pad[2])}
			if mx, my := (x0+x1)/2, (y0+y1)/2; mx >= 0 && my >= 0 && mx < float64(l.pw) && my < float64(l.ph) {
				if l.Scale < 1 {
					v = mean(pix, stride, l.pw, l.ph, x0, y0, x1, y1)
				} else {
					v = interpolate(pix, stride, l.pw, l.ph, mx-0.5, my-0.5)
				}
			}
			for c := range 3 {
				out[c*plane+y*l.W+x] = v[c]*k[c] + off[c]
			}
		}
	}
}

// mean averages the pixels under a rectangle, those at its rim by their share.
func mean(pix []byte, stride, w, h int, x0, y0, x1, y1 float64) (out [3]float32) {
	x0, y0 = max(x0, 0), max(y0, 0)
	x1, y1 = min(x1, float64(w)), min(y1, float64(h))
	var sum float32
	for y := int(y0); y < h && float64(y) < y1; y++ {
		wy := min(y1, float64(y)+1) - max(y0, float64(y))
		for x := int(x0); x < w && float64(x) < x1; x++ {
			k := float32(wy * (min(x1, float64(x)+1) - max(x0, float64(x))))
			p := pix[y*stride+3*x:][:3:3]
			out[0] += k * float32(p[0])
			out[1] += k * float32(p[1])
			out[2] += k * float32(p[2])
			sum += k
		}
	}
	for c := range out {
		out[c] /= max(sum, 1e-9)
	}
	return out
}

// interpolate is bilinear, places counted from the first pixel's centre.
func interpolate(pix []byte, stride, w, h int, x, y float64) (out [3]float32) {
	x, y = min(max(x, 0), float64(w-1)), min(max(y, 0), float64(h-1))
	i, j := int(x), int(y)
	fx, fy := float32(x)-float32(i), float32(y)-float32(j)
	i1, j1 := min(i+1, w-1), min(j+1, h-1)
	for c := range out {
		a, b := float32(pix[j*stride+3*i+c]), float32(pix[j*stride+3*i1+c])
		d, e := float32(pix[j1*stride+3*i+c]), float32(pix[j1*stride+3*i1+c])
		top := a + fx*(b-a)
		out[c] = top + fy*(d+fx*(e-d)-top)
	}
	return out
}
