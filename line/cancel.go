package line

import (
	"errors"
	"fmt"

	"linesman/event"
	"linesman/part"
	"linesman/recipe"
)

// ErrNotWaiting is wrapped by the error for a changeover to be taken back of which there
// is none.
var ErrNotWaiting = errors.New("no changeover waits")

// ErrBegun is wrapped by the error for a changeover to be taken back that has begun.
var ErrBegun = errors.New("the changeover has begun")

// Waits returns the changeover that Cancel would take back now, with the errors of
// Cancel. Nothing changes.
func (s *Station) Waits(recipe string) (c Changeover, err error) {
	err = s.ask(func(o *owner) error {
		t, err := o.waiting(recipe)
		if err == nil {
			c = o.changeover(t)
		}
		return err
	})
	if err != nil {
		return c, fmt.Errorf("line %s: %w", s.cfg.Line, err)
	}
	return c, nil
}

// Cancel takes a changeover back that waits for its place, and returns it with the
// recipe that goes on. recipe is what it would have been to, name@version; empty is
// whatever waits. Its batch never was, its setup is closed, and recipe.cancelled says by
// whom.
//
// It is refused, and nothing changes, once a camera may have anything of the new
// recipe's stretch of belt under it, or while the controller asks for that product.
func (s *Station) Cancel(recipe, actor string) (c Changeover, goesOn *recipe.Recipe, err error) {
	err = s.ask(func(o *owner) error {
		t, err := o.waiting(recipe)
		if err != nil {
			return err
		}
		c, goesOn = o.changeover(t), o.setup().Recipe
		o.cancel(t, actor)
		return nil
	})
	if err != nil {
		return c, nil, fmt.Errorf("line %s: %w", s.cfg.Line, err)
	}
	return c, goesOn, nil
}

// changeover is the newest term, as others see it before it takes effect.
func (o *owner) changeover(t *term) Changeover {
	return Changeover{Line: o.s.cfg.Line, Recipe: t.setup.id, Was: o.setup().id, From: t.from, Batch: t.batch.id, Why: t.why}
}

// waiting returns the term that may be taken back.
func (o *owner) waiting(recipe string) (*term, error) {
	t := o.terms[len(o.terms)-1]
	switch w := &o.wish; {
	case !o.s.Changing():
		return nil, fmt.Errorf("%w: it judges by %s", ErrNotWaiting, o.setup().id)
	case recipe != "" && recipe != t.setup.id:
		return nil, fmt.Errorf("%w to %s, but one to %s does: look again", ErrNotWaiting, recipe, t.setup.id)
	case o.begun(t):
		return nil, fmt.Errorf("%w: parts of %s from tick %v on may be under a camera, the belt is at %v: take the version back once that tick is past the gate (linesman recipe back)", ErrBegun, t.setup.id, t.from, o.ctl.status.Now)
	case w.number != 0 && w.product == t.setup.Recipe.Name && w.product != o.setup().Recipe.Name:
		return nil, fmt.Errorf("%w: for %s: choose another product there, or set its number to 0", ErrAsked, w.what())
	}
	return t, nil
}

// begun reports whether anything of a term's stretch of belt may have been looked at, or
// is in its batch's account. The older the last reading, the farther the belt may have
// come since.
func (o *owner) begun(t *term) bool {
	first, known := o.unseen(max(0, o.s.now().Sub(o.ctl.status.At)))
	if t.told || !known || t.from.Epoch != first.Epoch || t.from.Before(first) || o.judgedBy(t.setup) {
		return true
	}
	b := t.batch
	if b.told { // it goes on with the batch
		return false
	}
	for i := range o.ctl.frames.triggers {
		if o.ctl.frames.triggers[i].batch == b {
			return true
		}
	}
	return b.ledger != (part.Ledger{}) || b.counts != (Counts{}) || o.onTheWay(func(p *tracked) bool { return p.batch == b })
}

// cancel strikes the newest term, and its batch if it was to begin one. A worker may
// still hold the plan: the setup is closed once none does.
func (o *owner) cancel(t *term, actor string) {
	on := o.setup()
	o.terms = o.terms[:len(o.terms)-1]
	t.setup.cancelled.Store(true)
	o.s.plan.Store(&plan{now: on})
	if !t.batch.told {
		o.batches = o.batches[:len(o.batches)-1]
	}
	o.cancelled = append(o.cancelled, t.setup)
	e := event.New(o.source, "line", o.s.now(), event.RecipeCancelled{Line: string(o.s.cfg.Line), Recipe: t.setup.id, Judges: on.id, From: eventTick(t.from), Why: t.why})
	e.Batch, e.Actor = o.batch().id, actor
	o.s.cfg.Events.Emit(e)
	o.dismiss()
	o.publish(o.s.now())
}
