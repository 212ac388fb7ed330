//go:build cgo

package line_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"linesman/camera"
	"linesman/models"
	"linesman/sim"
	"linesman/vision"
)

// The plant's parts are discs on a dark belt; a defective one has a dark spot.
// Everything the judge knows it reads off the picture.

// discs is a belt of printed discs, coarse enough to be drawn in microseconds.
func discs() sim.Layout {
	l := sim.Caps.Layout()
	l.MMPerPx = 0.5
	return l
}

// pills is a belt of small discs in eight lanes, many a picture.
func pills() sim.Layout {
	l := sim.Tablets.Layout()
	l.MMPerPx = 0.5
	return l
}

const (
	beltGrey, discGrey, spotGrey = 40, 180, 70
	betweenGrey                  = 110
	spotMM                       = 3
)

// row lays parts one pitch apart, a share of them defective, until it is
// stopped.
type row struct {
	mu      sync.Mutex
	layout  sim.Layout
	rng     *rand.Rand
	share   float64
	n       int
	stopped bool
}

func newRow(l sim.Layout, share float64, seed uint64) *row {
	return &row{layout: l, share: share, rng: rand.New(rand.NewPCG(seed, 77))}
}

func (r *row) Until(mm float64) []sim.Part {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []sim.Part
	l, stray := r.layout, r.layout.PitchMM/30
	for !r.stopped && float64(r.n/l.Lanes+1)*l.PitchMM+stray < mm {
		from := len(out)
		for lane := range l.Lanes {
			p := sim.Part{N: r.n, Lane: lane + 1, AcrossMM: across(l, lane+1), Kind: sim.Good, MM: float64(r.n/l.Lanes+1)*l.PitchMM + stray*(2*r.rng.Float64()-1)}
			if r.rng.Float64() < r.share {
				p.Kind, p.SizeMM = sim.Spot, spotMM
			}
			r.n++
			out = append(out, p)
		}
		slices.SortFunc(out[from:], func(a, b sim.Part) int { return cmp.Compare(a.MM, b.MM) })
	}
	return out
}

// across is where a lane's middle lies, from the picture's top edge.
func across(l sim.Layout, lane int) float64 {
	return l.FrameYMM/2 + (float64(lane)-float64(l.Lanes+1)/2)*l.LaneMM
}

func (r *row) Done() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

func (r *row) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
}

// paint draws what a camera sees into grey pixels. The noise makes every
// picture another one.
func paint(l sim.Layout, travelled float64, parts []sim.Part, noise uint64, pix []byte) {
	w, h := l.FramePx()
	rng := rand.New(rand.NewPCG(noise, 5))
	for i := range pix {
		pix[i] = beltGrey + byte(rng.Uint32()&7)
	}
	for _, p := range parts {
		x, y, r := float64(w)/2+(travelled-l.CameraMM-p.MM)/l.MMPerPx, p.AcrossMM/l.MMPerPx, l.DiameterMM/2/l.MMPerPx
		disc(pix, w, h, x, y, r, discGrey)
		if p.Defective() {
			disc(pix, w, h, x+0.3*r, y-0.2*r, p.SizeMM/2/l.MMPerPx, spotGrey)
		}
	}
}

func disc(pix []byte, w, h int, x, y, r float64, grey byte) {
	for j := max(0, int(y-r)); j < min(h, int(y+r)+1); j++ {
		for i := max(0, int(x-r)); i < min(w, int(x+r)+1); i++ {
			if math.Hypot(float64(i)+0.5-x, float64(j)+0.5-y) <= r {
				pix[j*w+i] = grey + pix[j*w+i]&7
			}
		}
	}
}

// eye finds discs: in each lane runs of columns in which something is brighter
// than belt.
type eye struct {
	layout  sim.Layout
	took    func(*camera.Frame) // is told of every picture; may be nil
	scratch []byte
}

func (e *eye) Close() error { return nil }

func (e *eye) Locate(f *camera.Frame, into *vision.Crops) error {
	if e.took != nil {
		e.took(f)
	}
	w, h := e.layout.FramePx()
	if f.Format != camera.Grey || f.Width != w || f.Height != h {
		return errors.New("the picture is not of the size this view was set up for")
	}
	into.Reset()
	into.Quality = vision.Inspect(f, &e.scratch)
	into.Quality.Covered = into.Quality.Mean < 6
	for lane := 1; lane <= e.layout.Lanes; lane++ {
		e.along(f, lane, into)
	}
	return nil
}

// along finds the discs of one lane.
func (e *eye) along(f *camera.Frame, lane int, into *vision.Crops) {
	w, l := f.Width, e.layout
	middle, half := across(l, lane)/l.MMPerPx, l.DiameterMM/3/l.MMPerPx
	bright := make([]bool, w+2) // a dark column on either side
	for x := range w {
		for y := int(middle - half); y < int(middle+half); y++ {
			if f.Pix[y*f.Stride+x] > betweenGrey {
				bright[x+1] = true
			}
		}
	}
	for from := 1; from <= w; from++ {
		if !bright[from] {
			continue
		}
		to := from
		for bright[to] {
			to++
		}
		switch width := float64(to-from) * e.layout.MMPerPx; {
		case from == 1 || to == w+1:
			into.Cut++
		case width > 0.8*e.layout.DiameterMM:
			e.cut(f, lane, float64(from+to)/2-1, middle, into)
		}
		from = to
	}
}

// cut makes the crop around the disc at column x of a lane whose middle is row y.
func (e *eye) cut(f *camera.Frame, lane int, x, y float64, into *vision.Crops) {
	r := e.layout.DiameterMM / 2 / e.layout.MMPerPx
	size := 2 * (int(r) + 4)
	c := into.Add(size)
	c.Lane, c.Centre, c.Area = lane, vision.Point{X: x, Y: y}, math.Pi*r*r
	c.Box = vision.Box{X0: x - r, Y0: y - r, X1: x + r, Y1: y + r}
	for j := range size {
		for i := range size {
			at, sx, sy := j*size+i, int(x)+i-size/2, int(y)+j-size/2
			grey, on := byte(0), byte(0)
			if sx >= 0 && sy >= 0 && sx < f.Width && sy < f.Height {
				grey = f.Pix[sy*f.Stride+sx]
				if math.Hypot(float64(i-size/2), float64(j-size/2)) < r-2 {
					on = 255
				}
			}
			c.Pix[3*at], c.Pix[3*at+1], c.Pix[3*at+2], c.Mask[at] = grey, grey, grey, on
		}
	}
}

// spots judges discs by how much of them is dark; ten pixels are too many.
type spots struct{}

func (spots) Model() models.Model { return models.Model{Name: "spots", Version: "1", SHA256: "00"} }
func (spots) Close() error        { return nil }

func (spots) Detect(_ context.Context, crops []vision.Crop, _ models.Ask, out []models.Result) error {
	for i, c := range crops {
		dark := 0
		for at, on := range c.Mask {
			if on > 0 && c.Pix[3*at] < betweenGrey {
				dark++
			}
		}
		out[i] = models.Result{Anomaly: float64(dark) / 10, Findings: []models.Finding{{Class: "spot", Score: float64(dark) / 10, Measured: float64(dark), Limit: 10, Unit: "px"}}}
	}
	return nil
}
