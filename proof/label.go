package proof

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"linesman/event"
)

// Label is what a person holds a judged part to be.
type Label string

// The labels.
const (
	MissedDefect Label = "missed defect" // it passed and is defective
	Defect       Label = "defect"        // it was rejected, and rightly: it is defective
	FalseReject  Label = "false reject"  // it was rejected and is good
	GoodPart     Label = "good"          // it passed, and somebody looked: it is good
	NoLabel      Label = "none"          // what was said before is taken back
)

// Bad says whether the label calls a part defective, whatever became of it.
func (l Label) Bad() bool { return l == MissedDefect || l == Defect }

// Saying is what somebody says of a part.
type Saying struct {
	Part  string
	Label Label
	Class string // of a defective part, at most classRunes; a missed defect needs one
	Note  string // one line, at most noteRunes
	Actor string // "user:li"
}

const (
	classRunes = 40
	noteRunes  = 500
)

// ErrSaying is wrapped by the error for a label that can not be meant.
var ErrSaying = errors.New("not labelled")

// Labelled is a part with the label that stands.
type Labelled struct {
	Part      string    `json:"part"`
	Seq       uint64    `json:"seq"`   // of the label
	At        time.Time `json:"at"`    // of the label, UTC
	By        string    `json:"by"`    // who said it
	Cause     string    `json:"cause"` // id of the verdict that is spoken of
	Batch     string    `json:"batch,omitempty"`
	Unlearned string    `json:"not_learnable,omitempty"` // why nothing can be learned from it; empty if something can
	event.SampleLabelled

	source string // of its events
}

// Holds keeps pictures from making room; evidence.Store does. The error of Hold
// wraps fs.ErrNotExist for those that are not there, and holds the others.
type Holds interface {
	Hold(who string, shas ...string) error
	Release(who string, shas ...string) error
}

// Labels is the book of what people say of judged parts. It is safe for many
// goroutines; one process of a site writes it.
type Labels struct {
	Log    Log
	Append func(ctx context.Context, events []event.Event) ([]event.Event, error)
	Holds  Holds            // nil: no pictures are kept here
	Now    func() time.Time // nil is time.Now

	mu sync.Mutex // held while a label is written: the hold and the log say the same
}

// holder is who holds a labelled part's pictures.
func holder(part string) string { return "sample:" + part }

// Check refuses a saying by its words alone.
func (s Saying) Check() error {
	bad := func(format string, a ...any) error {
		return fmt.Errorf("%w: %s", ErrSaying, fmt.Sprintf(format, a...))
	}
	switch s.Label {
	case MissedDefect:
		if s.Class == "" {
			return bad("a missed defect needs its class: crack, stain, chip...")
		}
	case Defect: // its class may be left away
	case FalseReject, GoodPart, NoLabel:
		if s.Class != "" {
			return bad("class %.40q: only a missed defect or a defect has one", s.Class)
		}
	default:
		return bad("label %.40q: want %q, %q, %q, %q or %q", s.Label, MissedDefect, Defect, FalseReject, GoodPart, NoLabel)
	}
	for _, f := range []struct {
		name, text string
		most       int
	}{{"class", s.Class, classRunes}, {"note", s.Note, noteRunes}} {
		odd := func(r rune) bool { return !unicode.IsPrint(r) }
		if !utf8.ValidString(f.text) || utf8.RuneCountInString(f.text) > f.most || strings.ContainsFunc(f.text, odd) || strings.TrimSpace(f.text) != f.text {
			return bad("%s %.60q: want one line of at most %d characters, without blanks around it", f.name, f.text, f.most)
		}
	}
	return nil
}

// verdict finds the verdict that a label speaks of. The error wraps
// event.ErrGone for a part without one.
func (b *Labels) verdict(ctx context.Context, part string) (last event.Event, s stored, err error) {
	events, err := b.Log.Read(ctx, event.Filter{Part: part, Types: []event.Type{event.PartJudged{}.EventType()}})
	if err != nil {
		return last, s, err
	}
	if len(events) == 0 {
		return last, s, fmt.Errorf("%w: the log has no verdict on part %s: look its id up with linesman events query, or it has expired", event.ErrGone, part)
	}
	for _, e := range events {
		p, err := event.As[event.PartJudged](e)
		if err != nil {
			return last, s, err
		}
		s.take(e, p)
	}
	return events[len(events)-1], s, nil
}

// Of returns the label that stands on a part; ok is false where there is none.
func (b *Labels) Of(ctx context.Context, part string) (l Labelled, ok bool, err error) {
	events, err := b.Log.Read(ctx, event.Filter{Part: part, Types: labelTypes, Newest: true, Limit: 1})
	if err != nil || len(events) == 0 {
		return l, false, err
	}
	l, err = labelled(events[0])
	return l, err == nil && l.Label != string(NoLabel), err
}

