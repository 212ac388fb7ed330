package secondlook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"sync"

	"linesman/models"
	"linesman/models/weights"
)

// Eye turns crops into features by the network that ships with the program. It is
// safe from many goroutines, one of which looks at a time.
type Eye struct {
	session models.Session
	at      int // of the features in the outputs

	mu      sync.Mutex
	input   []float32
	buffers models.Buffers
}

// cells is how many parts a crop's features are averaged over, each way: a pillar
// is told from a person by what is where.
const cells = 4

// level is the output of the network that features are taken of: stride 16.
const level = "features_1"

// Backbone names the network, by the hash of its graph and of how its answer is
// read: features of another can not be compared.
func Backbone() string {
	h := sha256.New()
	h.Write(weights.Quick.Graph)
	fmt.Fprintf(h, "%s %d %d %v", level, cells, Side, around)
	return hex.EncodeToString(h.Sum(nil))
}

// OpenEye loads the network; open is models/onnx's. The caller closes it.
func OpenEye(open models.Open, threads int) (*Eye, error) {
	session, err := open(weights.Quick.Graph, threads)
	if err != nil {
		return nil, fmt.Errorf("the network of the second look: %w", err)
	}
	e := &Eye{session: session, at: -1}
	for i, name := range session.Outputs() {
		if strings.HasPrefix(name, level) {
			e.at = i
		}
	}
	if e.at < 0 {
		session.Close()
		return nil, fmt.Errorf("the network of the second look has no output %s, only %v", level, session.Outputs())
	}
	return e, nil
}

// Look returns the features of a crop (RGB, Side x Side): for each of cells x
// cells parts the mean of the layer, all together of length 1.
func (e *Eye) Look(crop []byte) ([]float32, error) {
	if len(crop) != 3*Side*Side {
		return nil, fmt.Errorf("a crop of %d bytes: want %d x %d pixels of RGB", len(crop), Side, Side)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	plane := Side * Side
	if e.input == nil {
		e.input = make([]float32, 3*plane)
	}
	for i := range plane {
		for c := range 3 {
			e.input[c*plane+i] = (float32(crop[3*i+c]) - 127) / 128
		}
	}
	out, err := e.session.Run([]models.Tensor{{Shape: []int64{1, 3, Side, Side}, Data: e.input}}, &e.buffers)
	if err != nil {
		return nil, fmt.Errorf("second look: %w", err)
	}
	return pool(out[e.at])
}

// pool averages a layer over the parts of the crop.
func pool(layer models.Tensor) ([]float32, error) {
	if len(layer.Shape) != 4 || layer.Shape[0] != 1 {
		return nil, fmt.Errorf("second look: a layer of shape %v: want 1 x height x width x channels", layer.Shape)
	}
	h, w, c := int(layer.Shape[1]), int(layer.Shape[2]), int(layer.Shape[3])
	sums := make([]float64, cells*cells*c)
	for y := range h {
		for x := range w {
			into := sums[((y*cells/h)*cells+x*cells/w)*c:][:c]
			for i, v := range layer.Data[(y*w+x)*c:][:c] {
				into[i] += float64(v)
			}
		}
	}
	length := 0.0
	for _, v := range sums {
		length += v * v
	}
	if length = math.Sqrt(length); !(length > 0) || math.IsInf(length, 0) {
		return nil, fmt.Errorf("second look: features of length %v tell nothing", length)
	}
	out := make([]float32, len(sums))
	for i, v := range sums {
		out[i] = float32(v / length)
	}
	return out, nil
}

// Close frees the network. Nobody may look any more.
func (e *Eye) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.buffers.Close()
	e.session.Close()
}

// Apart is how unlike two crops are, by their features: 0 the same, 2 opposite.
func Apart(a, b []float32) float64 {
	dot := 0.0
	for i, v := range a {
		dot += float64(v) * float64(b[i])
	}
	return 1 - dot
}
