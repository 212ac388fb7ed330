package event

// PLCState says that a controller was reached, was lost, restarted or reset its
// encoder.
type PLCState struct {
	Controller string `json:"controller"`                                       // the site file's name of it
	State      string `json:"state" enum:"connected,lost,restarted,reset,held"` // what happened
	Boot       uint64 `json:"boot,omitempty"`                                   // changes at every restart of the controller
	Epoch      int64  `json:"epoch,omitempty"`                                  // of the ticks from now on
	Missed     uint64 `json:"missed,omitempty"`                                 // edges or echoes overwritten before we read them
	Why        string `json:"why,omitempty"`                                    // what broke
	WhatTo     string `json:"what_to_do,omitempty"`                             // the cure, for whoever stands there
}

// EventType returns linesman.plc.state.v1.
func (PLCState) EventType() Type { return "linesman.plc.state.v1" }

// EventSeverity is high when the controller can not be reached or forgot what
// it was told; the gates then rest in reject.
func (p PLCState) EventSeverity() Severity {
	switch p.State {
	case "lost", "restarted", "held":
		return High
	case "reset":
		return Medium
	}
	return Info
}
