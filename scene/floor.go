package scene

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"linesman/vision"
)

// Floor ties places in the picture to metres on the floor, by four points or
// more whose both places are known. The floor is taken to be flat and the lens
// not to bend: a fisheye camera has none.
type Floor struct {
	// Picture are the points in shares of the picture's width and height, PicturePx
	// in pixels of a picture of Settings.SizePx; want one of the two.
	Picture   [][]float64 `yaml:"picture,omitempty"`
	PicturePx [][]float64 `yaml:"picture_px,omitempty"`
	// Metres are the same points on the floor, from any corner, both axes at right
	// angles.
	Metres [][]float64 `yaml:"metres,omitempty"`

	toFloor, toPicture [9]float64 // homographies of shares and metres, row by row
}

// leastArea is the least share of the whole that the smallest of all triangles
// of four points may have: below it three of them lie about on one line.
const leastArea = 0.01

// maxResidual is how far more than four points may be off the plane that fits
// them best, as a share of their extent.
const maxResidual = 0.05

func (f *Floor) validate(size []int) error {
	from, err := shares(f.Picture, f.PicturePx, size, "picture")
	if err != nil {
		return err
	}
	if len(from) < 4 || len(f.Metres) != len(from) {
		return fmt.Errorf("%d points in the picture and %d in metres: want four or more, and the same points in both", len(from), len(f.Metres))
	}
	to := make([]vision.Point, len(f.Metres))
	for i, m := range f.Metres {
		if len(m) != 2 || !(math.Abs(m[0]) < 1e4) || !(math.Abs(m[1]) < 1e4) {
			return fmt.Errorf("metres[%d] is %v: want x and y in metres", i, m)
		}
		to[i] = vision.Point{X: m[0], Y: m[1]}
	}
	if !spread(from) || !spread(to) {
		return errors.New("the points lie about on one line, or on each other: choose four corners of a large area, such as of a bay marked on the floor")
	}
	h, err := homography(from, to)
	if err != nil {
		return err
	}
	f.toFloor = h
	if f.toPicture, err = inverse(h); err != nil {
		return err
	}
	// The points are before the camera: there the third coordinate has one sign.
	for i, p := range from {
		if _, w := apply(f.toFloor, p); !(w > 0) {
			return fmt.Errorf("point %d lies behind the horizon of the others: the points are not in the same order in the picture and in metres", i+1)
		}
	}
	return f.fits(from, to)
}

// fits refuses points that are no picture of a plane.
func (f *Floor) fits(from, to []vision.Point) error {
	extent := 0.0
	for _, p := range to {
		extent = max(extent, math.Hypot(p.X-to[0].X, p.Y-to[0].Y))
	}
	for i, p := range from {
		q, _ := apply(f.toFloor, p)
		if off := math.Hypot(q.X-to[i].X, q.Y-to[i].Y); !(off <= maxResidual*extent) {
			return fmt.Errorf("point %d is %.2f m off where the others say it should be: measure it again", i+1, off)
		}
	}
	return nil
}

// Known reports whether a floor has been given and found to be one.
func (f *Floor) Known() bool { return f != nil && f.toFloor != [9]float64{} }

// At returns the place on the floor, in metres, of a place in shares of the
// picture; ok is false beyond the horizon.
func (f *Floor) At(share vision.Point) (metres vision.Point, ok bool) {
	q, w := apply(f.toFloor, share)
	return q, w > 1e-9 && sound(q.X, q.Y)
}

// Seen returns where a place on the floor is in the picture, in shares; ok is
// false for a place behind the camera.
func (f *Floor) Seen(metres vision.Point) (share vision.Point, ok bool) {
	q, w := apply(f.toPicture, metres)
	return q, w > 1e-9 && sound(q.X, q.Y)
}

func apply(h [9]float64, p vision.Point) (q vision.Point, w float64) {
	w = h[6]*p.X + h[7]*p.Y + h[8]
	return vision.Point{X: (h[0]*p.X + h[1]*p.Y + h[2]) / w, Y: (h[3]*p.X + h[4]*p.Y + h[5]) / w}, w
}

// homography finds the projective map that takes one set of points to another
// best, by the normalised direct linear transform (Hartley, 1997). Its third
// coordinate is positive at the first point.
func homography(from, to []vision.Point) (h [9]float64, err error) {
	a, b := normaliser(from), normaliser(to)
	rows := mat.NewDense(max(2*len(from), 9), 9, nil)
	for i := range from {
		p, _ := apply(a, from[i])
		q, _ := apply(b, to[i])
		rows.SetRow(2*i, []float64{-p.X, -p.Y, -1, 0, 0, 0, q.X * p.X, q.X * p.Y, q.X})
		rows.SetRow(2*i+1, []float64{0, 0, 0, -p.X, -p.Y, -1, q.Y * p.X, q.Y * p.Y, q.Y})
	}
	var svd mat.SVD
	if !svd.Factorize(rows, mat.SVDThin) {
		return h, errors.New("no plane fits these points: measure them again")
	}
	// Two directions without effect would leave the plane open.
	if s := svd.Values(nil); s[7] < 1e-6*s[0] {
		return h, errors.New("the points do not fix one plane: choose four corners of a large area, no three on one line")
	}
	var v mat.Dense
	svd.VTo(&v)
	for i := range h {
		h[i] = v.At(i, 8)
	}
	back, err := inverse(b)
	if err != nil {
		return h, err
	}
	h = times(back, times(h, a))
	if _, w := apply(h, from[0]); w < 0 {
		for i := range h {
			h[i] = -h[i]
		}
	}
	return h, nil
}

// normaliser moves points to the origin and to a mean distance of sqrt 2.
func normaliser(points []vision.Point) [9]float64 {
	var x, y, d float64
	n := float64(len(points))
	for _, p := range points {
		x, y = x+p.X/n, y+p.Y/n
	}
	for _, p := range points {
		d += math.Hypot(p.X-x, p.Y-y) / n
	}
	s := math.Sqrt2 / d
	return [9]float64{s, 0, -s * x, 0, s, -s * y, 0, 0, 1}
}

func times(a, b [9]float64) (c [9]float64) {
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				c[3*i+j] += a[3*i+k] * b[3*k+j]
			}
		}
	}
	return c
}

// inverse turns a map round; what is before the camera stays before it.
func inverse(h [9]float64) (out [9]float64, err error) {
	var m mat.Dense
	if err := m.Inverse(mat.NewDense(3, 3, h[:])); err != nil {
		return out, errors.New("the points flatten the floor to a line: choose four corners of a large area")
	}
	copy(out[:], m.RawMatrix().Data)
	return out, nil
}

// spread reports whether no three of the first four points lie about on a line.
func spread(p []vision.Point) bool {
	whole := 0.0
	for i := range p {
		for j := range i {
			whole = max(whole, math.Hypot(p[i].X-p[j].X, p[i].Y-p[j].Y))
		}
	}
	if !(whole > 0) {
		return false
	}
	good := 0 // triangles, of any points, that are none too flat
	least := math.Inf(1)
	for i := range p {
		for j := range i {
			for k := range j {
				area := math.Abs((p[j].X-p[i].X)*(p[k].Y-p[i].Y)-(p[k].X-p[i].X)*(p[j].Y-p[i].Y)) / 2 / (whole * whole)
				least = min(least, area)
				if area >= leastArea {
					good++
				}
			}
		}
	}
	return least >= leastArea || len(p) > 4 && good >= 4
}

func sound(values ...float64) bool {
	for _, v := range values {
		if v-v != 0 {
			return false
		}
	}
	return true
}
