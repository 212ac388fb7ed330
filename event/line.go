package event

import "time"

// LineState says that a line began or ceased to run.
type LineState struct {
	Line   string `json:"line"`                                    // the site file's name of it
	State  string `json:"state" enum:"running,held,stopped,blind"` // what it is doing now
	Was    string `json:"was,omitempty"`                           // what it was doing before
	Why    string `json:"why,omitempty"`                           // the cause, for a person
	WhatTo string `json:"what_to_do,omitempty"`                    // the cure, for whoever stands there
}

// LineHeld says that a line's gates were put into reject and its feed was asked
// to stop, or that a person released them.
type LineHeld struct {
	Line   string `json:"line"`                 // the site file's name of it
	Held   bool   `json:"held"`                 // false is the release
	By     string `json:"by"`                   // "us", "controller" or who released it
	Why    string `json:"why"`                  // the cause, for a person
	WhatTo string `json:"what_to_do,omitempty"` // the cure, for whoever stands there
	Tick   Tick   `json:"tick"`                 // where the belt was
}

// LineMinute is one minute of a line in figures. Passes are folded into it
// before their own events expire.
type LineMinute struct {
	Line         string    `json:"line"`         // the site file's name of it
	From         time.Time `json:"from"`         // UTC, whole minute
	Seconds      float64   `json:"seconds"`      // length; less than 60 at the start and end of a run
	Pass         uint64    `json:"pass"`         // verdicts
	Fail         uint64    `json:"fail"`         // verdicts
	Inconclusive uint64    `json:"inconclusive"` // verdicts
	Collateral   uint64    `json:"collateral"`   // good parts rejected with a neighbour
	Late         uint64    `json:"late"`         // entries that were not acknowledged in time
	Lost         uint64    `json:"lost"`         // parts named in part.lost
	P50MS        float64   `json:"p50_ms"`       // trigger to acknowledged entry, milliseconds
	P99MS        float64   `json:"p99_ms"`       // trigger to acknowledged entry, milliseconds
	MaxMS        float64   `json:"max_ms"`       // trigger to acknowledged entry, milliseconds
	SpeedMMs     float64   `json:"speed_mm_s"`   // mean belt speed, millimetres a second
	Score99      float64   `json:"score_p99"`    // of the passes, 1 = threshold: how near the limit good parts come
}

// EventType returns linesman.line.state.v1.
func (LineState) EventType() Type { return "linesman.line.state.v1" }

// EventType returns linesman.line.held.v1.
func (LineHeld) EventType() Type { return "linesman.line.held.v1" }

// EventType returns linesman.line.minute.v1.
func (LineMinute) EventType() Type { return "linesman.line.minute.v1" }

// EventSeverity is high for a line that is held or blind.
func (l LineState) EventSeverity() Severity {
	switch l.State {
	case "held", "blind":
		return High
	}
	return Info
}

// EventSeverity is high for a hold, info for its release.
func (l LineHeld) EventSeverity() Severity {
	if l.Held {
		return High
	}
	return Info
}

// EventSeverity is info.
func (LineMinute) EventSeverity() Severity { return Info }
