package line

import (
	"fmt"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/plc"
)

// echo takes what the controller did with one entry.
func (o *owner) echo(e plc.Echo) {
	if e.Lane < 1 || e.Lane > len(o.lanes) {
		return
	}
	l, g := &o.lanes[e.Lane-1], o.set.gateOf(e.Lane)
	if g == nil {
		return
	}
	// An entry is named by its due tick. A pulse has none: it is of the part
	// nearest to where the gate stood open.
	reach := int64(1)
	if g.Mode == ModePulse {
		reach = int64(o.set.MinPitchMM / 2 * o.set.Encoder.PerMM)
	}
	t := l.due(e.Due, reach)
	if g.Mode == ModePulse && e.Result == plc.Opened && (t == nil || t.Outcome != part.Pass) {
		half := int64(g.WindowMM / 2 * o.set.Encoder.PerMM)
		o.emit("gate", event.PartSuspect{Line: string(o.s.cfg.Line), Lane: e.Lane, From: eventTick(e.Due.Add(-half)), To: eventTick(e.Due.Add(half)),
			Why: "the gate stood open where no part was to pass: its pulse came late", WhatTo: "look at the good side of lane " + fmt.Sprint(e.Lane) + "; the network to the controller stalls: check switch and cable, or use mode: queue"})
	}
	if t == nil || t.result == e.Result {
		return // of a part before our time, or said before
	}
	t.result, t.fired = e.Result, e.Fired
	o.emitAbout(t, "gate", event.PartGated{Line: string(t.Line), Outcome: t.Outcome.String(), Lane: t.Lane, Due: eventTick(e.Due), Fired: eventTick(e.Fired), Result: e.Result.String()})
}

// edge takes one sensor edge.
func (o *owner) edge(e plc.Edge) {
	if e.Sensor == plc.TriggerEdge {
		o.triggered(e)
		return
	}
	if e.Lane < 1 || e.Lane > len(o.lanes) || o.set.gateOf(e.Lane) == nil {
		o.emit("gate", event.PartSuspect{Line: string(o.s.cfg.Line), Lane: e.Lane, From: eventTick(e.Tick), To: eventTick(e.Tick), Why: "the controller reports a lane that the site file does not have", WhatTo: "correct gates.lanes of the site file"})
		return
	}
	switch e.Sensor {
	case plc.GateEdge:
		o.atGate(e)
	case plc.EjectEdge:
		o.confirmed(e, "ejected")
	case plc.ExitEdge:
		o.confirmed(e, "exited")
	}
}

// atGate finds the part that a gate sensor saw.
func (o *owner) atGate(e plc.Edge) {
	l, g := &o.lanes[e.Lane-1], o.set.gateOf(e.Lane)
	t := l.find(e.Tick, o.window(g))
	if t == nil {
		place := o.placeAtGate(e.Lane, e.Tick)
		t = &tracked{Part: part.Part{Line: o.s.cfg.Line, Lane: e.Lane, GateAt: e.Tick, Outcome: part.Inconclusive}, setup: o.termAt(place).setup, batch: o.batchAt(place), unseen: true}
		t.batch.ledger.Unseen++
		o.enter(t.batch, gateColumn)
		switch {
		case o.cover.before(e.Tick):
			if o.dark.count == 0 {
				o.dark.at = o.s.now()
			}
			o.dark.add(e.Tick)
		case !o.cover.known(e.Tick):
			w := o.window(g)
			o.emit("gate", event.LedgerMismatch{Line: string(o.s.cfg.Line), Lane: e.Lane, What: "a part is at the gate that no picture showed there: it slipped, or its trigger was missed; the resting gate rejects it",
				Ours: t.batch.ledger.Found, Controller: t.batch.ledger.AtGate, From: eventTick(e.Tick.Add(-w)), To: eventTick(e.Tick.Add(w)), Account: accountOf(o.balance(t.batch)), WhatTo: "check the trigger sensor and what makes parts slip on the belt"})
			o.said = fmt.Sprintf("a part without a picture at the gate of lane %d", e.Lane)
		}
	} else {
		l.arrive(t)
		o.enter(t.batch, gateColumn)
		if t.State == part.Seen { // another view never came
			o.judge(t, o.s.now())
		}
	}
	l.since(e.Tick)
	t.gatedAt, t.State = e.Tick, part.Gated
	l.landing = append(l.landing, t)
}

