package scene

import (
	"math"
	"slices"
	"time"

	"linesman/vision"
)

// Left is a thing that lies still.
type Left struct {
	Label string // the class found, or "thing" for a changed place of the picture
	Box   vision.Box
	Since time.Time     // it lies there
	Alone time.Duration // without a person near, up to now; 0 while one is
	Zones []string
}

// Thing is the label of what the background tells of, and no detector named.
const Thing = "thing"

// maxLeft bounds how many things are watched at once: the newest are not.
const maxLeft = 32

// Two boxes of one still thing.
const (
	stillOverlap = 0.4
	leastStill   = 2 * time.Second // before it is told of
)

type left struct {
	Left
	last     time.Time // seen
	attended time.Time // a person was near
	named    bool      // by a detector

}

// watchLeft holds what lies about against what lay there before.
func (f *Follower) watchLeft(at time.Time, o Observation, s *Scene) {
	for _, d := range o.Detections {
		if kinds[d.Label] == luggage && d.Score >= f.set.Left.Sure && whole(d) {
			f.leftAt(at, d.Label, d.Box)
		}
	}
	w, h := float64(o.Width), float64(o.Height)
	for _, c := range o.Changed {
		b := vision.Box{X0: c.X0 * w, Y0: c.Y0 * h, X1: c.X1 * w, Y1: c.Y1 * h}
		if sound(b.X0, b.Y0, b.X1, b.Y1) && b.X1 > b.X0 && b.Y1 > b.Y0 && !f.isSomebody(b) {
			f.leftAt(at, Thing, b)
		}
	}
	f.left = slices.DeleteFunc(f.left, func(l left) bool { return at.Sub(l.last) > f.set.Left.Hidden })
	for i := range f.left {
		l := &f.left[i]
		if f.attended(l.Box) {
			l.attended = at
		}
		l.Alone = at.Sub(l.attended)
		if l.last.Sub(l.Since) < leastStill {
			continue
		}
		told := l.Left
		for k := range f.areas {
			if f.areas[k].depth(vision.Point{X: l.Box.Centre().X, Y: l.Box.Y1}) >= 0 || f.areas[k].depth(l.Box.Centre()) >= 0 {
				told.Zones = append(told.Zones, f.areas[k].name)
			}
		}
		s.Left = append(s.Left, told)
	}
}

// leftAt takes a thing for the one that lay there, or for a new one. A thing
// that moves is a new one wherever it comes to lie.
func (f *Follower) leftAt(at time.Time, label string, b vision.Box) {
	for i := range f.left {
		l := &f.left[i]
		covered := max(within(b, l.Box), within(l.Box, b)) > 0.6
		if l.Box.Overlap(b) < stillOverlap && !(covered && (label == Thing) != (l.Label == Thing)) {
			continue
		}
		l.last = at
		if label != Thing && !l.named {
			l.Label, l.named, l.Box = label, true, b
		}
		return
	}
	if len(f.left) < maxLeft {
		f.left = append(f.left, left{Left: Left{Label: label, Box: b, Since: at}, last: at, attended: at, named: label != Thing})
	}
}

// isSomebody reports whether a changed place is one who stands there.
func (f *Follower) isSomebody(b vision.Box) bool {
	for _, t := range f.tracks {
		if within(b, t.Box) > 0.3 || within(t.Box, b) > 0.5 {
			return true
		}
	}
	return false
}

// attended reports whether a person is near a thing: the foot's distance from its
// box, in the person's heights.
func (f *Follower) attended(b vision.Box) bool {
	for _, t := range f.tracks {
		if t.kind != person {
			continue
		}
		dx := max(b.X0-t.Foot.X, t.Foot.X-b.X1, 0)
		dy := max(b.Y0-t.Foot.Y, t.Foot.Y-b.Y1, 0)
		if math.Hypot(dx, dy) <= f.set.Left.Near*t.height {
			return true
		}
	}
	return false
}
