package onnx_test

import (
	"slices"
	"testing"

	"linesman/models"
	"linesman/models/onnx"
	"linesman/models/supervised/graphs"
)

// TestVaryingShape runs a graph whose answer is as long as what it sees is various, as
// one with a suppression of boxes inside.
func TestVaryingShape(t *testing.T) {
	s, err := onnx.Open(graphs.Graph{Nodes: []graphs.Node{{Op: "Unique", In: []string{"values"}, Out: []string{"each"}}},
		In: map[string][]int64{"values": {1, 6}}, Out: map[string][]int64{"each": {-1}}}.File(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b models.Buffers
	defer b.Close()
	data := make([]float32, 6) // the same memory, as a line's
	for _, values := range [][]float32{{1, 1, 2, 2, 3, 3}, {5, 5, 5, 5, 5, 5}, {1, 2, 3, 4, 5, 6}, {4, 4, 4, 4, 4, 1}, {6, 5, 4, 3, 2, 1}} {
		copy(data, values)
		out, err := s.Run([]models.Tensor{{Shape: []int64{1, 6}, Data: data}}, &b)
		if err != nil {
			t.Fatalf("%v: %v", values, err)
		}
		want := slices.Clone(values)
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(out[0].Data, want) || !slices.Equal(out[0].Shape, []int64{int64(len(want))}) {
			t.Errorf("%v: %v of shape %v, want %v", values, out[0].Data, out[0].Shape, want)
		}
	}
}