// window returns how far, in counts, a part may be off its due tick at the gate.
func (o *owner) window(g *Gate) int64 {
	return int64((g.WindowMM/2)*o.set.Encoder.PerMM + o.set.Encoder.Uncertainty)
}

// confirmed finds the part that fell or went on, and checks that it should.
func (o *owner) confirmed(e plc.Edge, went string) {
	l, g := &o.lanes[e.Lane-1], o.set.gateOf(e.Lane)
	distance := g.ConfirmMM
	if went == "exited" {
		distance = g.ExitMM
	}
	per := o.set.Encoder.PerMM
	t := l.land(e.Tick, int64(distance*per), int64(max(o.set.MinPitchMM, g.WindowMM)*per))
	if t == nil {
		o.unknown(e, e.Tick.Add(-int64(distance*per)), went)
		return
	}
	o.enter(t.batch, confirmColumn(went))
	if t.unseen {
		if went == "exited" {
			o.escape(t, e, "a part that no picture showed went on")
		}
		return
	}
	t.State = part.Confirmed
	o.logVerdict(t, o.s.now())
	o.emitAbout(t, "gate", event.PartConfirmed{Line: string(t.Line), Outcome: t.Outcome.String(), Lane: t.Lane, Went: went, Tick: eventTick(e.Tick)})
	switch {
	case went == "exited" && t.Outcome != part.Pass:
		o.escape(t, e, "a rejected part went on: the ejector did not remove it")
	case went == "ejected" && t.Outcome == part.Pass:
		t.batch.ledger.Collateral++
		o.figures.collateral++
	}
}

// unknown takes a confirmation of a part that no gate sensor told us of. One
// that met the sensor before this account began is not in it at all.
func (o *owner) unknown(e plc.Edge, at part.Tick, went string) {
	b, c := o.batchAt(o.placeAtGate(e.Lane, at)), confirmColumn(went)
	o.enter(b, c)
	why := "a part went on that no gate sensor saw"
	if o.lanes[e.Lane-1].inherited(at) {
		why = "a part went on that met the gate before this account began: if it had a verdict, the batch before has it"
		*c(&b.ledger)--
	}
	if went == "exited" {
		o.emit("gate", event.PartSuspect{Line: string(o.s.cfg.Line), Lane: e.Lane, From: eventTick(at), To: eventTick(e.Tick), Why: why, WhatTo: "look at the good side of lane " + fmt.Sprint(e.Lane)})
	}
}

// escape names a part on the good side that does not belong there, and stops
// the line.
func (o *owner) escape(t *tracked, e plc.Edge, why string) {
	o.emitAbout(t, "gate", event.PartSuspect{Line: string(o.s.cfg.Line), Lane: e.Lane, From: eventTick(t.gatedAt), To: eventTick(e.Tick), Why: why, WhatTo: "take it off the good side, check the ejector, then release the line"})
	o.said = why
	o.hold(why)
}

// passedBy gives up parts whose place at the gate, or behind it, has gone by
// without an edge.
func (o *owner) passedBy(now part.Tick) {
	per := o.set.Encoder.PerMM
	for i := range o.lanes {
		l, g := &o.lanes[i], o.set.gateOf(i+1)
		if g == nil {
			continue
		}
		w := o.window(g)
		for len(l.expected) > 0 {
			t := l.expected[0]
			if past, ok := now.Sub(t.GateAt); ok && past <= w+int64(5*per) {
				break
			}
			l.expected = l.expected[1:]
			o.lose(t)
			o.emitAbout(t, "gate", event.PartLost{Line: string(t.Line), Lane: t.Lane, From: eventTick(t.GateAt.Add(-w)), To: eventTick(t.GateAt.Add(w)), Count: 1, Why: "it was judged " + t.Outcome.String() + ", but no part came to the gate at its tick: taken off, or slipped"})
			o.said = fmt.Sprintf("a part of lane %d never came to its gate", t.Lane)
		}
		late := int64((max(g.ConfirmMM, g.ExitMM) + 2*o.set.MinPitchMM) * per)
		for len(l.landing) > 0 {
			t := l.landing[0]
			if past, ok := now.Sub(t.gatedAt); ok && past <= late {
				break
			}
			l.landing = l.landing[1:]
			t.batch.ledger.Ejected++ // keeps the account closed; the event names the part
			o.logVerdict(t, o.s.now())
			o.unconfirmed(t)
		}
	}
}

