package golden

import (
	"math"

	"linesman/vision/lanes"
)

// joint is a place along the axis that good parts carry further to one end or
// to the other: where the cap of a capsule ends, where a bottle's label begins.
// A part is stretched on one side of it and squeezed on the other until it lies
// where it lies on others; both ends stay.
type joint struct {
	At   float64 // u, pixels of the frame
	Held span    // of the shift in good parts; {0, 0}: there is none
}

const (
	jointReach = 8   // pixels to either side in which the joint is looked for
	jointMost  = 8.0 // pixels that good parts' joints stray at most
)

// used reports whether there is a joint.
func (j *joint) used() bool { return j.Held.Low < j.Held.High }

// sites are the places of the frame that tell where the joint is.
func (l *long) sites(at float64) (places []int) {
	u0, v0 := l.corner()
	for j := range l.height {
		if math.Abs(float64(v0)+float64(j)) > 0.8*l.half[1] {
			continue
		}
		for i := range l.width {
			if k := j*l.width + i; l.inside[k] && l.inside[k-1] && l.inside[k+1] && math.Abs(float64(u0)+float64(i)-at) <= jointReach && (i+j)%2 == 0 {
				places = append(places, k)
			}
		}
	}
	return places
}

// findJoint, after shade, brings the part's joint to where it is in the stance's picture, by
// Gauss-Newton on the places about it, each of which counts the less the
// stranger it looks: s.lie.shift is set, and held to what good parts show.
func (s *longScratch) findJoint(l *long, v *stance) {
	const rounds = 4
	u0, _ := l.corner()
	s.lie.shift = 0
	var level, slope float64
	for round := range rounds {
		var eq [3 * 4]float64 // level and slope of the light, and the shift
		seen := s.lookAbout(l)
		for i, k := range l.about {
			u := u0 + float32(k%l.width)
			mean, rise := float64(v.mean[k]), float64(v.mean[k+1]-v.mean[k-1])/2
			t := [4]float64{mean, mean * (float64(u) - l.joint.At) / jointReach, rise, float64(seen[i])}
			w := 1.0
			if round > 0 {
				e := (t[3]/(level*t[0]+slope*t[1]) - 1) / (3 * float64(v.noise[k]))
				w = 1 / (1 + e*e)
			}
			for a := range 3 {
				for b := a; b < 4; b++ {
					eq[a*4+b] += w * t[a] * t[b]
				}
			}
		}
		eq[4], eq[8], eq[9] = eq[1], eq[2], eq[6]
		if !solveIn(eq[:], 3, 1e-9) || eq[3] <= 0 {
			return
		}
		level, slope = eq[3], eq[7]
		// With the part's joint d beyond its place, what is shown under a
		// shift is the mean plus (shift - d) of its rise.
		step := limited(-eq[11]/level, 2)
		s.lie.shift = float32(l.joint.Held.hold(float64(s.lie.shift) + step))
		if math.Abs(step) < 0.05 && round > 0 {
			return
		}
	}
}

// lookAbout returns the grey at the places about the joint; it lives until the
// next row.
func (s *longScratch) lookAbout(l *long) []float32 {
	u0, v0 := l.corner()
	at := s.row(len(l.about))
	for i, k := range l.about {
		x, y := s.lie.to(l.bend(u0+float32(k%l.width), s.lie.shift), v0+float32(k/l.width))
		at.x[i], at.y[i] = x-0.5, y-0.5
	}
	lanes.Look(at.a, at.x, at.y, s.grey.v, s.grey.size)
	return at.a
}

// bend is where along the axis a part whose joint is shifted shows what others
// show at u.
func (l *long) bend(u, shift float32) float32 {
	if shift == 0 {
		return u
	}
	at, half := float32(l.joint.At), float32(l.half[0])
	if u < at {
		return u + shift*max((u+half)/(at+half), 0)
	}
	return u + shift*max((half-u)/(half-at), 0)
}

