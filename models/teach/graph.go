package teach

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of onnx.proto3.
const (
	modelGraph       = 7
	graphInitializer = 5
	graphOutput      = 12
	tensorDims       = 1
	tensorType       = 2
	tensorName       = 8
	tensorRaw        = 9
	valueName        = 1
	typeFloat        = 1
)

// matrix is dense rows of equal length.
type matrix struct {
	rows, cols int
	data       []float32
}

func (m matrix) row(i int) []float32 { return m.data[i*m.cols : (i+1)*m.cols] }

// level is what teaching writes into the graph for one level of the network.
// A feature f becomes (f - mean) * scale before it is compared with the bank,
// whose rows each have a weight on the squared distance from them.
type level struct {
	mean, scale []float32
	bank        matrix
	weight      []float32
}

// product is the bank as the graph multiplies with it: (x, |x|^2) times a row
// of terms plus its norm is weight * |x - row|^2.
func (l level) product() (terms matrix, norm []float32) {
	terms = matrix{rows: l.bank.rows, cols: l.bank.cols + 1, data: make([]float32, 0, l.bank.rows*(l.bank.cols+1))}
	norm = make([]float32, l.bank.rows)
	for i, w := range l.weight {
		var square float64
		for _, v := range l.bank.row(i) {
			terms.data = append(terms.data, -2*w*v)
			square += float64(v) * float64(v)
		}
		terms.data = append(terms.data, w)
		norm[i] = float32(float64(w) * square)
	}
	return terms, norm
}

// install returns the graph with the levels in place of its placeholders and
// the features asked for only if they are wanted: the same nodes then serve. The
// rest of the file is copied byte by byte.
func install(graph []byte, levels []level, features bool) ([]byte, error) {
	fresh := map[string][]byte{}
	for i, l := range levels {
		n := int64(len(l.mean))
		fresh[fmt.Sprintf("mean_%d", i)] = tensor(fmt.Sprintf("mean_%d", i), l.mean, n)
		fresh[fmt.Sprintf("scale_%d", i)] = tensor(fmt.Sprintf("scale_%d", i), l.scale, n)
		terms, norm := l.product()
		fresh[fmt.Sprintf("bank_%d", i)] = tensor(fmt.Sprintf("bank_%d", i), terms.data, int64(terms.rows), int64(terms.cols))
		fresh[fmt.Sprintf("norm_%d", i)] = tensor(fmt.Sprintf("norm_%d", i), norm, int64(terms.rows))
	}
	var placed int
	out, err := eachField(graph, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num != modelGraph {
			return body, true, nil
		}
		inner, err := eachField(body, func(num protowire.Number, body []byte) ([]byte, bool, error) {
			switch num {
			case graphInitializer:
				name, err := stringField(body, tensorName)
				if err != nil {
					return nil, false, err
				}
				if t, ok := fresh[name]; ok {
					placed++
					return t, true, nil
				}
			case graphOutput:
				name, err := stringField(body, valueName)
				if err != nil {
					return nil, false, err
				}
				return body, features || !strings.HasPrefix(name, "features_"), nil
			}
			return body, true, nil
		})
		return inner, true, err
	})
	if err != nil {
		return nil, fmt.Errorf("backbone: %w", err)
	}
	if placed != len(fresh) {
		return nil, fmt.Errorf("backbone: %d of %d taught tensors have a place in the graph; make it anew with models/train/anomaly_backbone.py", placed, len(fresh))
	}
	return out, nil
}

// eachField copies a message field by field; change sees the length-delimited
// ones and says what stands there instead, or that the field goes.
func eachField(message []byte, change func(protowire.Number, []byte) ([]byte, bool, error)) ([]byte, error) {
	out := make([]byte, 0, len(message))
	for len(message) > 0 {
		num, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, fmt.Errorf("no ONNX file: %w", protowire.ParseError(n))
		}
		size := protowire.ConsumeFieldValue(num, kind, message[n:])
		if size < 0 {
			return nil, fmt.Errorf("no ONNX file: %w", protowire.ParseError(size))
		}
		if kind != protowire.BytesType {
			out = append(out, message[:n+size]...)
			message = message[n+size:]
			continue
		}
		body, _ := protowire.ConsumeBytes(message[n:])
		body, keep, err := change(num, body)
		if err != nil {
			return nil, err
		}
		if keep {
			out = protowire.AppendTag(out, num, kind)
			out = protowire.AppendBytes(out, body)
		}
		message = message[n+size:]
	}
	return out, nil
}

// stringField reads one string of a message; empty when absent.
func stringField(message []byte, field protowire.Number) (string, error) {
	var found string
	_, err := eachField(message, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num == field {
			found = string(body)
		}
		return nil, false, nil
	})
	return found, err
}

// tensor encodes a float32 TensorProto.
func tensor(name string, data []float32, dims ...int64) []byte {
	var t []byte
	for _, d := range dims {
		t = protowire.AppendTag(t, tensorDims, protowire.VarintType)
		t = protowire.AppendVarint(t, uint64(d))
	}
	t = protowire.AppendTag(t, tensorType, protowire.VarintType)
	t = protowire.AppendVarint(t, typeFloat)
	t = protowire.AppendTag(t, tensorName, protowire.BytesType)
	t = protowire.AppendString(t, name)
	raw := make([]byte, 0, 4*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	t = protowire.AppendTag(t, tensorRaw, protowire.BytesType)
	return protowire.AppendBytes(t, raw)
}