// Say writes a label down. The part's pictures are held before the log says
// so, and let go after the log says that the label is taken back. The error
// wraps ErrSaying for a label that can not be meant and event.ErrGone for a part
// without a verdict. may is asked with the part's line before anything is
// written; nil is yes.
func (b *Labels) Say(ctx context.Context, s Saying, may func(line string) error) (Labelled, error) {
	if err := s.Check(); err != nil {
		return Labelled{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	before, stands, err := b.Of(ctx, s.Part)
	if err != nil {
		return Labelled{}, err
	}
	if s.Label == NoLabel && !stands {
		return Labelled{}, fmt.Errorf("%w: part %s has no label that could be taken back", ErrSaying, s.Part)
	}
	l, err := b.subject(ctx, s.Part, before, stands)
	if err != nil {
		return Labelled{}, err
	}
	if may != nil {
		if err := may(l.Line); err != nil {
			return Labelled{}, err
		}
	}
	l.Label, l.Class, l.Note, l.By = string(s.Label), s.Class, s.Note, s.Actor
	if err := l.meant(); err != nil {
		return Labelled{}, err
	}
	return b.write(ctx, l, stands)
}

// subject gathers what is spoken of: from the verdict, or from the label before
// once the verdict of a pass has expired.
func (b *Labels) subject(ctx context.Context, part string, before Labelled, stands bool) (Labelled, error) {
	e, s, err := b.verdict(ctx, part)
	switch {
	case errors.Is(err, event.ErrGone) && stands:
		before.Evidence = nil
		return before, nil
	case err != nil:
		return Labelled{}, err
	}
	v := s.verdict
	return Labelled{Part: part, Cause: e.ID, Batch: e.Batch, source: e.Source, SampleLabelled: event.SampleLabelled{
		Line: v.Line, Outcome: v.Outcome, Recipe: v.Recipe, RecipeHash: v.RecipeHash, Model: v.Model, ModelHash: v.ModelHash, Lane: v.Lane, Views: s.views}}, nil
}

// meant refuses a label that contradicts the verdict.
func (l *Labelled) meant() error {
	passed := l.Outcome == "pass"
	switch label := Label(l.Label); {
	case label == MissedDefect && !passed:
		return fmt.Errorf("%w: part %s was rejected (%s), so nothing was missed: if it is defective, its label is %q", ErrSaying, l.Part, l.Outcome, Defect)
	case label == Defect && passed:
		return fmt.Errorf("%w: part %s passed, so it was not rejected rightly: if it is defective, its label is %q", ErrSaying, l.Part, MissedDefect)
	case label == FalseReject && passed:
		return fmt.Errorf("%w: part %s passed, so it was not rejected falsely: if it is good, its label is %q", ErrSaying, l.Part, GoodPart)
	case label == GoodPart && !passed:
		return fmt.Errorf("%w: part %s was rejected (%s): if it is good, its label is %q", ErrSaying, l.Part, l.Outcome, FalseReject)
	}
	return nil
}

// write holds the pictures and appends the label, in an order in which a crash
// can only leave a picture held that need not be.
func (b *Labels) write(ctx context.Context, l Labelled, stood bool) (Labelled, error) {
	none := l.Label == string(NoLabel)
	if !none {
		var err error
		if l.Evidence, err = b.hold(l.Part, l.Views); err != nil {
			return Labelled{}, b.undo(err, l.Part, stood)
		}
	}
	now := time.Now
	if b.Now != nil {
		now = b.Now
	}
	e := event.New(l.source, l.Part, now(), l.SampleLabelled)
	e.ID, e.Part, e.Batch, e.Cause, e.Actor = event.NewID(), l.Part, l.Batch, l.Cause, l.By
	written, err := b.Append(ctx, []event.Event{e})
	if err != nil {
		return Labelled{}, b.undo(err, l.Part, none || stood)
	}
	if none {
		if err := b.release(l.Part); err != nil {
			return Labelled{}, err
		}
	}
	return labelled(written[0])
}

// undo lets go what was held for a label that was not written, unless an
// earlier one needs it.
func (b *Labels) undo(err error, part string, stands bool) error {
	if stands {
		return err
	}
	return errors.Join(err, b.release(part))
}

// hold keeps what pictures there are, heat maps too, and returns those of them
// that show the part.
func (b *Labels) hold(part string, views []event.View) (held []string, err error) {
	if b.Holds == nil {
		return nil, nil
	}
	for _, v := range views {
		for _, sha := range []string{v.Evidence, v.Heatmap} {
			if sha == "" {
				continue
			}
			switch err := b.Holds.Hold(holder(part), sha); {
			case errors.Is(err, fs.ErrNotExist): // it has made room: the label counts without
			case err != nil:
				return nil, err
			case sha == v.Evidence:
				held = append(held, sha)
			}
		}
	}
	return held, nil
}

func (b *Labels) release(part string) error {
	if b.Holds == nil {
		return nil
	}
	return b.Holds.Release(holder(part))
}
