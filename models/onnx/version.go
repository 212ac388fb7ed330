package onnx

import ort "github.com/yalue/onnxruntime_go"

// Version loads ONNX Runtime, where that was not done yet, and returns its
// version.
func Version() (string, error) {
	if err := start(); err != nil {
		return "", err
	}
	return ort.GetVersion(), nil
}
