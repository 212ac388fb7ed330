package cv

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestSplitLooksOnlyAround: heaps of touching discs are split as they are when the whole
// picture is looked at for each.
func TestSplitLooksOnlyAround(t *testing.T) {
	const seed = 17
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	split := 0
	for n := range uint64(10) {
		s := scene{w: 1000, h: 800, belt: dark, light: 1, noise: 5}
		for range 4 + rng.IntN(8) { // heaps: each disc touches the one before, or nearly
			x, y := 60+880*rng.Float64(), 60+680*rng.Float64()
			for range 1 + rng.IntN(4) {
				r := 45 - 8*rng.Float64()
				s.discs = append(s.discs, disc{x, y, r, white})
				sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
				far := r + 40 + 9*rng.Float64()
				x, y = x+far*cos, y+far*sin
			}
		}
		f := s.draw(n)
		near, whole := newLocator(t, tablets()), newLocator(t, tablets())
		near.reach, whole.reach = 1, 2000
		a, b := locate(t, near, f), locate(t, whole, f)
		if !reflect.DeepEqual(a.Items, b.Items) {
			t.Errorf("picture %d: %d parts, %d with the whole picture, or cut out otherwise", n, len(a.Items), len(b.Items))
		}
		for i := range a.Items {
			if a.Items[i].Touching {
				split++
			}
		}
	}
	if split < 50 {
		t.Errorf("only %d parts touched others", split)
	}
}
