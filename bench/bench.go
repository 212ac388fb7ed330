// Package bench measures what the product claims, on the product itself: a
// drawn or recorded belt with a simulated controller at the far end of a real
// Modbus connection, the real line in between, the real log behind it. Nothing
// of the parts to be judged is known to the judge; what became of each part is
// counted at the simulated gate.
//
//	course     what passes the camera: parts, pictures, and where both lie
//	clock      the time everybody sees; it stands while pictures are drawn
//	plant      belt, controller, connection, line and log, put together
//	run        moves the belt through a course
//	tally      truth against fate and log
//	bare       the same network on the same crops, without us
package bench

import (
	"fmt"
	"slices"
	"time"

	"linesman/sim"
)

// Line says what `bench line` measures. Zero values are defaulted.
type Line struct {
	Product     sim.Product
	Recording   string        // a folder of frames with their truth; then Product, Rate and counts are the recording's
	RatePerHour float64       // default the white paper's
	Good        int           // parts judged; default 10,000
	Defective   int           // default as many as Good
	Kinds       []sim.Kind    // the defects drawn; nil: those the product is measured by
	Duration    time.Duration // instead of Good and Defective: as many parts as the rate brings, 2 % defective
	Deadline    time.Duration // from the scheduled trigger to the acknowledged entry; default 250 ms
	NoPace      bool          // all parts as fast as they go, with no deadline
	FullSpeed   int           // parts of the full-speed run after a paced one; default 4,000
	TeachGood   int           // good parts to teach with, of another seed; default 200
	Seed        uint64        // of the judged parts; default 1

	Progress func(format string, args ...any) // may be nil
}

// Rates are the white paper's, parts an hour.
var Rates = map[sim.Product]float64{sim.Caps: 42000, sim.Capsules: 54000, sim.Tablets: 400000}

const (
	paperDefects = 0.02
	warmUp       = 5 * time.Second // of belt travel before the first part, for the controller to come up

	// However slow the belt, the feed must open layMM before the first part, and
	// the controller has as long as leastWarmUp until then.
	layMM       = 500.0
	leastWarmUp = 2 * time.Second
)

func (o *Line) defaults() error {
	if o.Recording == "" && Rates[o.Product] == 0 {
		return fmt.Errorf("bench line: product %q: there are %v", o.Product, sim.Products())
	}
	for _, k := range o.Kinds {
		if all := slices.Concat(o.Product.Kinds(), o.Product.MoreKinds()); !slices.Contains(all, k) {
			return fmt.Errorf("bench line: %s have no kind %q: there are %q", o.Product, k, all)
		}
	}
	if o.RatePerHour == 0 {
		o.RatePerHour = Rates[o.Product]
	}
	if o.RatePerHour < 0 {
		return fmt.Errorf("bench line: a rate of %g parts an hour does not move the belt", o.RatePerHour)
	}
	if o.Duration > 0 {
		n := o.RatePerHour * o.Duration.Hours()
		o.Defective = max(1, int(n*paperDefects))
		o.Good = max(1, int(n)-o.Defective)
	}
	if o.Good == 0 && o.Defective == 0 {
		o.Good, o.Defective = 10000, 10000
	}
	if o.Deadline == 0 {
		o.Deadline = 250 * time.Millisecond
	}
	if o.FullSpeed == 0 {
		o.FullSpeed = 4000
	}
	if o.TeachGood == 0 {
		o.TeachGood = 200
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Progress == nil {
		o.Progress = func(string, ...any) {}
	}
	return nil
}
