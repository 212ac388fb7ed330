package teach_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/models/teach"
)

// stained is a good cloth with a pale stain.
func stained(seed uint64) anomaly.Picture {
	p := cloth(seed, false)
	for y := 50; y < 74; y++ {
		for x := 16; x < 40; x++ {
			for c := range 3 {
				at := 3*(y*96+x) + c
				p.Pix[at] = byte(200 + int(p.Pix[at])/5)
			}
		}
	}
	return p
}

// served is a model written to a folder and read again.
func served(t *testing.T, m *anomaly.Model) *anomaly.Detector {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cloth")
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
	d, err := anomaly.Load(dir, anomaly.Options{Open: onnx.Open, Channels: channel.All()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// TestNamed shows a few labelled holes and stains; others are then called so, in
// the folder written and read again as well.
func TestNamed(t *testing.T) {
	in := input(cloths(0, 16, false))
	bad := cloths(100, 4, true)
	in.DefectNames = []string{"hole", "hole", "hole", "hole"}
	for i := range 4 {
		bad = append(bad, anomaly.Part{Picture: stained(uint64(150 + i))})
		in.DefectNames = append(in.DefectNames, "stain")
	}
	bad = append(bad, anomaly.Part{Picture: stained(170)})
	in.DefectNames = append(in.DefectNames, "seen once")
	in.Defects = bad
	m, err := teach.Teach(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Named.Classes, []string{"hole", "stain"}) || !slices.Contains(m.Card.Classes, "stain") {
		t.Errorf("classes %v, on the card %v", m.Named.Classes, m.Card.Classes)
	}
	if f := m.Card.Figures; f.Defects != 9 || f.Named == nil || *f.Named < 7 || *f.Missed != 0 {
		t.Errorf("figures %+v: want 9 defects found and nearly all of 8 named", f)
	}
	for _, says := range []string{"names hole, stain", "Of seen once there are fewer than 2"} {
		if !strings.Contains(m.Card.Chosen, says) {
			t.Errorf("the card does not say %q: %s", says, m.Card.Chosen)
		}
	}
	d := served(t, m)
	right := 0
	for i := range uint64(10) {
		for name, p := range map[string]anomaly.Picture{"hole": cloth(300+i, true), "stain": stained(320 + i)} {
			r, err := d.Look(t.Context(), p, models.Ask{Heatmap: true})
			if err != nil {
				t.Fatal(err)
			}
			if r.Findings[0].Name == name {
				right++
			}
			if r.Anomaly < 1 || r.Findings[0].Score != r.Anomaly {
				t.Errorf("%s: anomaly %.2f, first finding %+v", name, r.Anomaly, r.Findings[0])
			}
		}
		if r, err := d.Look(t.Context(), cloth(340+i, false), models.Ask{}); err != nil || r.Anomaly < 0.7 && r.Findings[0].Name != "" {
			t.Errorf("a good cloth is called %q (%v)", r.Findings[0].Name, err)
		}
	}
	if right < 18 {
		t.Errorf("%d of 20 unseen defects got their name", right)
	}
}

// A defect that nobody named, and one alone of its kind, teach no name.
func TestNothingToName(t *testing.T) {
	in := input(cloths(0, 12, false))
	in.Defects = cloths(100, 1, true)
	m, err := teach.Teach(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if m.Named != nil || m.Card.Figures.Named != nil || m.Card.Figures.Defects != 1 || !strings.Contains(m.Card.Chosen, "too few of each kind") {
		t.Errorf("named %v, figures %+v: %s", m.Named, m.Card.Figures, m.Card.Chosen)
	}
}
