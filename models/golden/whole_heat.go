package golden

import (
	"math"

	"linesman/models"
	"linesman/vision"
)

// heatStride is how many pixels of the crop make one cell of a heat map.
const heatStride = 4

// heat lays what is strange of the product that was cut out over the whole picture, each cell
// as hot as the strangest of its pixels, 1 = threshold.
func (w *Whole) heat(r *wholeRoom) models.Heatmap {
	f := w.frame
	out := models.Heatmap{Width: (f.w + heatStride - 1) / heatStride, Height: (f.h + heatStride - 1) / heatStride}
	out.Score = make([]float32, out.Width*out.Height)
	// Where the crop lies in the frame, which is the picture's size in its own pixels.
	x0 := int(math.Round(r.crop.ToSensor.C / r.crop.ToSensor.A))
	y0 := int(math.Round(r.crop.ToSensor.F / r.crop.ToSensor.E))
	w.model.strangePlaces(&r.crop, func(x, y int, score float64) {
		if x, y = x0+x, y0+y; x >= 0 && y >= 0 && x < f.w && y < f.h {
			cell := &out.Score[y/heatStride*out.Width+x/heatStride]
			*cell = max(*cell, float32(score))
		}
	})
	return out
}

// strangePlaces tells of every pixel of the crop that the product is compared on, and of its
// edge, how strange it is, 1 = threshold. Of what can not be compared it tells nothing.
func (m *Model) strangePlaces(crop *vision.Crop, tell func(x, y int, score float64)) {
	s, _ := m.pool.Get().(*scratch)
	if s == nil {
		s = newScratch(m)
	}
	defer m.pool.Put(s)
	if m.examine(crop, s) != nil || s.strange {
		return
	}
	n := s.grey.size
	for width := range widths {
		spread, step := s.spreadAt(m, width), strides[width]
		for y := s.window.y0; y < s.window.y1; y += step {
			row := s.smoothed[width].v[y*n : (y+1)*n]
			x := s.chords[y].x0
			for x += (step - (x-s.window.x0)%step) % step; x < s.chords[y].x1; x += step {
				if s.inside[y*n+x] {
					tell(x, y, math.Abs(float64(row[x]/max(spread(x, y), m.least[width])))/m.limit[Surface])
				}
			}
		}
	}
	s.deviate(m.shape, m.turnedBy)
	for width, rays := range arcWidth {
		for ray, d := range s.smoothArc(rays) {
			sin, cos := s.sin[ray], s.cos[ray]
			tell(int(s.pose.x+s.pose.radius*cos), int(s.pose.y+s.pose.radius*sin), math.Abs(float64(d/m.outline[width][ray]))/m.limit[Outline])
		}
	}
}
