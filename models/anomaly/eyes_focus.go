package anomaly

import (
	"math"
	"slices"

	"linesman/models"
	"linesman/vision"
)

// Focus is how sharp good pictures are, and what a blurred one is compared with:
// good parts blurred as much (SoftBlur), in a state of the model of its own.
type Focus struct {
	Least float64 `json:"least"` // sharpness of the least sharp good picture
	Gap   float64 `json:"gap"`   // how far below it a picture counts as blurred
	Usual float64 `json:"usual"` // the median of good pictures
	// Curve is the highest sharpness of good pictures blurred by 0, CurveStep,
	// 2 CurveStep... pixels.
	Curve     []float64 `json:"curve"`
	Threshold float64   `json:"threshold"` // of the soft state: aggregated distance at score 1
}

// SoftBlur is the blur of the soft state, in pixels (standard deviation), of
// pictures of at most MostPixels.
const SoftBlur = 2.0

// CurveStep is the step of Focus.Curve, in pixels.
const CurveStep = 0.5

// MostPixels bounds the picture whose sharpness and roughness is measured; a
// larger one is brought to that area first.
const MostPixels = 1 << 20

// Extent is the size at which sharpness and roughness are measured: the picture's
// own, or less.
func Extent(p *Picture) (w, h int) {
	scale := min(1, math.Sqrt(MostPixels/(float64(p.Width)*float64(p.Height))))
	return max(1, int(scale*float64(p.Width))), max(1, int(scale*float64(p.Height)))
}

// What rounding to whole grey values adds: its variance in brightness, and the
// share of it that the fine and the coarse band see.
const (
	rounding       = 0.447 / 12
	roundingFine   = 0.761
	roundingCoarse = 0.0425
)

// sharpness is half the logarithm of the energy of brightness finer than a blur of
// one pixel, over that between blurs of one and of two.
func (r *eyeRoom) sharpness(p *Picture) float64 {
	w, h := Extent(p)
	n := w * h
	r.paint(p, w, h)
	r.light, r.fine, r.coarse = sized(r.light, n), sized(r.fine, n), sized(r.coarse, n)
	logLight(r.colour, r.light, n)
	r.smooth.Filter(r.light, r.fine, w, h, Gauss(1))
	r.smooth.Filter(r.fine, r.coarse, w, h, Gauss(2))
	var fine, coarse, rounded float64
	for y := range h {
		var f, c, q float32
		for i := y * w; i < (y+1)*w; i++ {
			a, b := r.light[i]-r.fine[i], r.fine[i]-r.coarse[i]
			f += a * a
			c += b * b
			v := 1 + max(0, 0.299*r.colour[i]+0.587*r.colour[n+i]+0.114*r.colour[2*n+i])
			q += 1 / (v * v)
		}
		fine, coarse, rounded = fine+float64(f), coarse+float64(c), rounded+float64(q)
	}
	least := 1e-9 * float64(n)
	return 0.5 * math.Log(max(fine-rounding*roundingFine*rounded, 0.01*fine, least)/max(coarse-rounding*roundingCoarse*rounded, 0.01*coarse, least))
}

// blurred reports whether a picture is less sharp than good ones are.
func (f *Focus) blurred(sharp float64) bool { return sharp < f.Least-f.Gap }

// blur is how much a picture of that sharpness is blurred at most, in pixels, for all
// that good ones show: SoftBlur or less. Taken too high it is compared as too sharp,
// and is the stranger for it.
func (f *Focus) blur(sharp float64) float64 {
	for i := 1; i < len(f.Curve); i++ {
		a, b := f.Curve[i-1], f.Curve[i]
		if sharp >= b && a > b {
			return CurveStep * (float64(i-1) + max(0, min(1, (a-sharp)/(a-b))))
		}
	}
	return SoftBlur
}

// Blur is the class of what is said of a blurred picture.
const Blur = "focus"

// declare rejects a picture as blurred: what a blur hides nobody can see. It scores 1
// more than it does among good parts blurred as much, so that the order among blurred
// pictures is kept.
func (f *Focus) declare(r *models.Result, sharp float64, p *Picture) {
	r.Anomaly++
	r.Findings = slices.Insert(r.Findings, 0, models.Finding{
		Class: Blur, Score: r.Anomaly, Box: vision.Box{X1: float64(p.Width), Y1: float64(p.Height)}, Area: float64(p.Width) * float64(p.Height),
		Measured: 100 * math.Exp(sharp-f.Usual), Limit: 100 * math.Exp(f.Least-f.Gap-f.Usual), Unit: "% of the usual sharpness",
	})
}

// mending is the noise that the mending of a blur takes into account, as a share of
// what there is to mend: rounding to whole grey values (1/12 squared) against a
// texture of three grey values.
const mending = 0.01

// mend is half the kernel that takes a blur of SoftBlur back along one axis, as
// far as noise allows (Wiener's filter).
func mend() []float32 {
	const size, reach = 64, 16
	k := make([]float64, reach+1)
	sum := 0.0
	for i := range k {
		for f := -size / 2; f < size/2; f++ {
			w := 2 * math.Pi * float64(f) / size
			o := math.Exp(-w * w * SoftBlur * SoftBlur / 2)
			k[i] += o * (1 + mending) / (o*o + mending) * math.Cos(w*float64(i)) / size
		}
		if sum += k[i]; i > 0 {
			sum += k[i]
		}
	}
	out := make([]float32, len(k))
	for i := range k {
		out[i] = float32(k[i] / sum)
	}
	return out
}

var mendKernel = mend()

// Soften brings a picture that is blurred by so many pixels to the look of the
// soft state: blurred on to SoftBlur, and that taken back as far as it can be. A
// mask is kept.
func Soften(p *Picture, blurred float64) Picture {
	w, h := Extent(p)
	n := w * h
	var r eyeRoom
	r.paint(p, w, h)
	out := Picture{Width: w, Height: h, Pix: make([]byte, 3*n)}
	more := math.Sqrt(max(0, SoftBlur*SoftBlur-blurred*blurred))
	plane := make([]float32, n)
	for k := range 3 {
		from := r.colour[k*n : (k+1)*n]
		if more > 0.1 {
			r.smooth.Filter(from, plane, w, h, Gauss(more))
			for i, v := range plane {
				from[i] = float32(math.Round(float64(v))) // as a camera would give it
			}
		}
		r.smooth.Filter(from, plane, w, h, mendKernel)
		for i, v := range plane {
			out.Pix[3*i+k] = byte(max(0, min(255, v+0.5)))
		}
	}
	if p.Mask != nil {
		out.Mask = make([]byte, n)
		for y := range h {
			for x := range w {
				out.Mask[y*w+x] = p.Mask[y*p.Height/h*p.Width+x*p.Width/w]
			}
		}
	}
	return out
}
