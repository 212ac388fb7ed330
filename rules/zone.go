package rules

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"linesman/vision"
)

// Zone is a place on the part in its own frame: mm from its centre, x in the
// direction of travel, y to the right of it. It is a ring or a polygon.
type Zone struct {
	// RingMM is all between two distances from the centre; from 0 it is a disc.
	RingMM []float64 `yaml:"ring_mm"`
	// PolygonMM is all within the corners, in order, each x and y.
	PolygonMM [][]float64 `yaml:"polygon_mm"`
}

// cover is how much of a box lies in a zone.
type cover int

const (
	apart cover = iota
	partly
	within
)

// cover says how much of a box, in the part's frame, lies in the zone. Where it
// is not sure it says partly.
func (z Zone) cover(box vision.Box) cover {
	if z.RingMM != nil {
		near := math.Hypot(max(box.X0, -box.X1, 0), max(box.Y0, -box.Y1, 0))
		far := math.Hypot(max(math.Abs(box.X0), math.Abs(box.X1)), max(math.Abs(box.Y0), math.Abs(box.Y1)))
		switch {
		case near >= z.RingMM[0] && far <= z.RingMM[1]:
			return within
		case far < z.RingMM[0] || near > z.RingMM[1]:
			return apart
		}
		return partly
	}
	inside, middle := false, box.Centre()
	for i, a := range z.PolygonMM {
		b := z.PolygonMM[(i+1)%len(z.PolygonMM)]
		if crosses(a, b, box) {
			return partly
		}
		if a[1] > middle.Y != (b[1] > middle.Y) && middle.X < a[0]+(middle.Y-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			inside = !inside
		}
	}
	if inside {
		return within
	}
	return apart
}

// crosses reports whether the line from a to b has a point in the box: what is left
// of it between the box's sides is not empty (Liang and Barsky 1984).
func crosses(a, b []float64, box vision.Box) bool {
	from, to := 0.0, 1.0
	for i, side := range [2][2]float64{{box.X0, box.X1}, {box.Y0, box.Y1}} {
		d := b[i] - a[i]
		if d == 0 {
			if a[i] < side[0] || a[i] > side[1] {
				return false
			}
			continue
		}
		t0, t1 := (side[0]-a[i])/d, (side[1]-a[i])/d
		from, to = max(from, min(t0, t1)), min(to, max(t0, t1))
	}
	return from <= to
}

// validateZones refuses zones that are no place.
func (l *Limits) validateZones() (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(l.Zones)) {
		if err := l.Zones[name].validate(); err != nil {
			errs = append(errs, fmt.Errorf("limits.zones.%s: %w", name, err))
		} else if l.Zones[name].PolygonMM != nil && !l.Guided {
			errs = append(errs, fmt.Errorf("limits.zones.%s: polygon_mm is one place only on parts that always lie the same way: say limits.guided: true if a rail sees to that, or use ring_mm", name))
		}
	}
	return errs
}

func (z Zone) validate() error {
	switch {
	case (z.RingMM == nil) == (z.PolygonMM == nil):
		return errors.New("want one of ring_mm: [from, to] and polygon_mm: [[x, y], ...], in mm of the part's centre")
	case z.RingMM != nil:
		if len(z.RingMM) != 2 || !(z.RingMM[0] >= 0 && z.RingMM[0] < z.RingMM[1]) || math.IsInf(z.RingMM[1], 0) {
			return fmt.Errorf("ring_mm is %v: want two distances of the part's centre in mm, the smaller first; [0, 5] is a disc", z.RingMM)
		}
		return nil
	case len(z.PolygonMM) < 3:
		return fmt.Errorf("polygon_mm has %d corners: want 3 and more", len(z.PolygonMM))
	}
	area := 0.0
	for i, a := range z.PolygonMM {
		if len(a) != 2 || !(math.Abs(a[0]) < 1e6) || !(math.Abs(a[1]) < 1e6) {
			return fmt.Errorf("polygon_mm[%d] is %v: want x and y in mm of the part's centre", i, a)
		}
		if b := z.PolygonMM[(i+1)%len(z.PolygonMM)]; len(b) == 2 {
			area += a[0]*b[1] - a[1]*b[0]
		}
	}
	if area == 0 {
		return errors.New("polygon_mm covers nothing: list its corners in order around it")
	}
	return nil
}
