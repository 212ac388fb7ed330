package golden

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/vision"
)

// WholeName is what models of whole pictures call the comparison of a product that
// lies on its ground.
const WholeName = "golden-whole"

// ErrNoOutline says that good whole pictures do not show one product with an outline
// that they have in common.
var ErrNoOutline = errors.New("the good pictures do not show one round product each")

const (
	mostAcross  = 280  // pixels of a product as it is compared; larger ones are brought to it
	roundCrop   = 1.35 // side of the crop, in diameters
	mostUneven  = 0.02 // of the radius, by which good outlines may differ from each other
	noneThere   = 2.0  // the score of a picture in which no such product is found
	leastAcross = 24   // pixels
	fewWiden    = 3.0  // parts: by so much, over their number, the limit of places is wider
)

// Whole compares the round product of a whole picture, however it is turned, with the
// good ones: it finds it by the ground around it, which the model has set off, and goes
// on as for a part that a locator found. Lengths are pixels of the picture.
type Whole struct {
	frame frame
	model *Model
	pool  sync.Pool // *wholeRoom
}

// frame is the size that pictures are brought to, and that of the crop cut from them.
type frame struct {
	w, h int
	size int
}

// wholeRoom is what cutting one out needs to itself.
type wholeRoom struct {
	fitter anomaly.Fitter
	planes []float32
	crop   vision.Crop
}

var _ anomaly.Lister = (*Whole)(nil)

// Name returns WholeName.
func (*Whole) Name() string { return WholeName }

// TeachWhole learns from n good pictures whose ground is set off, which part returns;
// they are looked at twice. The error is ErrNoOutline where they do not show one round
// product each, all of one size and shape of picture.
func TeachWhole(n int, part func(i int) (anomaly.Part, error)) (*Whole, error) {
	if n < Fewest {
		return nil, fmt.Errorf("%w: %d pictures, and %d are the fewest that tell", ErrNoOutline, n, Fewest)
	}
	first, err := part(0)
	if err != nil {
		return nil, err
	}
	var across []float32
	for i := range n {
		p, err := part(i)
		if err != nil {
			return nil, err
		}
		if math.Abs(float64(p.Width*first.Height)/float64(p.Height*first.Width)-1) > 0.05 {
			return nil, fmt.Errorf("%w: they have not all one shape", ErrNoOutline)
		}
		across = append(across, float32(acrossOf(&p))*float32(first.Width)/float32(p.Width))
	}
	usual := float64(median(across))
	scale := min(1, mostAcross/max(usual, 1))
	if usual*scale < leastAcross {
		return nil, fmt.Errorf("%w: %.0f pixels across are too few", ErrNoOutline, usual)
	}
	w := &Whole{frame: frame{
		w: int(math.Round(scale * float64(first.Width))), h: int(math.Round(scale * float64(first.Height))),
		size: 2 * int(math.Ceil(roundCrop/2*scale*usual)),
	}}
	crops := make([]vision.Crop, n)
	for i := range n {
		p, err := part(i)
		if err != nil {
			return nil, err
		}
		var r wholeRoom
		if !w.frame.cut(&p, &r) {
			return nil, fmt.Errorf("%w: one shows nothing but ground", ErrNoOutline)
		}
		crops[i] = r.crop
	}
	w.model, err = Teach(crops, 1/scale, nil)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %v", ErrNoOutline, err)
	case w.model.long != nil:
		return nil, fmt.Errorf("%w: they are long", ErrNoOutline)
	case w.model.uneven() > mostUneven:
		return nil, fmt.Errorf("%w: their outlines differ by %.1f %% of their radius", ErrNoOutline, 100*w.model.uneven())
	}
	// How much few good parts vary at each of thousands of places is known badly, and it is the
	// worst of these that is held against the limit.
	w.model.limit[Surface] *= 1 + fewWiden/float64(n)
	return w, nil
}

// uneven is how far good outlines lie apart in the median over the directions, in radii.
func (m *Model) uneven() float64 {
	return float64(median(slices.Clone(m.outline[0]))) / m.radius
}

// acrossOf is about how many pixels the product of a picture is across: a disc of as
// much as is judged, less the hem around it.
func acrossOf(p *anomaly.Part) float64 {
	n := 0
	for _, v := range p.Mask {
		if v > 127 {
			n++
		}
	}
	return max(0, 2*math.Sqrt(float64(n)/math.Pi)-2*anomaly.Hem(p.Width, p.Height))
}

