package event

import "time"

// LogSealed says that a file of the log is closed for good, and with which
// root. It is among the first events of the next file, so that the heads of
// today stand over all days before.
type LogSealed struct {
	File  string `json:"file"`  // "record-2026-03-01"
	Size  uint64 `json:"size"`  // events
	Root  string `json:"root"`  // of the file's Merkle tree, base64
	First uint64 `json:"first"` // seq of its first event; 0 when it has none
	Last  uint64 `json:"last"`  // seq of its last event; 0 when it has none
	Head  string `json:"head"`  // signed note that says the same
}

// LogDropped says that retention removed a file of the log. What passed in it
// was folded into line.minute before.
type LogDropped struct {
	File  string    `json:"file"`          // "parts-2026-03-01"
	Size  uint64    `json:"size"`          // events that went
	Root  string    `json:"root"`          // as sealed, base64
	First uint64    `json:"first"`         // seq of its first event
	Last  uint64    `json:"last"`          // seq of its last event
	From  time.Time `json:"from,omitzero"` // time of its oldest event, UTC
	To    time.Time `json:"to,omitzero"`   // time of its newest event, UTC
	Bytes uint64    `json:"bytes"`         // that became free
	Why   string    `json:"why"`           // "age" or "disk pressure"
}

// LogDamaged says that a file of the log can not be read or written any more.
// It is kept where the event says; the log goes on in new files.
type LogDamaged struct {
	File   string `json:"file"`       // "record-2026-03-01"
	Why    string `json:"why"`        // what is wrong with it
	KeptAs string `json:"kept_as"`    // path below the log's folder
	WhatTo string `json:"what_to_do"` // the cure
}

// ChallengeResult is what became of a piece that a person or a machine let run
// through the line to see whether it would be judged rightly.
type ChallengeResult struct {
	Line    string `json:"line"`                                  // the line it ran on
	Kind    string `json:"kind"`                                  // what the piece shows: "good", "chip"...
	Piece   string `json:"piece,omitempty"`                       // its number
	Want    string `json:"want" enum:"pass,fail,inconclusive"`    // what it should be judged
	Outcome string `json:"outcome" enum:"pass,fail,inconclusive"` // what it was judged
	Right   bool   `json:"right"`                                 // and it went where it belongs
}

// EventType returns linesman.log.sealed.v1.
func (LogSealed) EventType() Type { return "linesman.log.sealed.v1" }

// EventType returns linesman.log.dropped.v1.
func (LogDropped) EventType() Type { return "linesman.log.dropped.v1" }

// EventType returns linesman.log.damaged.v1.
func (LogDamaged) EventType() Type { return "linesman.log.damaged.v1" }

// EventType returns linesman.challenge.result.v1.
func (ChallengeResult) EventType() Type { return "linesman.challenge.result.v1" }

// EventSeverity is info.
func (LogSealed) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (LogDropped) EventSeverity() Severity { return Info }

// EventSeverity is high: something of the record may be lost.
func (LogDamaged) EventSeverity() Severity { return High }

// EventSeverity is high for a piece that was judged wrongly.
func (c ChallengeResult) EventSeverity() Severity {
	if !c.Right {
		return High
	}
	return Info
}
