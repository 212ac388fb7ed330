package contrast

import (
	"errors"
	"sync"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/vision"
)

// ChannelName is what models that carry this channel call it.
const ChannelName = "contrast"

// Model is how rough good parts are, place by place, or, where w and h are 0, at
// any place. It implements anomaly.Channel for whole pictures.
type Model struct {
	w, h         int
	mean, spread []float32 // w x h or one, of the roughness: contrast, 1 is 100 %
	threshold    float64   // of strangeness
	pool         sync.Pool // *scratch
}

var _ anomaly.Channel = (*Model)(nil)

// Name returns ChannelName.
func (*Model) Name() string { return ChannelName }

// strangest are the places that make the score.
var strangest = anomaly.Aggregate{Share: 0.005, Least: 3}

// notSeen is the strangeness of places that do not count.
const notSeen = -30

// measure fills s.z, of w x h, with how many spreads each place is rougher than
// usual.
func (m *Model) measure(s *scratch, p *anomaly.Picture) (rough []float32, w, h int) {
	if w, h = m.w, m.h; w == 0 {
		w, h = anomaly.Extent(p)
	}
	rough = s.roughness(p, w, h)
	s.z = sized(s.z, len(rough))
	for i, v := range rough {
		at := i
		if m.w == 0 {
			at = 0
		}
		s.z[i] = (v - m.mean[at]) / m.spread[at]
	}
	if p.Mask != nil {
		for y := range h {
			for x := range w {
				if p.Mask[y*p.Height/h*p.Width+x*p.Width/w] <= 127 {
					s.z[y*w+x] = notSeen
				}
			}
		}
	}
	return rough, w, h
}

// strangeness is the mean of the strangest places, in spreads.
func (m *Model) strangeness(s *scratch, p *anomaly.Picture) (v float64) {
	m.measure(s, p)
	v, s.room = strangest.Over(s.z, nil, s.room)
	return anomaly.Soft(v)
}

// heatStride is how many pixels of the picture make one cell of the heat map.
const heatStride = 4

// Score judges a whole picture. See anomaly.Channel.
func (m *Model) Score(p *anomaly.Part, ask models.Ask, into *anomaly.Reading) error {
	if p.Crop != nil {
		return errors.New("it was taught on whole pictures and can not judge a located part")
	}
	s, _ := m.pool.Get().(*scratch)
	if s == nil {
		s = new(scratch)
	}
	defer m.pool.Put(s)
	rough, w, h := m.measure(s, &p.Picture)
	var v float64
	v, s.room = strangest.Over(s.z, nil, s.room)
	at := 0
	for i, z := range s.z {
		if z > s.z[at] {
			at = i
		}
	}
	box, area := around(s, at, w, h)
	kx, ky := float64(p.Width)/float64(w), float64(p.Height)/float64(h)
	into.Score = anomaly.Soft(v) / m.threshold
	into.Measured, into.Unit = 100*float64(rough[at]), "% contrast"
	into.Limit = into.Measured / into.Score
	into.Box = vision.Box{X0: box.X0 * kx, Y0: box.Y0 * ky, X1: box.X1 * kx, Y1: box.Y1 * ky}
	into.Area = float64(area) * kx * ky
	if ask.Heatmap {
		into.Heat = m.heat(s, w, h)
	}
	return nil
}

// around finds the places about the strangest one that are half as strange, as a
// box of the measured picture.
func around(s *scratch, at, w, h int) (box vision.Box, area int) {
	if cap(s.seen) < len(s.z) {
		s.seen = make([]bool, len(s.z))
	}
	s.seen = s.seen[:len(s.z)]
	clear(s.seen)
	level := s.z[at] / 2
	x0, y0, x1, y1 := w, h, 0, 0
	s.queue = append(s.queue[:0], at)
	s.seen[at] = true
	for len(s.queue) > 0 {
		i := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		x, y := i%w, i/w
		x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		area++
		for _, n := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
			if n[0] < 0 || n[1] < 0 || n[0] >= w || n[1] >= h {
				continue
			}
			if j := n[1]*w + n[0]; !s.seen[j] && s.z[j] >= level {
				s.seen[j] = true
				s.queue = append(s.queue, j)
			}
		}
	}
	return vision.Box{X0: float64(x0), Y0: float64(y0), X1: float64(x1), Y1: float64(y1)}, area
}

// heat is the strangeness over the picture, 1 = threshold; each cell has the
// strangest of its pixels.
func (m *Model) heat(s *scratch, w, h int) models.Heatmap {
	across, down := (w+heatStride-1)/heatStride, (h+heatStride-1)/heatStride
	out := models.Heatmap{Width: across, Height: down, Score: make([]float32, across*down)}
	for y := range h {
		for x := range w {
			cell := &out.Score[y/heatStride*across+x/heatStride]
			*cell = max(*cell, s.z[y*w+x])
		}
	}
	for i, z := range out.Score {
		out.Score[i] = float32(anomaly.Soft(float64(z)) / m.threshold)
	}
	return out
}
