package secondlook

import (
	"linesman/vision"
)

// Side is the width and height of a crop, pixels.
const Side = 128

// around is how much larger than the longer side of a thing's box its crop is: what
// stands beside a thing tells of the place.
const around = 1.25

// Region is the square of the picture that a thing's crop shows: around the
// middle of its box, whole pixels, as large whether or not the picture ends before.
func Region(box vision.Box) (x, y, side int) {
	c := box.Centre()
	side = max(int(around*max(box.Width(), box.Height())+0.5), 1)
	return int(c.X) - side/2, int(c.Y) - side/2, side
}

// Cut cuts a thing out of a picture (RGB, stride bytes from row to row) into
// Side x Side pixels of its own. Shrinking averages, growing interpolates; what
// lies beyond the picture repeats its rim.
func Cut(pix []byte, width, height, stride int, box vision.Box) []byte {
	left, top, side := Region(box)
	square := make([]byte, 3*side*side)
	for y := range side {
		from := min(max(top+y, 0), height-1) * stride
		for x := range side {
			at := from + 3*min(max(left+x, 0), width-1)
			copy(square[3*(y*side+x):], pix[at:at+3])
		}
	}
	plane := Side * Side
	shrunk := make([]float32, 3*plane)
	even := vision.Normalise{Deviation: [3]float32{1, 1, 1}}
	vision.Fit(side, side, Side, Side).Fill(square, 3*side, even, [3]byte{}, shrunk)
	out := make([]byte, 3*plane)
	for i := range plane {
		for c := range 3 {
			out[3*i+c] = byte(min(max(shrunk[c*plane+i]+0.5, 0), 255))
		}
	}
	return out
}
