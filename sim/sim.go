// Package sim is the test bench: a drawn conveyor with ground truth and a
// simulated controller that knows nothing of the judge. This file holds the
// words its rooms share: what lies on the belt, and what became of it.
//
//	sim/draw        lays parts on an endless belt and draws what a camera sees
//	sim/belt        moves them: sensors, gates, bins, faults
//	sim/controller  the PLC: Modbus TCP, scan, trigger numbering, tick compare
//	sim/rtsp        publishes frames as an H.264 stream
//	sim/feed        hands raw frames to the sim camera
//	sim/fault       takes orders to break something
package sim

import (
	"math"
	"time"
)

// Product is what the conveyor carries.
type Product string

// The drawn products.
const (
	Tablets  Product = "tablets"
	Capsules Product = "capsules"
	Caps     Product = "caps"
)

// Products returns all of them.
func Products() []Product { return []Product{Tablets, Capsules, Caps} }

// Kind is what is wrong with a part; Good if nothing is.
type Kind string

// The kinds, by the names truth files use.
const (
	Good         Kind = "good"
	Chip         Kind = "chip"
	Spot         Kind = "spot"
	Crack        Kind = "crack"
	Stain        Kind = "stain"
	Dent         Kind = "dent"
	WrongColour  Kind = "wrong colour"
	ForeignPart  Kind = "foreign part"
	MissingPrint Kind = "missing print"
	WrongPrint   Kind = "wrong print"

	// Of capsules alone.
	EmptyHalf     Kind = "empty half"
	Hole          Kind = "hole"
	MissingHalf   Kind = "missing half"
	NotClosed     Kind = "not closed"
	DoubleCap     Kind = "double cap"
	ForeignMatter Kind = "foreign matter"
	SquashedEnd   Kind = "squashed end"
	Bubble        Kind = "bubble"
)

// Kinds returns the defects that a product is measured by, equally frequent.
func (p Product) Kinds() []Kind {
	switch p {
	case Caps:
		return []Kind{Chip, Spot, Dent, Stain, MissingPrint, WrongPrint, WrongColour}
	case Capsules:
		return []Kind{Dent, Spot, Crack, Stain, WrongColour, EmptyHalf}
	}
	return []Kind{Chip, Spot, Crack, Stain, WrongColour, ForeignPart}
}

// MoreKinds returns the defects that are drawn when asked for and are not among
// those a product is measured by: most are easy, and would flatter the figure.
func (p Product) MoreKinds() []Kind {
	if p == Capsules {
		return []Kind{Hole, MissingHalf, NotClosed, DoubleCap, ForeignMatter, SquashedEnd, Bubble}
	}
	return nil
}

// Layout is a product's geometry. Lengths are millimetres; x runs along the
// belt in the direction of travel and to the right in the picture ("belt: +x"),
// y across it and down.
type Layout struct {
	Product    Product
	DiameterMM float64 // the part's largest extent
	WidthMM    float64 // the least, of a long part; 0: it is as wide as long
	Lanes      int
	LaneMM     float64 // from lane to lane
	PitchMM    float64 // nominal distance from part to part in a lane
	FrameXMM   float64 // the picture's extent along and across the belt
	FrameYMM   float64
	MMPerPx    float64
	StepMM     float64 // belt travel from trigger to trigger; 0: every part triggers
	CameraMM   float64 // the picture's centre, from the line's zero
	GateMM     float64 // the gates, from the line's zero
	PerMM      float64 // encoder counts a millimetre
}

// Layout returns the product's geometry as the drawn line is built.
func (p Product) Layout() Layout {
	switch p {
	case Caps:
		return Layout{Product: Caps, DiameterMM: 28, Lanes: 1, LaneMM: 40, PitchMM: 45, FrameXMM: 40, FrameYMM: 40, MMPerPx: 0.1, CameraMM: 120, GateMM: 850, PerMM: 4}
	case Capsules:
		return Layout{Product: Capsules, DiameterMM: 20, WidthMM: 7, Lanes: 4, LaneMM: 16, PitchMM: 26, FrameXMM: 104, FrameYMM: 64, MMPerPx: 0.1, StepMM: 80, CameraMM: 120, GateMM: 850, PerMM: 10}
	}
	return Layout{Product: Tablets, DiameterMM: 9, Lanes: 8, LaneMM: 10, PitchMM: 12, FrameXMM: 100, FrameYMM: 80, MMPerPx: 0.1, StepMM: 84, CameraMM: 120, GateMM: 850, PerMM: 10}
}

// SpeedMMs returns the belt speed in mm/s that carries rate parts an hour.
func (l Layout) SpeedMMs(ratePerHour float64) float64 {
	return ratePerHour / 3600 / float64(l.Lanes) * l.PitchMM
}

// Part is one thing laid on the belt.
type Part struct {
	N        int     // order of laying, from 0
	Lane     int     // from 1, nearest the picture's top edge
	MM       float64 // its centre passes the line's zero when the belt has travelled MM
	AcrossMM float64 // its centre from the picture's top edge
	Angle    float64 // radians
	Kind     Kind
	SizeMM   float64 // of the defect; 0 for good
	Contrast float64 // of the defect, |defect - surround| / surround; 0 for good
	DeltaE   float64 // CIE 1976, from a good part's colour; of a wrong colour
	Seed     uint64  // of everything else that makes this part unlike the others
}

// Defective reports whether the part has a flaw.
func (p Part) Defective() bool { return p.Kind != Good }

// Trigger is one firing of the camera. The picture's centre then shows the
// place of the belt whose parts have MM = Travelled - CameraMM.
type Trigger struct {
	N         uint64 // the controller's numbering, from 1
	Travelled float64
	Tick      uint32 // raw encoder, latched
	At        time.Time
}

// Side is where a part went at the gate.
type Side uint8

// The two sides of a gate, and falling off before it.
const (
	Rejected Side = iota
	Passed
	Removed
)

// Fate is what became of a part, counted by the bench and not by the judge.
type Fate struct {
	Part Part
	Side Side
	Tick uint32 // raw encoder when its centre was at the gate
	At   time.Time
	// Slipped is set when a fault moved it on the belt after its picture.
	Slipped bool
}

// Feed lays parts. It is deterministic in its seed and endless unless told how
// many. Parts come in ascending MM. Feeds belong to one goroutine.
type Feed interface {
	// Until returns the parts not yet returned whose MM is less than mm.
	Until(mm float64) []Part
	// Done reports that no more will come.
	Done() bool
}

// PxPerMM returns the picture's scale.
func (l Layout) PxPerMM() float64 { return 1 / l.MMPerPx }

// FramePx returns the picture's size in pixels.
func (l Layout) FramePx() (width, height int) {
	return int(math.Round(l.FrameXMM / l.MMPerPx)), int(math.Round(l.FrameYMM / l.MMPerPx))
}
