package vision

import (
	"linesman/camera"
	"linesman/vision/lanes"
)

// coveredSpread is the least standard deviation of grey that a picture of
// something has; below it there is only the sensor's own noise, or nothing.
const coveredSpread = 1.2

// bandRows is how often a row is looked at: focus and light show as well in
// every fourth row as in all of them.
const bandRows = 4

// Inspect measures the picture itself on every fourth row at full resolution.
// Covered is set for a picture that is almost black or almost white, or that
// has no structure beyond its noise; a locator that knows the belt decides for
// an even picture whether that is the bare belt. scratch is recycled; pass the
// same one every time.
func Inspect(f *camera.Frame, scratch *[]byte) Quality {
	w, h := f.Width, f.Height
	if w < 3 || h < 3 {
		return Quality{Covered: true}
	}
	if cap(*scratch) < 3*w {
		*scratch = make([]byte, 3*w)
	}
	rows := (*scratch)[:3*w]
	above, here, below := rows[:w], rows[w:2*w], rows[2*w:]
	var sum, lap, lap2, clipped, n int64
	var blocks spread
	for y := 1; y+1 < h; y += bandRows {
		greyRow(f, y-1, above)
		greyRow(f, y, here)
		greyRow(f, y+1, below)
		l := lanes.Laplace(above, here, below)
		sum, lap, lap2, clipped = sum+l.Level, lap+l.Sum, lap2+l.Square, clipped+l.Clipped
		n += int64(w - 2)
		blocks.row(here)
	}
	mean := float64(sum) / float64(n)
	ml := float64(lap) / float64(n)
	return Quality{
		Focus:   float64(lap2)/float64(n) - ml*ml,
		Mean:    mean,
		Clipped: float64(clipped) / float64(n),
		Covered: mean < 6 || mean > 249 || blocks.variance() < coveredSpread*coveredSpread,
	}
}

// greyRow writes row y as grey (weights 77, 150, 29 of 256).
func greyRow(f *camera.Frame, y int, out []byte) {
	row := f.Pix[y*f.Stride:]
	if f.Format == camera.Grey {
		copy(out, row[:f.Width])
		return
	}
	lanes.Grey(out, row)
}

// spread is the variance of means of runs of pixels, in which noise has all but
// cancelled.
type spread struct{ n, sum, sum2 float64 }

func (s *spread) row(grey []byte) {
	run := min(64, len(grey))
	for ; len(grey) >= run; grey = grey[run:] {
		m := float64(lanes.Total(grey[:run])) / float64(run)
		s.n++
		s.sum += m
		s.sum2 += m * m
	}
}

func (s *spread) variance() float64 {
	if s.n == 0 {
		return 0
	}
	m := s.sum / s.n
	return s.sum2/s.n - m*m
}
