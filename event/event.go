// Package event remembers: one log from which every decision can be told
// again. Order is Seq, never the clock. event/sqlite is the store,
// event/evidence keeps the pictures, Ring takes events from those who may not
// wait.
package event

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Event is a CloudEvents 1.0 event in Go's clothes. Producers fill Type, Time,
// Source, Subject, Data and what they know of the rest; the log gives Seq, and
// ID where it is empty.
type Event struct {
	ID       string          // UUIDv7; the idempotency key of Append
	Seq      uint64          // given by the log, without gaps
	Source   string          // "/site/line/caps-1"
	Type     Type            // "linesman.part.judged.v1"
	Time     time.Time       // when it happened, UTC
	Subject  string          // what it is about: a part, camera, gate...
	Severity Severity        // zero is info
	Part     string          // part id, if it is about one
	Batch    string          // batch, if within one
	Cause    string          // id of the event that caused it
	Actor    string          // who did it: "system", "user:li", "token:mes"
	Data     json.RawMessage // the payload of Type
}

// Type is a versioned event type.
type Type string

// Severity follows ISA-18.2's priorities.
type Severity uint8

// The severities.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

// String returns the severity's word.
func (s Severity) String() string {
	return [...]string{"info", "low", "medium", "high", "critical"}[min(int(s), 4)]
}

// Sink takes events from those who may not wait. Emit never blocks: it copies
// the event into the hand-over ring. A full ring counts the loss, and the loss
// is itself an event once there is room (ring.lost).
type Sink interface{ Emit(Event) }

// Filter selects events. Zero fields do not restrict.
type Filter struct {
	After   uint64 // seq greater than this
	Before  uint64 // seq less than this; 0 is no limit
	Types   []Type // exact, or a prefix ending in "*"
	Subject string
	Part    string
	Batch   string
	From    time.Time
	To      time.Time
	Limit   int  // at most; 0 is the store's default
	Newest  bool // newest first, and Limit counts from the end
}

// Log is the durable store. All methods are safe from many goroutines.
type Log interface {
	// Append stores events in the order given and returns them with ID and Seq.
	// When it returns nil they are on disk. An event whose ID is already there is
	// not stored twice: its stored Seq is returned.
	Append(ctx context.Context, events []Event) ([]Event, error)
	// Read returns events that match, by ascending Seq (descending when Newest).
	Read(ctx context.Context, f Filter) ([]Event, error)
	// Follow calls fn with every event after seq, in order, until ctx ends or fn
	// returns an error. A slow fn never slows the writer.
	Follow(ctx context.Context, after uint64, fn func(Event) error) error
	Close() error
}

// ErrFull is returned when the disk has no room for the log.
var ErrFull = errors.New("event log: disk full")

// ErrClosed is returned by a log that has been closed.
var ErrClosed = errors.New("event log: closed")

// ErrGone is wrapped by the error for something that was never stored or has
// expired.
var ErrGone = errors.New("event log: not there")

// New returns an event of the payload's type with its data filled in.
func New(source, subject string, at time.Time, p Payload) Event {
	data, err := encode(p)
	if err != nil { // payloads are our own structs: marshalling them can not fail
		panic("event: " + err.Error())
	}
	return Event{Type: p.EventType(), Source: source, Subject: subject, Time: at.UTC(), Actor: "system", Severity: p.EventSeverity(), Data: data}
}

// Payload is the data of one event type.
type Payload interface {
	EventType() Type
	EventSeverity() Severity
}