// cut brings a picture to the frame and cuts its product out into r.crop; false if it
// shows none. Beyond the picture's edge lies ground.
func (f frame) cut(p *anomaly.Part, r *wholeRoom) bool {
	kx, ky := float64(f.w)/float64(p.Width), float64(f.h)/float64(p.Height)
	var n, sx, sy int
	box := vision.Box{X0: float64(p.Width), Y0: float64(p.Height)}
	for i, v := range p.Mask {
		if v > 127 {
			x, y := i%p.Width, i/p.Width
			n, sx, sy = n+1, sx+x, sy+y
			box = vision.Box{X0: min(box.X0, float64(x)), Y0: min(box.Y0, float64(y)), X1: max(box.X1, float64(x+1)), Y1: max(box.Y1, float64(y+1))}
		}
	}
	if n == 0 || n == len(p.Mask) {
		return false
	}
	centre := vision.Point{X: float64(sx)/float64(n) + 0.5, Y: float64(sy)/float64(n) + 0.5}
	if m := f.w * f.h; cap(r.planes) < 3*m {
		r.planes = make([]float32, 3*m)
	}
	r.planes = r.planes[:3*f.w*f.h]
	r.fitter.Fit(&p.Picture, f.w, f.h, r.planes)
	c := &r.crop
	if c.Size != f.size {
		*c = vision.Crop{Size: f.size, Pix: make([]byte, 3*f.size*f.size), Mask: make([]byte, f.size*f.size)}
	}
	c.Surround = f.groundOf(p, r.planes)
	x0, y0 := int(math.Round(kx*centre.X))-f.size/2, int(math.Round(ky*centre.Y))-f.size/2
	ground := [3]byte{byte(c.Surround[0] + 0.5), byte(c.Surround[1] + 0.5), byte(c.Surround[2] + 0.5)}
	for y := range f.size {
		for x := range f.size {
			i, u, v := y*f.size+x, x0+x, y0+y
			if u < 0 || v < 0 || u >= f.w || v >= f.h {
				copy(c.Pix[3*i:], ground[:])
				c.Mask[i] = 0
				continue
			}
			for k := range 3 {
				c.Pix[3*i+k] = byte(min(max(127.5+128*r.planes[(k*f.h+v)*f.w+u], 0), 255))
			}
			c.Mask[i] = p.Mask[v*p.Height/f.h*p.Width+u*p.Width/f.w]
		}
	}
	c.ToSensor = vision.Affine{A: 1 / kx, C: float64(x0) / kx, E: 1 / ky, F: float64(y0) / ky}
	c.Centre, c.Box, c.Area = centre, box, float64(n)
	return true
}

// groundOf is the mean colour of what is set off as ground.
func (f frame) groundOf(p *anomaly.Part, planes []float32) (mean [3]float32) {
	var sum [3]float64
	n := 0
	for y := range f.h {
		row := p.Mask[y*p.Height/f.h*p.Width:]
		for x := range f.w {
			if row[x*p.Width/f.w] <= 127 {
				for k := range sum {
					sum[k] += float64(planes[(k*f.h+y)*f.w+x])
				}
				n++
			}
		}
	}
	for k, s := range sum {
		mean[k] = float32(127 + 128*s/float64(max(n, 1)))
	}
	return mean
}

// in cuts the part's product out, with room that goes back to the pool.
func (w *Whole) in(p *anomaly.Part) (r *wholeRoom, found bool, err error) {
	if p.Crop != nil {
		return nil, false, errors.New("it was taught on whole pictures and can not judge a located part")
	}
	r, _ = w.pool.Get().(*wholeRoom)
	if r == nil {
		r = new(wholeRoom)
	}
	return r, p.Mask != nil && w.frame.cut(p, r), nil
}

// located is the part that was cut out.
func (r *wholeRoom) located() *anomaly.Part {
	return &anomaly.Part{Picture: anomaly.PictureOf(&r.crop), Crop: &r.crop}
}

// Score judges a whole picture whose ground is set off. See anomaly.Channel.
func (w *Whole) Score(p *anomaly.Part, ask models.Ask, into *anomaly.Reading) error {
	r, found, err := w.in(p)
	if err != nil {
		return err
	}
	defer w.pool.Put(r)
	if found {
		err = channel{w.model}.Score(r.located(), ask, into)
	}
	if !found || errors.Is(err, errHidden) {
		*into = noProduct(p)
		return nil
	}
	if err != nil {
		return err
	}
	inPixels(into)
	for i := range into.Also {
		inPixels(&into.Also[i])
	}
	if ask.Heatmap {
		into.Heat = w.heat(r)
	}
	return nil
}

// Places names every place that scores least or more; see anomaly.Lister.
func (w *Whole) Places(p *anomaly.Part, least float64, into []anomaly.Reading) ([]anomaly.Reading, bool, error) {
	r, found, err := w.in(p)
	if err != nil {
		return into, false, err
	}
	defer w.pool.Put(r)
	complete, from := true, len(into)
	if found {
		into, complete, err = channel{w.model}.Places(r.located(), least, into)
	}
	if !found || errors.Is(err, errHidden) {
		return append(into[:from], noProduct(p)), true, nil
	}
	for i := from; i < len(into); i++ {
		inPixels(&into[i])
	}
	return into, complete, err
}

// inPixels names the unit: a whole picture has no scale.
func inPixels(r *anomaly.Reading) {
	if r.Unit == "mm" {
		r.Unit, r.Text = "px", ""
	}
}

// noProduct is said of a picture in which no product with an outline is found.
func noProduct(p *anomaly.Part) anomaly.Reading {
	return anomaly.Reading{
		Class: plainChannels[Outline], Score: noneThere, Measured: 0, Limit: 50, Unit: "% of the outline seen",
		Box: vision.Box{X1: float64(p.Width), Y1: float64(p.Height)}, Area: float64(p.Width) * float64(p.Height),
	}
}

// Turns reports whether good products lie turned this way and that, as what is on them shows.
func (w *Whole) Turns() bool { return w.model.turned }

// String says in a line what was learned.
func (w *Whole) String() string {
	what := "nothing that turns with it"
	if w.model.turned {
		what = "with a print that turns with it"
	}
	return fmt.Sprintf("%.0f px across, %s", 2*w.model.diameter.Mean*w.model.mmPerPx, what)
}
