package detect

import (
	"math"
	"slices"
	"testing"

	"linesman/vision"
)

// small is a head of 32 x 16 pixels with strides of 8 and 16: rows 0..7 lie on
// the fine grid of 4 x 2, rows 8 and 9 on the coarse one of 2 x 1.
var small = Head{Kind: "yolox", Width: 32, Height: 16, Order: "rgb", Pad: 114, Strides: []int{8, 16}}

// at fills one row of the answer: centre and size in pixels of the tensor.
func at(rows []float32, classes, row int, x, y, w, h float64, any float32, each ...float32) {
	stride, cell, across := 8., row, 4
	if row >= 8 {
		stride, cell, across = 16, row-8, 2
	}
	r := rows[row*(5+classes):]
	r[0], r[1] = float32(x/stride)-float32(cell%across), float32(y/stride)-float32(cell/across)
	r[2], r[3] = float32(math.Log(w/stride)), float32(math.Log(h/stride))
	r[4] = any
	copy(r[5:], each)
}

func TestDecode(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name  string
		fill  func(rows []float32)
		floor float64
		want  []Found
	}{
		{"an empty picture", func([]float32) {}, 0.1, nil},
		{"the fine grid, second row", func(r []float32) { at(r, 2, 6, 20, 12, 8, 4, 0.8, 0.1, 0.5) }, 0.1,
			[]Found{{Class: 1, Score: 0.4, Box: vision.Box{X0: 16, Y0: 10, X1: 24, Y1: 14}}}},
		{"the coarse grid", func(r []float32) { at(r, 2, 9, 24, 8, 16, 12, 1, 0.75, 0.5) }, 0.1,
			[]Found{{Class: 0, Score: 0.75, Box: vision.Box{X0: 16, Y0: 2, X1: 32, Y1: 14}}}},
		{"both, fine first", func(r []float32) {
			at(r, 2, 8, 8, 8, 4, 4, 1, 0, 1)
			at(r, 2, 0, 4, 4, 8, 8, 1, 1, 0)
		}, 0.1, []Found{{Class: 0, Score: 1, Box: vision.Box{X0: 0, Y0: 0, X1: 8, Y1: 8}}, {Class: 1, Score: 1, Box: vision.Box{X0: 6, Y0: 6, X1: 10, Y1: 10}}}},
		{"something, but of no class", func(r []float32) { at(r, 2, 0, 4, 4, 8, 8, 1, 0.05, 0.05) }, 0.1, nil},
		{"a class, but of nothing", func(r []float32) { at(r, 2, 0, 4, 4, 8, 8, 0.05, 1, 0) }, 0.1, nil},
		{"at the floor", func(r []float32) { at(r, 2, 0, 4, 4, 8, 8, 0.5, 0.5, 0) }, 0.25,
			[]Found{{Class: 0, Score: 0.25, Box: vision.Box{X0: 0, Y0: 0, X1: 8, Y1: 8}}}},
		{"no numbers", func(r []float32) {
			at(r, 2, 0, 4, 4, 8, 8, nan, 1, 1)
			at(r, 2, 1, 4, 4, 8, 8, 1, nan, 0)
			at(r, 2, 2, 4, 4, 8, 8, inf, inf, 0)
			at(r, 2, 3, math.NaN(), 4, 8, 8, 1, 1, 0)
			at(r, 2, 4, 4, 4, math.Inf(1), 8, 1, 1, 0)
		}, 0.1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows := make([]float32, small.rows(small.Width, small.Height)*7)
			c.fill(rows)
			got := small.decode(rows, small.Width, small.Height, 2, c.floor, nil)
			if !slices.EqualFunc(got, c.want, near) {
				t.Errorf("decoded %+v, want %+v", got, c.want)
			}
		})
	}
}

func near(a, b Found) bool {
	far := math.Abs(a.Score - b.Score)
	for _, d := range []float64{a.Box.X0 - b.Box.X0, a.Box.Y0 - b.Box.Y0, a.Box.X1 - b.Box.X1, a.Box.Y1 - b.Box.Y1} {
		far = max(far, math.Abs(d))
	}
	return a.Class == b.Class && far < 1e-4
}

func TestSuppress(t *testing.T) {
	box := func(class int, score, x float64) Found {
		return Found{Class: class, Score: score, Box: vision.Box{X0: x, X1: x + 10, Y1: 10}}
	}
	for _, c := range []struct {
		name     string
		in, want []Found
	}{
		{"nothing", nil, nil},
		{"apart, strongest first", []Found{box(0, 0.3, 0), box(0, 0.9, 50)}, []Found{box(0, 0.9, 50), box(0, 0.3, 0)}},
		{"the weaker of two on one place", []Found{box(0, 0.5, 1), box(0, 0.9, 0)}, []Found{box(0, 0.9, 0)}},
		{"two classes on one place", []Found{box(0, 0.5, 1), box(1, 0.9, 0)}, []Found{box(1, 0.9, 0), box(0, 0.5, 1)}},
		{"overlap of a third is two things", []Found{box(0, 0.9, 0), box(0, 0.8, 5)}, []Found{box(0, 0.9, 0), box(0, 0.8, 5)}},
		{"what the suppressed one hid comes back", []Found{box(0, 0.9, 0), box(0, 0.8, 3), box(0, 0.7, 6)}, []Found{box(0, 0.9, 0), box(0, 0.7, 6)}},
		{"equals in their order", []Found{box(0, 0.5, 0), box(0, 0.5, 50)}, []Found{box(0, 0.5, 0), box(0, 0.5, 50)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := suppress(slices.Clone(c.in), 0.45); !slices.Equal(got, c.want) {
				t.Errorf("kept %v, want %v", got, c.want)
			}
		})
	}
}

// FuzzDecode holds that whatever a graph answers, what is found is sound.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 0, 128, 63, 0, 0, 192, 127}, 0.1)
	f.Fuzz(func(t *testing.T, seed []byte, floor float64) {
		if !(floor > 0) || len(seed) == 0 {
			return
		}
		rows := make([]float32, small.rows(small.Width, small.Height)*7)
		for i := range rows {
			var bits uint32
			for k := range 4 {
				bits = bits<<8 | uint32(seed[(4*i+k)%len(seed)])
			}
			rows[i] = math.Float32frombits(bits)
		}
		for _, found := range suppress(small.decode(rows, small.Width, small.Height, 2, floor, nil), 0.45) {
			if b := found.Box; !(found.Score >= floor) || !Sound(b.X0, b.Y0, b.X1, b.Y1) || b.Width() < 0 || b.Height() < 0 || found.Class > 1 {
				t.Errorf("found %+v with a floor of %v", found, floor)
			}
		}
	})
}
