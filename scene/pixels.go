package scene

import (
	"math"
	"time"

	"linesman/vision"
)

// The grid over the picture on which people's heights are told.
const (
	gridColumns = 16
	gridRows    = 9
	heightBins  = 48 // six an octave, from leastHeight
	leastHeight = 6. // pixels
	forgetAfter = time.Minute
)

// PixelsPerPerson gathers how tall people are in pixels over the picture, so
// that a camera hung too far away is seen when it is hung. Each person counts
// once a second at the place of the feet. It belongs to one goroutine.
type PixelsPerPerson struct {
	bins [gridRows][gridColumns][heightBins]uint32
	last map[uint64]time.Time
	all  [heightBins]uint32
}

// PixelCell is one cell of the grid.
type PixelCell struct {
	Box    vision.Box // shares of the picture
	Height float64    // median of people's heights, pixels
	N      int        // person-seconds
}

// PixelReport is what was gathered.
type PixelReport struct {
	Cells  []PixelCell // where somebody was seen, row by row
	Height float64     // median of all, pixels; 0 if nobody was seen
	N      int         // person-seconds
	// Small are the cells whose median is below the height asked for, TooSmall the
	// share of person-seconds in them.
	Small    []PixelCell
	TooSmall float64
}

// Take adds the people of a scene.
func (p *PixelsPerPerson) Take(s *Scene) {
	if s.Width < 1 || s.Height < 1 {
		return
	}
	if p.last == nil {
		p.last = map[uint64]time.Time{}
	}
	for number, at := range p.last {
		if s.At.Sub(at) > forgetAfter {
			delete(p.last, number)
		}
	}
	for i := range s.Tracks {
		t := &s.Tracks[i]
		if t.Label != Person || t.State != Confirmed || t.Cut || s.At.Sub(p.last[t.Number]) < time.Second {
			continue
		}
		p.last[t.Number] = s.At
		col := min(max(int(t.Foot.X/float64(s.Width)*gridColumns), 0), gridColumns-1)
		row := min(max(int(t.Foot.Y/float64(s.Height)*gridRows), 0), gridRows-1)
		bin := min(max(int(6*math.Log2(t.Height()/leastHeight)), 0), heightBins-1)
		p.bins[row][col][bin]++
		p.all[bin]++
	}
}

// Report tells what was gathered, held against the least height that is needed:
// DressPixels where dress is to be told, PersonPixels where people are to be
// found.
func (p *PixelsPerPerson) Report(need float64) PixelReport {
	var r PixelReport
	r.Height, r.N = median(&p.all)
	small := 0
	for row := range gridRows {
		for col := range gridColumns {
			h, n := median(&p.bins[row][col])
			if n == 0 {
				continue
			}
			c := PixelCell{Height: h, N: n, Box: vision.Box{X0: float64(col) / gridColumns, Y0: float64(row) / gridRows, X1: float64(col+1) / gridColumns, Y1: float64(row+1) / gridRows}}
			r.Cells = append(r.Cells, c)
			if h < need {
				r.Small = append(r.Small, c)
				small += n
			}
		}
	}
	if r.N > 0 {
		r.TooSmall = float64(small) / float64(r.N)
	}
	return r
}

// median is the middle height of a histogram, to a twelfth of an octave.
func median(bins *[heightBins]uint32) (px float64, n int) {
	for _, b := range bins {
		n += int(b)
	}
	sum := 0
	for i, b := range bins {
		sum += int(b)
		if b > 0 && 2*sum >= n {
			return leastHeight * math.Exp2((float64(i)+0.5)/6), n
		}
	}
	return 0, n
}
