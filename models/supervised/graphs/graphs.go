// Package graphs encodes small ONNX graphs for tests: networks that find dark places,
// as those trained on thousands of pictures would find defects.
package graphs

import (
	"google.golang.org/protobuf/encoding/protowire"

	"linesman/models/onnxfile"
)

// Node is one operation of a graph.
type Node struct {
	Op      string
	In, Out []string
	Ints    map[string][]int64 // attributes
}

// Graph is a network: nodes, constants by encoding, inputs and outputs with their
// shapes; -1 is a free dimension.
type Graph struct {
	Nodes     []Node
	Constants [][]byte
	In, Out   map[string][]int64
}

// Field numbers of onnx.proto3.
const (
	modelVersion = 1
	modelOpset   = 8
	opsetVersion = 2

	graphNode  = 1
	graphName  = 2
	graphInput = 11

	nodeInput     = 1
	nodeOutput    = 2
	nodeOp        = 4
	nodeAttribute = 5

	attributeName = 1
	attributeInt  = 3
	attributeInts = 8
	attributeType = 20
	typeInt       = 2
	typeInts      = 7

	valueType     = 2
	typeTensor    = 1
	tensorElement = 1
	tensorShape   = 2
	shapeDim      = 1
	dimValue      = 1
	dimName       = 2

	tensorDims  = 1
	tensorType  = 2
	tensorInts  = 7
	elementF32  = 1
	elementI64  = 7
	irVersion   = 8
	opsetOfTest = 17
)

func message(to []byte, field protowire.Number, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), body)
}

func number(to []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, field, protowire.VarintType), uint64(v))
}

// Ints encodes a constant of whole numbers, of one dimension.
func Ints(name string, values ...int64) []byte {
	t := number(number(nil, tensorDims, int64(len(values))), tensorType, elementI64)
	for _, v := range values {
		t = number(t, tensorInts, v)
	}
	return message(t, onnxfile.TensorName, []byte(name))
}

// File encodes the graph as an ONNX file.
func (g Graph) File() []byte {
	var graph []byte
	for _, n := range g.Nodes {
		graph = message(graph, graphNode, n.encoded())
	}
	graph = message(graph, graphName, []byte("test"))
	for _, c := range g.Constants {
		graph = message(graph, onnxfile.GraphInitializer, c)
	}
	for name, shape := range g.In {
		graph = message(graph, graphInput, value(name, shape))
	}
	for name, shape := range g.Out {
		graph = message(graph, onnxfile.GraphOutput, value(name, shape))
	}
	file := number(nil, modelVersion, irVersion)
	file = message(file, modelOpset, number(nil, opsetVersion, opsetOfTest))
	return message(file, onnxfile.ModelGraph, graph)
}

func (n Node) encoded() (out []byte) {
	for _, name := range n.In {
		out = message(out, nodeInput, []byte(name))
	}
	for _, name := range n.Out {
		out = message(out, nodeOutput, []byte(name))
	}
	out = message(out, nodeOp, []byte(n.Op))
	for name, values := range n.Ints {
		a := message(nil, attributeName, []byte(name))
		if name == "axis" {
			a = number(number(a, attributeInt, values[0]), attributeType, typeInt)
		} else {
			for _, v := range values {
				a = number(a, attributeInts, v)
			}
			a = number(a, attributeType, typeInts)
		}
		out = message(out, nodeAttribute, a)
	}
	return out
}

func value(name string, shape []int64) []byte {
	var dims []byte
	for _, d := range shape {
		dim := number(nil, dimValue, d)
		if d < 0 {
			dim = message(nil, dimName, []byte("n"))
		}
		dims = message(dims, shapeDim, dim)
	}
	tensor := message(number(nil, tensorElement, elementF32), tensorShape, dims)
	v := message(nil, onnxfile.ValueName, []byte(name))
	return message(v, valueType, message(nil, typeTensor, tensor))
}
