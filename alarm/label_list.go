package alarm

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"linesman/event"
)

var labelTypes = []event.Type{event.AlarmLabelled{}.EventType()}

// List returns every label that stands, oldest first; the last one of an alarm
// counts.
func (b *Labels) List(ctx context.Context) ([]Labelled, error) {
	return ListLabels(ctx, b.Log)
}

// reader is what listing needs of the log.
type reader interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
}

// ListLabels is Labels.List for who only reads the log.
func ListLabels(ctx context.Context, log reader) ([]Labelled, error) {
	by := map[string]Labelled{}
	f := event.Filter{Types: labelTypes, Limit: readAtOnce}
	for {
		events, err := log.Read(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("alarm: reading the log: %w", err)
		}
		for _, e := range events {
			l, err := labelled(e)
			if err != nil {
				return nil, err
			}
			by[l.Alarm], f.After = l, e.Seq
		}
		if len(events) < readAtOnce {
			break
		}
	}
	out := []Labelled{}
	for _, l := range by {
		if l.Label != string(NoLabel) {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b Labelled) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, nil
}

func labelled(e event.Event) (Labelled, error) {
	p, err := event.As[event.AlarmLabelled](e)
	l := Labelled{Seq: e.Seq, At: e.Time.UTC(), By: e.Actor, AlarmLabelled: p}
	switch {
	case err != nil:
		return l, err
	case len(p.Sights) == 0:
		l.Unlearned = "no picture of what it was about is kept"
	case p.Label == string(NothingThere) && p.Firm != "":
		l.Unlearned = "it is always raised: " + p.Firm
	}
	return l, nil
}
