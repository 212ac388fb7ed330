package proof

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// Form is the version of the certificate's data.
const Form = 1

// Certificate is what one batch or one stretch of time on a line answers for on
// one page. All of it but the present account of a batch that still runs can be
// counted again from the log up to Seq, and the signed head shows that this log
// is still the one that was counted.
type Certificate struct {
	Form       int            `json:"certificate"`     // Form
	Site       string         `json:"site"`            // as the head has it
	Line       string         `json:"line"`            // the site file's name of it
	Batch      string         `json:"batch,omitempty"` // empty for a stretch of time
	Shift      string         `json:"shift,omitempty"` // the stretch's name, if it has one
	From       time.Time      `json:"from"`            // UTC; of a batch, its first event
	To         time.Time      `json:"to"`              // UTC, exclusive; of a batch, just after its last event
	Zone       string         `json:"zone"`            // of the times on the page
	Open       bool           `json:"open"`            // it was still running when it was counted
	Made       time.Time      `json:"made"`            // the head's time, UTC
	Seq        uint64         `json:"seq"`             // counted up to this event, inclusive
	Counts     Counts         `json:"counts"`
	Expired    *Expired       `json:"expired,omitempty"` // passes that are no more in the log one by one
	Accounts   []BatchAccount `json:"accounts"`          // of the batch, or of those that ended in the stretch
	Challenges []Challenge    `json:"challenges"`        // by kind
	Alarms     []Alarm        `json:"alarms"`            // worst first
	Losses     []Loss         `json:"losses"`            // oldest first
	Pictures   []Pictures     `json:"pictures_missing"`  // of this time, not kept or removed since
	Recipes    []Judge        `json:"recipes"`           // that judged, the most used first
	Models     []Judge        `json:"models"`            // that judged, the most used first
	Eyes       []Eye          `json:"eyes"`              // the cameras the log tells of
	Signatures []Signature    `json:"signatures"`        // oldest first
	Head       string         `json:"head"`              // signed note of event.Head
	Verifier   string         `json:"verifier"`          // the key that checks it
	Version    string         `json:"version,omitempty"` // of the program that wrote the page
}

// Counts are parts by their last verdict.
type Counts struct {
	Pass         uint64 `json:"pass"`
	Fail         uint64 `json:"fail"`
	Inconclusive uint64 `json:"inconclusive"` // doubt: rejected like fail
	Late         uint64 `json:"late"`         // of these, answered too late
	Collateral   uint64 `json:"collateral"`   // good, rejected with a touching neighbour
	Overruled    uint64 `json:"overruled"`    // verdicts that were taken back; the part counts once, by its last
	Lost         uint64 `json:"lost"`         // parts named in part.lost
	Suspect      uint64 `json:"suspect"`      // parts on the good side that somebody had to look at: named in part.suspect, or passes within its ticks
}

// Judged is the sum of all outcomes.
func (c Counts) Judged() uint64 { return c.Pass + c.Fail + c.Inconclusive }

// Expired says which passes were counted by the minute.
type Expired struct {
	Files   []string `json:"files"`   // of passes, dropped by retention
	Pass    uint64   `json:"pass"`    // out of line.minute; contained in Counts
	Minutes uint64   `json:"minutes"` // line.minute events that say so
}

// BatchAccount is the account of one batch.
type BatchAccount struct {
	Batch       string        `json:"batch"`
	Seq         uint64        `json:"seq,omitempty"` // of batch.closed; 0 for the present one
	At          time.Time     `json:"at"`            // when it stood so, UTC
	Account     event.Account `json:"account"`
	Balanced    bool          `json:"balanced"`              // by the line's own audit
	Differences []string      `json:"differences,omitempty"` // in words, of a present one
	Mismatches  uint64        `json:"mismatches"`            // ledger.mismatch events of it
}

// Challenge is what became of pieces of one kind whose truth was known.
type Challenge struct {
	Kind  string `json:"kind"`
	Want  string `json:"want"` // what they should be judged
	Run   uint64 `json:"run"`
	Right uint64 `json:"right"` // judged so, and went where they belong
}

// Alarm is all events of one type that were of severity high or above.
type Alarm struct {
	Type     string    `json:"type"`
	Severity string    `json:"severity"` // the worst
	Count    uint64    `json:"count"`
	First    time.Time `json:"first"` // UTC
	Last     time.Time `json:"last"`  // UTC
	Text     string    `json:"text"`  // of the first
}

// Loss is a hole in the record of this time.
type Loss struct {
	Seq   uint64    `json:"seq"`
	What  string    `json:"what"`  // "ring.lost", "log.damaged"
	Count uint64    `json:"count"` // events; 0 if nobody can know
	From  time.Time `json:"from,omitzero"`
	To    time.Time `json:"to,omitzero"`
	Why   string    `json:"why"`
}

// Pictures are kept no more, or never were.
type Pictures struct {
	Class string `json:"class"`
	Why   string `json:"why"`
	Count uint64 `json:"count"` // in events whose time touches this one's, so at most so many of it
}

// Judge is a recipe or model and how many parts it judged.
type Judge struct {
	Name   string `json:"name"` // name@version
	SHA256 string `json:"sha256"`
	Parts  uint64 `json:"parts"` // by verdicts that are in the log
}

