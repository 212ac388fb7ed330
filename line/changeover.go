package line

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"linesman/event"
	"linesman/part"
)

// Changeover is a change of setup as the line has taken it on.
//
// A changeover takes effect at a place on the belt, not at a moment: From is the
// tick at which the first part to be judged by the new setup is at the line's
// zero. A part's place is the tick at exposure less the way from zero to where
// its centre lay in the picture, so every view and every gate agree on it. Parts
// before that place keep the old setup up to the gate.
type Changeover struct {
	Line   part.LineID `json:"line"`
	Recipe string      `json:"recipe"`        // name@version from then on
	Was    string      `json:"was"`           // name@version before
	From   part.Tick   `json:"from"`          // place of its first part, at the line's zero
	Batch  string      `json:"batch"`         // of the parts from there on
	Why    string      `json:"why,omitempty"` // operator, controller, schedule, back; by the controller only while it asks
}

// Next as the tick of a change is the earliest place that no camera has under it
// yet.
var Next = part.Tick{}

// ErrChanging is wrapped by the error for a changeover that was asked for while
// another is on its way.
var ErrChanging = errors.New("a changeover is on its way")

// ErrAsked is wrapped by the error for another product than the controller asks for.
var ErrAsked = errors.New("the controller asks for another product")

// Change has the line judge by another setup from a place on the belt on, a tick
// at the line's zero (epoch 0 is the belt's own), or Next. The tools it needs are opened before the call
// returns, while the line runs on. The line must run, or be about to.
//
// Another product's recipe begins a new batch there; another version of the same
// product goes on with the batch. The setup is closed by the line once it is not
// needed any more; with an error it is the caller's, and nothing has changed. An
// error is returned if the recipe does not fit the line, judges already, another
// change is on its way, or the tick is past, an hour of belt ahead or of another epoch.
func (s *Station) Change(next Setup, from part.Tick, why, actor string) (Changeover, error) {
	u, err := newSetup(next, string(s.cfg.Line), &s.cfg.Settings)
	if err != nil {
		return Changeover{}, err
	}
	if err := u.open(s.cfg.Settings.Workers, s.cfg.Settings.Views); err != nil {
		return Changeover{}, fmt.Errorf("line %s: %w", s.cfg.Line, err)
	}
	var c Changeover
	err = s.ask(func(o *owner) (err error) {
		c, err = o.change(u, from, why, actor)
		return err
	})
	if err != nil {
		return Changeover{}, errors.Join(fmt.Errorf("line %s: %w", s.cfg.Line, err), u.closeLocators())
	}
	return c, nil
}

// errEnded is the answer of a line that has stopped for good.
var errEnded = errors.New("it has ended: start it with linesman run")

// request is something the owner is asked to do; its answer has room.
type request struct {
	do     func(*owner) error
	answer chan error
}

// ask has the owner do something, in its turn.
func (s *Station) ask(do func(*owner) error) error {
	r := request{do, make(chan error, 1)}
	select {
	case s.requests <- r:
		return <-r.answer
	case <-s.done:
		return errEnded
	}
}

// term is a setup and the place from which parts are judged by it.
type term struct {
	setup *setup
	from  part.Tick
	batch *batch // in which it began
	told  bool
	why   string
	actor string
}

// setup returns what is judged by now: the newest setup that took effect.
func (o *owner) setup() *setup { return o.term().setup }

func (o *owner) term() *term {
	for i := len(o.terms) - 1; i > 0; i-- {
		if o.terms[i].told {
			return o.terms[i]
		}
	}
	return o.terms[0]
}

// termAt returns by which setup parts of a place are judged.
func (o *owner) termAt(place part.Tick) *term {
	for i := len(o.terms) - 1; i > 0; i-- {
		if !place.Before(o.terms[i].from) {
			return o.terms[i]
		}
	}
	return o.terms[0]
}

// Changing reports whether a changeover is on its way: taken on, and its place not
// yet at the first gate.
func (s *Station) Changing() bool { return s.plan.Load().next != nil }

