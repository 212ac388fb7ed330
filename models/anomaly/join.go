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
		out.Findings = append(out.Findings, findingOf(c, r))
		if ask.Places == 0 { // else list names them by their places
			for i := range r.Also {
				out.Findings = append(out.Findings, findingOf(c, &r.Also[i]))
			}
		}
		out.Heatmap = Hottest(out.Heatmap, r.Heat)
	}
	if err := d.likeness(b, p, t, ask, out); err != nil {
		return err
	}
	if d.ground != nil && p.Crop == nil {
		f := d.ground.extension(p)
		out.Anomaly = max(out.Anomaly, f.Score)
		out.Findings = append(out.Findings, f)
	}
	out.Listed = 0
	least := ask.Places * cmp.Or(d.card.Limit, 1)
	if least > 0 {
		complete, err := d.list(b, p, t, least, out)
		if err != nil {
			return err
		}
		if complete {
			out.Listed = ask.Places
		}
	}
	slices.SortStableFunc(out.Findings, func(a, b models.Finding) int { return cmp.Compare(b.Score, a.Score) })
	if least == 0 || out.Anomaly < least { // list gave names
		d.call(p, t, out)
	}
	d.scale(out)
	return nil
}

// findingOf is what a channel's reading becomes.
func findingOf(c Channel, r *Reading) models.Finding {
	return models.Finding{Class: cmp.Or(r.Class, c.Name()), Score: r.Score, Box: r.Box, Area: r.Area, Measured: r.Measured, Limit: r.Limit, Unit: r.Unit}
}

// likeness adds what looks like labelled defects, where that was found to pay.
func (d *Detector) likeness(b *bench, p *Part, t *texel, ask models.Ask, out *models.Result) error {
	if d.named == nil || len(d.named.Limits) == 0 {
		return nil
	}
	r, at := d.named.find(&t.patches, d.card.Aggregate, b, ask)
	if err := checkScore(Likeness, r.Score); err != nil {
		return err
	}
	box, area := onPicture(p, &t.patches, at)
	out.Anomaly = max(out.Anomaly, r.Score)
	out.Findings = append(out.Findings, models.Finding{Class: Likeness, Name: r.Class, Score: r.Score, Box: box, Area: area, Measured: r.Measured, Limit: r.Limit, Unit: r.Unit})
	out.Heatmap = Hottest(out.Heatmap, r.Heat)
	return nil
}

// doubtful is the score from which an anomaly is worth a name.
const doubtful = 0.7

// call gives the strongest finding the name of the labelled defects it resembles.
func (d *Detector) call(p *Part, t *texel, out *models.Result) {
	if d.named == nil || out.Anomaly < doubtful {
		return
	}
	f := &out.Findings[0]
	f.Name = cmp.Or(d.nameOf(p, t, f.Box), f.Name)
}

// inPatches brings a box on the sensor to patches of the part's picture.
func inPatches(p *Part, on *Patches, box vision.Box) vision.Box {
	if p.Crop != nil {
		back, ok := p.Crop.ToSensor.Inverse()
		if !ok {
			return vision.Box{}
		}
		box = back.ApplyBox(box)
	}
	kx, ky := float64(on.W)/float64(p.Width), float64(on.H)/float64(p.Height)
	return vision.Box{X0: box.X0 * kx, Y0: box.Y0 * ky, X1: box.X1 * kx, Y1: box.Y1 * ky}
}

// scale brings everything to the joined score at which the model places its
// limit, where labelled defects moved it.
func (d *Detector) scale(out *models.Result) {
	limit := cmp.Or(d.card.Limit, 1)
	if limit == 1 {
		return
	}
	out.Anomaly /= limit
	for i := range out.Findings {
		out.Findings[i].Score /= limit
		out.Findings[i].Limit *= limit
	}
	for i := range out.Heatmap.Score {
		out.Heatmap.Score[i] /= float32(limit)
	}
}

// Hottest lays one heat map over another, on the finer of the two grids; it writes on
// that one.
func Hottest(a, b models.Heatmap) models.Heatmap {
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
	box, area := onPicture(p, &t.patches, t.spot)
	return models.Finding{Class: Texture, Score: t.score, Box: box, Area: area, Measured: t.distance, Limit: d.card.Threshold, Unit: "feature distance"}
}

// onPicture brings a spot of patches to the sensor's pixels.
func onPicture(p *Part, on *Patches, s spot) (box vision.Box, area float64) {
	place := vision.Affine{A: 1, E: 1} // a whole picture is the sensor
	if p.Crop != nil {
		place = p.Crop.ToSensor
	}
	kx, ky := float64(p.Width)/float64(max(on.W, 1)), float64(p.Height)/float64(max(on.H, 1))
	// Crops are upright and not scaled against the sensor by more than the transform says.
	return onSensor(place, float64(s.x0)*kx, float64(s.y0)*ky, float64(s.x1)*kx, float64(s.y1)*ky), float64(s.cells) * kx * ky * scaleOf(place)
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
