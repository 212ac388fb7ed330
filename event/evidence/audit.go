package evidence

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"
	"time"

	"linesman/event"
)

// Log is what is asked of the event log whose events name evidence.
type Log interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
}

// Fault is one picture that an event names and that can not be shown.
type Fault struct {
	SHA256 string `json:"sha256"`
	Seq    uint64 `json:"seq"`  // of the event that names it
	Part   string `json:"part"` // of that event
	What   string `json:"what"` // "missing", "altered" or "unreadable"
	Error  string `json:"error"`
}

// Audited is the outcome of an audit, in pictures.
type Audited struct {
	Named   int `json:"named"`   // by events that are there
	Sound   int `json:"sound"`   // there, with the bytes that were kept
	Dropped int `json:"dropped"` // gone, and evidence.dropped says so
	Young   int `json:"young"`   // of the last minute: may still be on their way to disk
	Faults  int `json:"faults"`
}

// youth is how long a picture may be on its way to disk.
const youth = time.Minute

// page is how many events are read at a time.
const page = 1000

var judgedType, droppedType = event.PartJudged{}.EventType(), event.EvidenceDropped{}.EventType()

// Audit holds every picture that the log names against its hash, and calls each
// for every one that is missing without a word in the log, or altered. progress
// (may be nil) is told how many were looked at. It may run beside the appliance.
func (f Folder) Audit(ctx context.Context, log Log, each func(Fault), progress func(looked int)) (Audited, error) {
	var a Audited
	var missing []Fault
	dropped := map[[32]byte]bool{}
	began := time.Now().Add(-youth)
	last, err := readDropped(ctx, log, 0, dropped)
	if err != nil {
		return a, err
	}
	err = pages(ctx, log, event.Filter{Types: []event.Type{judgedType}}, func(e event.Event) error {
		p, err := event.As[event.PartJudged](e)
		if err != nil {
			return err
		}
		for _, sha := range named(&p) {
			a.Named++
			if progress != nil {
				progress(a.Named)
			}
			if dropped[key(sha)] {
				a.Dropped++
				continue
			}
			_, err := f.Get(sha)
			fault := Fault{SHA256: sha, Seq: e.Seq, Part: e.Part}
			switch {
			case err == nil:
				a.Sound++
				continue
			case errors.Is(err, fs.ErrNotExist):
				if e.Time.After(began) {
					a.Young++
					continue
				}
				fault.What, fault.Error = "missing", err.Error()
				missing = append(missing, fault)
				continue
			case errors.Is(err, ErrAltered):
				fault.What = "altered"
			default:
				fault.What = "unreadable"
			}
			fault.Error = err.Error()
			a.Faults++
			each(fault)
		}
		return nil
	})
	if err != nil {
		return a, err
	}
	if len(missing) > 0 { // some may have made room since we began
		if _, err := readDropped(ctx, log, last, dropped); err != nil {
			return a, err
		}
	}
	for _, m := range missing {
		if dropped[key(m.SHA256)] {
			a.Dropped++
			continue
		}
		a.Faults++
		each(m)
	}
	return a, nil
}

// NeverWritten looks for pictures that events of the last minutes before seq
// name and that are not there: a crash came between keeping and writing them.
// It returns what has to be told; empty where all is well or told already. It
// is meant for a start, once the log has all that the process before left in
// the ring; seq is of the new process's first event.
func (f Folder) NeverWritten(ctx context.Context, log Log, seq uint64) ([]event.EvidenceDropped, error) {
	var out []event.EvidenceDropped
	var from time.Time
	dropped := map[[32]byte]bool{}
	filter := event.Filter{Types: []event.Type{judgedType}, Before: seq, Newest: true, Limit: page}
	for {
		events, err := log.Read(ctx, filter)
		if err != nil {
			return nil, err
		}
		if len(events) == 0 {
			return out, nil
		}
		if from.IsZero() {
			from = events[0].Time.Add(-beforeCrash)
			if err := pages(ctx, log, event.Filter{Types: []event.Type{droppedType}, From: from}, adds(dropped)); err != nil {
				return nil, err
			}
		}
		for _, e := range events {
			if e.Time.Before(from) {
				return out, nil
			}
			p, err := event.As[event.PartJudged](e)
			if err != nil {
				return nil, err
			}
			for _, sha := range named(&p) {
				if _, err := f.find(sha); errors.Is(err, fs.ErrNotExist) && !dropped[key(sha)] {
					dropped[key(sha)] = true
					out = tell(out, classOf(p.Outcome), sha, e.Time)
				}
			}
		}
		filter.Before = events[len(events)-1].Seq
	}
}

// beforeCrash is how far back a picture may have been waiting for the disk.
const beforeCrash = 10 * time.Minute

// tell adds a picture to the last event of its class, or begins another.
func tell(out []event.EvidenceDropped, class Class, sha string, at time.Time) []event.EvidenceDropped {
	at = at.UTC()
	i := slices.IndexFunc(out, func(d event.EvidenceDropped) bool { return d.Class == string(class) && len(d.Hashes) < most })
	if i < 0 {
		i = len(out)
		out = append(out, event.EvidenceDropped{Class: string(class), Why: "never written", From: at, To: at, WhatTo: "the process ended before these pictures were on disk; their verdicts stand"})
	}
	d := &out[i]
	d.Count++
	d.Hashes = append(d.Hashes, sha)
	if at.Before(d.From) {
		d.From = at
	}
	if at.After(d.To) {
		d.To = at
	}
	return out
}

func classOf(outcome string) Class {
	switch outcome {
	case "pass":
		return Pass
	case "inconclusive":
		return Inconclusive
	}
	return Reject
}

// named returns the hashes that a verdict names, each once.
func named(p *event.PartJudged) []string {
	var out []string
	add := func(shas ...string) {
		for _, sha := range shas {
			if isHash(sha) && !slices.Contains(out, sha) {
				out = append(out, sha)
			}
		}
	}
	add(p.Evidence, p.Heatmap)
	for _, v := range p.Views {
		add(v.Evidence, v.Heatmap)
	}
	return out
}

// key is a hash in the room of its bytes.
func key(sha string) (k [32]byte) {
	_, _ = hex.Decode(k[:], []byte(sha)) // isHash holds
	return k
}

// readDropped collects what evidence.dropped names after a seq.
func readDropped(ctx context.Context, log Log, after uint64, into map[[32]byte]bool) (last uint64, err error) {
	last = after
	add := adds(into)
	err = pages(ctx, log, event.Filter{After: after, Types: []event.Type{droppedType}}, func(e event.Event) error {
		last = e.Seq
		return add(e)
	})
	return last, err
}

func adds(into map[[32]byte]bool) func(event.Event) error {
	return func(e event.Event) error {
		d, err := event.As[event.EvidenceDropped](e)
		if err != nil {
			return err
		}
		for _, sha := range d.Hashes {
			if isHash(sha) {
				into[key(sha)] = true
			}
		}
		return nil
	}
}

// pages calls fn with every event that matches, in order.
func pages(ctx context.Context, log Log, f event.Filter, fn func(event.Event) error) error {
	f.Limit = page
	for {
		events, err := log.Read(ctx, f)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if err := fn(e); err != nil {
				return err
			}
			f.After = e.Seq
		}
	}
}
