package scene

import (
	"math"
	"time"

	"linesman/vision"
)

// How far over an edge somebody must be, in heights, so that a box that trembles
// on it enters or crosses once.
const (
	zoneBand   = 0.1                    // outside a zone, to have left it
	lineBand   = 0.1                    // beyond a line, to be on that side
	lineSlack  = 0.05                   // of a line's length, beyond its ends
	leaveAfter = 200 * time.Millisecond // seen outside for so long
)

// stay is what is known of one track and one zone.
type stay struct {
	in      bool
	told    bool // that it came in
	since   time.Time
	out     time.Time // since when it is outside, and not yet believed to be
	heading string
}

// side is on which side of a line a track surely was last, and where.
type side struct {
	known bool
	inner bool
	foot  vision.Point
}

// place works out which zones a track is in. One that is not seen stays where
// it was: it can not be seen to leave. s is nil for one not yet believed.
func (f *Follower) place(t *follow, at time.Time, s *Scene) {
	for k := range f.areas {
		a, st := &f.areas[k], &t.stays[k]
		if t.seen {
			st.move(at, a.depth(f.stands(t)), t)
		}
		if !st.in {
			continue
		}
		if s != nil && !st.told {
			st.told = true
			s.Passages = append(s.Passages, Passage{Zone: a.name, Track: t.Number, Label: t.Label, At: at, Entered: true, Heading: st.heading})
		}
		if !t.seen || st.out.IsZero() || at.Sub(st.out) < leaveAfter {
			continue
		}
		if st.told {
			s.Passages = append(s.Passages, Passage{Zone: a.name, Track: t.Number, Label: t.Label, At: at, For: st.out.Sub(st.since), Heading: t.Motion.Heading})
		}
		*st = stay{}
	}
}

// stands is the foot as zones are asked for it: of one whose feet are below the
// picture a little above its edge, so that a zone drawn almost down to it holds him.
func (f *Follower) stands(t *follow) vision.Point {
	foot := t.Foot
	if t.cut {
		foot.Y = min(foot.Y, (1-almost)*float64(f.height))
	}
	return foot
}

// almost is how near to the picture's lower edge a zone must be drawn, as a share,
// to hold those whose feet are below it.
const almost = 0.025

// move takes how deep in the zone a track's foot is seen, in pixels.
func (st *stay) move(at time.Time, depth float64, t *follow) {
	switch {
	case !st.in && depth >= 0:
		*st = stay{in: true, since: at, heading: t.Motion.Heading}
	case st.in && depth >= -zoneBand*t.scale():
		st.out = time.Time{}
	case st.in && st.out.IsZero():
		st.out = at
	}
}

// cross counts a track that was seen on both sides of a line and went over it
// between its ends.
func (f *Follower) cross(t *follow, at time.Time, s *Scene) {
	if !t.seen {
		return
	}
	for k := range f.barriers {
		l, sd := &f.barriers[k], &t.sides[k]
		in := l.inward(t.Foot)
		if math.Abs(in) < lineBand*t.scale() {
			continue
		}
		if sd.known && sd.inner != (in > 0) && l.between(sd.foot, t.Foot, lineSlack) {
			s.Crossings = append(s.Crossings, Crossing{Line: l.name, Track: t.Number, Label: t.Label, At: at, In: in > 0})
		}
		*sd = side{known: true, inner: in > 0, foot: t.Foot}
	}
}

// walk adds a step to the way of a track that is seen, and works out how it
// moves.
func (f *Follower) walk(t *follow, at time.Time) {
	share := vision.Point{X: t.Foot.X / float64(f.width), Y: t.Foot.Y / float64(f.height)}
	t.Cut = t.cut || t.Box.Y1 > float64(f.height)-2
	t.OnFloor, t.Floor = false, vision.Point{}
	if f.set.Floor.Known() && !t.Cut {
		t.Floor, t.OnFloor = f.set.Floor.At(share)
	}
	t.lastFoot = t.Foot
	newest := &t.trail[(t.trailed+trailLength-1)%trailLength]
	if t.trailed == 0 || at.Sub(newest.at) >= trailEvery {
		t.trail[t.trailed%trailLength] = step{at: at, foot: t.Foot, metres: t.Floor, known: !t.Cut, onPlan: t.OnFloor}
		t.trailed++
	}
	t.Motion = t.motion(at)
}

// motion is the slope of the last steps, by least squares.
func (t *follow) motion(at time.Time) (m Motion) {
	var px, metres slope
	for i := range min(t.trailed, trailLength) {
		p := &t.trail[(t.trailed-1-i)%trailLength]
		back := at.Sub(p.at)
		if back > trailFor {
			break
		}
		if p.known {
			px.add(back.Seconds(), p.foot)
		}
		if p.onPlan {
			metres.add(back.Seconds(), p.metres)
		}
	}
	v, ok := px.velocity()
	if !ok {
		return Motion{}
	}
	m.Known, m.Heights = true, math.Hypot(v.X, v.Y)/t.scale()
	if m.Heights >= leastHeading {
		m.Heading = headingOf(v)
	}
	if v, ok := metres.velocity(); ok {
		m.Metres, m.MetresKnown = math.Hypot(v.X, v.Y), true
	}
	return m
}

// headingOf is the way in the picture nearest to a velocity.
func headingOf(v vision.Point) string {
	switch {
	case math.Abs(v.X) >= math.Abs(v.Y) && v.X > 0:
		return "right"
	case math.Abs(v.X) >= math.Abs(v.Y):
		return "left"
	case v.Y > 0:
		return "down"
	}
	return "up"
}

// slope gathers places at times before now, in seconds.
type slope struct {
	n, t, tt, x, tx, y, ty float64
	first                  float64
}

func (s *slope) add(back float64, p vision.Point) {
	s.n++
	s.t, s.tt = s.t-back, s.tt+back*back
	s.x, s.tx = s.x+p.X, s.tx-back*p.X
	s.y, s.ty = s.y+p.Y, s.ty-back*p.Y
	s.first = max(s.first, back)
}

// velocity is the slope, if there are three places over leastTrail.
func (s *slope) velocity() (v vision.Point, ok bool) {
	d := s.n*s.tt - s.t*s.t
	if s.n < 3 || s.first < leastTrail.Seconds() || !(d > 0) {
		return v, false
	}
	return vision.Point{X: (s.n*s.tx - s.t*s.x) / d, Y: (s.n*s.ty - s.t*s.y) / d}, true
}
