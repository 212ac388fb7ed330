package teach_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"linesman/models/anomaly"
	"linesman/models/teach"
)

// woven draws a cloth whose threads run up to the right; straight ones run across.
func woven(seed uint64, rise float64) anomaly.Picture {
	random := rand.New(rand.NewPCG(seed, 10))
	p := anomaly.Picture{Width: 96, Height: 96}
	from := 12 * random.Float64()
	for y := range 96 {
		for x := range 96 {
			v := 140 + 40*math.Sin(2*math.Pi*(float64(y)+rise*float64(x)+from)/12) + 6*random.NormFloat64()
			b := byte(max(0, min(v, 255)))
			p.Pix = append(p.Pix, b, b, b)
		}
	}
	return p
}

// TestMirrored says which mirror pictures of good parts count as good ones.
func TestMirrored(t *testing.T) {
	for _, c := range []struct {
		name string
		rise float64
		n    int
		want string
		ways []int
	}{
		{"slanted: mirrored once they slant the other way", 1, 16, "shown mirrored, both ways, as", []int{0, 3}},
		{"level: any way round", 0, 16, "shown mirrored, left to right, top to bottom, both ways, as", []int{0, 1, 2, 3}},
		{"many stand for themselves", 0, 100, "", []int{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var good shelf
			for i := range c.n {
				good = append(good, anomaly.Part{Picture: woven(uint64(i), c.rise)})
			}
			in := input(good)
			in.Bank = 60
			m, err := teach.Teach(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(m.Card.Chosen, c.want) || c.want == "" && strings.Contains(m.Card.Chosen, "mirrored") {
				t.Errorf("the card says %q, want %q", m.Card.Chosen, c.want)
			}
			var ways []int
			for _, p := range m.Origins.Levels[0] {
				if !slices.Contains(ways, p.Mirrored) {
					ways = append(ways, p.Mirrored)
				}
			}
			if slices.Sort(ways); !slices.Equal(ways, c.ways) {
				t.Errorf("patches of ways %v are in the bank, want %v", ways, c.ways)
			}
		})
	}
}
