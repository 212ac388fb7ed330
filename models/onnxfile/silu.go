package onnxfile

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of onnx.proto3 for steps.
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

// WithSiLU returns a copy of the file in which every Sigmoid whose result goes nowhere
// but into a product with its own input is one QuickGelu of alpha 1, ONNX Runtime's own
// step for that product, and how many there were.
func WithSiLU(file []byte) ([]byte, int, error) {
	count, named := 0, false
	out, err := Each(file, func(num protowire.Number, body []byte) (_ []byte, _ bool, err error) {
		switch num {
		case ModelGraph:
			body, count, err = graphWithSiLU(body)
		case modelOpset:
			var domain string
			domain, err = String(body, opsetDomain)
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

func graphWithSiLU(graph []byte) ([]byte, int, error) {
	var nodes []node
	uses := map[string]int{} // of a value
	_, err := Each(graph, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		switch num {
		case graphNode:
			n, err := readNode(body)
			if err != nil {
				return nil, false, err
			}
			nodes = append(nodes, n)
			for _, in := range n.in {
				uses[in]++
			}
		case GraphOutput:
			name, err := String(body, ValueName)
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
	sigmoids := map[string]int{} // by the value of those that only one step uses
	for i, n := range nodes {
		if n.is("Sigmoid", 1) && uses[n.out[0]] == 1 {
			sigmoids[n.out[0]] = i
		}
	}
	joined, gone := map[int]string{}, map[int]bool{} // products by their input; sigmoids
	for i, n := range nodes {
		if !n.is("Mul", 2) {
			continue
		}
		for j, value := range n.in {
			if s, ok := sigmoids[value]; ok && n.in[1-j] == nodes[s].in[0] {
				joined[i], gone[s] = nodes[s].in[0], true
				break
			}
		}
	}
	at := -1
	out, err := Each(graph, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num != graphNode {
			return body, true, nil
		}
		at++
		if in, ok := joined[at]; ok {
			return silu(in, nodes[at].out[0]), true, nil
		}
		return body, !gone[at], nil
	})
	return out, len(gone), err
}

// node is what has to be known of a step of a graph.
type node struct {
	operator, domain string
	in, out          []string
}

// is says that n is an operator of ONNX with so many inputs and one output.
func (n node) is(operator string, inputs int) bool {
	return n.operator == operator && n.domain == "" && len(n.in) == inputs && len(n.out) == 1
}

func readNode(message []byte) (n node, err error) {
	_, err = Each(message, func(num protowire.Number, body []byte) ([]byte, bool, error) {
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