// learnJoint looks along the axis for the place whose shift best explains how
// good parts differ from the mean about it, and brings all into register there
// if there is one.
func (t *longTeaching) learnJoint(stances []stance, ways [][]int) {
	const (
		step   = 4    // pixels
		worth  = 0.3  // of the difference about a joint, that shifts must explain
		stray  = 0.2  // pixels, least deviation of a joint's place
		within = 0.75 // of half the length: beyond, the ends say how long the part is
	)
	free := span{-jointMost, jointMost}
	best, found := worth, joint{}
	for at := -math.Floor(within*t.half[0]/step) * step; at <= within*t.half[0]; at += step {
		t.joint = joint{At: at, Held: free}
		t.about = t.sites(at)
		if len(t.about) < 16 {
			continue
		}
		var before, after float64
		for w, members := range ways {
			for n := 0; n < len(members); n += max(len(members)/20, 1) {
				t.s.lie = t.lies[members[n]]
				crop := &t.crops[members[n]]
				t.s.shade(crop, t.long)
				before += t.s.strangeAbout(t.long, &stances[w])
				t.s.findJoint(t.long, &stances[w])
				after += t.s.strangeAbout(t.long, &stances[w])
			}
		}
		if gain := 1 - after/max(before, 1e-9); gain > best {
			best, found = gain, t.joint
		}
	}
	t.joint, t.about = found, nil
	if !found.used() {
		return
	}
	t.about = t.sites(found.At)
	if n := t.shiftAll(stances, ways); n.Deviation < stray {
		t.joint, t.about = joint{}, nil
		for i := range t.lies {
			t.lies[i].shift = 0
		}
		t.forget()
	}
}

// shiftAll finds every part's joint.
func (t *longTeaching) shiftAll(stances []stance, ways [][]int) normal {
	var shifts []float64
	for w, members := range ways {
		for _, i := range members {
			t.s.lie = t.lies[i]
			t.s.shade(&t.crops[i], t.long)
			t.s.findJoint(t.long, &stances[w])
			t.lies[i].shift = t.s.lie.shift
			shifts = append(shifts, float64(t.s.lie.shift))
		}
	}
	t.forget()
	return ofNormal(shifts)
}

// strangeAbout is the squared difference of a part from the mean about its
// joint, each place at most as much as one far off.
func (s *longScratch) strangeAbout(l *long, v *stance) (sum float64) {
	s.few = s.few[:0]
	for i, grey := range s.lookAbout(l) {
		s.few = append(s.few, grey/max(v.mean[l.about[i]], 1))
	}
	level := pick(append([]float32(nil), s.few...), len(s.few)/2)
	for _, r := range s.few {
		d := min(max(r/max(level, 1e-3)-1, -0.5), 0.5)
		sum += float64(d * d)
	}
	return sum
}

// beside are two knots on one side of the axis, in front of where the joint may be and
// behind it; both 0 for a knot that no joint comes to.
type beside [2]int32

// stepWidth is how far from a joint, in pixels, the outline still shows it: its step is
// smoothed, and normals there are askew.
const stepWidth = 6

// findBesides notes, for each knot that the joint may come to, whose colours the part may
// have there: with a cap pushed further on than usual, the cap's.
func (l *long) findBesides() {
	l.besides = make([]beside, len(l.contour))
	from, to := float32(l.joint.At+l.joint.Held.Low-stepWidth), float32(l.joint.At+l.joint.Held.High+stepWidth)
	for _, below := range []bool{false, true} {
		front, behind := -1, -1
		for i := range l.contour {
			k := &l.contour[i]
			switch {
			case (k.V < 0) != below:
			case k.U < from && (front < 0 || k.U > l.contour[front].U):
				front = i
			case k.U > to && (behind < 0 || k.U < l.contour[behind].U):
				behind = i
			}
		}
		if front < 0 || behind < 0 {
			continue // the joint may be anywhere up to the end
		}
		for i := range l.contour {
			if k := &l.contour[i]; (k.V < 0) == below && from <= k.U && k.U <= to {
				l.besides[i] = beside{int32(front), int32(behind)}
			}
		}
	}
}

// lookBesideJoint finds the outlines anew once it is known where the joint may be.
func (t *longTeaching) lookBesideJoint() {
	if !t.joint.used() {
		return
	}
	t.findBesides()
	for i := range t.crops {
		t.s.lie = t.lies[i]
		t.s.cast(&t.crops[i], t.long)
		copy(t.offs[i], t.s.off)
	}
}
