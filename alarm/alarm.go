// Package alarm calls: it keeps the plant's alarms by the states of ISA-18.2
// (IEC 62682), decides by a roster who is to be told, and goes on until
// somebody acknowledges or the beacon is lit. A delivery is believed only as
// far as it was proven: sent is not received.
//
// Board is the pure core: no clock, no I/O, one event for each thing that
// happens, and the same state again when these events are read back. Desk is
// its owner: one goroutine with a timer, which writes events down before
// anybody is called. Deliverers live in sub-folders and know this file's
// neighbour deliver.go alone.
package alarm

import (
	"errors"
	"time"

	"linesman/event"
)

// Alarm is one thing that wants a person, from its first raise until it is
// normal again. Times are UTC.
type Alarm struct {
	ID       string         // UUIDv7, the subject of its events and the id of the first
	Key      string         // what it is about; while it stands, the same key is the same alarm
	From     string         // who raised it: "watch/yard", "line/caps-1"
	Camera   string         // where known
	Zone     string         // where known
	Line     string         // where known
	Severity event.Severity // its priority
	Text     string         // what is wrong, for a person
	WhatTo   string         // for whoever is called
	Latched  bool           // cleared without acknowledgement it stays, as returned
	Drill    bool           // staged: nothing is wrong
	Cause    string         // id of the event it was raised over

	State    State
	Active   bool      // its cause is there
	Raised   time.Time // the first time
	Opened   time.Time // when it was raised or came back last
	Last     time.Time // when its cause was last seen
	Count    uint64    // times it was raised since it began
	Again    uint64    // times it came back within the chattering time
	Cleared  time.Time // zero while active
	Acked    Ack       // zero while nobody took it
	Shelved  Shelf     // zero while it is not
	Silenced string    // the condition that suppresses it by design; empty if none
	Out      string    // why it is out of service; empty if it is in service
}

// State is an alarm's state after ISA-18.2.
type State string

// The states. The last three stand above the others: who asks is told that an
// alarm is kept silent before anything else.
const (
	Normal         State = "normal"         // its cause is gone, and nobody has to do anything
	Unacknowledged State = "unacknowledged" // active
	Acknowledged   State = "acknowledged"   // active, and somebody takes care
	Returned       State = "returned"       // its cause is gone, nobody acknowledged it, and it is latched
	Shelved        State = "shelved"        // by a person, for a time
	Suppressed     State = "suppressed"     // by design, while a condition holds
	OutOfService   State = "out of service" // by a person, for maintenance
)

// Ack is who takes care of an alarm.
type Ack struct {
	By      string // "user:li", "recipient:li" by a link that was sent to li; empty is nobody
	Channel string // whose link it was; empty at a screen
	Note    string
	At      time.Time
}

// Shelf is why nobody is told of a key for some time.
type Shelf struct {
	Key    string
	Until  time.Time // zero is not shelved
	Reason string
	By     string
}

// Raise is what the one who sees something wrong says of it. Key and Text are
// needed. The key must name the thing and the place ("zone/yard/person"), not
// the occasion, so that what goes on is one alarm.
type Raise struct {
	Key      string
	From     string
	Camera   string
	Zone     string
	Line     string
	Object   string // what a camera saw: "person"; "" where it is about no thing
	Severity event.Severity
	Text     string
	WhatTo   string
	Lamps    []string // channels of beacons that light for as long as its cause is there, whoever acknowledges
	Cause    string   // id of the event it is raised over, where there is one
	Actor    string   // empty is "system"
}

// Why an act is refused. Every refusal of this package wraps one of these.
var (
	ErrUnknown = errors.New("alarm: not known")   // no such alarm, delivery, key or condition
	ErrRefused = errors.New("alarm: not allowed") // it can not be meant, or not now
	ErrClosed  = errors.New("alarm: desk closed") // the appliance ends
	ErrUnsaved = errors.New("alarm: not yet in the log")
	ErrBehind  = errors.New("alarm: not taken, the log refuses for too long") // say it again
)