// Judges returns by which recipe the line judges, name@version and its file's hash;
// while a changeover is on its way, by which it will.
func (s *Station) Judges() (id, hash string) {
	p := s.plan.Load()
	u := p.now
	if p.next != nil {
		u = p.next
	}
	return u.id, u.hash
}

func (o *owner) change(u *setup, from part.Tick, why, actor string) (Changeover, error) {
	was := o.setup()
	if o.s.Changing() {
		c := o.terms[len(o.terms)-1]
		return Changeover{}, fmt.Errorf("%w: %s begins at tick %v, the belt is at %v; ask again once that tick is past the gate", ErrChanging, c.setup.id, c.from, o.ctl.status.Now)
	}
	if was.same(u) {
		return Changeover{}, fmt.Errorf("it judges by %s with this model already", u.id)
	}
	if w := &o.wish; w.number != 0 && w.product != u.Recipe.Name {
		return Changeover{}, fmt.Errorf("%w: for %s, not %s: choose the product there, or set its number to 0", ErrAsked, w.what(), u.Recipe.Name)
	}
	if why == "controller" && o.wish.number == 0 {
		return Changeover{}, fmt.Errorf("the controller does not ask for %s any more", u.Recipe.Name)
	}
	from, known, err := o.placed(from)
	if err != nil {
		return Changeover{}, err
	}
	o.serial++
	u.serial = o.serial
	b := o.batches[len(o.batches)-1]
	if u.Recipe.Name != was.Recipe.Name {
		b = &batch{id: o.batchName(), recipe: u.id, from: from}
		o.batches = append(o.batches, b)
	}
	o.terms = append(o.terms, &term{setup: u, from: from, batch: b, why: why, actor: actor})
	o.s.plan.Store(&plan{now: was, next: u, from: from})
	if !known {
		o.announce()
		o.arrive()
	}
	return Changeover{Line: o.s.cfg.Line, Recipe: u.id, Was: was.id, From: from, Batch: b.id, Why: why}, nil
}

// Place returns the tick from which a changeover that is asked for now would take
// effect, and refuses a tick that it can not have; with Next it is the zero tick where
// nobody knows where the belt is. Nothing changes.
func (s *Station) Place(from part.Tick) (place part.Tick, err error) {
	err = s.ask(func(o *owner) (err error) {
		place, _, err = o.placed(from)
		return err
	})
	if err != nil {
		return place, fmt.Errorf("line %s: %w", s.cfg.Line, err)
	}
	return place, nil
}

// placed returns the tick that is meant, and whether anybody knows where the belt is.
func (o *owner) placed(from part.Tick) (_ part.Tick, known bool, _ error) {
	first, known := o.earliest()
	if from.Epoch == 0 && from != Next {
		from.Epoch = first.Epoch
	}
	switch {
	case from == Next:
		from = first
	case !known:
		return from, known, fmt.Errorf("the belt's position is not known, so tick %v can not be placed: ask for next, or once the controller answers", from)
	case from.Epoch != first.Epoch:
		return from, known, fmt.Errorf("tick %v is of another epoch than the belt's %v: ask for next, or for a tick of epoch %d", from, o.ctl.status.Now, first.Epoch)
	case from.Count-first.Count > counts(o.set.MaxSpeed*farAhead.Seconds(), o.set.Encoder.PerMM):
		return from, known, fmt.Errorf("tick %v is more than %v of belt ahead of %v: the line would be bound until then; ask nearer to it", from, farAhead, o.ctl.status.Now)
	case from.Before(first):
		return from, known, fmt.Errorf("tick %v is past: parts from there on may be under a camera; ask for next, or for %v and later", from, first)
	}
	return from, known, nil
}

// BatchName names a batch by when it was begun.
func BatchName(at time.Time) string { return at.UTC().Format("20060102-150405") }

// batchName names a new batch; no two have the same name.
func (o *owner) batchName() string {
	first := BatchName(o.s.now())
	name := first
	for n := 2; slices.ContainsFunc(o.batches, func(b *batch) bool { return b.id == name }); n++ {
		name = fmt.Sprintf("%s-%d", first, n)
	}
	return name
}

// farAhead is how far ahead a changeover may be asked for, at the belt's fastest:
// until it has come no other can be.
const farAhead = time.Hour

