package line

import (
	"fmt"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/part"
	"linesman/plc"
)

// controller is what the owner knows of the other side.
type controller struct {
	known    bool
	status   plc.Status
	link     PLCState
	resetAt  time.Time // frames exposed before this have ticks of an old epoch
	base     plc.Counts
	triggers []trigger   // fired, the frame not yet here
	frames   []part.Tick // here, the trigger's edge not yet read
}

// trigger is one firing of the camera that the controller latched.
type trigger struct {
	tick part.Tick
	at   time.Time // when we read it
}

// reading compares the controller's account with ours.
func (o *owner) reading(st plc.Status) {
	restarted := o.ctl.known && st.Boot != o.ctl.status.Boot
	switch {
	case !o.ctl.known:
		o.ctl.base = st.Counts
	case restarted || st.Reset:
		o.restart(st, restarted)
	}
	if st.Missed > 0 {
		o.emit("plc", event.PLCState{Controller: o.ctl.link.Name, State: "connected", Missed: st.Missed, Why: fmt.Sprintf("%d sensor edges or echoes were overwritten before they were read", st.Missed),
			WhatTo: "the network to the controller stalls: check switch and cable"})
	}
	o.addCounts(st)
	wasHeld := o.ctl.known && o.ctl.status.Held
	o.ctl.known, o.ctl.status = true, st
	o.clock.Add(st.Now, st.At)
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
}

// addCounts moves the controller's columns of the ledger on.
func (o *owner) addCounts(st plc.Status) {
	base := &o.ctl.base
	o.ledger.FramesTriggered += st.Counts.Triggers - base.Triggers
	o.ledger.AtGate += sum(st.Counts.Gate) - sum(base.Gate)
	o.ledger.Ejected += sum(st.Counts.Eject) - sum(base.Eject)
	o.ledger.Exited += sum(st.Counts.Exit) - sum(base.Exit)
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
	var from, to part.Tick
	var lost uint64
	for i := range o.lanes {
		for _, t := range o.lanes[i].expected {
			if lost == 0 || t.GateAt.Before(from) {
				from = t.GateAt
			}
			if lost == 0 || to.Before(t.GateAt) {
				to = t.GateAt
			}
			lost++
			o.lose(t)
		}
		for range o.lanes[i].landing {
			// The new counters never see where these went.
			o.ledger.Ejected++
		}
		o.lanes[i] = lane{}
	}
	o.ledger.Blind += uint64(len(o.ctl.triggers))
	o.ctl.triggers, o.ctl.frames = nil, nil
	o.cover = cover{}
	if lost > 0 {
		o.emit("line", event.PartLost{Line: string(o.s.cfg.Line), From: eventTick(from), To: eventTick(to), Count: lost, Why: why + ": these parts were on the belt and are rejected by the resting gate"})
	}
}

// lose gives a part up.
func (o *owner) lose(t *tracked) {
	t.State = part.Lost
	o.ledger.Lost++
	o.logVerdict(t, o.s.now())
}

// received enters a frame into the account and reports whether its trigger
// came closer to the one before than parts can.
func (o *owner) received(l looked, pos part.Position, view *View) (double bool) {
	if l.view != 0 {
		return false // the account of triggers is kept for the first view
	}
	o.ledger.FramesReceived++
	if pos.Source == part.Unknown {
		return false
	}
	perMM := o.set.Encoder.PerMM
	ord := &o.order[l.view]
	if step, ok := pos.Tick.Sub(ord.tick); ok && ord.seen {
		double = float64(max(step, -step)) < o.set.MinPitchMM*perMM*0.9 && view.StepMM == 0 ||
			float64(max(step, -step)) < view.StepMM*perMM*0.5
	}
	ord.tick, ord.seen = pos.Tick, true
	reach := view.StepMM / 2
	if reach == 0 {
		reach = o.s.cfg.Recipe.Part.DiameterMM / 2
	}
	o.cover.begin(o.set.gateTick(view, &o.set.Gates[0], pos.Tick, reach))
	for i, t := range o.ctl.triggers {
		if o.near(t.tick, pos.Tick) {
			o.ctl.triggers = append(o.ctl.triggers[:i], o.ctl.triggers[i+1:]...)
			return double
		}
	}
	o.ctl.frames = append(o.ctl.frames, pos.Tick)
	if len(o.ctl.frames) > 64 {
		o.ctl.frames = o.ctl.frames[1:]
	}
	return double
}

// near reports whether two latched ticks are of one trigger.
func (o *owner) near(a, b part.Tick) bool {
	d, ok := a.Sub(b)
	return ok && max(d, -d) <= int64(2+2*o.set.Encoder.Uncertainty)
}

// exposed gives up waiting for frames whose trigger fired a second ago.
func (o *owner) exposed(now time.Time) {
	for len(o.ctl.triggers) > 0 && now.Sub(o.ctl.triggers[0].at) > time.Second && o.s.Backlog() == 0 {
		t := o.ctl.triggers[0]
		o.ctl.triggers = o.ctl.triggers[1:]
		o.ledger.Blind++
		o.lostRange(&o.set.Views[0], t.tick, "the camera was triggered, but its frame never came")
	}
}

// blind accounts for a frame that came but shows nothing usable.
func (o *owner) blind(view int, f *camera.Frame, pos part.Position, why string) {
	if pos.Source == part.Unknown {
		pos.Tick = o.ctl.status.Now
	}
	o.s.cfg.Log.Warn("blind frame", "line", o.s.cfg.Line, "camera", f.Camera, "trigger", f.Trigger, "err", why)
	o.lostRange(&o.set.Views[view], pos.Tick, fmt.Sprintf("frame %d of camera %s: %s", f.Trigger, f.Camera, why))
}

// lostRange names the ticks at the gate that a picture at the given tick would
// have shown.
func (o *owner) lostRange(view *View, at part.Tick, why string) {
	reach := max(view.StepMM/2, o.s.cfg.Recipe.Part.DiameterMM) + o.s.cfg.Recipe.Part.DiameterMM
	g := &o.set.Gates[0]
	s := span{o.set.gateTick(view, g, at, reach), o.set.gateTick(view, g, at, -reach)}
	o.cover.miss(s)
	o.emit("camera", event.PartLost{Line: string(o.s.cfg.Line), From: eventTick(s.from), To: eventTick(s.to), Why: why + "; parts there are rejected by the resting gate"})
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
