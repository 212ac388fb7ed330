package anomaly

import (
	"fmt"
	"slices"

	"linesman/models"
	"linesman/vision"
)

// mostPlaces is how many places of one kind are named on a part; where there are
// more, the list is not complete.
const mostPlaces = 32

// list names every place of the part that scores least or more: the strongest, then
// what would be the strongest if that one were not there, and so on. Each place has
// all that hangs together above least. It says whether the list is complete: a
// channel that is no Lister names its strongest place alone.
func (d *Detector) list(b *bench, p *Part, t *texel, least float64, out *models.Result) (complete bool, err error) {
	if out.Anomaly < least {
		return true, nil
	}
	complete = true
	before := out.Findings
	out.Findings = nil
	for i, f := range before {
		switch lister := d.listerOf(i); {
		case f.Class == Texture && f.Score >= least:
			name := func(s spot) string {
				box, _ := onPicture(p, &t.patches, s)
				return d.nameOf(p, t, box)
			}
			complete = d.placesOn(b, p, t, t.patches.Distance, least, scorer{
				score: func(v float64) float64 { return v / d.card.Threshold }, level: d.card.Threshold * least,
				finding: models.Finding{Class: Texture, Limit: d.card.Threshold, Unit: f.Unit},
			}, name, out) && complete
		case f.Class == Likeness && f.Score >= least:
			complete = d.likePlaces(b, p, t, f.Unit, least, out) && complete
		case lister != nil && f.Score >= least:
			readings, all, err := lister.Places(p, least, nil)
			if err != nil {
				return false, fmt.Errorf("model %q channel %q: %w", d.card.Name, lister.Name(), err)
			}
			complete = complete && all
			for k := range readings {
				f := findingOf(lister, &readings[k])
				if err := checkScore(lister.Name(), f.Score); err != nil {
					return false, err
				}
				f.Name = d.nameOf(p, t, f.Box)
				out.Findings = append(out.Findings, f)
			}
		default:
			if f.Score >= least {
				complete = false
				f.Name = d.nameOf(p, t, f.Box)
			}
			out.Findings = append(out.Findings, f)
		}
	}
	return complete, nil
}

// listerOf returns the channel whose finding stands i-th, before findings are
// sorted, if it can name all its places.
func (d *Detector) listerOf(i int) Lister {
	if i < 1 || i > len(d.channels) {
		return nil
	}
	l, _ := d.channels[i-1].(Lister)
	return l
}

// likePlaces lists where the part looks like labelled defects, class by class.
func (d *Detector) likePlaces(b *bench, p *Part, t *texel, unit string, least float64, out *models.Result) bool {
	complete := true
	for k, limit := range d.named.Limits {
		b.like = d.named.Likeness(&t.patches, k, b.like)
		complete = d.placesOn(b, p, t, b.like, least, scorer{
			score: func(v float64) float64 { return Soft(v) / limit }, level: hard(limit * least),
			finding: models.Finding{Class: Likeness, Name: d.named.Classes[k], Limit: hard(limit), Unit: unit},
		}, nil, out) && complete
	}
	return complete
}

// scorer is how one kind of value over a part's patches is judged.
type scorer struct {
	score   func(v float64) float64 // of the aggregated values
	level   float64                 // the value at which a patch by itself scores least
	finding models.Finding          // what is the same of every place
}

// placesOn lists the places of one kind; false if there are more than mostPlaces.
func (d *Detector) placesOn(b *bench, p *Part, t *texel, values []float32, least float64, by scorer, name func(spot) string, out *models.Result) bool {
	w, h := t.patches.W, t.patches.H
	left := slices.Clone(PatchesOn(&p.Picture, w, h, nil))
	if left == nil {
		left = make([]bool, w*h)
		for i := range left {
			left[i] = true
		}
	}
	for range mostPlaces {
		var v float64
		v, b.top = d.card.Aggregate.Over(values, left, b.top)
		f := by.finding
		if f.Score, f.Measured = by.score(v), v; !(f.Score >= least) { // or none is left
			return true
		}
		if name != nil {
			f.Name = name(strongest(values, left, w, h, &b.flood))
		}
		at := flooded(values, left, w, h, float32(by.level), &b.flood)
		f.Box, f.Area = onPicture(p, &t.patches, at)
		out.Findings = append(out.Findings, f)
		for i, in := range b.flood.seen {
			left[i] = left[i] && !in
		}
	}
	return false
}

// nameOf returns the name of the labelled defects that what lies in a box of the
// sensor resembles, "" for none.
func (d *Detector) nameOf(p *Part, t *texel, box vision.Box) string {
	if d.named == nil {
		return ""
	}
	return d.named.Name(d.named.Look(&t.patches, t.patches.Strangest(inPatches(p, &t.patches, box))))
}
