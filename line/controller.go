package line

import (
	"fmt"
	"slices"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/plc"
)

// controller is what the owner knows of the other side.
type controller struct {
	known   bool
	status  plc.Status
	link    PLCState
	resetAt time.Time // frames exposed before this have ticks of an old epoch
	asked   string    // why we last asked it to hold; "" once it was released
	base    plc.Counts
	frames  frameAccount
}

// reading compares the controller's account with ours.
func (o *owner) reading(st plc.Status) {
	restarted := o.ctl.known && st.Boot != o.ctl.status.Boot
	switch {
	case !o.ctl.known:
		o.ctl.base = before(st)
		o.ctl.frames.open(st.At)
		o.unclosed(st)
	case restarted || st.Reset:
		o.restart(st, restarted)
	}
	if st.Missed > 0 {
		o.emit("plc", event.PLCState{Controller: o.ctl.link.Name, State: "connected", Missed: st.Missed, Why: fmt.Sprintf("%d sensor edges or echoes were overwritten before they were read", st.Missed),
			WhatTo: "the network to the controller stalls: check switch and cable"})
	}
	o.addCounts(st)
	first := !o.ctl.known
	wasHeld := o.ctl.known && o.ctl.status.Held
	since := o.ctl.status.Now
	o.ctl.known, o.ctl.status = true, st
	if first {
		o.located()
	}
	o.clock.Add(st.Now, st.At)
	o.s.belt.Store(whereaboutsOf(&st))
	o.wished(&st, since)
	o.s.moving.Store(st.Running && st.Speed > 0)
	o.pulses.reading(st)
	if st.Held != wasHeld {
		o.held(st)
	}
	for _, e := range st.Echoes {
		o.echo(e)
	}
	for _, e := range st.Edges {
		o.edge(e)
	}
	o.passedBy(st.Now)
	o.awaited(o.s.now())
	o.turn()
	o.answer()
}

// before returns the counters as they stood before the edges of this reading.
func before(st plc.Status) plc.Counts {
	c := st.Counts
	c.Gate, c.Eject, c.Exit = slices.Clone(c.Gate), slices.Clone(c.Eject), slices.Clone(c.Exit)
	for _, e := range st.Edges {
		counts := map[plc.Sensor][]uint64{plc.GateEdge: c.Gate, plc.EjectEdge: c.Eject, plc.ExitEdge: c.Exit}[e.Sensor]
		switch {
		case e.Sensor == plc.TriggerEdge:
			c.Triggers--
		case e.Lane >= 1 && e.Lane <= len(counts):
			counts[e.Lane-1]--
		}
	}
	return c
}

// addCounts moves the controller's columns of the oldest ledger on; the edges say
// what of it belongs to another (see enter).
func (o *owner) addCounts(st plc.Status) {
	base, l := &o.ctl.base, &o.batches[0].ledger
	l.FramesTriggered += st.Counts.Triggers - base.Triggers
	l.AtGate += sum(st.Counts.Gate) - sum(base.Gate)
	l.Ejected += sum(st.Counts.Eject) - sum(base.Eject)
	l.Exited += sum(st.Counts.Exit) - sum(base.Exit)
	*base = st.Counts
}

func sum(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// restart forgets every place on the belt: ticks of the old epoch mean nothing
// any more, and the controller has forgotten its entries. All parts between
// camera and gate meet a resting gate.
func (o *owner) restart(st plc.Status, rebooted bool) {
	state, why := "reset", "the encoder jumped: its counter was reset"
	if rebooted {
		state, why = "restarted", "the controller restarted and forgot every entry"
		o.ctl.base = plc.Counts{}
	}
	o.emit("plc", event.PLCState{Controller: o.ctl.link.Name, State: state, Boot: st.Boot, Epoch: st.Now.Epoch, Why: why, WhatTo: "parts between camera and gate are rejected; release the hold when the belt is clear"})
	o.ctl.resetAt = st.At
	var travelling, landing stretch
	for i := range o.lanes {
		for _, t := range o.lanes[i].expected {
			travelling.add(t.GateAt)
			o.lose(t)
		}
		for _, t := range o.lanes[i].landing {
			landing.add(t.gatedAt)
			t.batch.ledger.Ejected++ // the new counters never see where it went; the event names it
			t.State = part.Lost
			o.logVerdict(t, o.s.now())
		}
		o.lanes[i] = lane{}
	}
	o.ctl.frames.forget(time.Time{})
	for i := range o.ctl.frames.triggers {
		o.ctl.frames.triggers[i].batch.ledger.Blind++
	}
	o.ctl.frames = frameAccount{}
	o.ctl.frames.open(st.At)
	o.tellDark()
	o.cover = cover{}
	o.gaveUp(travelling, why+": these parts were on the belt and are rejected by the resting gate")
	o.gaveUp(landing, why+": these parts were past the gate sensor, and nobody saw where they went")
}

// gaveUp names the parts of a stretch, if there are any.
func (o *owner) gaveUp(s stretch, why string) {
	if s.count > 0 {
		o.emit("line", event.PartLost{Line: string(o.s.cfg.Line), From: eventTick(s.from), To: eventTick(s.to), Count: s.count, Why: why})
	}
}

// lose gives a part up.
func (o *owner) lose(t *tracked) {
	if t.State == part.Seen {
		o.judge(t, o.s.now())
	}
	t.State = part.Lost
	t.batch.ledger.Lost++
	o.figures.lost++
	o.logVerdict(t, o.s.now())
}

// link takes over what the supervisor says of the connection.
func (o *owner) link(st PLCState) {
	was := o.ctl.link
	o.ctl.link = st
	if st.Connected == was.Connected && was.Name != "" {
		return
	}
	if st.Connected {
		o.emit("plc", event.PLCState{Controller: st.Name, State: "connected", Boot: o.ctl.status.Boot})
	} else {
		o.emit("plc", event.PLCState{Controller: st.Name, State: "lost", Why: st.Error, WhatTo: "check the controller's power, network cable and address; its gates rest in reject meanwhile"})
	}
}
