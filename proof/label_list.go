package proof

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"linesman/event"
)

// labelTypes are the events that the book is made of.
var labelTypes = []event.Type{event.SampleLabelled{}.EventType()}

// Standing is what is labelled, and how much of it can be learned from.
type Standing struct {
	Samples   []Labelled    `json:"samples"`   // by the last label, oldest first
	Counts    map[Label]int `json:"counts"`    // parts by label
	Learnable map[Label]int `json:"learnable"` // of these, with a picture that is held
}

// List returns every label that stands; the last one of a part counts. line
// restricts it to one, and keep to events that may be shown; empty and nil are
// all.
func (b *Labels) List(ctx context.Context, line string, keep func(event.Event) bool) (Standing, error) {
	out := Standing{Samples: []Labelled{}, Counts: map[Label]int{}, Learnable: map[Label]int{}}
	by := map[string]Labelled{}
	err := b.each(ctx, func(e event.Event) error {
		l, err := labelled(e)
		if err != nil {
			return err
		}
		if line != "" && l.Line != line || keep != nil && !keep(e) {
			return nil
		}
		by[l.Part] = l
		return nil
	})
	for _, l := range by {
		if l.Label == string(NoLabel) {
			continue
		}
		out.Samples = append(out.Samples, l)
		out.Counts[Label(l.Label)]++
		if l.Unlearned == "" {
			out.Learnable[Label(l.Label)]++
		}
	}
	slices.SortFunc(out.Samples, func(a, b Labelled) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, err
}

// Reconcile brings what is held in line with the log, as after a crash or a
// restored backup. What is gone stays gone.
func (b *Labels) Reconcile(ctx context.Context) error {
	last := map[string]Labelled{}
	err := b.each(ctx, func(e event.Event) error {
		l, err := labelled(e)
		last[l.Part] = l
		return err
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for part, l := range last {
		now, stands, err := b.Of(ctx, part) // somebody may have spoken meanwhile
		switch {
		case err != nil:
			return err
		case stands:
			l = now
			_, err = b.hold(part, l.Views)
		default:
			err = b.release(part)
		}
		if err != nil {
			return fmt.Errorf("pictures of the labelled part %s: %w", part, err)
		}
	}
	return nil
}

// each reads all labels, oldest first.
func (b *Labels) each(ctx context.Context, fn func(event.Event) error) error {
	f := event.Filter{Types: labelTypes, Limit: page}
	for {
		events, err := b.Log.Read(ctx, f)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if err := fn(e); err != nil {
				return err
			}
		}
		f.After = events[len(events)-1].Seq
	}
}

// labelled reads one label.
func labelled(e event.Event) (Labelled, error) {
	var l Labelled
	err := fill(&l, e)
	return l, err
}

func fill(l *Labelled, e event.Event) (err error) {
	if l.SampleLabelled, err = event.As[event.SampleLabelled](e); err != nil {
		return err
	}
	l.Part, l.Seq, l.At, l.By, l.Cause, l.Batch, l.source = e.Part, e.Seq, e.Time.UTC(), e.Actor, e.Cause, e.Batch, e.Source
	l.Unlearned = l.lacks()
	return nil
}

// lacks says why nothing can be learned from a labelled part; empty if it can.
func (l *Labelled) lacks() string {
	if len(l.Views) == 0 {
		return "no picture of it was kept: of passes only samples are, see keep.one_pass_in of the recipe"
	}
	for _, v := range l.Views {
		switch {
		case v.Missing != "" && !v.Unanswered:
		case v.Evidence == "":
			return "no picture of view " + v.Name + " was kept"
		case !slices.Contains(l.Evidence, v.Evidence):
			return "the picture of view " + v.Name + " was gone when it was labelled"
		}
	}
	if len(l.Evidence) == 0 {
		return "no camera showed it"
	}
	return ""
}
