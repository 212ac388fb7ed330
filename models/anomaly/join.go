package anomaly

import (
	"cmp"
	"fmt"
	"slices"

	"linesman/models"
	"linesman/vision"
)

// join makes one part's result of all channels: its anomaly is the highest, its
// findings are the channels, strongest first, and its heat map shows the hottest
// of each place. out's slices are used again.
func (d *Detector) join(b *bench, p *Part, t *texel, ask models.Ask, out *models.Result) error {
	out.Findings = out.Findings[:0]
	out.Heatmap = t.heat
	if err := checkScore(Texture, t.score); err != nil {
		return err
	}
	out.Anomaly = t.score
	out.Findings = append(out.Findings, d.finding(p, t))
	for _, c := range d.channels {
		b.reading = Reading{}
		if err := c.Score(p, ask, &b.reading); err != nil {
			return fmt.Errorf("model %q channel %q: %w", d.card.Name, c.Name(), err)
		}
		r := &b.reading
		if err := checkScore(c.Name(), r.Score); err != nil {
			return err
		}
		out.Anomaly = max(out.Anomaly, r.Score)
		out.Findings = append(out.Findings, models.Finding{
			Class: cmp.Or(r.Class, c.Name()), Score: r.Score, Box: r.Box, Area: r.Area,
			Measured: r.Measured, Limit: r.Limit, Unit: r.Unit,
		})
		out.Heatmap = hottest(out.Heatmap, r.Heat)
	}
	slices.SortStableFunc(out.Findings, func(a, b models.Finding) int { return cmp.Compare(b.Score, a.Score) })
	return nil
}

// hottest lays one heat map over another, on the finer of the two grids.
func hottest(a, b models.Heatmap) models.Heatmap {
	if len(b.Score) == 0 {
		return a
	}
	if len(a.Score) == 0 {
		return b
	}
	if len(a.Score) > len(b.Score) {
		a, b = b, a
	}
	for y := range b.Height {
		for x := range b.Width {
			coarse := a.Score[y*a.Height/b.Height*a.Width+x*a.Width/b.Width]
			at := &b.Score[y*b.Width+x]
			*at = max(*at, coarse)
		}
	}
	return b
}

// finding says where on the sensor the texture is strangest.
func (d *Detector) finding(p *Part, t *texel) models.Finding {
	place := vision.Affine{A: 1, E: 1} // a whole picture is the sensor
	if p.Crop != nil {
		place = p.Crop.ToSensor
	}
	kx, ky := float64(p.Width)/float64(max(t.grid[0], 1)), float64(p.Height)/float64(max(t.grid[1], 1))
	s := t.spot
	return models.Finding{
		Class: Texture, Score: t.score,
		Box: onSensor(place, float64(s.x0)*kx, float64(s.y0)*ky, float64(s.x1)*kx, float64(s.y1)*ky),
		// Crops are upright and not scaled against the sensor by more than the transform says.
		Area:     float64(s.cells) * kx * ky * scaleOf(place),
		Measured: t.distance, Limit: d.card.Threshold, Unit: "feature distance",
	}
}

// scaleOf is how many sensor pixels one crop pixel covers.
func scaleOf(t vision.Affine) float64 {
	det := t.A*t.E - t.B*t.D
	if det < 0 {
		return -det
	}
	return det
}

// onSensor is the upright box around a crop's rectangle, in sensor pixels.
func onSensor(t vision.Affine, x0, y0, x1, y1 float64) vision.Box {
	a := t.Apply(vision.Point{X: x0, Y: y0})
	box := vision.Box{X0: a.X, Y0: a.Y, X1: a.X, Y1: a.Y}
	for _, p := range [3]vision.Point{{X: x1, Y: y0}, {X: x0, Y: y1}, {X: x1, Y: y1}} {
		q := t.Apply(p)
		box.X0, box.Y0 = min(box.X0, q.X), min(box.Y0, q.Y)
		box.X1, box.Y1 = max(box.X1, q.X), max(box.Y1, q.Y)
	}
	return box
}
