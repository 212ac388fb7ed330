package sim

import (
	"time"

	"linesman/plc"
)

// Program is what runs in the simulated controller, as the belt's terminals
// see it. The belt calls it within Advance, one call at a time.
type Program interface {
	// Trigger fires the camera: the encoder was latched at raw. It returns the
	// controller's number for this trigger; 0 if the controller is not running
	// and the camera stays dark.
	Trigger(raw uint32) uint64
	// Edge reports a part's centre at a sensor.
	Edge(sensor plc.Sensor, lane int, raw uint32)
	// Compare reports that the encoder stands at the tick loaded for the lane.
	Compare(lane int)
	// Scan is the program's cycle, as asked for by Wiring.ScanIn.
	Scan()
	// Fault breaks something of the controller's own; kinds it does not know are
	// an error.
	Fault(kind string, value float64) error
}

// Wiring is what the belt offers a Program. Its methods are for the attached
// Program alone, from within the belt's calls.
type Wiring interface {
	Attach(Program)
	Now() time.Duration         // belt time
	Encoder() uint32            // raw, all 32 bits; a 16-bit card sees the low half
	ZeroEncoder()               // as a restart of the counter card does
	Load(lane int, ahead int64) // compare register: fires after so many counts more; at least 1
	Unload(lane int)            // no compare
	Gate(lane int, open bool)   // the valve's output
	Feed(run bool)              // asks the feed to lay parts
	Drive(run bool)             // the belt's drive
	ScanIn(d time.Duration)     // when the next scan is due
}
