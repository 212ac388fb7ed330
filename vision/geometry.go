package vision

import "math"

// Inverse returns the map from the sensor's pixels back to the crop's. ok is
// false for a map that flattens the plane and so has none.
func (t Affine) Inverse() (inverse Affine, ok bool) {
	det := t.A*t.E - t.B*t.D
	if det == 0 || math.IsNaN(det) || math.IsInf(det, 0) {
		return Affine{}, false
	}
	a, b := t.E/det, -t.B/det
	d, e := -t.D/det, t.A/det
	return Affine{
		A: a, B: b, C: -(a*t.C + b*t.F),
		D: d, E: e, F: -(d*t.C + e*t.F),
	}, true
}

// Shift returns the map of a crop that was cut out without turning or
// scaling, its first pixel at column x and row y of the sensor.
func Shift(x, y float64) Affine { return Affine{A: 1, C: x, E: 1, F: y} }

// ApplyBox maps a box in the crop to the smallest upright box around it in the
// sensor.
func (t Affine) ApplyBox(b Box) Box {
	out := Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range [4]Point{{b.X0, b.Y0}, {b.X1, b.Y0}, {b.X0, b.Y1}, {b.X1, b.Y1}} {
		q := t.Apply(p)
		out.X0, out.Y0 = math.Min(out.X0, q.X), math.Min(out.Y0, q.Y)
		out.X1, out.Y1 = math.Max(out.X1, q.X), math.Max(out.Y1, q.Y)
	}
	return out
}

// Width is the box's extent across the picture in pixels.
func (b Box) Width() float64 { return b.X1 - b.X0 }

// Height is the box's extent down the picture in pixels.
func (b Box) Height() float64 { return b.Y1 - b.Y0 }

// Centre is the middle of the box.
func (b Box) Centre() Point { return Point{(b.X0 + b.X1) / 2, (b.Y0 + b.Y1) / 2} }

// Overlap is the shared area of two boxes over their joint area, 0 to 1.
func (b Box) Overlap(o Box) float64 {
	w := math.Min(b.X1, o.X1) - math.Max(b.X0, o.X0)
	h := math.Min(b.Y1, o.Y1) - math.Max(b.Y0, o.Y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	shared := w * h
	return shared / (b.Width()*b.Height() + o.Width()*o.Height() - shared)
}