// reactionTime is how old the last reading of the belt may be when the workers
// hear of a changeover.
const reactionTime = 100 * time.Millisecond

// earliest returns the first place that no camera can have under it by the time
// the workers know of it; false if nobody knows where the belt is.
func (o *owner) earliest() (part.Tick, bool) { return o.unseen(reactionTime) }

// unseen returns the first place that no camera can have under it so long after the last
// reading of the belt.
func (o *owner) unseen(since time.Duration) (part.Tick, bool) {
	if !o.ctl.known {
		return Next, false
	}
	ahead := 0.0
	for i := range o.set.Views {
		ahead = max(ahead, o.reach[i]-o.set.Views[i].AtMM)
	}
	ahead += o.set.MaxSpeed * since.Seconds()
	return o.ctl.status.Now.Add(counts(ahead, o.set.Encoder.PerMM) + int64(o.set.Encoder.Uncertainty)), true
}

// announce says that a changeover takes effect, once its place is at the line's
// zero or a part of it has been seen.
func (o *owner) announce() {
	c, was := o.terms[len(o.terms)-1], o.setup()
	if c.told {
		return
	}
	c.told = true
	o.s.endShadow("the line changed over to "+c.setup.id, c.actor)
	o.beginBatch(c.batch, o.atCamera(c.from))
	m := c.setup.Model
	m.Line = string(o.s.cfg.Line)
	for _, p := range []event.Payload{
		event.RecipeActivated{Line: m.Line, Recipe: c.setup.id, Hash: c.setup.hash, Was: was.id, From: eventTick(c.from), Why: c.why},
		m,
	} {
		e := event.New(o.source, "line", o.s.now(), p)
		e.Batch, e.Actor = c.batch.id, c.actor
		o.s.cfg.Events.Emit(e)
	}
}

// turn follows the belt: changeovers take effect, the setups they leave behind
// are closed, and so are the batches.
func (o *owner) turn() {
	if o.s.Changing() {
		c := o.terms[len(o.terms)-1]
		past, same := o.ctl.status.Now.Sub(c.from)
		if !same && c.from.Before(o.ctl.status.Now) || same && past >= 0 {
			o.announce()
		}
		gate := o.set.Gates[0].AtMM
		for i := range o.set.Gates {
			gate = min(gate, o.set.Gates[i].AtMM)
		}
		if c.told && (!same || past >= counts(gate, o.set.Encoder.PerMM)) {
			o.arrive()
		}
	}
	o.settle()
	o.dismiss()
}

// arrive ends a changeover: everything is looked at by the new setup from now on.
func (o *owner) arrive() { o.s.plan.Store(&plan{now: o.terms[len(o.terms)-1].setup}) }

// dismiss closes the setups that nothing needs any more.
func (o *owner) dismiss() {
	for len(o.terms) > 1 && !o.needs(o.terms[0].setup) {
		o.close(o.terms[0].setup)
		o.terms = o.terms[1:]
	}
	o.cancelled = slices.DeleteFunc(o.cancelled, func(u *setup) bool {
		if o.needs(u) {
			return false
		}
		o.close(u)
		return true
	})
}

// needs reports whether anything still looks by a setup, or was judged by it and has not
// left.
func (o *owner) needs(u *setup) bool {
	return o.s.plan.Load().has(u) || o.judgedBy(u) || slices.ContainsFunc(o.s.workers, func(w *worker) bool { return w.holding.Load().has(u) })
}

// close closes a setup, and waits for nothing.
func (o *owner) close(u *setup) {
	o.s.closing.Go(func() {
		if err := u.close(); err != nil {
			o.s.cfg.Log.Error("closing what the line judged by before", "line", o.s.cfg.Line, "recipe", u.id, "err", err)
		}
	})
}

// judgedBy reports whether a part of that setup is still on its way.
func (o *owner) judgedBy(u *setup) bool {
	if o.onTheWay(func(t *tracked) bool { return t.setup == u }) {
		return true
	}
	for _, t := range o.pending {
		if t.setup == u {
			return true
		}
	}
	return false
}
