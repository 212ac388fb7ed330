// Package onnx runs networks on the CPU with ONNX Runtime. It is the only
// importer of onnxruntime_go: everything else sees models.Session.
//
// The library is loaded once per process. Threads are always stated: a line's
// latency must not depend on how many cores a box happens to have.
package onnx

import (
	"errors"
	"fmt"
	"slices"

	ort "github.com/yalue/onnxruntime_go"

	"linesman/models"
)

var _ models.Open = Open
var _ models.Session = (*Session)(nil)

// Session is one loaded graph. Run may be called from several goroutines.
type Session struct {
	net     *ort.DynamicAdvancedSession
	inputs  []port
	outputs []port
}

// port is one named input or output; -1 in its shape is free.
type port struct {
	name  string
	shape []int64
}

// Open loads a graph from the bytes of an ONNX file. threads is how many cores
// one Run may use; at least 1. The bytes are not kept.
func Open(graph []byte, threads int) (models.Session, error) {
	if err := usable(graph, threads); err != nil {
		return nil, err
	}
	if ready := laidOut(graph, threads); ready != nil {
		if s, err := load(ready, threads, ort.GraphOptimizationLevelDisableAll, ""); err == nil {
			return s, nil
		}
	}
	return load(graph, threads, ort.GraphOptimizationLevelEnableAll, "")
}

// Bare loads a graph as ONNX Runtime by itself runs it best: what Open is measured
// against.
func Bare(graph []byte, threads int) (models.Session, error) {
	if err := usable(graph, threads); err != nil {
		return nil, err
	}
	return load(graph, threads, ort.GraphOptimizationLevelEnableAll, "")
}

// usable starts the library, once, and refuses what cannot be loaded by anything.
func usable(graph []byte, threads int) error {
	if threads < 1 {
		return fmt.Errorf("onnx: %d threads: a session needs at least 1", threads)
	}
	if len(graph) == 0 {
		return errors.New("onnx: the graph is empty; copy the model folder again or teach it anew")
	}
	return start()
}

// load makes a session. The graph as it was changed for this processor is written to
// the file optimized, unless that is empty.
func load(graph []byte, threads int, level ort.GraphOptimizationLevel, optimized string) (*Session, error) {
	inputs, outputs, err := ports(graph)
	if err != nil {
		return nil, err
	}
	options, err := settings(threads, level)
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if optimized != "" {
		if err := options.SetOptimizedModelFilePath(optimized); err != nil {
			return nil, fmt.Errorf("onnx: session options: %w", err)
		}
	}
	net, err := ort.NewDynamicAdvancedSessionWithONNXData(graph, names(inputs), names(outputs), options)
	if err != nil {
		return nil, fmt.Errorf("onnx: load graph: %w", err)
	}
	return &Session{net: net, inputs: inputs, outputs: outputs}, nil
}

// unfused is not joined into one step: x*sigmoid(x), between convolutions. The joined
// step does not know the layout that convolutions are fastest in, so that every one of
// them would be laid out anew before it and after it. What comes out is the same to the
// bit; YOLOX is 1.15 to 1.25 times as fast (docs/figures.md). laidOut joins the two once
// the layout is there.
const unfused = "QuickGeluFusion"

func settings(threads int, level ort.GraphOptimizationLevel) (*ort.SessionOptions, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("onnx: session options: %w", err)
	}
	spin := "0" // a waiting thread must not burn the core that decodes the next frame
	err = errors.Join(
		options.SetExecutionMode(ort.ExecutionModeSequential),
		options.SetGraphOptimizationLevel(level),
		options.SetIntraOpNumThreads(threads),
		options.SetInterOpNumThreads(1),
		options.SetMemPattern(false), // a plan kept for every shape would grow with each new batch size
		options.AddSessionConfigEntry("session.intra_op.allow_spinning", spin),
		options.AddSessionConfigEntry("session.set_denormal_as_zero", "1"),
		options.AddSessionConfigEntry("optimization.disable_specified_optimizers", unfused),
	)
	if err != nil {
		options.Destroy()
		return nil, fmt.Errorf("onnx: session options: %w", err)
	}
	return options, nil
}

func ports(graph []byte) (inputs, outputs []port, err error) {
	ins, outs, err := ort.GetInputOutputInfoWithONNXData(graph)
	if err != nil {
		return nil, nil, fmt.Errorf("onnx: the file is no graph that can run: %w", err)
	}
	for _, set := range []struct {
		from []ort.InputOutputInfo
		to   *[]port
	}{{ins, &inputs}, {outs, &outputs}} {
		for _, info := range set.from {
			if info.OrtValueType != ort.ONNXTypeTensor || info.DataType != ort.TensorElementDataTypeFloat {
				return nil, nil, fmt.Errorf("onnx: %q is not a float32 tensor; export the graph with float32 inputs and outputs", info.Name)
			}
			*set.to = append(*set.to, port{info.Name, slices.Clone(info.Dimensions)})
		}
	}
	if len(inputs) == 0 || len(outputs) == 0 {
		return nil, nil, errors.New("onnx: the graph has no input or no output")
	}
	return inputs, outputs, nil
}

func names(ports []port) []string {
	list := make([]string, len(ports))
	for i, p := range ports {
		list[i] = p.name
	}
	return list
}

// Inputs returns the graph's input names in order.
func (s *Session) Inputs() []string { return names(s.inputs) }

// Outputs returns the graph's output names in order.
func (s *Session) Outputs() []string { return names(s.outputs) }

// Close frees the graph. No Run may be under way.
func (s *Session) Close() error {
	if s.net == nil {
		return nil
	}
	err := s.net.Destroy()
	s.net = nil
	return err
}

// check refuses what the graph could not take, with the names of both sides.
func (s *Session) check(in []models.Tensor) error {
	if len(in) != len(s.inputs) {
		return fmt.Errorf("onnx: %d inputs given, the graph takes %d (%v)", len(in), len(s.inputs), s.Inputs())
	}
	for i, want := range s.inputs {
		have := in[i]
		fits := len(have.Shape) == len(want.shape)
		size := int64(1)
		for d := 0; fits && d < len(want.shape); d++ {
			fits = have.Shape[d] > 0 && (want.shape[d] < 0 || want.shape[d] == have.Shape[d])
			size *= have.Shape[d]
		}
		if !fits {
			return fmt.Errorf("onnx: input %q has shape %v, the graph takes %v (-1 is free)", want.name, have.Shape, want.shape)
		}
		if size != int64(len(have.Data)) {
			return fmt.Errorf("onnx: input %q: shape %v needs %d values, %d given", want.name, have.Shape, size, len(have.Data))
		}
	}
	return nil
}
