package draw

import (
	"math"
	"testing"
	"time"

	"linesman/camera"
	"linesman/sim"
)

// crops draws a feed and calls each with every part's crop.
func crops(layout sim.Layout, spec Spec, seed uint64, each func(sim.Part, []byte)) {
	p := NewPainter(layout, seed, Options{Exposure: 50 * time.Microsecond, SpeedMMs: 800})
	w, h := p.Size()
	f := camera.NewPool(1).Get(w, h, camera.RGB)
	for t, s := range Walk(layout, NewFeed(spec), 800, time.Unix(0, 0)) {
		if len(s.New) == 0 {
			continue
		}
		p.Paint(t.Travelled, s.Visible, f)
		for _, part := range s.New {
			each(part, p.Crop(t.Travelled, part, f, nil))
		}
	}
}

// The drawing must not be so easy that a judge without any idea of the
// product finds the defects.
func TestTrivialJudgesFail(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			t.Parallel()
			l := product.Layout()
			var bank [][]byte
			crops(l, Spec{Layout: l, Seed: 1, Good: 200}, 2, func(_ sim.Part, crop []byte) { bank = append(bank, crop) })
			judges := NewTrivial(bank)
			n := 0
			crops(l, Spec{Layout: l, Seed: 3, Good: 280, Defective: 280, Shuffle: true}, 4, func(p sim.Part, crop []byte) {
				judges.Judge(crop, p.Defective())
				n++
			})
			if n != 560 {
				t.Fatalf("drew 560 parts, the walk showed %d as new", n)
			}
			for name, v := range judges.AUROC() {
				t.Logf("%s: AUROC %.3f", name, v)
				if !(v <= 0.85) {
					t.Errorf("%s reaches AUROC %.3f: the drawing is too easy, want at most 0.85", name, v)
				}
			}
		})
	}
}

func TestAUROC(t *testing.T) {
	for _, c := range []struct {
		name      string
		good, bad []float64
		want      float64
	}{
		{"apart", []float64{1, 2}, []float64{3, 4}, 1},
		{"backwards", []float64{3, 4}, []float64{1, 2}, 0},
		{"all the same", []float64{1, 1}, []float64{1, 1, 1}, 0.5},
		{"mixed", []float64{4, 1, 2}, []float64{3}, 2.0 / 3},
	} {
		if got := AUROC(c.good, c.bad); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: AUROC(%v, %v) = %v, want %v", c.name, c.good, c.bad, got, c.want)
		}
	}
	if got := AUROC(nil, []float64{1}); !math.IsNaN(got) {
		t.Errorf("AUROC without good parts = %v, want NaN", got)
	}
}
