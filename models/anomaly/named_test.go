package anomaly

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"linesman/models"
	"linesman/vision"
)

// twoNames tells patches bright in feature 0 from those bright in feature 1.
func twoNames() *Named {
	return &Named{
		Classes: []string{"scratch", "dent"},
		Levels:  []NamedLevel{{Mean: Vector{1, 1}, Whiten: Vector{1, 0, 0, 1}, Directions: []Vector{{1, 0}, {0, 1}}}},
		Means:   []Vector{{1, 0}, {0, 1}}, Least: []float64{0.6, 0.6},
		Weights: []Vector{{2, -2, 0}, {-2, 2, 0}}, Limits: []float64{2, 2},
	}
}

// grid is 4 x 2 patches, of which one is strange.
func grid(at int, feature [2]float32) *Patches {
	p := &Patches{W: 4, H: 2, Distance: make([]float32, 8), Levels: []models.Tensor{{Shape: []int64{2, 4, 2}}}}
	for i := range 8 {
		f := [2]float32{1, 1}
		if i == at {
			f, p.Distance[i] = feature, 3
		}
		p.Levels[0].Data = append(p.Levels[0].Data, f[:]...)
	}
	return p
}

func TestNameOf(t *testing.T) {
	n := twoNames()
	for _, tt := range []struct {
		feature [2]float32
		name    string
	}{{[2]float32{5, 1}, "scratch"}, {[2]float32{1, 7}, "dent"}, {[2]float32{-4, 1}, ""}, {[2]float32{4, 3.5}, "scratch"}} {
		p := grid(6, tt.feature)
		at := p.Strangest(vision.Box{X0: 2, Y0: 1, X1: 3, Y1: 2})
		if at[0] != 6 {
			t.Fatalf("the strange patch 6 is not first of %v", at)
		}
		if got := n.Name(n.Look(p, at[:1])); got != tt.name {
			t.Errorf("features %v are called %q, want %q", tt.feature, got, tt.name)
		}
	}
	var b bench
	r, at := n.find(grid(6, [2]float32{1, 7}), Aggregate{Least: 1}, &b, models.Ask{Heatmap: true})
	if r.Class != "dent" || math.Abs(r.Score-Soft(6)/2) > 1e-6 || at.x0 != 2 || at.y0 != 1 || r.Heat.Score[6] < 2 {
		t.Errorf("found %+v at %+v", r, at)
	}
}

// A box that lies beside all patches leaves the strangest.
func TestStrangest(t *testing.T) {
	p := grid(3, [2]float32{2, 2})
	if at := p.Strangest(vision.Box{}); at[0] != 3 || len(at) != 3 {
		t.Errorf("strangest %v, want patch 3 first of 3", at)
	}
	p.Counts = make([]bool, 8)
	p.Counts[5] = true
	if at := p.Strangest(vision.Box{}); !slices.Equal(at, []int{5}) {
		t.Errorf("strangest %v, of which only 5 lies on the part", at)
	}
}

func TestNamedSaved(t *testing.T) {
	n := twoNames()
	n.Means[0][0] = float32(1) / 3
	data, err := n.save()
	if err != nil {
		t.Fatal(err)
	}
	again, err := readNamed(data)
	if err != nil {
		t.Fatal(err)
	}
	if again.Means[0][0] != n.Means[0][0] || again.Weights[1][0] != -2 || again.Limits[1] != 2 {
		t.Errorf("read again: %+v", again)
	}
	for says, spoil := range map[string]func(*Named){
		"2 classes with 1 means": func(n *Named) { n.Means = n.Means[:1] },
		"directions":             func(n *Named) { n.Levels[0].Directions = nil },
		"to whiten them":         func(n *Named) { n.Levels[0].Whiten = n.Levels[0].Whiten[:3] },
		"for looks of 2":         func(n *Named) { n.Weights[1] = n.Weights[1][:2] },
		"direction of 1":         func(n *Named) { n.Levels[0].Directions[1] = Vector{1} },
		"limit of 0":             func(n *Named) { n.Limits[0] = 0 },
		"is NaN":                 func(n *Named) { n.Levels[0].Mean[0] = float32(math.NaN()) },
	} {
		n := twoNames()
		spoil(n)
		data, _ := n.save()
		if _, err := readNamed(data); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want an error with %q", err, says)
		}
	}
}

func FuzzReadNamed(f *testing.F) {
	data, _ := twoNames().save()
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := readNamed(data)
		if err != nil {
			return
		}
		if _, err := json.Marshal(n); err != nil {
			t.Error(err)
		}
		if c := len(n.Levels); c == 1 && len(n.Levels[0].Mean) == 2 { // what was taken can be used
			n.Name(n.Look(grid(1, [2]float32{3, 3}), []int{1}))
		}
	})
}
