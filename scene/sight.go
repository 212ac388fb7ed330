package scene

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"linesman/vision"
)

// Sight is fire or smoke at one place.
type Sight struct {
	Label     string // "fire" or "smoke"
	Box       vision.Box
	Since     time.Time
	Last      time.Time
	Score     float64 // the most of the last seconds
	Seconds   int     // of the last SightSettings.Of, in which it was seen
	Confirmed bool    // in enough of them
	Zones     []string
}

// maxSights bounds how many places are watched at once; the weakest gives way.
const maxSights = 16

// sight is one with its seconds.
type sight struct {
	Sight
	second  int64  // of bit 0
	history uint64 // a bit a second, newest first
	seen    bool   // in the picture at hand
}

// watchSights holds fire and smoke against where they were in the last seconds.
func (f *Follower) watchSights(at time.Time, o Observation, s *Scene) {
	for i := range f.sights {
		f.sights[i].pass(at)
	}
	for _, d := range o.Detections {
		if kinds[d.Label] != hazard || d.Score < f.set.Fire.Sure || !whole(d) {
			continue
		}
		f.sightAt(at, d.Label, d.Score, d.Box)
	}
	of := uint64(1)<<f.set.Fire.Of - 1
	f.sights = slices.DeleteFunc(f.sights, func(w sight) bool { return w.history&of == 0 })
	for i := range f.sights {
		w := &f.sights[i]
		w.Seconds = bits.OnesCount64(w.history & of)
		w.Confirmed = w.Seconds >= f.set.Fire.Seen
		told := w.Sight
		for k := range f.areas {
			foot := vision.Point{X: w.Box.Centre().X, Y: w.Box.Y1}
			if f.areas[k].depth(foot) >= 0 || f.areas[k].depth(w.Box.Centre()) >= 0 {
				told.Zones = append(told.Zones, f.areas[k].name)
			}
		}
		s.Sights = append(s.Sights, told)
	}
}

// pass moves the history on to a time.
func (w *sight) pass(at time.Time) {
	if n := at.Unix() - w.second; n > 0 {
		w.history <<= min(uint64(n), 64)
		w.second = at.Unix()
	}
	w.seen = false
	w.Score *= 0.9
}

// sightAt takes one detection for the sight in about the same place, or for a
// new one.
func (f *Follower) sightAt(at time.Time, label string, score float64, b vision.Box) {
	for i := range f.sights {
		w := &f.sights[i]
		if w.Label != label || !about(w.Box, b) {
			continue
		}
		w.history |= 1
		w.Last, w.Score = at, max(w.Score, score)
		if w.seen { // several flames of one fire
			w.Box = vision.Box{X0: min(w.Box.X0, b.X0), Y0: min(w.Box.Y0, b.Y0), X1: max(w.Box.X1, b.X1), Y1: max(w.Box.Y1, b.Y1)}
		} else {
			w.Box = b
		}
		w.seen = true
		return
	}
	if len(f.sights) >= maxSights {
		weakest := 0
		for i := range f.sights {
			if f.sights[i].Score < f.sights[weakest].Score {
				weakest = i
			}
		}
		f.sights = slices.Delete(f.sights, weakest, weakest+1)
	}
	f.sights = append(f.sights, sight{Sight: Sight{Label: label, Box: b, Since: at, Last: at, Score: score}, second: at.Unix(), history: 1, seen: true})
}

// about reports whether two boxes are about the same place: they touch, or are
// no further apart than their mean size. Flames jump.
func about(a, b vision.Box) bool {
	ca, cb := a.Centre(), b.Centre()
	size := (math.Sqrt(a.Width()*a.Height()) + math.Sqrt(b.Width()*b.Height())) / 2
	return a.Overlap(b) > 0 || math.Hypot(ca.X-cb.X, ca.Y-cb.Y) <= size
}
