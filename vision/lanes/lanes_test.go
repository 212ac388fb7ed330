package lanes

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// both runs f with and without the processor's lanes, on copies of the same
// numbers, and returns what each left.
func both(t *testing.T, numbers [][]float32, f func(v [][]float32)) (with, without [][]float32) {
	t.Helper()
	if !fast {
		t.Skip("this processor has no lanes to compare")
	}
	clone := func() (out [][]float32) {
		for _, v := range numbers {
			out = append(out, slices.Clone(v))
		}
		return out
	}
	with, without = clone(), clone()
	f(with)
	fast = false
	defer func() { fast = true }()
	f(without)
	return with, without
}

func same(t *testing.T, with, without [][]float32) {
	t.Helper()
	for k := range with {
		for i := range with[k] {
			if math.Float32bits(with[k][i]) != math.Float32bits(without[k][i]) {
				t.Fatalf("row %d, number %d: %v with lanes, %v without", k, i, with[k][i], without[k][i])
			}
		}
	}
}

func row(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// TestSameWithoutLanes holds every function to the last bit against the plain
// one, at every length around the eight of a lane.
func TestSameWithoutLanes(t *testing.T) {
	const seed = 11
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for n := 1; n < 60; n++ {
		rows := make([][]float32, 6)
		for i := range rows {
			rows[i] = row(rng, n)
		}
		with, without := both(t, rows, func(v [][]float32) { Weigh(v[0], v[1], v[2], v[3], v[4], v[5]) })
		same(t, with, without)
		for _, taps := range []int{1, 5, 11} {
			with, without = both(t, [][]float32{make([]float32, n), row(rng, n+taps-1)}, func(v [][]float32) { Box(v[0], v[1], taps, 1/float32(taps)) })
			same(t, with, without)
		}
		with, without = both(t, rows, func(v [][]float32) { Slide(v[0], v[0], v[1], v[2], 0.2) })
		same(t, with, without)
		with, without = both(t, rows, func(v [][]float32) {
			Add(v[0], v[1], 0.3)
			Multiply(v[2], v[3], v[4])
		})
		same(t, with, without)
		var first []int
		rows[3][n/2], rows[4][0] = float32(math.NaN()), 0.3
		with, without = both(t, rows, func(v [][]float32) {
			Shift(v[1], v[3], 0.4, -0.7)
			Multiply(v[0], v[0], v[1])
			Line(v[1], 0.7, -0.03)
			Relative(v[2], v[3], v[4], 0.01, 0.3)
			Over(v[0], v[5], v[4], 0.3)
			for i := range 40 {
				first = append(first, Beyond(v[5], float32(i)*0.1))
			}
		})
		same(t, with, without)
		if k := len(first) / 2; !slices.Equal(first[:k], first[k:]) {
			t.Fatalf("first beyond: %v with lanes, %v without", first[:k], first[k:])
		}
		strokes := []int{-3, 0, 3, -1, 0, 1, -7, 0, 7}
		with, without = both(t, [][]float32{make([]float32, n), row(rng, n+14)}, func(v [][]float32) { Strokes(v[0], v[1], 7, strokes, 3) })
		same(t, with, without)
		side := 2 + n/4
		xs, ys := row(rng, n), row(rng, n)
		for i := range xs {
			xs[i], ys[i] = xs[i]*float32(side), ys[i]*float32(side)
		}
		xs[0], ys[n-1] = float32(math.NaN()), float32(math.Inf(1))
		with, without = both(t, [][]float32{make([]float32, n), xs, ys, row(rng, side*side)}, func(v [][]float32) { Look(v[0], v[1], v[2], v[3], side) })
		same(t, with, without)
		rgb := make([]byte, 3*n)
		for i := range rgb {
			rgb[i] = byte(rng.Uint32())
		}
		with, without = both(t, rows, func(v [][]float32) {
			Mean(v[0], rgb)
			Project(v[1], rgb, [3]float32{0.3, -0.02, 0.11}, 7)
		})
		same(t, with, without)
		other, grey, apart := make([]byte, 3*n), make([][]byte, 0, 2), make([][]byte, 0, 2)
		for i := range other {
			other[i] = byte(rng.Uint32())
		}
		rgb[0], rgb[n/2], rgb[n-1] = 255, 0, 255
		var laplacians []Laplacian
		var totals []int
		both(t, nil, func([][]float32) {
			g, a := make([]byte, n), make([]byte, n)
			Grey(g, rgb)
			Apart(a, rgb, other)
			grey, apart = append(grey, g), append(apart, a)
			laplacians = append(laplacians, Laplace(rgb[:n], rgb[n:2*n], rgb[2*n:]))
			totals = append(totals, Total(rgb))
		})
		if !slices.Equal(grey[0], grey[1]) || !slices.Equal(apart[0], apart[1]) || laplacians[0] != laplacians[1] || totals[0] != totals[1] {
			t.Fatalf("%d pixels: grey %v and %v, apart %v and %v, %+v and %+v, totals %v", n, grey[0], grey[1], apart[0], apart[1], laplacians[0], laplacians[1], totals)
		}
		weights, where := make([][]float32, n), make([]int, n)
		for x := range weights {
			where[x] = rng.IntN(n)
			for range 1 + rng.IntN(min(5, n-where[x])) {
				weights[x] = append(weights[x], rng.Float32())
			}
		}
		narrowing := NewNarrowing(where, weights)
		levels := row(rng, narrowing.Reach())
		for i := range levels {
			levels[i] = max(levels[i], -levels[i])
		}
		with, without = both(t, append(slices.Clone(rows), levels), func(v [][]float32) {
			Weighted(v[0], rgb, 2*n/3, []float32{0.3, 0.5, 0.1}[:1+n%2])
			narrowing.Planes(v[1], v[2], v[3], v[len(v)-1], 127, 1.0/128)
		})
		same(t, with, without)
		observed := make([][9]float64, n)
		for i := range observed {
			for k := range observed[i] {
				observed[i][k] = rng.NormFloat64()
			}
		}
		var normals []Normal
		var halves [][]byte
		both(t, nil, func([][]float32) {
			var l Normal
			l.Add(observed)
			normals = append(normals, l)
			out := make([]byte, 3*(n/2))
			Halve(out, rgb, other)
			halves = append(halves, out)
		})
		if normals[0] != normals[1] || !slices.Equal(halves[0], halves[1]) {
			t.Fatalf("%d rows: normal equations %v and %v; halves %v and %v", n, normals[0], normals[1], halves[0], halves[1])
		}
		cos, sin := make([]float32, n), make([]float32, n)
		for i := range cos {
			s, c := math.Sincos(float64(i))
			sin[i], cos[i] = float32(s), float32(c)
		}
		for _, limit := range []float32{0.4, 2, float32(side)} {
			with, without = both(t, [][]float32{make([]float32, n), make([]float32, n), make([]float32, n), row(rng, side*side)}, func(v [][]float32) {
				r := Rays{Cos: cos, Sin: sin, At: v[0], Before: v[1], Here: v[2]}
				r.Fall(v[3], side, float32(side)/2, float32(side)/3, 0.2, 0.75, limit, -0.4)
			})
			same(t, with, without)
		}
		var sums []float64
		both(t, rows, func(v [][]float32) { sums = append(sums, Dot(v[0], v[1])) })
		if math.Float64bits(sums[0]) != math.Float64bits(sums[1]) {
			t.Fatalf("%d numbers: dot %v with lanes, %v without", n, sums[0], sums[1])
		}
	}
}

func TestLook(t *testing.T) {
	// On a plane of slopes 2 and 30 interpolation is exact.
	const side = 4
	picture := make([]float32, side*side)
	for i := range picture {
		picture[i] = float32(2*(i%side) + 30*(i/side))
	}
	for _, c := range []struct{ x, y, want float32 }{
		{0, 0, 0}, {1, 2, 62}, {0.5, 0.25, 8.5}, {2.5, 2.75, 87.5},
		{-3, 1, 30}, {1, -9, 2}, // the border holds
	} {
		xs, ys, out := slices.Repeat([]float32{c.x}, 9), slices.Repeat([]float32{c.y}, 9), make([]float32, 9)
		Look(out, xs, ys, picture, side)
		for i, v := range out {
			if math.Abs(float64(v-c.want)) > 1e-4 {
				t.Errorf("place %d at (%v, %v): %v, want %v", i, c.x, c.y, v, c.want)
			}
		}
	}
}

// TestFall: on a hill that falls by 1 a pixel, a ray is below a level where the hill is.
func TestFall(t *testing.T) {
	const side, n = 64, 20
	picture := make([]float32, side*side)
	for i := range picture {
		picture[i] = -float32(math.Hypot(float64(i%side)-31.5, float64(i/side)-31.5))
	}
	cos, sin := make([]float32, n), make([]float32, n)
	for i := range cos {
		s, c := math.Sincos(float64(i))
		sin[i], cos[i] = float32(s), float32(c)
	}
	r := NewRays(cos, sin)
	r.Fall(picture, side, 32, 32, 4, 0.5, 20, -12.2)
	for i, at := range r.At {
		if at != 12.5 || math.Abs(float64(r.Before[i])+12) > 0.1 || math.Abs(float64(r.Here[i])+12.5) > 0.1 {
			t.Errorf("ray %d: at %v from %v to %v, want at 12.5 from -12 to -12.5", i, at, r.Before[i], r.Here[i])
		}
	}
	r.Fall(picture, side, 32, 32, 4, 0.5, 12, -12.2)
	for i, at := range r.At {
		if !math.IsInf(float64(at), 1) {
			t.Errorf("ray %d: at %v, beyond the limit of 12", i, at)
		}
	}
}

func TestColours(t *testing.T) {
	rgb := make([]byte, 3*11)
	for i := range rgb {
		rgb[i] = byte(i)
	}
	mean, along := make([]float32, 11), make([]float32, 11)
	grey, apart := make([]byte, 11), make([]byte, 11)
	Grey(grey, rgb)
	Apart(apart, rgb, slices.Repeat([]byte{10, 0, 5}, 11))
	if grey[3] != 9 || apart[0] != 10 || apart[10] != 31 {
		t.Errorf("grey of 9, 10 and 11: %d, want 9; apart %v", grey[3], apart)
	}
	half := make([]byte, 6)
	Halve(half, []byte{0, 1, 255, 4, 1, 255, 8, 8, 8, 9, 9, 9}, []byte{1, 1, 255, 0, 0, 255, 8, 8, 8, 9, 9, 8})
	if !slices.Equal(half, []byte{1, 1, 255, 9, 9, 8}) {
		t.Errorf("halves: %v", half)
	}
	if n := Total(rgb); n != 528 {
		t.Errorf("total %d, want 528", n)
	}
	if l := Laplace(make([]byte, 33), rgb, slices.Repeat([]byte{255}, 33)); l != (Laplacian{Level: 496, Sum: 31*255 - 2*496, Square: 31*255*255 - 4*255*496 + 4*10416}) {
		t.Errorf("Laplacian of a ramp: %+v", l)
	}
	long := slices.Repeat([]byte{0, 255}, 10000) // beyond what is summed at a time
	if l := Laplace(long, long, long); l != (Laplacian{Level: 9999 * 255, Square: 19998 * 510 * 510, Clipped: 19998}) {
		t.Errorf("Laplacian of a long comb: %+v", l)
	}
	Mean(mean, rgb)
	Project(along, rgb, [3]float32{1, 0, 2}, 3)
	for i := range mean {
		if r := float32(3 * i); math.Abs(float64(mean[i]-r-1)) > 1e-5 || along[i] != 3*r+1 {
			t.Errorf("pixel %d: mean %v, want %v; projected %v, want %v", i, mean[i], r+1, along[i], 3*r+1)
		}
	}
}

func TestNarrow(t *testing.T) {
	out := make([]float32, 9)
	Weighted(out, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 3, []float32{1, 2})
	for i, v := range out {
		if want := float32(i + 1 + 2*(i+4)); v != want {
			t.Errorf("weighted %d: %v, want %v", i, v, want)
		}
	}
	first, weights := make([]int, 9), make([][]float32, 9)
	for x := range first {
		first[x], weights[x] = x, []float32{0.5, 0.25, 0.25}[:1+x%3]
	}
	w := NewNarrowing(first, weights)
	row := make([]float32, w.Reach())
	for i := range row {
		row[i] = float32(i)
	}
	red, green, blue := make([]float32, 9), make([]float32, 9), make([]float32, 9)
	w.Planes(red, green, blue, row, 10, 2)
	for x := range red {
		want := [3]float32{}
		for c := range want {
			for k, weight := range weights[x] {
				want[c] += weight * row[3*(x+k)+c]
			}
			want[c] = (want[c] - 10) * 2
		}
		if got := [3]float32{red[x], green[x], blue[x]}; got != want {
			t.Errorf("pixel %d: %v, want %v", x, got, want)
		}
	}
}

func TestNormal(t *testing.T) {
	var n Normal
	rows := [][9]float64{{1, 2, 3, 5, 7, 11, 13, 17, 19}, {1, -1, 2, 0, 4, -3, 6, 8, 9}}
	n.Add(rows)
	for j := range 6 {
		for k := range 9 {
			want, got := rows[0][j]*rows[0][k]+rows[1][j]*rows[1][k], 0.0
			if k < 6 {
				got = n.Product(j, k)
			} else {
				got = n.Of(j, k-6)
			}
			if got != want {
				t.Errorf("numbers %d and %d: %v, want %v", j, k, got, want)
			}
		}
	}
}

func TestSums(t *testing.T) {
	in := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	out := make([]float32, 10)
	Box(out, in, 3, 0.5)
	for i, v := range out {
		if want := 0.5 * float32(3*i+6); v != want {
			t.Errorf("box %d: %v, want %v", i, v, want)
		}
	}
	if got := Dot(in, in); got != 650 {
		t.Errorf("dot: %v, want 650", got)
	}
	sum, kept := slices.Repeat([]float32{10}, 12), slices.Repeat([]float32{4}, 12)
	Slide(in, in, sum, kept, 2)
	for i, v := range in {
		if was := float32(i + 1); v != 2*(6+was) || sum[i] != 6+was || kept[i] != was {
			t.Errorf("slide %d: %v, sum %v, kept %v", i, v, sum[i], kept[i])
		}
	}
	Add(kept, kept, 2)
	Multiply(sum, kept, kept)
	if kept[11] != 36 || sum[11] != 36*36 {
		t.Errorf("12 and twice 12: %v; its square: %v", kept[11], sum[11])
	}
	Line(sum, 3, 0.5)
	Relative(kept, []float32{1, 3, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7}, sum, 2, 3.5)
	if sum[4] != 5 || kept[0] != 0 || kept[1] != 6/3.5-1 || kept[4] != 14.0/5-1 {
		t.Errorf("line %v; relative to it %v", sum, kept)
	}
	Over(kept, []float32{1, 3, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7}, sum, 4)
	if kept[0] != -0.75 || kept[1] != -0.25 || kept[8] != 0 {
		t.Errorf("over at least 4: %v of %v", kept, sum)
	}
	if Shift(kept, sum, 2, 0.5); kept[11] != sum[11]+2.5 {
		t.Errorf("12th shifted by 2.5: %v of %v", kept[11], sum[11])
	}
	if at := Beyond([]float32{1, -2, 3, -4, 5, 6, 7, 8, 9, -10, 11}, 9); at != 9 {
		t.Errorf("the first beyond 9 is number %d, want 9", at)
	}
	Strokes(out[:1], []float32{1, 0, -9, 0, 4}, 2, []int{-2, 2, -1, 1, 0, 0}, 2)
	if out[0] != -9 {
		t.Errorf("the strongest of 2.5, 0 and -9 is %v", out[0])
	}
	Weigh(out, in, in, in, in, in)
	if out[3] != in[3] {
		t.Errorf("weigh: %v of five times %v", out[3], in[3])
	}
}

func BenchmarkLook(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, side = 280, 300
	xs, ys, out, picture := make([]float32, n), make([]float32, n), make([]float32, n), row(rng, side*side)
	for i := range xs {
		xs[i], ys[i] = float32(i)*0.98+3, float32(i)*0.1+100
	}
	for b.Loop() {
		Look(out, xs, ys, picture, side)
	}
}
