// Package anomaly says how unlike the good parts a part looks. It joins
// channels into one answer: the learned look of patches ("texture", a network
// with a bank of good patches inside its graph) and whatever else was learned
// from the same good parts, such as a golden difference or a size.
//
// A Model is what a folder holds; Model.Detector makes it judge. Scores are
// unclamped; 1 is the threshold. What cannot be judged is an error, never a
// low score.
package anomaly

import "errors"

// ErrRefused says that a model folder must not judge parts: it is damaged, was
// altered, or answers its own samples differently here. Teaching anew cures it.
var ErrRefused = errors.New("model refused")
