// Package secondlook takes a second look at a thing that is about to raise an
// alarm: is it one of those that people of this site called mistaken, at this
// place of this camera? A detector that takes a pillar for a person takes it so
// every night; it can not be trained again on the box, but what it is mistaken in
// can be known again.
//
// What is learned is a list of crops that people spoke of, with features of the
// network that ships with the program: those in which nothing was there, and
// those in which the thing was. There is one rule, and it leans to the alarm: a
// thing is taken away only where it stands where one was called mistaken, looks
// as like it as those that were called so look like each other, and is at least
// twice as unlike everything that people called real. Whatever is not sure stays.
package secondlook

import (
	"errors"
	"fmt"
	"math"
	"time"

	"linesman/vision"
)

// Sight is one thing as it was when an alarm was about to be raised.
type Sight struct {
	Camera string     `json:"camera"`
	Label  string     `json:"label"`       // what the detector took it for: "person"
	Box    vision.Box `json:"box"`         // in shares of the picture's width and height
	Alarm  string     `json:"alarm"`       // id
	Crop   string     `json:"crop_sha256"` // of its picture, Side x Side pixels
	// Features are an Eye's.
	Features []float32 `json:"-"`
}

// Mistaken is a sight in which nothing was there.
type Mistaken struct {
	Sight
	// Limit is how unlike it a crop may be to be the same thing again.
	Limit float64 `json:"limit"`
}

// The rule's numbers. Each is on the side of the alarm.
const (
	// leastSame is how many alarms must have been called mistaken at one place.
	leastSame = 3
	// leastReal is how many real sights of a label there must be to compare with.
	leastReal = 3
	// samePlace is the overlap (intersection over union) of boxes at one place.
	samePlace = 0.5
	// spare is how many times as unlike as its fellows a crop may be.
	spare = 2
	// Bounds of a limit: below the first lies the noise of a camera, above the second
	// crops of one place are not alike.
	leastLimit, mostLimit = 0.03, 0.15
	// farther is how many times as unlike everything real as the mistaken one a crop
	// must be.
	farther = 2
)

// Model is what was learned of a site. It is not changed once made, and is safe
// from many goroutines.
type Model struct {
	Version  string     `json:"version"` // 20261127.140500
	At       time.Time  `json:"at"`
	Backbone string     `json:"backbone"` // that the features are of; see Backbone
	Through  uint64     `json:"through"`  // seq of the newest label it knows of
	Mistaken []Mistaken `json:"mistaken"`
	Real     []Sight    `json:"real"`
}

// Opinion is what a second look says of one thing.
type Opinion struct {
	// Mistaken says that it is to be taken away.
	Mistaken bool
	// Why says in words what speaks for the alarm, where it is not.
	Why string
	// Like is the mistaken sight at this place that it is most like, Apart how unlike
	// it is, Limit how unlike it may be. Nil: none is at this place.
	Like         *Mistaken
	Apart, Limit float64
	// Real is the real sight that it is most like, Far how unlike it is.
	Real *Sight
	Far  float64
}

// Judge says what the model makes of a sight with features. It never takes
// away what it can not compare.
func (m *Model) Judge(s *Sight) Opinion { return m.judge(s, "") }

// judge leaves what was said of one alarm out of account: so an alarm can be
// judged by what the others taught.
func (m *Model) judge(s *Sight, without string) (o Opinion) {
	o.Apart, o.Far = math.Inf(1), math.Inf(1)
	if m == nil {
		o.Why = "nothing has been learned"
		return o
	}
	reals := 0
	for i := range m.Real {
		r := &m.Real[i]
		if r.Label != s.Label || r.Alarm == without || len(r.Features) != len(s.Features) {
			continue
		}
		reals++
		if far := Apart(r.Features, s.Features); far < o.Far {
			o.Real, o.Far = r, far
		}
	}
	best := math.Inf(1)
	for i := range m.Mistaken {
		k := &m.Mistaken[i]
		if k.Camera != s.Camera || k.Label != s.Label || k.Alarm == without || len(k.Features) != len(s.Features) || !(k.Box.Overlap(s.Box) >= samePlace) {
			continue
		}
		// The one whose limit it is deepest within, not the one that is nearest.
		if apart := Apart(k.Features, s.Features); apart/k.Limit < best {
			o.Like, o.Apart, o.Limit, best = k, apart, k.Limit, apart/k.Limit
		}
	}
	switch {
	case len(s.Features) == 0:
		o.Why = "it could not be looked at"
	case o.Like == nil:
		o.Why = "nothing was called mistaken at this place"
	case !(o.Apart <= o.Limit):
		o.Why = fmt.Sprintf("it does not look like what was called mistaken here (%.3f, limit %.3f)", o.Apart, o.Limit)
	case reals < leastReal:
		o.Why = fmt.Sprintf("only %d real alarms about a %s are there to compare with, %d are needed", reals, s.Label, leastReal)
	case !(farther*o.Apart <= o.Far):
		o.Why = fmt.Sprintf("it looks too much like what was called real (%.3f from that, %.3f from what was called mistaken)", o.Far, o.Apart)
	default:
		o.Mistaken = true
	}
	return o
}

// ErrTooFew is wrapped by the error where there is not enough to learn from. It
// says what is missing.
var ErrTooFew = errors.New("not enough to learn from")
