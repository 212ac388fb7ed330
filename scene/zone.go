package scene

import (
	"errors"
	"fmt"
	"math"

	"linesman/vision"
)

// Zone is an area of the floor as the picture shows it: all within its corners,
// in order. Want one of the three.
type Zone struct {
	Polygon   [][]float64 `yaml:"polygon,omitempty"`    // shares of the picture's width and height
	PolygonPx [][]float64 `yaml:"polygon_px,omitempty"` // pixels of a picture of Settings.SizePx
	PolygonM  [][]float64 `yaml:"polygon_m,omitempty"`  // metres on the floor

	corners []vision.Point // shares
}

// Line is a line on the floor that people and vehicles go over.
type Line struct {
	Points   [][]float64 `yaml:"points,omitempty"`    // its two ends, shares of the picture's width and height
	PointsPx [][]float64 `yaml:"points_px,omitempty"` // pixels of a picture of Settings.SizePx
	PointsM  [][]float64 `yaml:"points_m,omitempty"`  // metres on the floor
	// In is the way one goes in the picture who goes in: up, down, left or right.
	In string `yaml:"in"`

	ends [2]vision.Point // shares
	sign float64         // of the inner side's cross product
}

// shares reads points given in shares or in pixels.
func shares(share, px [][]float64, size []int, name string) ([]vision.Point, error) {
	if (share == nil) == (px == nil) {
		return nil, fmt.Errorf("want one of %s: [[x, y], ...] in shares of the picture, 0 to 1, and %s_px: in pixels", name, name)
	}
	given, w, h := share, 1.0, 1.0
	if px != nil {
		name, given = name+"_px", px
		if len(size) != 2 || size[0] < 1 || size[1] < 1 {
			return nil, fmt.Errorf("%s is in pixels of which picture? Say size_px: [width, height]", name)
		}
		w, h = float64(size[0]), float64(size[1])
	}
	out := make([]vision.Point, len(given))
	for i, p := range given {
		if len(p) != 2 || !(math.Abs(p[0]/w) <= 2) || !(math.Abs(p[1]/h) <= 2) {
			return nil, fmt.Errorf("%s[%d] is %v: want x and y of a place in the picture", name, i, p)
		}
		out[i] = vision.Point{X: p[0] / w, Y: p[1] / h}
	}
	return out, nil
}

// places reads points given in shares, pixels or metres.
func places(share, px, m [][]float64, size []int, floor *Floor, name string) ([]vision.Point, error) {
	if m == nil {
		return shares(share, px, size, name)
	}
	if share != nil || px != nil {
		return nil, fmt.Errorf("want one of %s, %s_px and %s_m, not several", name, name, name)
	}
	if !floor.Known() {
		return nil, fmt.Errorf("%s_m is in metres, but no floor is given: add floor: with four points, or use %s", name, name)
	}
	out := make([]vision.Point, len(m))
	for i, p := range m {
		if len(p) != 2 || !sound(p[0], p[1]) {
			return nil, fmt.Errorf("%s_m[%d] is %v: want x and y in metres", name, i, p)
		}
		q, ok := floor.Seen(vision.Point{X: p[0], Y: p[1]})
		if !ok || !(math.Abs(q.X) < 100) || !(math.Abs(q.Y) < 100) {
			return nil, fmt.Errorf("%s_m[%d], %v m, lies behind the camera or at its horizon: take a nearer point", name, i, p)
		}
		out[i] = q
	}
	return out, nil
}

func (z *Zone) validate(size []int, floor *Floor) (err error) {
	if z.corners, err = places(z.Polygon, z.PolygonPx, z.PolygonM, size, floor, "polygon"); err != nil {
		return err
	}
	if len(z.corners) < 3 {
		return fmt.Errorf("the polygon has %d corners: want 3 and more", len(z.corners))
	}
	area := 0.0
	for i, a := range z.corners {
		b := z.corners[(i+1)%len(z.corners)]
		area += (a.X*b.Y - a.Y*b.X) / 2
	}
	if math.Abs(area) < 1e-5 {
		return errors.New("the polygon covers nothing: list its corners in order around it")
	}
	return nil
}

// ways are the directions in the picture that settings and rules speak of.
var ways = map[string]vision.Point{"up": {Y: -1}, "down": {Y: 1}, "left": {X: -1}, "right": {X: 1}}

// Heading reports whether a word is a way one can go in the picture.
func Heading(word string) bool { _, ok := ways[word]; return ok }

func (l *Line) validate(size []int, floor *Floor) error {
	ends, err := places(l.Points, l.PointsPx, l.PointsM, size, floor, "points")
	if err != nil {
		return err
	}
	if len(ends) != 2 {
		return fmt.Errorf("the line has %d points: want its two ends", len(ends))
	}
	way, ok := ways[l.In]
	if !ok {
		return fmt.Errorf("in is %q: want the way one goes in the picture who goes in: up, down, left or right", l.In)
	}
	dx, dy := ends[1].X-ends[0].X, ends[1].Y-ends[0].Y
	length := math.Hypot(dx, dy)
	if length < 0.01 {
		return errors.New("the line's ends lie on each other")
	}
	cross := (dx*way.Y - dy*way.X) / length
	if math.Abs(cross) < 0.2 {
		return fmt.Errorf("the line itself runs %s: nobody goes over it that way; give the way across", l.In)
	}
	l.ends, l.sign = [2]vision.Point(ends), math.Copysign(1, cross)
	return nil
}

// area is a zone in pixels of the picture at hand.
type area struct {
	name    string
	corners []vision.Point
}

// depth is how far inside a point lies, in pixels; below 0 outside.
func (a *area) depth(p vision.Point) float64 {
	inside, near := false, math.Inf(1)
	for i, c := range a.corners {
		d := a.corners[(i+1)%len(a.corners)]
		if (c.Y > p.Y) != (d.Y > p.Y) && p.X < c.X+(p.Y-c.Y)/(d.Y-c.Y)*(d.X-c.X) {
			inside = !inside
		}
		near = min(near, toSegment(p, c, d))
	}
	if inside {
		return near
	}
	return -near
}

// toSegment is the distance of a point from a straight piece.
func toSegment(p, a, b vision.Point) float64 {
	dx, dy := b.X-a.X, b.Y-a.Y
	t := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		t = min(max(((p.X-a.X)*dx+(p.Y-a.Y)*dy)/n, 0), 1)
	}
	return math.Hypot(p.X-a.X-t*dx, p.Y-a.Y-t*dy)
}

// barrier is a line in pixels of the picture at hand.
type barrier struct {
	name string
	a, b vision.Point
	sign float64
}

// inward is how far on the inner side a point lies, in pixels; below 0 outside.
func (l *barrier) inward(p vision.Point) float64 {
	dx, dy := l.b.X-l.a.X, l.b.Y-l.a.Y
	return l.sign * (dx*(p.Y-l.a.Y) - dy*(p.X-l.a.X)) / math.Hypot(dx, dy)
}

// between reports whether the straight way from p to q goes over the line
// between its ends, each lengthened by a share.
func (l *barrier) between(p, q vision.Point, slack float64) bool {
	from, to := l.inward(p), l.inward(q)
	if (from < 0) == (to < 0) {
		return false
	}
	t := from / (from - to)
	x := vision.Point{X: p.X + t*(q.X-p.X), Y: p.Y + t*(q.Y-p.Y)}
	dx, dy := l.b.X-l.a.X, l.b.Y-l.a.Y
	along := ((x.X-l.a.X)*dx + (x.Y-l.a.Y)*dy) / (dx*dx + dy*dy)
	return along >= -slack && along <= 1+slack
}