// unconfirmed names a part that passed the gate and was seen nowhere after it.
func (o *owner) unconfirmed(t *tracked) {
	t.State = part.Lost
	from, to := eventTick(t.gatedAt), eventTick(o.ctl.status.Now)
	if t.Outcome == part.Pass {
		o.emitAbout(t, "gate", event.PartLost{Line: string(o.s.cfg.Line), Lane: t.Lane, From: from, To: to, Count: 1, Why: "it passed the gate, but neither the exit nor the ejection sensor saw it"})
		return
	}
	why := "it was to be rejected, but the ejection sensor did not confirm it"
	o.emitAbout(t, "gate", event.PartSuspect{Line: string(o.s.cfg.Line), Lane: t.Lane, From: from, To: to, Why: why, WhatTo: "check the ejector and the reject bin of lane " + fmt.Sprint(t.Lane) + ", then release the line"})
	o.said = "a reject was not confirmed"
	o.hold(why)
}

// hold asks the controller to hold, and keeps why until it is released.
func (o *owner) hold(why string) {
	o.ctl.asked = why
	o.s.cfg.Outputs.Hold(why)
}

// holdWhy says why the controller holds; of a hold that we asked for it knows no more
// than that.
func (o *owner) holdWhy(st *plc.Status) string {
	if why := st.Why.String(); st.Why&plc.HoldPC == 0 || o.ctl.asked == "" {
		return why
	} else {
		return why + ": " + o.ctl.asked
	}
}

// held says that the controller holds, or was released.
func (o *owner) held(st plc.Status) {
	by := "controller"
	why := o.holdWhy(&st)
	what := "clear the cause, then release: the controller's button or linesman line release"
	if !st.Held {
		why, what, o.ctl.asked = "released", "", ""
	}
	o.emit("plc", event.LineHeld{Line: string(o.s.cfg.Line), Held: st.Held, By: by, Why: why, WhatTo: what, Tick: eventTick(st.Now)})
}

// acked takes the controller's acknowledgement of an entry.
func (o *owner) acked(a ack) {
	for i, t := range o.pending {
		if t.ID != a.entry.Part {
			continue
		}
		o.pending = append(o.pending[:i], o.pending[i+1:]...)
		if a.err != nil { // it will never be sent
			o.overrule(t, "the controller did not take its entry: "+a.err.Error())
			o.logVerdict(t, o.s.now())
			return
		}
		t.acked = true
		t.timing.Acked = a.at.UTC()
		o.figures.latencyOf(a.at.Sub(t.exposed), o.s.now())
		if a.at.After(t.Deadline) && !t.late {
			o.lateFor(t, a.at.Sub(t.exposed))
		}
		o.logVerdict(t, o.s.now())
		return
	}
}

// overdue finds parts whose entry was not acknowledged in time. Late is
// rejected: should the entry still arrive, its overruling arrives with it.
func (o *owner) overdue(now time.Time) {
	for _, t := range o.pending {
		if !t.late && now.After(t.Deadline) {
			o.lateFor(t, now.Sub(t.exposed))
			o.logVerdict(t, now)
		}
	}
	for len(o.pending) > 0 && (o.pending[0].State == part.Lost || o.pending[0].State == part.Confirmed) {
		o.pending = o.pending[1:]
	}
}

func (o *owner) lateFor(t *tracked, after time.Duration) {
	o.late(t)
	o.overrule(t, fmt.Sprintf("late: the controller had no acknowledged entry %.0f ms after exposure (at most %.0f)", ms(after), ms(o.set.Deadline.D())))
}
