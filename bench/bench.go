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
//	tally      truth against fate and log, kept up with the run by account
//	curve      escapes against size and contrast; stated says from where on we vouch
//	held       what the process holds of the box meanwhile
//	bare       the same network on the same crops, without us
package bench

import (
	"errors"
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
	Pace        float64       // instead of RatePerHour: times the white paper's
	Good        int           // parts judged; default 10,000
	Defective   int           // default as many as Good
	Kinds       []sim.Kind    // the defects drawn; nil: those the product is measured by
	Duration    time.Duration // instead of Good and Defective: as many parts as the rate brings, 2 % defective
	Deadline    time.Duration // from the scheduled trigger to the acknowledged entry; default 250 ms
	NoPace      bool          // all parts as fast as they go, with no deadline
	FullSpeed   int           // parts of the full-speed run after a paced one; default 4,000
	TeachGood   int           // good parts to teach with, of another seed; default 200
	Seed        uint64        // of the judged parts; default 1
	Ahead       time.Duration // belt time of the pictures drawn ahead in one go; default at least 60 s and 1 GB, at most 4 GB
	Room        int64         // bytes of memory that pictures drawn ahead may take; 0: not known

	Held     func() Held                      // asked between two blocks of pictures; nil: nobody looks
	Progress func(format string, args ...any) // may be nil
}

// Rates are the white paper's, parts an hour.
var Rates = map[sim.Product]float64{sim.Caps: 42000, sim.Capsules: 54000, sim.Tablets: 400000}

const (
	paperDefects = 0.02
	warmUp       = 12 * time.Second // of belt travel before the first part, for the controller to come up

	// However slow the belt, the feed must open layMM before the first part, and
	// the controller has as long as leastWarmUp until then.
	layMM       = 500.0
	leastWarmUp = 8 * time.Second
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
	switch {
	case o.Pace < 0:
		return fmt.Errorf("bench line: pace %g: give how many times the product's own rate", o.Pace)
	case o.Pace > 0 && (o.RatePerHour != 0 || o.NoPace || o.Recording != ""):
		return errors.New("bench line: --pace is times the product's own rate: it goes with neither --rate nor --no-pace nor --recording; leave one out")
	case o.Pace > 0:
		o.RatePerHour = o.Pace * Rates[o.Product]
	case o.RatePerHour == 0:
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
	if err := o.roomAhead(); err != nil {
		return err
	}
	if o.Progress == nil {
		o.Progress = func(string, ...any) {}
	}
	return nil
}

// roomAhead refuses to draw more pictures ahead than the memory holds.
func (o *Line) roomAhead() error {
	if o.Ahead < 0 {
		return fmt.Errorf("bench line: --ahead %v: give how much belt time to draw ahead", o.Ahead)
	}
	if o.Ahead == 0 || o.Recording != "" || o.Room == 0 {
		return nil
	}
	l := o.Product.Layout()
	w, h := l.FramePx()
	each := l.StepMM
	if each == 0 {
		each = l.PitchMM
	}
	need := o.Ahead.Seconds() * l.SpeedMMs(o.RatePerHour) / each * float64(3*w*h)
	if share := 0.8 * float64(o.Room); need > share {
		return fmt.Errorf("bench line: %v of %s at %.0f an hour are %.1f GB of pictures, and %.1f GB of memory are free: give a shorter --ahead", o.Ahead, o.Product, o.RatePerHour, need/1e9, float64(o.Room)/1e9)
	}
	return nil
}
