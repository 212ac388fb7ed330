// Package plc acts: it hands decisions to the controller that owns the gate,
// and brings back what that controller counted by itself. Drivers live in
// sub-folders. docs/plc.md is the register map and the other side's program.
package plc

import (
	"context"
	"errors"
	"time"

	"linesman/part"
)

// Entry is one decision on its way into the controller's queue, identified by
// (Lane, Due). Due is the tick at which the part's centre is at the gate; the
// controller takes off its valve's response by its own measured speed.
type Entry struct {
	Part    part.ID // ours alone; not on the wire
	Trigger uint64
	Lane    int
	Due     part.Tick
	Outcome part.Outcome
}

// Signal sets one point, by the site's name for it.
type Signal struct {
	ID      string // idempotent: the same id twice acts once
	Point   string
	Value   bool
	Due     time.Time
	Expires time.Time     // after this it must not act any more
	Pulse   time.Duration // the controller ends it by itself; 0 leaves it set
}

// Ack answers a Signal.
type Ack struct {
	ID   string
	At   time.Time
	Done bool
	Why  string // when it was not done
}

// Echo is what the controller says it did with one entry.
type Echo struct {
	Seq    uint64 // the controller's numbering of echoes, without gaps
	Lane   int
	Due    part.Tick
	Result EchoResult
	// Fired is the tick at which the gate was commanded: Due less half the
	// window, less the valve's response by the controller's measured speed. Zero
	// unless Opened.
	Fired part.Tick
}

// EchoResult is how an entry ended.
type EchoResult uint8

// The results a controller echoes.
const (
	Opened  EchoResult = iota + 1 // a pass: the gate opened at Fired
	Kept                          // a fail: the gate stayed in reject
	TooLate                       // arrived after its due tick: rejected
	Refused                       // held, malformed or the queue was full: rejected
	Vetoed                        // a pass whose window met a reject's: rejected
	Absent                        // a pass, but the gate sensor saw no part: stayed in reject
)

// String returns the result's word.
func (r EchoResult) String() string {
	return [...]string{"none", "opened", "kept", "too late", "refused", "vetoed", "absent"}[min(int(r), 6)]
}

// Edge is one sensor edge that the controller latched with its encoder.
type Edge struct {
	Seq    uint64 // the controller's numbering of edges, without gaps
	Sensor Sensor
	Lane   int
	// Tick is the latched count where the sensor stands; for a GateEdge the
	// sensor's distance is added, so that it compares with an Entry's Due.
	Tick   part.Tick
	Number uint64 // of the trigger, low 16 bits; 0 for other sensors
	Double bool   // a trigger closer to the one before than the smallest pitch
}

// Sensor says which sensor saw a part.
type Sensor uint8

// The sensors of a line.
const (
	TriggerEdge Sensor = iota + 1 // the camera was triggered; Lane is 0
	GateEdge                      // a part is at the gate
	EjectEdge                     // a part fell into the reject bin
	ExitEdge                      // a part went on
)

// Counts are the controller's own counters since it booted.
type Counts struct {
	Triggers uint64
	Gate     []uint64 // by lane, [0] is lane 1
	Eject    []uint64
	Exit     []uint64
}

// Status is one consistent reading of the controller.
type Status struct {
	At      time.Time // when it was read, monotonic
	Boot    uint64    // changes at every restart of the controller
	Now     part.Tick
	Reset   bool       // the encoder began a new epoch with this reading
	Speed   float64    // ticks a second, as the controller measures it
	Held    bool       // gates in reject, feed asked to stop
	Why     HoldReason // why it holds
	Running bool       // the belt moves
	Counts  Counts
	Edges   []Edge // since the last reading
	Echoes  []Echo // since the last reading
	Missed  uint64 // edges or echoes overwritten before we read them
	Window  int64  // ticks: the gate stands open from Due-Window/2 to Due+Window/2
	Stray   uint64 // parts at a gate without an entry, rejected, since boot
	Escaped uint64 // parts at an exit sensor that should not be there, since boot
	Unsure  uint64 // parts that neither ejection nor exit sensor confirmed, since boot
	Recipe  uint16 // number of the product it asks for; 0 is no wish
}

// Controller is one connection to a PLC.
//
// Every call honours ctx, may block for the driver's timeout, and returns an
// error that names the controller's address. After an error the connection is
// unusable: the Supervisor closes it and dials again. Calls come from one
// goroutine at a time.
type Controller interface {
	// Read polls status, counters, edges and echoes.
	Read(ctx context.Context) (Status, error)
	// Queue writes entries ahead of time. It returns how many the controller
	// has room for and acknowledged; the rest may be sent again. An error that wraps
	// ErrRefused or ErrStale speaks of the first entry not taken alone, which must
	// not be sent again; the connection stays usable.
	Queue(ctx context.Context, entries []Entry) (int, error)
	// Set sets a point now (pulse mode, beacons, feed stop).
	Set(ctx context.Context, s Signal) (Ack, error)
	// Beat shows that we are alive; without one for 200 ms the controller
	// rejects and holds.
	Beat(ctx context.Context) error
	// Hold keeps every gate in reject and asks the feed to stop.
	Hold(ctx context.Context) error
	// Judging tells the number of the product that parts at the line's zero are
	// judged by; 0 is none that it knows.
	Judging(ctx context.Context, number uint16) error
	// Release ends a hold, on a person's word.
	Release(ctx context.Context) error
	Close() error
}

// ErrRefused is returned when the controller answers but will not do it.
var ErrRefused = errors.New("controller refused")

// ErrStale is returned for an entry whose due tick belongs to an earlier epoch:
// the controller restarted, and the part will be rejected without an entry.
var ErrStale = errors.New("due tick from before the controller's restart")
