package draw

import (
	"testing"
	"time"

	"linesman/camera"
	"linesman/sim"
)

func BenchmarkPaint(b *testing.B) {
	for _, product := range []sim.Product{sim.Tablets, sim.Caps} {
		b.Run(string(product), func(b *testing.B) {
			l := product.Layout()
			parts := NewFeed(Spec{Layout: l, Seed: 5, Good: 400, Defective: 400, Shuffle: true}).Until(2000)
			p := NewPainter(l, 7, Options{Exposure: 50 * time.Microsecond, SpeedMMs: 800})
			w, h := p.Size()
			f := camera.NewPool(1).Get(w, h, camera.RGB)
			p.Paint(0, nil, f)
			for i := 0; b.Loop(); i++ {
				p.Paint(300+float64(i%7)*45, parts, f)
			}
		})
	}
}
