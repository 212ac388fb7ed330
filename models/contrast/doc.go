// Package contrast says where a whole picture is rougher than good ones are at
// that place. It looks at every pixel, where the network beside it sees patches
// of the picture brought to its size: a pit of a few pixels is noise to the one
// and all there is to the other.
//
// Roughness is the root mean square of what a narrow blur takes away from the
// logarithm of the brightness, within a neighbourhood: twice the light changes
// nothing. Its mean and spread over the good parts are kept place by place, so
// that a product which always lies alike is measured against itself, and one
// that lies anyhow against a wide spread, by which this channel says little.
package contrast
