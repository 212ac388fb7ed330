package golden

import (
	"fmt"
	"math"

	"linesman/vision"
)

// surfaceReading says where the part looks unlike good ones, and how.
func (m *Model) surfaceReading(crop *vision.Crop, s *scratch) Reading {
	if s.strange {
		return m.strangeReading(crop, s)
	}
	at := s.worst(m)
	return s.placeReading(crop, at, m.limit[Surface], m.mmPerPx, s.spreadAt(m, at.width), func(x0, y0, x1, y1 int) vision.Box {
		return vision.Box{X0: float64(x0), Y0: float64(y0), X1: float64(x1), Y1: float64(y1)}
	})
}

// placeReading tells of one strange place; boxOf is the box in the crop about
// one of the smoothed pictures.
func (s *scratch) placeReading(crop *vision.Crop, at peak, limit, mmPerPx float64, spread func(x, y int) float32, boxOf func(x0, y0, x1, y1 int) vision.Box) Reading {
	r := Reading{Score: at.z / limit, Unit: "% contrast"}
	if at.z == 0 {
		return r
	}
	r.Measured = 100 * math.Abs(at.diff)
	r.Limit = r.Measured / r.Score
	x0, y0, x1, y1, area := at.x, at.y, at.x+1, at.y+1, 1
	if r.Score > worthReason {
		x0, y0, x1, y1, area = s.extent(spread, at)
		r.Text = placeText(at, area, mmPerPx, &r)
	}
	r.Box = crop.ToSensor.ApplyBox(boxOf(x0, y0, x1, y1))
	r.Area = float64(area)
	return r
}

// worthReason is the score from which a reading is told in words.
const worthReason = 0.7

// placeText tells a strange place in words.
func placeText(at peak, area int, mmPerPx float64, r *Reading) string {
	word := "bright"
	if at.diff < 0 {
		word = "dark"
	}
	if at.width == stroke {
		return fmt.Sprintf("%s line, contrast %.1f %% (limit %.1f %%)", word, r.Measured, r.Limit)
	}
	size := 2 * math.Sqrt(float64(area)/math.Pi) * mmPerPx
	return fmt.Sprintf("%s place %.1f mm, contrast %.0f %% (limit %.0f %%)", word, size, r.Measured, r.Limit)
}

// strangeReading is for what is far from any size of this product.
func (m *Model) strangeReading(crop *vision.Crop, s *scratch) Reading {
	r := m.sizeReading(crop, s)
	r.Text = "not this product: " + r.Text
	return r
}

func (m *Model) outlineReading(crop *vision.Crop, s *scratch) Reading {
	s.deviate(m.shape, m.turnedBy)
	at := s.worstArc(&m.outline)
	sin, cos := math.Sincos(2 * math.Pi * float64(at.ray) / float64(m.rays))
	where := vision.Point{X: s.pose.x + s.pose.radius*cos, Y: s.pose.y + s.pose.radius*sin}
	return edgeReading(crop, at, m.limit[Outline], m.mmPerPx, where, 2*math.Pi*m.radius/float64(m.rays))
}

// edgeReading tells of the outline's strangest place, at where in the crop; its
// rays are step pixels apart.
func edgeReading(crop *vision.Crop, at arcPeak, limit, mmPerPx float64, where vision.Point, step float64) Reading {
	r := Reading{Score: at.z / limit, Unit: "mm"}
	if at.z == 0 {
		return r
	}
	r.Measured = math.Abs(at.off) * mmPerPx
	r.Limit = r.Measured / r.Score
	word := "sticks out"
	if at.off < 0 {
		word = "is missing"
	}
	if r.Score > worthReason {
		r.Text = fmt.Sprintf("edge: %.2f mm %s (limit %.2f mm)", r.Measured, word, r.Limit)
	}
	reach := max(float64(at.width)*step, math.Abs(at.off), 2)
	r.Box = crop.ToSensor.ApplyBox(vision.Box{X0: where.X - reach, Y0: where.Y - reach, X1: where.X + reach, Y1: where.Y + reach})
	r.Area = 2 * reach * math.Abs(at.off)
	return r
}

func (m *Model) sizeReading(crop *vision.Crop, s *scratch) Reading {
	d := s.pose.radius - m.diameter.Mean
	z := math.Abs(d) / m.diameter.Deviation
	r := Reading{
		Score: z / m.limit[Size], Unit: "mm", Box: crop.Box, Area: crop.Area,
		Measured: 2 * s.pose.radius * m.mmPerPx,
	}
	span := m.limit[Size] * m.diameter.Deviation
	word := "large"
	r.Limit = 2 * (m.diameter.Mean + span) * m.mmPerPx
	if d < 0 {
		word = "small"
		r.Limit = 2 * (m.diameter.Mean - span) * m.mmPerPx
	}
	if r.Score > worthReason {
		r.Text = fmt.Sprintf("too %s: %.2f mm (limit %.2f mm)", word, r.Measured, r.Limit)
	}
	return r
}

// leastDeltaE is the least difference of colour that can fail a part, however
// alike the good ones were: the belt's word on the light is no surer.
const leastDeltaE = 3

func (m *Model) colourReading(crop *vision.Crop, s *scratch) Reading {
	z, deltaE := m.colour.distance(s.labOf(crop, s.pose.radius, m.surround))
	r := shadeReading(z, deltaE, m.limit[Colour])
	r.Box, r.Area = crop.Box, crop.Area
	return r
}

// shadeReading tells of a colour so many deviations of good parts, and so much
// delta E, from theirs.
func shadeReading(z, deltaE, limit float64) Reading {
	r := Reading{Score: min(z/limit, deltaE/leastDeltaE), Measured: deltaE, Unit: "ΔE"}
	if r.Score > 0 {
		r.Limit = deltaE / r.Score
	}
	if r.Score > worthReason {
		r.Text = fmt.Sprintf("colour off by ΔE %.1f (limit %.1f)", r.Measured, r.Limit)
	}
	return r
}

func (m *Model) placeReading(crop *vision.Crop, s *scratch) Reading {
	r := Reading{Unit: "mm", Box: crop.Box, Area: crop.Area}
	if s.strange {
		return r
	}
	r.Measured = math.Hypot(s.pose.shift[0]-m.shift[0], s.pose.shift[1]-m.shift[1]) * m.mmPerPx
	r.Limit = m.limit[Place] * m.mmPerPx
	r.Score = r.Measured / r.Limit
	if r.Score > worthReason {
		r.Text = fmt.Sprintf("print off by %.2f mm (limit %.2f mm)", r.Measured, r.Limit)
	}
	return r
}
