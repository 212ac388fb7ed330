package belt

import (
	"fmt"
	"slices"

	"linesman/sim"
)

// Kind is a fault that can be ordered, by the word of `linesman sim fault`.
type Kind string

// The belt's own faults. Each Fault call breaks one thing once.
const (
	DoubleTrigger  Kind = "double-trigger"  // the next trigger bounces 5 mm later
	MissedTrigger  Kind = "missed-trigger"  // the next trigger is not seen
	PartRemoved    Kind = "part-removed"    // a part is taken off between camera and gate
	PartSlips      Kind = "part-slips"      // a part slides back after its picture; value: mm, default 0.4 pitches
	BlockedEjector Kind = "blocked-ejector" // the next part to be ejected goes on instead
	SpeedChange    Kind = "speed-change"    // value: mm/s, default three quarters of the speed
)

// The controller's faults, handed on to its Program.
const (
	PLCRestart Kind = "plc-restart" // value: seconds until it runs again, default 0.3
	Hang       Kind = "hang"        // it stops answering; value: seconds, default 1
	Refuse     Kind = "refuse"      // it closes its connections and takes none; value: seconds, default 1
)

// bounceMM is how far the belt moves before a trigger bounces.
const bounceMM = 5

// Kinds returns all faults, for help texts and for benches that try each.
func Kinds() []Kind {
	return []Kind{DoubleTrigger, MissedTrigger, PartRemoved, PartSlips, BlockedEjector, SpeedChange, PLCRestart, Hang, Refuse}
}

// faults counts those ordered and not yet happened.
type faults map[Kind]int

func (f faults) take(k Kind) bool {
	if f[k] == 0 {
		return false
	}
	f[k]--
	return true
}

// Fault breaks something. Value 0 stands for the kind's default.
func (b *Belt) Fault(kind string, value float64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch k := Kind(kind); k {
	case DoubleTrigger, MissedTrigger, BlockedEjector:
		if b.faults == nil {
			b.faults = faults{}
		}
		b.faults[k]++
		return nil
	case PartRemoved:
		return b.remove()
	case PartSlips:
		return b.slip(value)
	case SpeedChange:
		if value == 0 {
			value = b.speed * 3 / 4
		}
		b.setSpeed(value)
		return nil
	case PLCRestart, Hang, Refuse:
		if b.program == nil {
			return fmt.Errorf("fault %q: no controller is attached to the belt", kind)
		}
		return b.program.Fault(kind, value)
	default:
		return fmt.Errorf("fault %q is not known; known are %v", kind, Kinds())
	}
}

// remove takes the part nearest behind the camera's picture off the belt.
func (b *Belt) remove() error {
	r := b.photographed()
	if r == nil {
		return fmt.Errorf("fault %q: no part lies between camera and gate", PartRemoved)
	}
	r.side = sim.Removed
	b.fate(r)
	b.leave(r)
	return nil
}

// slip slides such a part back by mm, at most until it touches the next one.
func (b *Belt) slip(mm float64) error {
	r := b.photographed()
	if r == nil {
		return fmt.Errorf("fault %q: no part lies between camera and gate", PartSlips)
	}
	if mm == 0 {
		mm = 0.4 * b.cfg.Layout.PitchMM
	}
	l := &b.lanes[r.part.Lane-1]
	if i := slices.Index(l.riders, r); i+1 < len(l.riders) {
		mm = min(mm, max(0, l.riders[i+1].mm-r.mm-b.cfg.Layout.DiameterMM))
	}
	r.mm += mm
	r.slipped = true
	b.schedule(r)
	return nil
}

// photographed returns a part that has left the camera's picture and not yet
// reached the gate's sensor: the one that left it last.
func (b *Belt) photographed() *rider {
	layout := b.cfg.Layout
	clear := b.travelled - layout.CameraMM - layout.FrameXMM/2 - layout.DiameterMM
	var found *rider
	for i := range b.lanes {
		for _, r := range b.lanes[i].riders {
			if r.stage == toSensor && r.mm < clear && (found == nil || r.mm > found.mm) {
				found = r
			}
		}
	}
	return found
}
