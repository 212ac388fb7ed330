// Package supervised judges parts by networks that were trained elsewhere on many
// labelled pictures: detectors, which answer with boxes, and segmenters, which answer
// with a map of each class. A model is a folder of two files, the graph and a card
// that says how pictures go in, how answers come out and at which probability each
// class fails a part.
//
// A class's score is its probability over its threshold: 1 = threshold, as
// everywhere. A network that answers otherwise than its card says, or with what is no
// number, has no answer, and never passes a part.
package supervised
