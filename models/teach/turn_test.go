package teach

import (
	"math"
	"math/rand/v2"
	"testing"

	"linesman/models/anomaly"
)

// A picture that was turned is what it would have been, had the product lain so; what comes in
// from beyond its edge is not judged.
func TestTurned(t *testing.T) {
	for _, side := range []int{120, 700} { // each way of turning
		const by = 0.7
		draw := func(angle float64) anomaly.Picture {
			p := anomaly.Picture{Width: side + 20, Height: side, Pix: make([]byte, 3*(side+20)*side)}
			p.Mask = make([]byte, p.Width*p.Height)
			sin, cos := math.Sincos(angle)
			for y := range p.Height {
				for x := range p.Width {
					dx, dy := (float64(x)+0.5-float64(side)/2)/float64(side), (float64(y)+0.5-float64(side)/2)/float64(side)
					u, v := cos*dx+sin*dy, cos*dy-sin*dx
					level := 120 + 60*math.Sin(20*u) + 40*math.Sin(14*v)
					for k := range 3 {
						p.Pix[3*(y*p.Width+x)+k] = byte(level)
					}
					if math.Hypot(u, v) < 0.45 {
						p.Mask[y*p.Width+x] = 255
					}
				}
			}
			return p
		}
		was, want := draw(0), draw(by)
		got := turned(&was, by)
		off, mask := 0.0, 0
		for i, m := range got.Mask {
			if (m > 127) != (want.Mask[i] > 127) {
				mask++
			}
			if m > 127 {
				off = max(off, math.Abs(float64(got.Pix[3*i])-float64(want.Pix[3*i])))
			}
		}
		if off > 3 || mask > side {
			t.Errorf("%d px: turned it differs by %.0f grey values, its mask in %d pixels", side, off, mask)
		}
		all := anomaly.Picture{Width: was.Width, Height: was.Height, Pix: was.Pix}
		if corner := turned(&all, by); corner.Mask[0] != 0 || corner.Mask[side/2*was.Width+side/2] != 255 {
			t.Error("what comes in from beyond the edge is judged, or the middle is not")
		}
	}
}

// Where a patch of a turned picture was seen is a place on the picture as it was.
func TestTurnedBack(t *testing.T) {
	p := lid(rand.New(rand.NewPCG(1, 1)), "")
	const cells, cell = 20, lidSide / 20
	mark := func(x, y int) { // a bright cell
		for v := y * cell; v < (y+1)*cell; v++ {
			for u := x * cell; u < (x+1)*cell; u++ {
				p.Pix[3*(v*lidSide+u)+2] = 255
			}
		}
	}
	mark(13, 6)
	for _, by := range []float64{0.3, 1.9, 4.4} {
		q := turned(&p, by)
		blue := func(x, y int) (sum int) {
			for v := y * cell; v < (y+1)*cell; v++ {
				for u := x * cell; u < (x+1)*cell; u++ {
					sum += int(q.Pix[3*(v*lidSide+u)+2]) - int(q.Pix[3*(v*lidSide+u)+1])
				}
			}
			return sum
		}
		at, most := anomaly.Place{Columns: cells, Rows: cells}, math.MinInt
		for y := range cells {
			for x := range cells {
				if b := blue(x, y); b > most {
					at.Column, at.Row, most = x, y, b
				}
			}
		}
		places := []anomaly.Place{at}
		turnedBack(places, &p, by)
		if got := places[0]; max(got.Column-13, 13-got.Column, got.Row-6, 6-got.Row) > 1 {
			t.Errorf("turned by %v the mark at 13, 6 is seen at %d, %d, which is told as %d, %d", by, at.Column, at.Row, got.Column, got.Row)
		}
	}
}

// Few parts are turned often, many never; each part by angles of its own.
func TestTurnsFor(t *testing.T) {
	for n, want := range map[int]int{12: 15, 25: 15, 50: 7, turnBelow - 1: 3, turnBelow: 0} {
		if got := turnsFor(n); got != want {
			t.Errorf("%d parts are turned %d times each, want %d", n, got, want)
		}
	}
	for k := 1; k <= 3; k++ {
		if a, b := angle(0, k, 3), angle(1, k, 3); a == b || a < 0 || b > 2*math.Pi {
			t.Errorf("the turns %d of two parts are %v and %v", k, a, b)
		}
	}
}
