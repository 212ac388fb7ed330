// Package yunet holds a small face detector that ships with the program, so that
// faces can be made unrecognisable before anybody sees them. SOURCE.md says where
// each file comes from.
package yunet

import "embed"

// Folder is the model's folder, for face.Load.
//
//go:embed card.yaml model.onnx *.jpg
var Folder embed.FS