// Eye is a camera in this time.
type Eye struct {
	Camera string `json:"camera"`
	Down   uint64 `json:"down"`  // times it gave no usable picture
	State  string `json:"state"` // the last the log tells of
}

// Signature is an electronic signature on the batch.
type Signature struct {
	Seq     uint64    `json:"seq"`
	At      time.Time `json:"at"`
	Name    string    `json:"name"`
	User    string    `json:"user"`
	Role    string    `json:"role"`
	Meaning string    `json:"meaning"`
	Subject string    `json:"subject"`
	SHA256  string    `json:"sha256"`
}

// Wanted says what a certificate is to be about: a batch, or the time from From
// to To.
type Wanted struct {
	Line     string // may be empty where the batch ran on one line only
	Batch    string
	Shift    string // the stretch's name, for the page
	From, To time.Time
	Zone     *time.Location // of the page; nil is UTC
	Head     string         // signed head of the log
	Verifier string         // its key
	Version  string         // of the program
	// Present returns the account of the batch that runs on a line now; nil or
	// false where no line runs beside.
	Present func(line string) (BatchAccount, bool)
}

// ErrWanted is wrapped by the error for a certificate that can not be made as
// it was asked for.
var ErrWanted = errors.New("certificate")

func unwanted(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrWanted, fmt.Sprintf(format, a...))
}

// Certify counts the log and returns the certificate. It reads the log in
// pages, so that a shift of millions of parts needs no memory to speak of.
func Certify(ctx context.Context, log Log, w Wanted) (Certificate, error) {
	head, err := event.OpenHead(w.Head, w.Verifier)
	if err != nil {
		return Certificate{}, err
	}
	c := Certificate{
		Form: Form, Site: head.Site, Line: w.Line, Batch: w.Batch, Shift: w.Shift, From: w.From.UTC(), To: w.To.UTC(), Zone: "UTC",
		Made: head.Time.UTC(), Seq: head.Seq, Head: w.Head, Verifier: w.Verifier, Version: w.Version,
	}
	if w.Zone != nil {
		c.Zone = w.Zone.String()
	}
	if err := c.scope(ctx, log, w); err != nil {
		return Certificate{}, err
	}
	if err := c.count(ctx, log); err != nil {
		return Certificate{}, err
	}
	if w.Present != nil && c.Open {
		if a, ok := w.Present(c.Line); ok && (c.Batch == "" || a.Batch == c.Batch) {
			a.At = a.At.UTC().Truncate(time.Millisecond)
			c.Accounts = append(c.Accounts, a)
		}
	}
	return c, nil
}

// scope finds out which time and line are meant.
func (c *Certificate) scope(ctx context.Context, log Log, w Wanted) error {
	if w.Batch == "" {
		switch {
		case c.Line == "":
			return unwanted("name the line; a stretch of time on all lines together proves nothing of one")
		case c.From.IsZero() || c.To.IsZero() || !c.From.Before(c.To):
			return unwanted("want a batch, or a time from which and a later one up to which to count")
		case c.From.After(c.Made):
			return unwanted("%s has not begun at the log's head of %s", c.From.Format(time.RFC3339), c.Made.Format(time.RFC3339))
		}
		c.Open = c.To.After(c.Made)
		return nil
	}
	opened, err := log.Read(ctx, event.Filter{Batch: c.Batch, Types: []event.Type{event.BatchOpened{}.EventType()}, Before: c.Seq + 1})
	if err != nil {
		return err
	}
	var lines []string
	for _, e := range opened {
		if p, err := event.As[event.BatchOpened](e); err == nil && !slices.Contains(lines, p.Line) {
			lines = append(lines, p.Line)
		}
	}
	if c.Line == "" {
		if len(lines) > 1 {
			return unwanted("batch %s ran on the lines %s: name one", c.Batch, strings.Join(lines, ", "))
		}
		if len(lines) == 0 {
			return unwanted("the log knows no batch %q; batches are named by the events of type batch.opened", c.Batch)
		}
		c.Line = lines[0]
	} else if len(lines) > 0 && !slices.Contains(lines, c.Line) {
		return unwanted("batch %s did not run on line %s but on %s", c.Batch, c.Line, strings.Join(lines, ", "))
	}
	c.Open = true
	closed, err := log.Read(ctx, event.Filter{Batch: c.Batch, Types: []event.Type{event.BatchClosed{}.EventType()}, Before: c.Seq + 1})
	if err != nil {
		return err
	}
	for _, e := range closed {
		if p, err := event.As[event.BatchClosed](e); err == nil && p.Line == c.Line {
			c.Open = false
		}
	}
	first, err := log.Read(ctx, event.Filter{Batch: c.Batch, Before: c.Seq + 1, Limit: 1})
	if err != nil {
		return err
	}
	last, err := log.Read(ctx, event.Filter{Batch: c.Batch, Before: c.Seq + 1, Limit: 1, Newest: true})
	if err != nil {
		return err
	}
	if len(first) == 0 || len(last) == 0 {
		return unwanted("the log has no event of batch %q", c.Batch)
	}
	c.From, c.To = first[0].Time.UTC(), last[0].Time.UTC().Add(1)
	if c.To.Before(c.From) { // the clock was put back
		c.From, c.To = c.To.Add(-1), c.From.Add(1)
	}
	return nil
}
