package anomaly

import (
	"fmt"
	"math"
	"sync"

	"linesman/vision/lanes"
)

// Extent returns the network's input size for a picture, multiples of 32.
func (in Input) Extent(width, height int) (w, h int) {
	if in.Fit == FitSquare {
		return in.Size, in.Size
	}
	scale := float64(in.Size) / math.Sqrt(float64(width)*float64(height))
	if in.Enlarge > 0 {
		scale = min(scale, in.Enlarge)
	}
	round := func(n int) int {
		// No picture, however long and thin, may ask for more than 16 times the usual side.
		return min(max(2*step, int(math.Round(float64(n)*scale/step))*step), 16*in.Size/step*step)
	}
	return round(width), round(height)
}

// Check refuses settings that the network could not run with.
func (in Input) Check() error {
	if in.Fit != FitSquare && in.Fit != FitArea {
		return fmt.Errorf("input fit %q: want %s or %s", in.Fit, FitSquare, FitArea)
	}
	if in.Size < 2*step || in.Size > 2048 || in.Size%step != 0 {
		return fmt.Errorf("input size %d: want a multiple of %d from %d to 2048", in.Size, step, 2*step)
	}
	if in.Enlarge < 0 || math.IsNaN(in.Enlarge) {
		return fmt.Errorf("input enlarge %v: want 0 (no limit) or more", in.Enlarge)
	}
	return nil
}

// taps says which source pixels make each target pixel of one axis: a
// triangle as wide as the reduction, so that nothing between samples is lost.
type taps struct {
	first  []int
	weight [][]float32
	along  *lanes.Narrowing // the same, for rows of pixels
}

func makeTaps(from, to int) *taps {
	t := &taps{first: make([]int, to), weight: make([][]float32, to)}
	scale := float64(from) / float64(to)
	reach := max(scale, 1)
	for i := range to {
		centre := (float64(i) + 0.5) * scale
		lo, hi := max(int(centre-reach+0.5), 0), min(int(centre+reach+0.5), from)
		w := make([]float32, hi-lo)
		var sum float32
		for k := range w {
			w[k] = float32(max(0, 1-math.Abs((float64(lo+k)+0.5-centre)/reach)))
			sum += w[k]
		}
		for k := range w {
			w[k] /= sum
		}
		t.first[i], t.weight[i] = lo, w
	}
	t.along = lanes.NewNarrowing(t.first, t.weight)
	return t
}

// Fitter resizes pictures into the network's input and keeps its tables and
// a scratch row. One goroutine at a time.
type Fitter struct {
	tables map[[2]int]*taps
	row    []float32
}

// shared by all fitters: a line has one or two sizes, a folder of pictures some more.
var tapTables sync.Map // [2]int{from, to} -> *taps

func (f *Fitter) taps(from, to int) *taps {
	key := [2]int{from, to}
	if t := f.tables[key]; t != nil {
		return t
	}
	t, ok := tapTables.Load(key)
	if !ok {
		t, _ = tapTables.LoadOrStore(key, makeTaps(from, to))
	}
	if f.tables == nil {
		f.tables = map[[2]int]*taps{}
	}
	f.tables[key] = t.(*taps)
	return t.(*taps)
}

// Fit writes the picture as three planes of h x w into dst, (value-127)/128.
func (f *Fitter) Fit(p *Picture, w, h int, dst []float32) {
	plane := w * h
	if p.Width == w && p.Height == h {
		for i := range plane {
			dst[i] = (float32(p.Pix[3*i]) - 127) * (1.0 / 128)
			dst[plane+i] = (float32(p.Pix[3*i+1]) - 127) * (1.0 / 128)
			dst[2*plane+i] = (float32(p.Pix[3*i+2]) - 127) * (1.0 / 128)
		}
		return
	}
	across, down := f.taps(p.Width, w), f.taps(p.Height, h)
	line := 3 * p.Width
	f.row = sized(f.row, max(line, across.along.Reach()))
	clear(f.row[line:])
	for y := range h {
		lanes.Weighted(f.row[:line], p.Pix[line*down.first[y]:], line, down.weight[y])
		red, green, blue := dst[y*w:(y+1)*w], dst[plane+y*w:plane+(y+1)*w], dst[2*plane+y*w:2*plane+(y+1)*w]
		across.along.Planes(red, green, blue, f.row, 127, 1.0/128)
	}
}
