package tamper

import (
	"fmt"
	"time"

	"linesman/camera"
)

// The small picture: across pixels wide, its height by the camera's shape. It is
// divided into cells for what is counted by place.
const (
	across    = 160
	cellsX    = 8
	cellsY    = 6
	cells     = cellsX * cellsY
	minHeight = 2 * cellsY
	perBlock  = 4 // samples of the large picture each way for a pixel of the small one
)

// Sight is what is kept of one picture of the camera.
type Sight struct {
	At     time.Time // exposure
	Height int       // of Grey, in rows of 160 pixels
	Grey   []byte    // means over blocks of the picture
	// Fine is, by cell, how much neighbouring pixels of the large picture differ:
	// the mean of the second difference along a row, in grey levels.
	Fine [cells]float32
	// Sum is, by cell, a sum over the samples as they are. Equal sums are equal
	// pixels.
	Sum [cells]uint64

	// Key says that the picture is a key picture of the stream, and Stream that
	// Key is known. A coder that has nothing to tell repeats the picture before to
	// the last bit, but codes anew at a key picture.
	Key, Stream bool
}

// Reducer makes Sights of one camera's frames. It looks at a ninth of the
// pixels of a frame of 1920 x 1080. It is used by one
// goroutine.
type Reducer struct {
	width, height int
	format        camera.Format
	small         int   // rows of the small picture
	columns       []int // byte offsets of the samples in a row
	rows          []int
	perBand       [cellsY]int // sampled rows of a row of cells
	sums          []uint32
}

// NewReducer returns a reducer.
func NewReducer() *Reducer { return &Reducer{} }

// Reduce fills a sight from a frame, which it does not keep. Of colours it takes
// green. A frame too small to be judged is an error.
func (r *Reducer) Reduce(f *camera.Frame, s *Sight) error {
	if err := r.fit(f); err != nil {
		return err
	}
	if s.Height != r.small {
		s.Height, s.Grey = r.small, make([]byte, across*r.small)
	}
	s.At, s.Key, s.Stream = f.At, f.Key, f.Stream
	clear(r.sums)
	clear(s.Fine[:])
	clear(s.Sum[:])
	step := f.Format.Channels()
	for i, y := range r.rows {
		sy := i / perBlock
		r.row(f.Pix[y*f.Stride:], step, r.sums[sy*across:(sy+1)*across], s, sy*cellsY/r.small*cellsX)
	}
	for i, v := range r.sums {
		s.Grey[i] = byte(v / (perBlock * perBlock))
	}
	for i := range cells {
		s.Fine[i] /= float32(max(r.perBand[i/cellsX]*perCell, 1))
	}
	return nil
}

// perCell is the samples of a row that lie in one cell.
const perCell = across * perBlock / cellsX

// row takes the samples of one row, cell by cell; band is the row's first cell.
func (r *Reducer) row(line []byte, step int, out []uint32, s *Sight, band int) {
	for cell := range cellsX {
		var fine int32
		sum := s.Sum[band+cell]
		columns := r.columns[cell*perCell : (cell+1)*perCell]
		blocks := out[cell*(across/cellsX) : (cell+1)*(across/cellsX)]
		for i := range blocks {
			four := (*[perBlock]int)(columns[i*perBlock:])
			var block, packed uint32
			for _, x := range four {
				a, b, c := beside(line, x, step)
				d := 2*int32(b) - int32(a) - int32(c)
				fine += max(d, -d)
				block += uint32(b)
				packed = packed<<8 | uint32(b)
			}
			blocks[i] += block
			sum = (sum ^ uint64(packed)) * 0x100000001b3 // FNV-1a, four samples at a time
		}
		s.Sum[band+cell] = sum
		s.Fine[band+cell] += float32(fine)
	}
}

// beside returns the byte at x between its two neighbours of the same channel, step
// bytes off: 1 or 3.
func beside(line []byte, x, step int) (a, b, c byte) {
	if step == 1 {
		t := (*[3]byte)(line[x-1:])
		return t[0], t[1], t[2]
	}
	t := (*[7]byte)(line[x-3:])
	return t[0], t[3], t[6]
}

// fit lays out where samples are taken, anew when the frames change.
func (r *Reducer) fit(f *camera.Frame) error {
	if f.Width == r.width && f.Height == r.height && f.Format == r.format {
		return nil
	}
	small := (f.Height*across + f.Width/2) / max(f.Width, 1)
	if f.Width < across+2 || small < minHeight || small > 4*across {
		return fmt.Errorf("a picture of %d x %d pixels is too small, or too narrow, to watch for tampering; %d x %d is the least", f.Width, f.Height, across+2, across*3/4)
	}
	*r = Reducer{width: f.Width, height: f.Height, format: f.Format, small: small}
	step, green := f.Format.Channels(), f.Format.Channels()/2
	for i := range across * perBlock {
		x := (2*i + 1) * f.Width / (2 * across * perBlock)
		x = min(max(x, 1), f.Width-2)
		r.columns = append(r.columns, x*step+green)
	}
	for i := range small * perBlock {
		r.rows = append(r.rows, min((2*i+1)*f.Height/(2*small*perBlock), f.Height-1))
		r.perBand[i/perBlock*cellsY/small]++
	}
	r.sums = make([]uint32, across*small)
	return nil
}
