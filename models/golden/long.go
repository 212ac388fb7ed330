package golden

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"linesman/vision"
)

// long is what was learned of a product that is longer than it is wide:
// capsules, bottles that lie, screws. Where a round part has a radius it has an
// outline of its own, and where a round part turns freely it lies along its
// axis, one end first or the other.
//
// The frame is a picture of the part laid straight: u along its axis, v across,
// both pixels of the crop counted from its middle, for a part of median length
// and width.
type long struct {
	size          int     // side of the crops
	mmPerPx       float64 // of the crops
	surround      [3]float32
	width, height int        // of the frame, odd
	half          [2]float64 // half the median length and width
	moment        [2]float64 // deviation of the mask's pixels along and across, median
	contour       []knot
	outline       [arcs][]float32 // deviation of good parts' outlines by knot
	face          []patch         // what tells one end from the other
	inside        []bool          // of the frame: whose surface is compared
	joint         joint
	stances       []stance
	regions       []region
	stretch       [2]normal // of length and width, 1 is the median

	limit [channels]float64

	lit     []int    // places of the frame where how it is lit is looked at; made from inside
	about   []int    // places about the joint; made from inside
	besides []beside // by knot; nil: there is no joint
	pool    sync.Pool
}

// knot is a place of the outline: where it is, which way is out, and what tells
// part from belt there: colour over the belt's, weighed by toPart, is 0.5 more
// than zero at the edge.
type knot struct {
	U, V, NormalU, NormalV float32
	ToPart                 [3]float32
	Zero                   float32
}

// errUneven is returned for parts whose outlines are too unlike each other to
// be laid over one another.
var errUneven = errors.New("the outlines of the good parts are too unlike each other to be compared place by place")

// lie is where a long part lies in its crop.
type lie struct {
	x, y          float64 // of its middle
	sin, cos      float64 // of its axis, towards the end that came first in teaching
	along, across float64 // length and width over the median ones
	shift         float32 // of its joint
}

// to maps a place of the frame to the crop.
func (l *lie) to(u, v float32) (x, y float32) {
	a, b := u*float32(l.along), v*float32(l.across)
	return float32(l.x) + a*float32(l.cos) - b*float32(l.sin), float32(l.y) + a*float32(l.sin) + b*float32(l.cos)
}

// turned is the same part with its other end first.
func (l lie) turned() lie {
	l.sin, l.cos = -l.sin, -l.cos
	return l
}

// lying finds a part by the moments of its mask. deviation is that of the
// mask's pixels along and across the axis; a mask of less than 16 pixels is no
// part.
func lying(crop *vision.Crop) (l lie, deviation [2]float64, ok bool) {
	n, sx, sy, sxx, sxy, syy := moments(crop.Mask, crop.Size)
	if n < 16 {
		return l, deviation, false
	}
	l.x, l.y = sx/n, sy/n
	sxx, sxy, syy = sxx/n-l.x*l.x, sxy/n-l.x*l.y, syy/n-l.y*l.y
	l.sin, l.cos = math.Sincos(0.5 * math.Atan2(2*sxy, sxx-syy))
	middle, apart := (sxx+syy)/2, math.Hypot((sxx-syy)/2, sxy)
	deviation = [2]float64{math.Sqrt(middle + apart), math.Sqrt(max(middle-apart, 1.0/12))}
	l.along, l.across = 1, 1
	return l, deviation, true
}

// moments are the sums over a mask's pixels of 1, x, y, xx, xy and yy, places counted
// from the first pixel's corner. They are whole numbers of quarters, and so exact however
// they are added: here run by run.
func moments(mask []byte, size int) (n, sx, sy, sxx, sxy, syy float64) {
	for j := range size {
		row, y := mask[j*size:][:size], float64(j)+0.5
		for i := 0; i < size; {
			for i+8 <= size && binary.LittleEndian.Uint64(row[i:]) == 0 {
				i += 8
			}
			for i < size && row[i] == 0 {
				i++
			}
			from := i
			for i < size && row[i] != 0 {
				i++
			}
			// Of the pixels from to i - 1: how many, the sum of x and of xx.
			many, middle := float64(i-from), float64(i+from)/2
			sum, squares := many*middle, many*middle*middle+many*(many*many-1)/12
			n, sx, sy = n+many, sx+sum, sy+many*y
			sxx, sxy, syy = sxx+squares, sxy+sum*y, syy+many*y*y
		}
	}
	return n, sx, sy, sxx, sxy, syy
}

// score judges one part; see Model.Score.
func (l *long) score(crop *vision.Crop, into []Reading) ([]Reading, error) {
	s, _ := l.pool.Get().(*longScratch)
	if s == nil {
		s = newLongScratch(l)
	}
	defer l.pool.Put(s)
	if err := l.examine(crop, s); err != nil {
		return into, err
	}
	if s.strange {
		size := l.sizeReading(crop, s)
		surface := size
		surface.Text = "not this product: " + size.Text
		return append(into, surface, Reading{Unit: "mm"}, size, Reading{Unit: "ΔE"}), nil
	}
	return append(into, l.surfaceReading(crop, s), l.outlineReading(crop, s), l.sizeReading(crop, s), l.colourReading(crop, s)), nil
}

// examine measures everything the readings need.
func (l *long) examine(crop *vision.Crop, s *longScratch) error {
	if err := l.place(crop, s); err != nil || s.strange {
		return err
	}
	v := s.stance(l)
	s.shade(crop, l)
	if l.joint.used() {
		s.findJoint(l, v)
	}
	s.straighten(l)
	s.compare(l, v)
	return nil
}

// place finds how the part lies.
func (l *long) place(crop *vision.Crop, s *longScratch) error {
	lie, deviation, ok := lying(crop)
	if !ok {
		return fmt.Errorf("the crop's mask has no part in it: check locate")
	}
	s.lie = lie
	s.lie.along, s.lie.across = deviation[0]/l.moment[0], deviation[1]/l.moment[1]
	if s.strange = unusual(s.lie.along) || unusual(s.lie.across); s.strange {
		return nil
	}
	s.lie.along, s.lie.across = min(max(s.lie.along, 0.9), 1.1), min(max(s.lie.across, 0.9), 1.1)
	if other := s.lie.turned(); l.unlike(crop, &other, s.face) < l.unlike(crop, &s.lie, s.face) {
		s.lie = other
	}
	return s.follow(crop, l)
}

// unusual says that a part of that share of the median length or width is
// nothing of this product: the size says so, and nothing further is compared.
func unusual(share float64) bool { return share < 0.5 || share > 1.6 }

// String says in a line what was learned.
func (l *long) String() string {
	ways := "lying one way"
	if len(l.stances) > 1 {
		ways = "lying either end first"
	}
	return fmt.Sprintf("golden picture: %.2f x %.2f mm, %s, %d colours, %d ways in which good ones look different",
		2*l.half[0]*l.mmPerPx, 2*l.half[1]*l.mmPerPx, ways, len(l.regions), len(l.stances[0].modes))
}

// colour is what the crop shows at a place of the frame.
func (l *lie) colour(crop *vision.Crop, u, v float32) (red, green, blue float32) {
	x, y := l.to(u, v)
	return colourAt(crop, x, y)
}
