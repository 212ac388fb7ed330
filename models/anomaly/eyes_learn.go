package anomaly

import (
	"math"
	"slices"
	"sync"
)

// EyesLearner learns how good pictures are taken. See takes each of them, then
// Again each once more, then Eyes closes. Both may be called from several
// goroutines; what is learned does not depend on their order.
type EyesLearner struct {
	mu     sync.Mutex
	eyes   Eyes
	unlike bool // not all pictures have one shape
	n      int
	colour []uint64 // sums, by cell, in sixteenths of a grey value
	slope  []int64  // sums of slopes, in grains
	square []uint64 // and of their squares, both ways together
	sights []sight
	curves [][]float64
	draft  sync.Once
}

// slopeGrains is how finely slopes are counted.
const slopeGrains = 1 << 14

// NewEyesLearner begins; like is one of n good pictures.
func NewEyesLearner(like *Picture, n int) *EyesLearner {
	l := &EyesLearner{sights: make([]sight, n), curves: make([][]float64, n)}
	l.eyes.W, l.eyes.H = gridOf(gridSide, like.Width, like.Height)
	cells := l.eyes.W * l.eyes.H
	l.colour, l.slope, l.square = make([]uint64, 3*cells), make([]int64, 2*cells), make([]uint64, cells)
	return l
}

// curvePictures is about how many good pictures show how sharpness falls.
const curvePictures = 24

// curveSteps is how many blurs the curve of sharpness has beside none.
const curveSteps = 6

// See takes good picture i.
func (l *EyesLearner) See(i int, p *Picture) {
	r := l.eyes.borrow()
	defer l.eyes.pool.Put(r)
	curve := []float64{r.sharpness(p)}
	if i%max(1, len(l.curves)/curvePictures) == 0 {
		curve = r.curve(p, curve)
	}
	fits := l.eyes.fits(p)
	if fits {
		r.paint(p, l.eyes.W, l.eyes.H)
		r.slopes(l.eyes.W, l.eyes.H)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.curves[i], l.n = curve, l.n+1
	if !fits {
		l.unlike = true
		return
	}
	n := l.eyes.W * l.eyes.H
	for k, v := range r.colour {
		l.colour[k] += uint64(max(0, 16*v+0.5))
	}
	for k, v := range r.grad {
		g := int64(math.Round(float64(v) * slopeGrains))
		l.slope[k] += g
		l.square[k%n] += uint64(g * g)
	}
}

// curve adds to out the sharpness of a picture blurred by CurveStep, 2 CurveStep...
func (r *eyeRoom) curve(p *Picture, out []float64) []float64 {
	w, h := Extent(p)
	n := w * h
	planes, soft := make([]float32, 3*n), make([]float32, n)
	r.fitter.Fit(p, w, h, planes)
	b := Picture{Width: w, Height: h, Pix: make([]byte, 3*n)}
	for i := range curveSteps {
		kernel := Gauss(CurveStep * float64(i+1))
		for k := range 3 {
			r.smooth.Filter(planes[k*n:(k+1)*n], soft, w, h, kernel)
			for j, v := range soft {
				b.Pix[3*j+k] = byte(max(0, min(255, 127.5+128*v)))
			}
		}
		out = append(out, r.sharpness(&b))
	}
	return out
}

// open makes eyes of what was seen, whose tolerances are not yet known.
func (l *EyesLearner) open() {
	e := &l.eyes
	if l.unlike {
		e.W, e.H = 0, 0
		return
	}
	n := e.W * e.H
	for _, v := range l.colour {
		e.Mean = append(e.Mean, float32(float64(v)/16/float64(l.n)))
	}
	e.Light, e.Place = &Lamp{}, &Scene{Slopes: make(Vector, 2*n), Weight: make(Vector, n)}
	per := 1 / (slopeGrains * float64(l.n))
	variance, smooth := make([]float32, n), make([]float32, n)
	for i := range n {
		a, b := float64(l.slope[i])*per, float64(l.slope[n+i])*per
		e.Place.Slopes[i], e.Place.Slopes[n+i] = float32(a), float32(b)
		variance[i] = float32(max(0, float64(l.square[i])*per/slopeGrains-a*a-b*b))
	}
	var s Smoother // a spread seen in few pictures is itself unsure; its neighbours know it too
	s.Filter(variance, smooth, e.W, e.H, Gauss(2))
	for i, v := range smooth {
		e.Place.Weight[i] = 1 / (v + leastVariance)
	}
	e.Place.prepare(e.W, e.H)
}

// Again takes good picture i once more, when all were seen.
func (l *EyesLearner) Again(i int, p *Picture) {
	l.draft.Do(l.open)
	r := l.eyes.borrow()
	defer l.eyes.pool.Put(r)
	s := l.eyes.measure(r, p)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sights[i] = s
}

// Eyes returns what was learned.
func (l *EyesLearner) Eyes() *Eyes {
	l.draft.Do(l.open)
	e := &l.eyes
	e.Focus = l.focus()
	if e.Light != nil {
		l.lamp()
		l.place()
	}
	return e
}

// focus places the bound of sharpness half of what a blur of one pixel takes below
// the least sharp good picture.
func (l *EyesLearner) focus() *Focus {
	f := &Focus{Least: math.Inf(1)}
	for k := range curveSteps + 1 {
		var column []float64
		for _, c := range l.curves {
			if k < len(c) {
				column = append(column, c[k])
			}
			if k == 0 {
				f.Least = min(f.Least, c[0])
			}
		}
		f.Curve = append(f.Curve, slices.Max(column))
		switch k {
		case 0:
			f.Usual = middle(column)
		case int(1 / CurveStep):
			f.Gap = (f.Usual - middle(column)) / 2
		}
	}
	if !(f.Gap > 0) {
		return nil // good pictures have nothing sharp to measure by
	}
	return f
}

// lamp places how far from the nearest good picture light may lie: twice what nine
// in ten good pictures lie from the nearest other one, and a fiftieth.
func (l *EyesLearner) lamp() {
	m := l.eyes.Light
	for _, s := range l.sights {
		m.Seen = append(m.Seen, s.light)
	}
	var off []float64
	for i, s := range m.Seen {
		if at, d := nearestLight(m.Seen, s, i); at >= 0 {
			off = append(off, d)
		}
	}
	slices.Sort(off)
	if len(off) > 0 {
		m.Tolerance = 2 * off[len(off)*9/10]
	}
	m.Tolerance += 0.02
}

// place keeps the place only where good pictures are alike enough, and lie close
// enough, to be laid on each other.
func (l *EyesLearner) place() {
	p := l.eyes.Place
	var left []float64
	var off [2][]float64
	for _, s := range l.sights {
		left = append(left, s.left)
		off[0], off[1] = append(off[0], s.dx), append(off[1], s.dy)
	}
	reach := Reach * math.Sqrt(float64(l.eyes.W*l.eyes.H))
	near := true
	for k := range 2 {
		p.Least[k], p.Most[k], p.Usual[k] = slices.Min(off[k]), slices.Max(off[k]), middle(off[k])
		near = near && p.Least[k] > -reach/2 && p.Most[k] < reach/2
	}
	if l.n < fewestPlaced || middle(left) > alike || !near {
		l.eyes.Place = nil
	}
}

// fewestPlaced is of how many good pictures a mean tells what they share.
const fewestPlaced = 5

func middle(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
