package onnx_test

import (
	"os"
	"runtime"
	"slices"
	"testing"

	"linesman/models"
	"linesman/models/detect/safety"
	"linesman/models/onnx"
	"linesman/models/supervised/graphs"
	"linesman/models/weights"
)

// TestJoined holds a network of x*sigmoid(x) to what ONNX Runtime alone says of it, to
// the bit, in several sizes and several pictures at once; graphs in which the two cannot
// be joined are run as they are.
func TestJoined(t *testing.T) {
	values := map[string][]int64{"x": {1, 6}}
	small := func(nodes ...graphs.Node) []byte {
		return graphs.Graph{Nodes: nodes, In: values, Out: map[string][]int64{"y": {1, 6}}}.File()
	}
	sigmoid := graphs.Node{Op: "Sigmoid", In: []string{"x"}, Out: []string{"s"}}
	for _, c := range []struct {
		name   string
		graph  []byte
		inputs []models.Tensor
	}{
		{"the safety network", network(t), []models.Tensor{pixels(1, 416, 416, 1), pixels(1, 672, 384, 2), pixels(3, 96, 64, 3)}},
		{"the backbone has none", weights.Quick.Graph, []models.Tensor{pixels(1, 224, 224, 4)}},
		{"alone", small(sigmoid, graphs.Node{Op: "Mul", In: []string{"s", "x"}, Out: []string{"y"}}), []models.Tensor{pixels6(5)}},
		{"used twice", small(sigmoid, graphs.Node{Op: "Mul", In: []string{"x", "s"}, Out: []string{"m"}},
			graphs.Node{Op: "Add", In: []string{"m", "s"}, Out: []string{"y"}}), []models.Tensor{pixels6(6)}},
		{"times something else", small(sigmoid, graphs.Node{Op: "Mul", In: []string{"s", "s"}, Out: []string{"y"}}), []models.Tensor{pixels6(7)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, bare := opened(t, onnx.Open, c.graph), opened(t, onnx.Bare, c.graph)
			for _, in := range c.inputs {
				var a, b models.Buffers
				got, err := ours.Run([]models.Tensor{in}, &a)
				if err != nil {
					t.Fatal(err)
				}
				want, err := bare.Run([]models.Tensor{in}, &b)
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					if !slices.Equal(got[i].Shape, want[i].Shape) || !slices.Equal(got[i].Data, want[i].Data) {
						t.Errorf("%v: output %d is another than the bare network's", in.Shape, i)
					}
				}
				a.Close()
				b.Close()
			}
		})
	}
}

// TestJoinedWithoutDisk opens the network where nothing can be written: it is only slower.
func TestJoinedWithoutDisk(t *testing.T) {
	t.Setenv("TMPDIR", "/proc/nowhere")
	if _, err := os.MkdirTemp("", ""); err == nil {
		t.Fatal("the disk is there after all")
	}
	var b models.Buffers
	defer b.Close()
	if _, err := opened(t, onnx.Open, network(t)).Run([]models.Tensor{pixels(1, 96, 96, 1)}, &b); err != nil {
		t.Error(err)
	}
}

// BenchmarkJoined is the safety network with and without the joined step, in the size of
// a camera of 16:9, one run on each core at once.
func BenchmarkJoined(b *testing.B) {
	for _, by := range []struct {
		name string
		open models.Open
	}{{"bare", onnx.Bare}, {"open", onnx.Open}} {
		b.Run(by.name, func(b *testing.B) {
			graph, sessions := network(b), make(chan models.Session, runtime.GOMAXPROCS(0))
			for range cap(sessions) {
				sessions <- opened(b, by.open, graph)
			}
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				s := <-sessions
				var keep models.Buffers
				defer keep.Close()
				in := []models.Tensor{pixels(1, 672, 384, 1)}
				for pb.Next() {
					if _, err := s.Run(in, &keep); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func opened(t testing.TB, open models.Open, graph []byte) models.Session {
	t.Helper()
	s, err := open(graph, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// pixels6 is six values as a row.
func pixels6(seed uint32) models.Tensor {
	p := pixels(1, 2, 1, seed)
	p.Shape = []int64{1, 6}
	return p
}

// network is the shipped one for people.
func network(t testing.TB) []byte {
	t.Helper()
	graph, err := safety.Folder.ReadFile("model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	return graph
}
