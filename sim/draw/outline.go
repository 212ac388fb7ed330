package draw

import "math"

// form is the family of an outline.
type form uint8

const (
	round  form = iota
	oval        // an ellipse
	oblong      // two half circles and the straight sides between
)

// outline is a part's shape seen from above. Lengths are millimetres or
// pixels, whichever the caller works in; the long axis lies along x before turning.
type outline struct {
	form     form
	half     float64 // half the length
	wide     float64 // half the width; equals half for round
	sin, cos float64 // of the turn
}

// scaled returns the outline in other units.
func (o outline) scaled(f float64) outline {
	o.half, o.wide = o.half*f, o.wide*f
	return o
}

// reach returns how far the outline extends from its centre along the unit
// vector (x, y).
func (o outline) reach(x, y float64) float64 {
	if o.form == round {
		return o.half
	}
	u, v := x*o.cos+y*o.sin, y*o.cos-x*o.sin
	if o.form == oval {
		return math.Sqrt(o.half*o.half*u*u + o.wide*o.wide*v*v)
	}
	return (o.half-o.wide)*math.Abs(u) + o.wide
}

// edge returns how far inside the outline the place (x, y) from its centre
// lies (negative: outside) and the outward direction of the nearest edge.
//
//go:norace
func (o *outline) edge(x, y float32) (inside, nx, ny float32) {
	if o.form == round {
		r := float32(math.Sqrt(float64(x*x + y*y)))
		if r < 1e-3 {
			return float32(o.half), 0, 0
		}
		return float32(o.half) - r, x / r, y / r
	}
	s, c := float32(o.sin), float32(o.cos)
	u, v := x*c+y*s, y*c-x*s
	a, b := float32(o.half), float32(o.wide)
	var gu, gv float32
	if o.form == oblong {
		straight := a - b
		gu, gv = u-min(max(u, -straight), straight), v
		r := float32(math.Sqrt(float64(gu*gu + gv*gv)))
		if r < 1e-3 {
			return b, 0, 0
		}
		inside, gu, gv = b-r, gu/r, gv/r
	} else {
		gu, gv = u/(a*a), v/(b*b)
		slope := float32(math.Sqrt(float64(gu*gu + gv*gv)))
		if slope < 1e-6 {
			return b, 0, 0
		}
		level := float32(math.Sqrt(float64(u*u/(a*a) + v*v/(b*b))))
		inside, gu, gv = (1-level)*level/slope, gu/slope, gv/slope
		if level < 0.5 { // deep inside the first-order distance bends back
			inside = max(inside, b/2)
		}
	}
	return inside, gu*c - gv*s, gu*s + gv*c
}

// gap returns the clear distance between two outlines whose centres lie
// (dx, dy) apart: 0 when they touch, negative when they overlap.
func gap(a, b outline, dx, dy float64) float64 {
	best := math.Inf(-1)
	try := func(x, y float64) { best = max(best, x*dx+y*dy-a.reach(x, y)-b.reach(-x, -y)) }
	if d := math.Hypot(dx, dy); d > 0 {
		try(dx/d, dy/d)
	}
	if a.form == round && b.form == round {
		return best
	}
	for i := range 180 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 90)
		try(cos, sin)
	}
	return best
}
