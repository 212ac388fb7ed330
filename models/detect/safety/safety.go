// Package safety holds the detector for safety cameras: people, what they wear,
// vehicles, fire and smoke, in one network. Asked for by the name ppe it tells
// of people, dress and vehicles alone, by the name fire of fire and smoke.
// SOURCE.md says what it was made of, models/train/detector how, card.yaml how
// well it finds what.
package safety

import "embed"

// Folder is the model's folder, for detect.Load.
//
//go:embed card.yaml model.onnx *.jpg
var Folder embed.FS
