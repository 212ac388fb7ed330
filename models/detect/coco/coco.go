// Package coco holds a small detector of eighty everyday things (bottles, cups,
// people, vehicles), which ships with the program: YOLOX-nano as trained on
// COCO. It sees whole frames at 416 pixels; what is small in the picture, or
// made to look unlike what one meets in a street or kitchen, it does not find.
// SOURCE.md says where each file comes from.
package coco

import "embed"

// Folder is the model's folder, for detect.Load.
//
//go:embed card.yaml model.onnx *.jpg
var Folder embed.FS
