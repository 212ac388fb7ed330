package teach_test

import (
	"strings"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/teach"
)

// TestChangedPictures goes the whole way: a model taught of good cloths passes good
// ones under another lamp, rejects a hole there, and says on its card what it evens out.
func TestChangedPictures(t *testing.T) {
	m, err := teach.Teach(t.Context(), input(cloths(0, 12, false)))
	if err != nil {
		t.Fatal(err)
	}
	if m.Eyes == nil || m.Soft == nil {
		t.Fatalf("eyes %v, soft state %v: want both for whole pictures", m.Eyes != nil, m.Soft != nil)
	}
	if !strings.Contains(m.Card.Chosen, "taken for light") || !strings.Contains(m.Card.Chosen, "blurred by 2 px") {
		t.Errorf("the card says %q, want what is evened out", m.Card.Chosen)
	}
	d := served(t, m)
	for _, gain := range []float64{0.78, 1.25} {
		rejected := 0
		for i := range 10 {
			if look(t, d, under(cloth(uint64(400+i), false), gain)) >= 1 {
				rejected++
			}
		}
		if rejected > 1 {
			t.Errorf("lamp at %.2f: %d of 10 good cloths rejected, want at most 1", gain, rejected)
		}
		if s := look(t, d, under(cloth(500, true), gain)); s < 1.2 {
			t.Errorf("lamp at %.2f: a hole scores %.2f, want above 1.2", gain, s)
		}
	}
	r, err := d.Look(t.Context(), smeared(cloth(700, false)), models.Ask{Heatmap: true})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Findings[0]; f.Class != anomaly.Blur || r.Anomaly < 1 || f.Measured >= f.Limit {
		t.Errorf("a blurred good cloth scores %.2f by %s (%.0f, limit %.0f), want it rejected as blurred", r.Anomaly, f.Class, f.Measured, f.Limit)
	}
	if s := look(t, d, smeared(cloth(800, true))); s < r.Anomaly+0.2 {
		t.Errorf("blurred, a hole scores %.2f and a good cloth %.2f, want the hole well above", s, r.Anomaly)
	}
	if s := look(t, d, under(cloth(600, false), 0.4)); s < 1 {
		t.Errorf("a picture far too dark scores %.2f, want it rejected", s)
	}
}

func under(p anomaly.Picture, gain float64) anomaly.Picture {
	for i, v := range p.Pix {
		p.Pix[i] = byte(min(255, gain*float64(v)))
	}
	return p
}

// smeared is a picture out of focus.
func smeared(p anomaly.Picture) anomaly.Picture {
	var s anomaly.Smoother
	n := p.Width * p.Height
	from, into := make([]float32, n), make([]float32, n)
	for k := range 3 {
		for i := range from {
			from[i] = float32(p.Pix[3*i+k])
		}
		s.Filter(from, into, p.Width, p.Height, anomaly.Gauss(2))
		for i, v := range into {
			p.Pix[3*i+k] = byte(v + 0.5)
		}
	}
	return p
}

func look(t *testing.T, d *anomaly.Detector, p anomaly.Picture) float64 {
	t.Helper()
	r, err := d.Look(t.Context(), p, models.Ask{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Anomaly
}
