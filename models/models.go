// Package models recognises: it tells what is on a crop and how unlike the
// good parts it is. A model is a folder: an ONNX file and card.yaml.
package models

import (
	"context"

	"linesman/part"
	"linesman/vision"
)

// Model names exactly what judged a part.
type Model struct {
	Name    string `json:"name" yaml:"name"`
	Version string `json:"version" yaml:"version"`
	SHA256  string `json:"sha256" yaml:"sha256"` // over every file that can change an answer
}

// Finding is one thing found on a part.
type Finding struct {
	Class string `json:"class"` // what says so: "size", "outline", "colour", "print", "texture"...
	// Name is the defect as people named it, of a model that was shown labelled
	// ones; empty where it resembles none of them.
	Name  string     `json:"name,omitempty"`
	Score float64    `json:"score"` // unclamped, 1 = threshold
	Box   vision.Box `json:"box"`   // pixels of the sensor
	Area  float64    `json:"area"`  // pixels of the sensor
	// Measured and Limit are the plain numbers behind the score, for the
	// reason a person reads; Unit names what they count.
	Measured float64 `json:"measured"`
	Limit    float64 `json:"limit"`
	Unit     string  `json:"unit"`
}

// Heatmap is patch score over threshold, row by row, covering the whole crop.
type Heatmap struct {
	Width, Height int
	Score         []float32
}

// Result is what a model says of one view of a part.
type Result struct {
	Part     part.ID
	View     string
	Camera   part.CameraID
	Seq      uint64
	Model    Model
	Findings []Finding // strongest first; only those that say why, so usually few
	Anomaly  float64   // unclamped, 1 = threshold; always a number
	Heatmap  Heatmap   // empty unless asked for
	Took     float64   // milliseconds of this part's share of the batch
	// Listed is the score from which every place is among Findings. 0: each channel
	// names its strongest place alone, and there may be others.
	Listed float64
	// Unanswered says why the model has no answer for this part, as where its
	// neighbours hide too much of it; empty if it has one.
	Unanswered string
}

// Ask says what a caller wants beside the score.
type Ask struct {
	Heatmap bool
	// Places is the score from which every place is to be named, with all its extent,
	// not the strongest of each channel alone; Result.Listed says whether it could
	// be. 0: no.
	Places float64
}

// Detector judges crops. Detect fills out[i] for crops[i] in one batch; it does
// not keep the crops. Workers call it at the same time from several goroutines.
// An error speaks for the whole batch, Result.Unanswered for its part alone: in
// both cases that is a missing view, and never a pass.
type Detector interface {
	Model() Model
	Detect(ctx context.Context, crops []vision.Crop, ask Ask, out []Result) error
	Close() error
}

// Session is one ONNX graph, loaded once, run with explicit threads.
//
// Run takes float32 inputs (NCHW, row-major) by the graph's input order and
// returns outputs by its output order; the shapes' first dimension is the
// batch. The returned slices belong to the call's Buffers and live until the next
// Run with the same Buffers. Run is safe from several goroutines, each with
// Buffers of its own.
type Session interface {
	Inputs() []string
	Outputs() []string
	Run(in []Tensor, keep *Buffers) ([]Tensor, error)
	Close() error
}

// Tensor is a dense float32 array.
type Tensor struct {
	Shape []int64
	Data  []float32
}

// Buffers holds what a driver preallocates for one goroutine between runs.
// The zero value is ready; Close frees it.
type Buffers struct {
	Driver any
	Free   func()
}

// Close frees what the driver keeps there.
func (b *Buffers) Close() {
	if b.Free != nil {
		b.Free()
		b.Free, b.Driver = nil, nil
	}
}

// Open loads a graph from bytes; models/onnx provides it, cmd hands it in.
type Open func(graph []byte, threads int) (Session, error)
