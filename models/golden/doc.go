// Package golden compares a located part with the good parts it was taught
// with, at the sensor's full resolution and with no network: is it as big, of
// the same outline and colour, and does every place on it look as it does on
// good parts?
//
// A good part is described by two layers. The body is what the lamps make of
// its shape; it stands still in the picture however the part is turned. The
// print is what turns with the part; whether there is any is decided from the
// good parts themselves. What is left of a part when both are taken away is
// divided by how much good parts vary at that place, at three widths and along lines.
//
// A product that is longer than it is wide, by the masks of the good parts, is
// laid straight along its axis instead, whichever end comes first, and compared
// inside an outline of its own. What stands still is then learned for each way
// the parts lie; a joint that lies further to one end or the other is brought
// into register; how good parts look different together (highlights, one half
// lighter) is taken off by their principal components; and each region of a
// colour of its own has its own limit of colour. Parts too unlike each other
// for that are compared as if they were round.
//
// Everything is learned from good parts alone. Scores are unclamped, 1 is the
// threshold. Lengths are pixels of the crop unless named otherwise; places in
// the golden picture are counted from the part's centre, for a part of the
// median radius.
package golden
