package face

import "linesman/models/detect"

// shrink makes pictures smaller, or leaves them as they are: every pixel counts
// by the share of it that falls on one of the result. It goes over the picture
// once, row by row.
type shrink struct {
	width, height int // of the result
	ratio         [2]float64
	from          []int     // first column under each of the result's
	share         []float32 // of the columns under each, one after the other
	upto          []int     // where each column's shares end
	row, sum      []float32
}

func newShrink(pw, ph, width, height int) shrink {
	s := shrink{width: width, height: height, row: make([]float32, 3*width), sum: make([]float32, 3*width)}
	s.ratio = [2]float64{float64(pw) / float64(width), float64(ph) / float64(height)}
	for x := range width {
		x0, x1 := float64(x)*s.ratio[0], min(float64(x+1)*s.ratio[0], float64(pw))
		s.from = append(s.from, int(x0))
		for i := int(x0); i < pw && float64(i) < x1; i++ {
			s.share = append(s.share, float32((min(x1, float64(i)+1)-max(x0, float64(i)))/(x1-x0)))
		}
		s.upto = append(s.upto, len(s.share))
	}
	return s
}

// fill writes the red, green and blue planes; across is their pixels from row to
// row.
func (s *shrink) fill(p detect.Picture, planes [3][]float32, across int) {
	done := -1 // the row of the picture that lies in s.row
	for y := range s.height {
		y0, y1 := float64(y)*s.ratio[1], min(float64(y+1)*s.ratio[1], float64(p.Height))
		clear(s.sum)
		for i := int(y0); i < p.Height && float64(i) < y1; i++ {
			if i != done {
				s.across(p.Pix[i*p.Stride:][:3*p.Width])
				done = i
			}
			k := float32((min(y1, float64(i)+1) - max(y0, float64(i))) / (y1 - y0))
			for j, v := range s.row {
				s.sum[j] += k * v
			}
		}
		red, green, blue := planes[0][y*across:][:s.width], planes[1][y*across:][:s.width], planes[2][y*across:][:s.width]
		for x := range red {
			red[x], green[x], blue[x] = s.sum[3*x], s.sum[3*x+1], s.sum[3*x+2]
		}
	}
}

// across shrinks one row.
func (s *shrink) across(row []byte) {
	if len(s.share) == s.width && 3*s.width == len(row) { // nothing to shrink
		for i, v := range row {
			s.row[i] = float32(v)
		}
		return
	}
	k := 0
	for x, from := range s.from {
		var r, g, b float32
		for px := row[3*from:]; k < s.upto[x]; k, px = k+1, px[3:] {
			w := s.share[k]
			r, g, b = r+w*float32(px[0]), g+w*float32(px[1]), b+w*float32(px[2])
		}
		s.row[3*x], s.row[3*x+1], s.row[3*x+2] = r, g, b
	}
}
