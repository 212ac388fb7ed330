package teach

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"linesman/models/anomaly"
	"linesman/models/onnx"
	"linesman/models/weights"
)

// weave is n pieces of cloth whose threads rise so many pixels to the right each.
type weave struct {
	n    int
	rise float64
}

func (w weave) Len() int { return w.n }

func (w weave) Part(i int) (anomaly.Part, error) {
	random := rand.New(rand.NewPCG(uint64(i), 10))
	p := anomaly.Picture{Width: 96, Height: 96}
	from := 12 * random.Float64()
	for y := range 96 {
		for x := range 96 {
			v := 140 + 40*math.Sin(2*math.Pi*(float64(y)+w.rise*float64(x)+from)/12) + 6*random.NormFloat64()
			b := byte(max(0, min(v, 255)))
			p.Pix = append(p.Pix, b, b, b)
		}
	}
	return anomaly.Part{Picture: p}, nil
}

// TestMirrored says which mirror pictures of good parts count as good ones.
func TestMirrored(t *testing.T) {
	for name, c := range map[string]struct {
		good  weave
		ways  []int
		words string
	}{
		"slanted: mirrored once they slant the other way": {weave{16, 1}, []int{0, 3}, "shown mirrored, both ways, as"},
		"level: any way round":                            {weave{16, 0}, []int{0, 1, 2, 3}, "shown mirrored, left to right, top to bottom, both ways, as"},
		"many stand for themselves":                       {weave{mirrorBelow, 0}, []int{0}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			te := &teacher{Input: Input{Name: "cloth", Good: c.good, Open: onnx.Open, Bank: 200, Network: weights.Quick}}
			if err := te.fill(); err != nil {
				t.Fatal(err)
			}
			if err := te.lookAtGood(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(te.ways, c.ways) {
				t.Errorf("shown in the ways %v, want %v", te.ways, c.ways)
			}
			for l := range te.seen {
				var ways []int
				for _, m := range te.seen[l] {
					for _, at := range m.from {
						if !slices.Contains(ways, at.Mirrored) {
							ways = append(ways, at.Mirrored)
						}
					}
				}
				if slices.Sort(ways); !slices.Equal(ways, c.ways) {
					t.Errorf("patches of the ways %v of level %d are kept, want %v", ways, l, c.ways)
				}
			}
			if words := te.mirrorWords(); !strings.Contains(words, c.words) || (words == "") != (c.words == "") {
				t.Errorf("the card says %q, want %q", words, c.words)
			}
		})
	}
	te := &teacher{Input: Input{Good: weave{16, 0}}, ways: ways[:1]}
	if words := te.mirrorWords(); !strings.Contains(words, "none was shown mirrored") {
		t.Errorf("where no way is good the card says %q", words)
	}
}
