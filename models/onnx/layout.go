package onnx

import (
	"os"
	"path/filepath"

	ort "github.com/yalue/onnxruntime_go"

	"linesman/models/onnxfile"
)

// laidOut returns the graph as ONNX Runtime runs it on this processor, convolutions in
// the layout that they are fastest in, with x*sigmoid(x) made one step in that layout:
// the runtime itself either joins the two or keeps the layout (see unfused). What comes
// out is the same to the bit. Nil where the graph has no x*sigmoid(x), and where
// anything goes wrong: then the graph is run as it is, only slower.
func laidOut(graph []byte, threads int) []byte {
	if _, n, err := onnxfile.WithSiLU(graph); err != nil || n == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "linesman-graph-")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "graph.onnx")
	s, err := load(graph, threads, ort.GraphOptimizationLevelEnableAll, path)
	if err != nil || s.Close() != nil {
		return nil
	}
	optimized, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	optimized, n, err := onnxfile.WithSiLU(optimized)
	if err != nil || n == 0 {
		return nil
	}
	return optimized
}
