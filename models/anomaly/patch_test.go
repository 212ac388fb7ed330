package anomaly

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAggregate(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name     string
		a        Aggregate
		distance []float32
		counts   []bool
		want     float64
	}{
		{"at least three", Aggregate{0.01, 3}, []float32{1, 5, 2, 4, 3}, nil, 4},
		{"share", Aggregate{0.5, 1}, []float32{1, 5, 2, 4}, nil, 4.5},
		{"fewer than least", Aggregate{0.01, 3}, []float32{1, 5}, nil, 3},
		{"beside the part", Aggregate{0.01, 1}, []float32{1, 5, 2}, []bool{true, false, true}, 2},
		{"nothing counts", Aggregate{0.01, 3}, []float32{1, 5}, []bool{false, false}, math.NaN()},
		{"no number", Aggregate{0.01, 1}, []float32{1, nan, 9}, nil, math.NaN()},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := c.a.Over(c.distance, c.counts, nil)
			if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("%+v over %v (%v) = %v, want %v", c.a, c.distance, c.counts, got, c.want)
			}
		})
	}
}

// TestAggregateAsSorting compares the heap with sorting.
func TestAggregateAsSorting(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var room []float32
	for range 200 {
		d := make([]float32, 1+random.IntN(300))
		for i := range d {
			d[i] = random.Float32()
		}
		a := Aggregate{Share: random.Float64() / 4, Least: 1 + random.IntN(5)}
		var got float64
		got, room = a.Over(d, nil, room)
		s := slices.Sorted(slices.Values(d))
		keep := min(max(a.Least, int(math.Round(a.Share*float64(len(d))))), len(d))
		want := 0.0
		for _, v := range s[len(s)-keep:] {
			want += float64(v) / float64(keep)
		}
		if math.Abs(got-want) > 1e-9 {
			t.Fatalf("%+v over %d values = %v, want %v", a, len(d), got, want)
		}
	}
}

func TestPatchesOn(t *testing.T) {
	p := Picture{Width: 32, Height: 16, Mask: make([]byte, 32*16)}
	for y := range 16 {
		for x := range 16 {
			p.Mask[y*32+x] = 255 // the left half
		}
	}
	if got, want := PatchesOn(&p, 4, 2, nil), []bool{true, true, false, false, true, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("left half: %v, want %v", got, want)
	}
	clear(p.Mask)
	for _, i := range []int{0, 1, 2, 3, 32, 33, 34, 35, 64, 65, 66, 67} {
		p.Mask[i] = 255 // a speck smaller than half a cell
	}
	if got := PatchesOn(&p, 4, 2, nil); !got[0] || slices.Contains(got[1:], true) {
		t.Errorf("speck: %v, want the first cell alone", got)
	}
	p.Mask = nil
	if got := PatchesOn(&p, 4, 2, nil); got != nil {
		t.Errorf("no mask: %v, want nil", got)
	}
}

func TestStrongest(t *testing.T) {
	distance := []float32{
		0, 0, 0, 0,
		0, 8, 9, 0,
		0, 0, 7, 0,
		9, 0, 0, 99,
	}
	counts := make([]bool, 16)
	for i := range 15 {
		counts[i] = true // the highest patch lies beside the part
	}
	var room floodRoom
	got := strongest(distance, counts, 4, 4, &room)
	if want := (spot{1, 1, 3, 3, 3}); got != want {
		t.Errorf("spot %+v, want %+v", got, want)
	}
}
