package anomaly

import (
	"context"
	"time"

	"linesman/models"
)

// Look judges one whole picture that was never located. What the eyes did to it
// beyond what good pictures show is taken back first, see Eyes.
func (d *Detector) Look(ctx context.Context, p Picture, ask models.Ask) (models.Result, error) {
	if err := ctx.Err(); err != nil {
		return models.Result{}, err
	}
	if d.eyes == nil || !p.whole() {
		return d.judge(p, ask)
	}
	began := time.Now()
	m := d.eyes.Mend(p)
	by := d
	if m.Soft {
		by = d.soft
	}
	r, err := by.judge(m.Picture, ask)
	if err == nil {
		if m.back(&r, &p); m.Soft {
			d.eyes.Focus.declare(&r, m.sharp, &p)
		}
		r.Took = float64(time.Since(began).Microseconds()) / 1000
	}
	return r, err
}

// judge judges a whole picture as it is.
func (d *Detector) judge(p Picture, ask models.Ask) (models.Result, error) {
	b, err := d.borrow()
	if err != nil {
		return models.Result{}, err
	}
	defer d.giveBack(b)
	began := time.Now()
	b.part = d.wholePart(p)
	b.single[0] = b.part.Picture
	texels, err := d.look(b, b.single[:], ask)
	if err != nil {
		return models.Result{}, err
	}
	var r models.Result
	if err := d.join(b, &b.part, &texels[0], ask, &r); err != nil {
		return models.Result{}, err
	}
	r.Model = d.card.Model()
	r.Took = float64(time.Since(began).Microseconds()) / 1000
	return r, nil
}

// wholePart is a whole picture without its ground.
func (d *Detector) wholePart(p Picture) Part {
	part := Part{Picture: p}
	if d.ground != nil && p.whole() {
		d.ground.SetOff(&part)
	}
	return part
}

// softened opens what judges blurred pictures.
func (m *Model) softened(o Options) (*Detector, error) {
	s := Model{Card: m.Card, Ground: m.Ground, Graph: m.Soft.Graph, Channels: []ChannelFile{m.Soft.Contrast}}
	s.Card.Threshold = m.Eyes.Focus.Threshold
	return s.unproven(o)
}
