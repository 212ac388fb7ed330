package line

import (
	"linesman/event"
	"linesman/part"
)

// batch is the account of the parts from one place on the belt up to the next
// batch's first. Its parts, triggers and sensor edges are told from those of its
// neighbours by their place, so that it closes by itself.
type batch struct {
	id     string
	recipe string    // name@version it began with
	from   part.Tick // its first place, at the line's zero; zero: from the start
	told   bool      // that it has begun
	ledger part.Ledger
	counts Counts
	audit  audit
}

// batchAt returns whose account a place on the belt belongs to.
func (o *owner) batchAt(place part.Tick) *batch {
	for i := len(o.batches) - 1; i > 0; i-- {
		if !place.Before(o.batches[i].from) {
			return o.batches[i]
		}
	}
	return o.batches[0]
}

// batch returns the newest batch that has begun.
func (o *owner) batch() *batch {
	for i := len(o.batches) - 1; i > 0; i-- {
		if o.batches[i].told {
			return o.batches[i]
		}
	}
	return o.batches[0]
}

// column is one count of the controller's in an account.
type column func(*part.Ledger) *uint64

// The controller's columns. What its counters grew by is entered into the oldest
// account, and moved where an edge's place says so: the sum stays the counters'.
func triggeredColumn(l *part.Ledger) *uint64 { return &l.FramesTriggered }
func gateColumn(l *part.Ledger) *uint64      { return &l.AtGate }
func ejectColumn(l *part.Ledger) *uint64     { return &l.Ejected }
func exitColumn(l *part.Ledger) *uint64      { return &l.Exited }

func (o *owner) enter(b *batch, c column) {
	if oldest := o.batches[0]; oldest != b {
		*c(&oldest.ledger)--
		*c(&b.ledger)++
	}
}

// confirmColumn is where a sensor behind the gate counts.
func confirmColumn(went string) column {
	if went == "exited" {
		return exitColumn
	}
	return ejectColumn
}

// placeAtGate returns the place on the belt of what is at a lane's gate, or was.
func (o *owner) placeAtGate(lane int, at part.Tick) part.Tick {
	return at.Add(-counts(o.set.gateOf(lane).AtMM, o.set.Encoder.PerMM))
}

// placeAtView returns the place on the belt under the middle of a view.
func (o *owner) placeAtView(view *View, at part.Tick) part.Tick {
	return at.Add(-counts(view.AtMM, o.set.Encoder.PerMM))
}

// atCamera returns where a place is under the first view, as the log names the
// ends of a batch.
func (o *owner) atCamera(place part.Tick) event.Tick {
	return eventTick(place.Add(counts(o.set.Views[0].AtMM, o.set.Encoder.PerMM)))
}

// settle closes the batches whose last part is accounted for.
func (o *owner) settle() {
	for len(o.batches) > 1 && o.left(o.batches[0]) {
		o.closeBatch(o.batches[0], o.atCamera(o.batches[1].from.Add(-1)))
		o.batches = o.batches[1:]
	}
}

// left reports whether nothing of a batch is on its way any more, and nothing
// more of it can come.
func (o *owner) left(b *batch) bool {
	next, last := o.batches[1], 0.0
	for i := range o.set.Gates {
		g := &o.set.Gates[i]
		last = max(last, g.AtMM+max(g.ConfirmMM, g.ExitMM)+g.WindowMM)
	}
	last += 2 * o.set.MinPitchMM
	past, same := o.ctl.status.Now.Sub(next.from)
	if !next.told || same && past < counts(last, o.set.Encoder.PerMM) {
		return false
	}
	if o.onTheWay(func(t *tracked) bool { return t.batch == b }) {
		return false
	}
	for i := range o.ctl.frames.triggers {
		if o.ctl.frames.triggers[i].batch == b {
			return false
		}
	}
	return true
}

func (o *owner) closeBatch(b *batch, last event.Tick) {
	l := o.balance(b)
	o.emitOf(b.id, "line", event.BatchClosed{Line: string(o.s.cfg.Line), Recipe: b.recipe, Tick: last, Account: accountOf(l), Balanced: len(l.Check()) == 0})
}

// beginBatch says that a batch has begun, if nobody has said so.
func (o *owner) beginBatch(b *batch, first event.Tick) {
	if b.told {
		return
	}
	b.told = true
	o.emitOf(b.id, "line", event.BatchOpened{Line: string(o.s.cfg.Line), Recipe: b.recipe, Tick: first})
}
