package onnx

import (
	"math"
	"os"
	"path/filepath"

	ort "github.com/yalue/onnxruntime_go"
	"google.golang.org/protobuf/encoding/protowire"

	"linesman/models/onnxfile"
)

// Field numbers of onnx.proto3 for what joined changes.
const (
	modelOpset    protowire.Number = 8
	opsetDomain   protowire.Number = 1
	opsetVersion  protowire.Number = 2
	graphNode     protowire.Number = 1
	nodeInput     protowire.Number = 1
	nodeOutput    protowire.Number = 2
	nodeOperator  protowire.Number = 4
	nodeAttribute protowire.Number = 5
	nodeDomain    protowire.Number = 7
	attrName      protowire.Number = 1
	attrFloat     protowire.Number = 2
	attrType      protowire.Number = 20
	attrIsFloat                    = 1
)

// contributed is the domain of ONNX Runtime's own operators.
const contributed = "com.microsoft"

// node is what joined has to know of a step of a graph.
type node struct {
	operator, domain string
	in, out          []string
}

// isSigmoid says that n is an activation that joins with a product.
func (n node) isSigmoid() bool {
	return n.operator == "Sigmoid" && n.domain == "" && len(n.in) == 1 && len(n.out) == 1
}

func readNode(message []byte) (n node, err error) {
	_, err = onnxfile.Each(message, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		switch num {
		case nodeInput:
			n.in = append(n.in, string(body))
		case nodeOutput:
			n.out = append(n.out, string(body))
		case nodeOperator:
			n.operator = string(body)
		case nodeDomain:
			n.domain = string(body)
		}
		return nil, false, nil
	})
	return n, err
}

// laidOut returns the graph as ONNX Runtime runs it on this processor, convolutions in
// the layout that they are fastest in, with x*sigmoid(x) made one step in that layout:
// the runtime itself either joins the two or keeps the layout (see unfused). What comes
// out is the same to the bit. Nil where the graph has no x*sigmoid(x), and where
// anything goes wrong: then the graph is run as it is, only slower.
func laidOut(graph []byte, threads int) []byte {
	if _, n, err := joined(graph); err != nil || n == 0 {
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
	optimized, n, err := joined(optimized)
	if err != nil || n == 0 {
		return nil
	}
	return optimized
}

// joined returns a copy of an ONNX file in which every Sigmoid whose result goes nowhere
// but into a product with its own input is one QuickGelu of alpha 1, which is that
// product, and how many there were.
func joined(file []byte) ([]byte, int, error) {
	count, named := 0, false
	out, err := onnxfile.Each(file, func(num protowire.Number, body []byte) (_ []byte, _ bool, err error) {
		switch num {
		case onnxfile.ModelGraph:
			body, count, err = joinedGraph(body)
		case modelOpset:
			var domain string
			domain, err = onnxfile.String(body, opsetDomain)
			named = named || domain == contributed
		}
		return body, true, err
	})
	if err != nil {
		return nil, 0, err
	}
	if !named {
		opset := protowire.AppendString(protowire.AppendTag(nil, opsetDomain, protowire.BytesType), contributed)
		opset = protowire.AppendVarint(protowire.AppendTag(opset, opsetVersion, protowire.VarintType), 1)
		out = protowire.AppendBytes(protowire.AppendTag(out, modelOpset, protowire.BytesType), opset)
	}
	return out, count, nil
}

func joinedGraph(graph []byte) ([]byte, int, error) {
	uses := map[string]int{}         // of a value
	sigmoidOf := map[string]string{} // by the sigmoid's value
	_, err := onnxfile.Each(graph, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		switch num {
		case graphNode:
			n, err := readNode(body)
			if err != nil {
				return nil, false, err
			}
			for _, in := range n.in {
				uses[in]++
			}
			if n.isSigmoid() {
				sigmoidOf[n.out[0]] = n.in[0]
			}
		case onnxfile.GraphOutput:
			name, err := onnxfile.String(body, onnxfile.ValueName)
			if err != nil {
				return nil, false, err
			}
			uses[name]++
		}
		return nil, false, nil
	})
	if err != nil {
		return nil, 0, err
	}
	gone := map[string]bool{} // sigmoids that a product takes in
	product := func(n node) (in string, ok bool) {
		if n.operator != "Mul" || n.domain != "" || len(n.in) != 2 || len(n.out) != 1 {
			return "", false
		}
		for i, value := range n.in {
			if from, ok := sigmoidOf[value]; ok && uses[value] == 1 && n.in[1-i] == from {
				gone[value] = true
				return from, true
			}
		}
		return "", false
	}
	steps, err := onnxfile.Each(graph, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num != graphNode {
			return body, true, nil
		}
		n, err := readNode(body)
		if err != nil {
			return nil, false, err
		}
		if in, ok := product(n); ok {
			return silu(in, n.out[0]), true, nil
		}
		return body, true, nil
	})
	if err != nil {
		return nil, 0, err
	}
	steps, err = onnxfile.Each(steps, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num != graphNode {
			return body, true, nil
		}
		n, err := readNode(body)
		return body, !n.isSigmoid() || !gone[n.out[0]], err
	})
	return steps, len(gone), err
}

// silu encodes the step out = in*sigmoid(in).
func silu(in, out string) []byte {
	text := func(to []byte, field protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(to, field, protowire.BytesType), s)
	}
	alpha := text(nil, attrName, "alpha")
	alpha = protowire.AppendFixed32(protowire.AppendTag(alpha, attrFloat, protowire.Fixed32Type), math.Float32bits(1))
	alpha = protowire.AppendVarint(protowire.AppendTag(alpha, attrType, protowire.VarintType), attrIsFloat)
	n := text(text(text(text(nil, nodeInput, in), nodeOutput, out), nodeOperator, "QuickGelu"), nodeDomain, contributed)
	return protowire.AppendBytes(protowire.AppendTag(n, nodeAttribute, protowire.BytesType), alpha)
}
