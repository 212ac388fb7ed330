package graphs

import "linesman/models/onnxfile"

// How sure the networks are that a grey, 0..1, is dark: the sigmoid of
// Steep x (Edge - grey); that it is bright: the rest.
const (
	Steep = 40
	Edge  = 0.3
)

// conv has two classes look at each place's mean of three planes: one for dark, one
// for bright ones.
func conv(in, out string) (Node, [][]byte) {
	const w = float32(Steep) / 3
	return Node{Op: "Conv", In: []string{in, "weights", "bias"}, Out: []string{out}}, [][]byte{
		onnxfile.Tensor("weights", []float32{-w, -w, -w, w, w, w}, 2, 3, 1, 1),
		onnxfile.Tensor("bias", []float32{Steep * Edge, -Steep * Edge}, 2),
	}
}

// Maps is a segmenter of side x side pixels that gives the logits of dark and bright.
func Maps(side int64) []byte {
	node, constants := conv("image", "maps")
	return Graph{Nodes: []Node{node}, Constants: constants,
		In: map[string][]int64{"image": {1, 3, side, side}}, Out: map[string][]int64{"maps": {1, 2, side, side}}}.File()
}

// Roots is as Maps, but answers with the logits' square roots: no number where a place
// is not dark, or not bright.
func Roots(side int64) []byte {
	node, constants := conv("image", "logits")
	return Graph{Nodes: []Node{node, {Op: "Sqrt", In: []string{"logits"}, Out: []string{"maps"}}}, Constants: constants,
		In: map[string][]int64{"image": {1, 3, side, side}}, Out: map[string][]int64{"maps": {1, 2, side, side}}}.File()
}

// Cell is the side of a cell in which Boxes looks for dark and bright, in pixels.
const Cell = 8

// Boxes is a detector of side x side pixels with a head as YOLOv8's: a box of a cell
// and a half for each cell, and how likely it is dark, and bright.
func Boxes(side int64) []byte {
	node, constants := conv("cells", "logits")
	across := side / Cell
	n := across * across
	boxes := make([]float32, 4*n)
	for i := range n {
		boxes[i], boxes[n+i] = (float32(i%across)+0.5)*Cell, (float32(i/across)+0.5)*Cell
		boxes[2*n+i], boxes[3*n+i] = 1.5*Cell, 1.5*Cell
	}
	return Graph{
		Nodes: []Node{
			{Op: "AveragePool", In: []string{"image"}, Out: []string{"cells"}, Ints: map[string][]int64{"kernel_shape": {Cell, Cell}, "strides": {Cell, Cell}}},
			node,
			{Op: "Sigmoid", In: []string{"logits"}, Out: []string{"sure"}},
			{Op: "Reshape", In: []string{"sure", "flat"}, Out: []string{"classes"}},
			{Op: "Concat", In: []string{"boxes", "classes"}, Out: []string{"answer"}, Ints: map[string][]int64{"axis": {1}}},
		},
		Constants: append(constants, onnxfile.Tensor("boxes", boxes, 1, 4, n), Ints("flat", 1, 2, n)),
		In:        map[string][]int64{"image": {1, 3, side, side}}, Out: map[string][]int64{"answer": {1, 6, n}},
	}.File()
}
