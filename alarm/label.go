package alarm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"linesman/event"
)

// Label is what a person holds an alarm about something seen to be.
type Label string

// The labels. Whether a thing was there and whether an alarm was wanted are two
// questions, and only the first is about how it looks.
const (
	Real         Label = "real"          // it was there, and the alarm was right
	NothingThere Label = "nothing there" // what was seen is not what it was taken for
	NotWanted    Label = "not wanted"    // it was there, and no alarm was wanted
	NoLabel      Label = "none"          // what was said before is taken back
)

// Saying is what somebody says of an alarm.
type Saying struct {
	Alarm string // its id, or that of what was withheld
	Label Label
	Note  string // one line
	Actor string // "user:li"
}

// Labelled is an alarm with the label that stands.
type Labelled struct {
	Seq       uint64    // of the label
	At        time.Time // of the label, UTC
	By        string    // who said it
	Unlearned string    // why nothing can be learned from it; empty if something can
	event.AlarmLabelled
}

// Holds keeps files from making room; evidence.Store does. The error of Hold
// wraps fs.ErrNotExist for those that are not there, and holds the others.
type Holds interface {
	Hold(who string, shas ...string) error
	Release(who string, shas ...string) error
}

// Labels is the book of what people say of alarms. It is safe for many
// goroutines; one process of a site writes it.
type Labels struct {
	Log    log
	Source string // of its events: "/demo"
	Holds  Holds  // nil: no pictures are kept here

	mu sync.Mutex // held while a label is written: the hold and the log say the same
}

// Of a fresh alarm what it is about comes into the log a moment later.
const (
	freshFor   = 10 * time.Second
	patience   = 5 * time.Second
	askedEvery = 100 * time.Millisecond
)

func labelHolder(id string) string { return "alarm sample:" + id }

// Check refuses a saying by its words alone.
func (s Saying) Check() error {
	if !slices.Contains([]Label{Real, NothingThere, NotWanted, NoLabel}, s.Label) {
		return fmt.Errorf("%w: label %.40q: want %q, %q, %q or %q", ErrRefused, s.Label, Real, NothingThere, NotWanted, NoLabel)
	}
	if s.Note != "" {
		return checkLine("note", s.Note, 500)
	}
	return nil
}

// Say writes a label down. What the alarm was about is held before the log says
// so. The error wraps ErrRefused for a label that can not be meant and ErrUnknown
// for an alarm that the log does not have.
func (b *Labels) Say(ctx context.Context, s Saying) (Labelled, error) {
	if err := s.Check(); err != nil {
		return Labelled{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	before, stands, err := b.Of(ctx, s.Alarm)
	if err != nil {
		return Labelled{}, err
	}
	if s.Label == NoLabel && !stands {
		return Labelled{}, fmt.Errorf("%w: alarm %s has no label that could be taken back", ErrRefused, s.Alarm)
	}
	p, err := b.about(ctx, s.Alarm)
	if errors.Is(err, ErrUnknown) && stands {
		p, err = before.AlarmLabelled, nil
	}
	if err != nil {
		return Labelled{}, err
	}
	p.Label, p.Note = string(s.Label), s.Note
	if s.Label != NoLabel {
		if p.Sights, err = b.hold(p.Alarm, p.Sights); err != nil {
			return Labelled{}, err
		}
	}
	e := event.New(b.Source+"/camera/"+p.Camera, p.Alarm, time.Now(), p)
	e.ID, e.Actor = event.NewID(), s.Actor
	written, err := b.Log.Append(ctx, []event.Event{e})
	if err != nil {
		if !stands && b.Holds != nil {
			err = errors.Join(err, b.Holds.Release(labelHolder(p.Alarm)))
		}
		return Labelled{}, fmt.Errorf("%w: %w", ErrUnsaved, err)
	}
	if s.Label == NoLabel && b.Holds != nil {
		if err := b.Holds.Release(labelHolder(p.Alarm)); err != nil {
			return Labelled{}, err
		}
	}
	return labelled(written[0])
}

// Of returns the label that stands on an alarm; ok is false where there is none.
func (b *Labels) Of(ctx context.Context, id string) (l Labelled, ok bool, err error) {
	events, err := b.Log.Read(ctx, event.Filter{Subject: id, Types: labelTypes, Newest: true, Limit: 1})
	if err != nil || len(events) == 0 {
		return l, false, err
	}
	l, err = labelled(events[0])
	return l, err == nil && l.Label != string(NoLabel), err
}

// about gathers what an alarm was about, or what was withheld.
func (b *Labels) about(ctx context.Context, id string) (p event.AlarmLabelled, err error) {
	born, ok := event.ParseID(id)
	if !ok {
		return p, fmt.Errorf("%w: %.60q is no alarm's id", ErrUnknown, id)
	}
	f := event.Filter{Subject: id, From: born.Born().Add(-time.Second), Limit: readAtOnce,
		Types: []event.Type{event.AlarmRaised{}.EventType(), event.AlarmRecorded{}.EventType(), event.AlarmWithheld{}.EventType()}}
	for waited := time.Duration(0); ; waited += askedEvery {
		events, err := b.Log.Read(ctx, f)
		if err != nil {
			return p, fmt.Errorf("alarm: reading the log: %w", err)
		}
		raised := false
		for _, e := range events {
			switch r, errR := event.As[event.AlarmRecorded](e); {
			case e.Type == event.AlarmRaised{}.EventType():
				raised = true
			case errR == nil && r.Key != "":
				return event.AlarmLabelled{Alarm: id, Camera: r.Camera, Rule: r.Rule, Key: r.Key, Firm: r.Firm, Sights: r.Sights}, nil
			}
			if w, err := event.As[event.AlarmWithheld](e); err == nil {
				return event.AlarmLabelled{Alarm: id, Camera: w.Camera, Rule: w.Rule, Key: w.Key, Sights: w.Sights, Withheld: true}, nil
			}
		}
		switch {
		case time.Since(born.Born()) < freshFor && waited < patience:
		case raised:
			return p, fmt.Errorf("%w: alarm %s is about nothing that a camera saw, or nothing was kept of it", ErrRefused, id)
		default:
			return p, fmt.Errorf("%w: the log has no alarm %s, or it has expired", ErrUnknown, id)
		}
		select {
		case <-ctx.Done():
			return p, ctx.Err()
		case <-time.After(askedEvery):
		}
	}
}

// hold keeps the crops and returns those that are there.
func (b *Labels) hold(id string, all []event.AlarmSight) (held []event.AlarmSight, err error) {
	if b.Holds == nil {
		return nil, nil
	}
	for _, s := range all {
		switch err := b.Holds.Hold(labelHolder(id), s.Crop); {
		case errors.Is(err, fs.ErrNotExist): // it has made room: the label counts without
		case err != nil:
			return nil, err
		default:
			held = append(held, s)
		}
	}
	return held, nil
}
