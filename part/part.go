// Package part holds the words that all rooms share: which part, which line,
// which camera, where on the belt, and with what outcome.
//
// Distances along a belt are millimetres from the line's zero (its part
// trigger), growing in the direction of travel; ticks are encoder counts.
package part

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// CameraID names one camera of a site, as in the site file.
type CameraID string

// LineID names one line of a site, as in the site file.
type LineID string

// ID identifies one part for ever: a UUIDv7, so that ids sort by time of birth.
type ID string

// NewID returns a fresh part id.
func NewID() ID {
	id, err := uuid.NewV7()
	if err != nil { // only when the system has no randomness at all
		panic(fmt.Sprintf("part: no random source: %v", err))
	}
	return ID(id.String())
}

// Outcome is the answer to "may this part go on?". The zero value is
// Inconclusive, so that a forgotten field can never read as a pass.
type Outcome uint8

// The three outcomes. Inconclusive is rejected like Fail.
const (
	Inconclusive Outcome = iota
	Pass
	Fail
)

// String returns the word used in files, in the log and on the wire.
func (o Outcome) String() string {
	switch o {
	case Pass:
		return "pass"
	case Fail:
		return "fail"
	default:
		return "inconclusive"
	}
}

// MarshalText writes the outcome as its word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the outcome's word and refuses any other.
func (o *Outcome) UnmarshalText(text []byte) error {
	switch string(text) {
	case "pass":
		*o = Pass
	case "fail":
		*o = Fail
	case "inconclusive":
		*o = Inconclusive
	default:
		return fmt.Errorf("outcome %q: want pass, fail or inconclusive", text)
	}
	return nil
}

// State is how far along the line a part is known to have come.
type State uint8

// The states of a part, in order.
const (
	Seen State = iota
	Judged
	Gated
	Confirmed
	Lost
)

// String returns the state's word.
func (s State) String() string {
	switch s {
	case Seen:
		return "seen"
	case Judged:
		return "judged"
	case Gated:
		return "gated"
	case Confirmed:
		return "confirmed"
	default:
		return "lost"
	}
}

// MarshalText writes the state as its word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Part is one thing on the belt, from its trigger to its confirmation.
type Part struct {
	ID      ID
	Line    LineID
	Recipe  string // name@version at exposure; kept up to the gate
	Batch   string
	Code    string // what was read off the part, if anything
	Trigger uint64 // the camera trigger that showed it, in the PLC's counting
	Lane    int    // 1 is the lane nearest the picture's top edge
	Seen    time.Time
	GateAt  Tick // the tick at which the part's centre is at the gate
	Due     Tick // GateAt less response x speed; known only where it is fired
	// Deadline is the latest monotonic time at which the controller must have
	// acknowledged the entry. Later is late, and late is rejected.
	Deadline time.Time
	State    State
	Outcome  Outcome
}
