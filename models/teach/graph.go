package teach

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"linesman/models/anomaly"
	"linesman/models/onnxfile"
)

// matrix is dense rows of equal length.
type matrix struct {
	rows, cols int
	data       []float32
	from       []anomaly.Place // where on the good parts each row was seen; nil if nobody asks
}

func (m matrix) row(i int) []float32 { return m.data[i*m.cols : (i+1)*m.cols] }

// shown are the rows that were seen in one of the ways, copied.
func (m matrix) shown(ways ...int) matrix {
	out := matrix{cols: m.cols}
	for r, at := range m.from {
		if slices.Contains(ways, at.Mirrored) {
			out = out.with(matrix{rows: 1, cols: m.cols, data: m.row(r), from: m.from[r : r+1]})
		}
	}
	return out
}

// with is m with the rows of more behind its own.
func (m matrix) with(more matrix) matrix {
	return matrix{rows: m.rows + more.rows, cols: more.cols, data: append(m.data, more.data...), from: append(m.from, more.from...)}
}

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
		fresh[fmt.Sprintf("mean_%d", i)] = onnxfile.Tensor(fmt.Sprintf("mean_%d", i), l.mean, n)
		fresh[fmt.Sprintf("scale_%d", i)] = onnxfile.Tensor(fmt.Sprintf("scale_%d", i), l.scale, n)
		terms, norm := l.product()
		fresh[fmt.Sprintf("bank_%d", i)] = onnxfile.Tensor(fmt.Sprintf("bank_%d", i), terms.data, int64(terms.rows), int64(terms.cols))
		fresh[fmt.Sprintf("norm_%d", i)] = onnxfile.Tensor(fmt.Sprintf("norm_%d", i), norm, int64(terms.rows))
	}
	var placed int
	out, err := onnxfile.Each(graph, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num != onnxfile.ModelGraph {
			return body, true, nil
		}
		inner, err := onnxfile.Each(body, func(num protowire.Number, body []byte) ([]byte, bool, error) {
			switch num {
			case onnxfile.GraphInitializer:
				name, err := onnxfile.String(body, onnxfile.TensorName)
				if err != nil {
					return nil, false, err
				}
				if t, ok := fresh[name]; ok {
					placed++
					return t, true, nil
				}
			case onnxfile.GraphOutput:
				name, err := onnxfile.String(body, onnxfile.ValueName)
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
