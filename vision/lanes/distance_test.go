package lanes

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestDistance holds distances and symmetric kernels to the bits of the plain ones,
// and to what they stand for.
func TestDistance(t *testing.T) {
	const seed = 12
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	infinite := float32(math.Inf(1))
	for n := 1; n < 180; n++ {
		x, y, out := row(rng, n), row(rng, n), make([]float32, 4)
		with, without := both(t, [][]float32{out, x, y}, func(v [][]float32) {
			for i, limit := range []float32{infinite, float32(n), 3, 0} {
				v[0][i] = Squared(v[1], v[2], limit)
			}
		})
		same(t, with, without)
		want := 0.0
		for i := range x {
			want += float64(x[i]-y[i]) * float64(x[i]-y[i])
		}
		for i, limit := range []float32{infinite, float32(n), 3, 0} {
			got := with[0][i]
			if near := math.Abs(float64(got)-want) < 1e-5*want; !near && (got < limit || float64(got) > want) {
				t.Fatalf("%d numbers, limit %v: %v, want %v or some number from the limit to it", n, limit, got, want)
			}
		}
		for reach := range 7 {
			kernel := row(rng, reach+1)
			with, without = both(t, [][]float32{make([]float32, n), row(rng, n+2*reach)}, func(v [][]float32) { Symmetric(v[0], v[1], kernel) })
			same(t, with, without)
			for i, got := range with[0] {
				want := 0.0
				for k := -reach; k <= reach; k++ {
					want += float64(kernel[max(k, -k)]) * float64(with[1][i+reach+k])
				}
				if math.Abs(float64(got)-want) > 1e-5 {
					t.Fatalf("%d numbers, reach %d: number %d is %v, want %v", n, reach, i, got, want)
				}
			}
		}
	}
	for cols := 8; cols <= 72; cols += 8 {
		rows, x := row(rng, 37*cols), row(rng, cols)
		with, without := both(t, [][]float32{make([]float32, 37), rows, x}, func(v [][]float32) { SquaredFrom(v[0], v[1], v[2]) })
		same(t, with, without)
		for i, got := range with[0] {
			if want := Squared(rows[i*cols:(i+1)*cols], x, infinite); got != want {
				t.Fatalf("row %d of %d numbers: %v, by itself %v", i, cols, got, want)
			}
		}
	}
}

func BenchmarkSquared(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, y := row(rng, 152), row(rng, 152)
	for b.Loop() {
		Squared(x, y, float32(math.Inf(1)))
	}
}
