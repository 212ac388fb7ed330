package cv

import "encoding/binary"

// patches are the connected pieces of a two-level picture, found row by row as
// runs of pixels and joined where runs of neighbouring rows meet. OpenCV's own
// does this too, several times slower. All memory is kept from picture to picture.
type patches struct {
	label []int32 // by pixel: the piece it belongs to, from 1; 0 for none. See paint
	found []patch // by label; index 0 stands for none
	runs  []run
	row   []int // index of each row's first run, and one beyond the last
}

// patch is one piece: its bounds (x1 and y1 beyond), its area, and where the
// first run of its top row begins.
type patch struct {
	x0, y0, x1, y1 int
	area, topX     int
}

// run is a stretch of pixels in one row. join is the index of a run of the
// same piece, itself for the piece's first.
type run struct{ x0, x1, join, label int32 }

// find labels the pieces of mask that are set (not 0), joined where they share
// a side; or, inverted, of those that are not, joined at corners too.
func (p *patches) find(mask []byte, w, h int, inverted bool) {
	p.scan(mask, w, h, inverted)
	reach := int32(0)
	if inverted {
		reach = 1
	}
	for y := 1; y < h; y++ {
		a, aEnd, b, bEnd := p.row[y-1], p.row[y], p.row[y], p.row[y+1]
		for a < aEnd && b < bEnd {
			u, v := &p.runs[a], &p.runs[b]
			if u.x0 < v.x1+reach && v.x0 < u.x1+reach {
				p.merge(int32(a), int32(b))
			}
			if u.x1 < v.x1 {
				a++
			} else {
				b++
			}
		}
	}
	p.number(h)
}

// scan cuts every row into runs.
func (p *patches) scan(mask []byte, w, h int, inverted bool) {
	p.runs, p.row = p.runs[:0], p.row[:0]
	for y := range h {
		p.row = append(p.row, len(p.runs))
		line := mask[y*w : (y+1)*w]
		for x := 0; x < w; {
			start := skip(line, x, inverted)
			x = skip(line, start, !inverted)
			if x > start {
				p.runs = append(p.runs, run{x0: int32(start), x1: int32(x), join: int32(len(p.runs))})
			}
		}
	}
	p.row = append(p.row, len(p.runs))
}

// skip returns where from x on the pixels that are set, or those that are not, end.
func skip(line []byte, x int, set bool) int {
	var eight uint64 // at once, where all are 0 or all 255
	if set {
		eight = 1<<64 - 1
	}
	for x+8 <= len(line) && binary.LittleEndian.Uint64(line[x:]) == eight {
		x += 8
	}
	for x < len(line) && (line[x] != 0) == set {
		x++
	}
	return x
}

func (p *patches) root(i int32) int32 {
	for p.runs[i].join != i {
		p.runs[i].join = p.runs[p.runs[i].join].join
		i = p.runs[i].join
	}
	return i
}

// merge makes the earlier first run the first of both pieces.
func (p *patches) merge(a, b int32) {
	a, b = p.root(a), p.root(b)
	p.runs[max(a, b)].join = min(a, b)
}

// number gives pieces their labels, in the order of their first runs.
func (p *patches) number(h int) {
	p.found = append(p.found[:0], patch{})
	for y := range h {
		for i := p.row[y]; i < p.row[y+1]; i++ {
			r := &p.runs[i]
			first := p.root(int32(i))
			if first == int32(i) {
				r.label = int32(len(p.found))
				p.found = append(p.found, patch{x0: int(r.x0), y0: y, x1: int(r.x1), topX: int(r.x0)})
			} else {
				r.label = p.runs[first].label
			}
			b := &p.found[r.label]
			b.x0, b.x1, b.y1 = min(b.x0, int(r.x0)), max(b.x1, int(r.x1)), y+1
			b.area += int(r.x1 - r.x0)
		}
	}
}

// paint gives every pixel its piece's label, after find.
func (p *patches) paint(w, h int) {
	if len(p.label) != w*h {
		p.label = make([]int32, w*h)
	}
	clear(p.label)
	for y := range h {
		for _, r := range p.runs[p.row[y]:p.row[y+1]] {
			out := p.label[y*w+int(r.x0) : y*w+int(r.x1)]
			for k := range out {
				out[k] = r.label
			}
		}
	}
}
