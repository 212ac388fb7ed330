package bench

import (
	"linesman/sim"
)

// Stated is from where on we vouch for a kind of a product: a part counts whose
// size, contrast and delta E all reach what stands here. 0 asks for nothing.
// Where it is more than the least that is drawn, it is an edge of the curve's classes.
type Stated struct {
	SizeMM   float64 `json:"size_mm,omitempty"`
	Contrast float64 `json:"contrast,omitempty"`
	DeltaE   float64 `json:"delta_e,omitempty"`
}

func (s Stated) covers(p sim.Part) bool {
	return p.SizeMM >= s.SizeMM && p.Contrast >= s.Contrast && p.DeltaE >= s.DeltaE
}

// stated are the sizes by product and kind. They say what a customer is told
// beforehand; a run is held against them and never moves them. docs/bench.md
// says which seeds were looked at: others than those that figures are measured
// with.
//
// A flaw counts from a contrast of 20 % on: twice the swing of the light, ten
// times the noise of a pixel. Its size is the least that is drawn, but for those
// of a few pixels, each 0.1 mm: a spot counts from 0.4 mm, on a cap, where it
// may lie on print, from 0.5 mm; a crack from 0.2 mm, for below that no pixel is
// all crack. A colour counts from delta E 8: good parts differ among themselves
// by 1.3, and belts by their light. What is another thing altogether counts
// whatever it looks like.
var stated = map[sim.Product]map[sim.Kind]Stated{
	sim.Tablets: {
		sim.Chip:        {SizeMM: 0.6, Contrast: 0.2},
		sim.Spot:        {SizeMM: 0.4, Contrast: 0.2},
		sim.Crack:       {SizeMM: 0.2, Contrast: 0.2},
		sim.Stain:       {SizeMM: 0.5, Contrast: 0.2},
		sim.WrongColour: {DeltaE: 8},
		sim.ForeignPart: {},
	},
	sim.Capsules: {
		sim.Dent:        {SizeMM: 1, Contrast: 0.2},
		sim.Spot:        {SizeMM: 0.4, Contrast: 0.2},
		sim.Crack:       {SizeMM: 0.2, Contrast: 0.2},
		sim.Stain:       {SizeMM: 0.5, Contrast: 0.2},
		sim.WrongColour: {DeltaE: 8},
		sim.EmptyHalf:   {SizeMM: 3, Contrast: 0.2},
	},
	sim.Caps: {
		sim.Chip:         {SizeMM: 0.6, Contrast: 0.2},
		sim.Spot:         {SizeMM: 0.5, Contrast: 0.2},
		sim.Dent:         {SizeMM: 1, Contrast: 0.2},
		sim.Stain:        {SizeMM: 0.5, Contrast: 0.2},
		sim.WrongColour:  {DeltaE: 8},
		sim.MissingPrint: {},
		sim.WrongPrint:   {},
	},
}

// StatedOf returns the stated size of a kind; none is stated for a recording
// or for kinds that a product is not measured by.
func StatedOf(product sim.Product, kind sim.Kind) (s Stated, ok bool) {
	s, ok = stated[product][kind]
	return s, ok
}

// StatedReport is what became of the parts above and below the stated sizes,
// all kinds together and each. Parts of a kind without a stated size are in
// neither.
type StatedReport struct {
	Above   Share               `json:"above"`
	Below   Share               `json:"below"`
	ByKind  map[string]OfStated `json:"by_kind"`
	Without int                 `json:"without_stated_size"`
}

// OfStated is one kind's.
type OfStated struct {
	Stated
	Above Share `json:"above"`
	Below Share `json:"below"`
}

// statedReport tells of the stated sizes; nil where no kind that was drawn has one.
func (t *tally) statedReport() *StatedReport {
	r := &StatedReport{ByKind: map[string]OfStated{}}
	var above, below count
	for k, c := range t.curves {
		s, ok := StatedOf(t.stated, k)
		if !ok {
			r.Without += c.all().drawn
			continue
		}
		a, b := t.above[k], t.below[k]
		above.join(a)
		below.join(b)
		r.ByKind[string(k)] = OfStated{Stated: s, Above: a.share(), Below: b.share()}
	}
	if len(r.ByKind) == 0 {
		return nil
	}
	r.Above, r.Below = above.share(), below.share()
	return r
}
