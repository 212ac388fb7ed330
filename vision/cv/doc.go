// Package cv finds parts on a belt with OpenCV and cuts them out: the belt's
// colour and shading are learned from the frames themselves, whatever is unlike
// the belt is a part, and parts that touch are cut apart where two round things
// of the product's size would touch.
//
// It is the only package that imports gocv. Every Mat is made once, when a
// Locator is made, and closed with it: a frame allocates nothing in C.
package cv
