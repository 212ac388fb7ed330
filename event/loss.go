package event

import "time"

// EvidenceDropped says that pictures were not kept, or are kept no longer. The
// events that name them stay.
type EvidenceDropped struct {
	Class  string    `json:"class" enum:"reject,inconclusive,pass"`                                                   // of the pictures
	Why    string    `json:"why" enum:"queue full,line behind,write failed,never written,size cap,disk pressure,age"` // the last three: stored before, removed now
	Count  uint64    `json:"count"`                                                                                   // pictures
	Bytes  uint64    `json:"bytes"`                                                                                   // of these pictures; 0 if nobody knows
	From   time.Time `json:"from"`                                                                                    // the oldest of them, UTC
	To     time.Time `json:"to"`                                                                                      // the newest of them, UTC
	Hashes []string  `json:"sha256,omitempty"`                                                                        // of these pictures, all that an event may name; more than 100 are told in several events
	Error  string    `json:"error,omitempty"`                                                                         // what failed
	WhatTo string    `json:"what_to_do,omitempty"`                                                                    // the cure
}

// RingLost says that events did not reach the log. Count is zero when nobody
// can know: after a power cut up to 100 ms may be missing.
type RingLost struct {
	Count uint64    `json:"count"` // events known to be lost; 0 if nobody can know
	From  time.Time `json:"from"`  // the first may have been lost then, UTC
	To    time.Time `json:"to"`    // the last may have been lost then, UTC
	Why   string    `json:"why"`   // "ring full", "torn record", "power cut"..., for a person
}

// EventType returns linesman.evidence.dropped.v1.
func (EvidenceDropped) EventType() Type { return "linesman.evidence.dropped.v1" }

// EventType returns linesman.ring.lost.v1.
func (RingLost) EventType() Type { return "linesman.ring.lost.v1" }

// EventSeverity is medium for a picture that was never kept, info for an old
// one that made room.
func (e EvidenceDropped) EventSeverity() Severity {
	switch e.Why {
	case "size cap", "disk pressure", "age":
		if e.Class == "pass" {
			return Info
		}
		return Low
	}
	return Medium
}

// EventSeverity is high: the record has a hole.
func (RingLost) EventSeverity() Severity { return High }
