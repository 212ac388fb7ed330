package onnxfile_test

import (
	"bytes"
	"testing"

	"linesman/models/detect/safety"
	"linesman/models/onnxfile"
	"linesman/models/supervised/graphs"
	"linesman/models/weights"
)

func TestWithSiLU(t *testing.T) {
	graph := func(nodes ...graphs.Node) []byte {
		return graphs.Graph{Nodes: nodes, In: map[string][]int64{"x": {1, 6}}, Out: map[string][]int64{"y": {1, 6}}}.File()
	}
	node := func(op, out string, in ...string) graphs.Node {
		return graphs.Node{Op: op, In: in, Out: []string{out}}
	}
	safetyNetwork, err := safety.Folder.ReadFile("model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		want int
	}{
		{"the safety network", safetyNetwork, 104},
		{"the backbone", weights.Quick.Graph, 0},
		{"one", graph(node("Sigmoid", "s", "x"), node("Mul", "y", "s", "x")), 1},
		{"the other way round", graph(node("Sigmoid", "s", "x"), node("Mul", "y", "x", "s")), 1},
		{"used twice", graph(node("Sigmoid", "s", "x"), node("Mul", "m", "x", "s"), node("Add", "y", "m", "s")), 0},
		{"an output itself", graph(node("Sigmoid", "y", "x"), node("Mul", "m", "x", "y")), 0},
		{"times itself", graph(node("Sigmoid", "s", "x"), node("Mul", "y", "s", "s")), 0},
		{"of another value", graph(node("Neg", "n", "x"), node("Sigmoid", "s", "n"), node("Mul", "y", "s", "x")), 0},
	} {
		out, n, err := onnxfile.WithSiLU(c.file)
		if err != nil || n != c.want || bytes.Count(out, []byte("QuickGelu")) != c.want {
			t.Errorf("%s: %d joined, %v, want %d", c.name, n, err, c.want)
		}
		if again, n, err := onnxfile.WithSiLU(out); err != nil || n != 0 || !bytes.Equal(again, out) {
			t.Errorf("%s: joined again: %d, %v", c.name, n, err)
		}
	}
}

func FuzzWithSiLU(f *testing.F) {
	f.Add(weights.Quick.Graph[:300])
	f.Add(graphs.Graph{Nodes: []graphs.Node{{Op: "Sigmoid", In: []string{"x"}, Out: []string{"s"}}, {Op: "Mul", In: []string{"x", "s"}, Out: []string{"y"}}},
		In: map[string][]int64{"x": {1, 6}}, Out: map[string][]int64{"y": {1, 6}}}.File())
	f.Fuzz(func(t *testing.T, file []byte) {
		out, _, err := onnxfile.WithSiLU(file)
		if err != nil {
			return
		}
		if _, _, err := onnxfile.WithSiLU(out); err != nil {
			t.Errorf("what was joined can not be read again: %v", err)
		}
	})
}
