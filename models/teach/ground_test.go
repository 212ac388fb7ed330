package teach_test

import (
	"strings"
	"testing"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/teach"
)

// laid puts a cloth on black ground, shifted by a few pixels.
func laid(c anomaly.Picture, dx, dy int) anomaly.Picture {
	const w, h = 224, 160
	p := anomaly.Picture{Width: w, Height: h, Pix: make([]byte, 3*w*h)}
	for i := range p.Pix {
		p.Pix[i] = byte(20 + i*7919%5)
	}
	for y := range c.Height {
		copy(p.Pix[3*((y+32+dy)*w+88+dx):], c.Pix[3*y*c.Width:3*(y+1)*c.Width])
	}
	return p
}

// TestGroundIsNotJudged goes the whole way: a model taught of cloths on ground finds
// the hole and the missing cloth, and not a seam of the ground.
func TestGroundIsNotJudged(t *testing.T) {
	var good shelf
	for i := range 12 {
		good = append(good, anomaly.Part{Picture: laid(cloth(uint64(i), false), i%5-2, i%3-1)})
	}
	in := input(good)
	in.Fit.Size = 192 // a coarse patch sees far around it
	m, err := teach.Teach(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if m.Ground == nil || !strings.Contains(m.Card.Chosen, "ground around the product") {
		t.Fatalf("no ground was found; the card says %q", m.Card.Chosen)
	}
	d := served(t, m)
	seam := laid(cloth(50, false), 0, 0)
	for y := range seam.Height { // a faint step beside the cloth
		for x := range 8 {
			for k := range 3 {
				seam.Pix[3*(y*seam.Width+x)+k] += 6
			}
		}
	}
	if s := look(t, d, seam); s >= 1 {
		t.Errorf("a good cloth beside a seam of the ground scores %.2f, want it passed", s)
	}
	if s := look(t, d, laid(cloth(60, true), 1, 1)); s < 1.2 {
		t.Errorf("a hole scores %.2f, want above 1.2", s)
	}
	none := anomaly.Picture{Width: 4, Height: 4, Pix: make([]byte, 48)}
	for i := range none.Pix {
		none.Pix[i] = 21
	}
	r, err := d.Look(t.Context(), laid(none, 20, 20), models.Ask{Heatmap: true})
	if err != nil {
		t.Fatal(err)
	}
	extension := -1.0
	for _, f := range r.Findings {
		if f.Class == anomaly.Extension {
			extension = f.Score
		}
	}
	if r.Anomaly < 1 || extension < 1 {
		t.Errorf("ground alone scores %.2f, its extension %.2f, want it rejected by that", r.Anomaly, extension)
	}
}
