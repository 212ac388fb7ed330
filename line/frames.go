package line

import (
	"fmt"
	"slices"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/part"
	"linesman/plc"
)

// frameAccount matches the controller's triggers with the camera's frames, which
// come by different ways and in either order.
type frameAccount struct {
	from     time.Time // frames exposed before are counted only if their trigger is
	triggers []trigger // fired, the frame not yet here
	frames   []arrival // here, the trigger's edge not yet read
	forgone  []trigger // fired, the frame given up; it may still come
}

// trigger is one firing of the camera that the controller latched.
type trigger struct {
	tick   part.Tick
	number uint64
	at     time.Time // when we read it
	batch  *batch
}

// arrival is one frame.
type arrival struct {
	pos     part.Position
	number  uint64
	at      time.Time // of exposure
	counted bool
	batch   *batch
}

const (
	// framePatience is how long a frame may take from its trigger's reading;
	// longer while others wait to be looked at.
	framePatience, backlogPatience = time.Second, 1500 * time.Millisecond
	// numberReach is how far the exposure and the reading of its trigger may lie
	// apart where only the numbers can be compared, which begin anew at a restart.
	numberReach = 250 * time.Millisecond
	frameMemory = 64
)

func (a *frameAccount) open(at time.Time) { a.from = at }

// forget takes the counted frames that have no trigger yet out of their batches: those
// exposed after the given time.
func (a *frameAccount) forget(after time.Time) {
	for i := range a.frames {
		if f := &a.frames[i]; f.counted && f.at.After(after) {
			f.counted = false
			f.batch.ledger.FramesReceived--
		}
	}
}

// same reports whether frame and trigger are of one exposure: by the latched
// tick, or, where the belt's position is not known, by number and time.
func (o *owner) same(f *arrival, t *trigger) bool {
	if f.pos.Source != part.Unknown {
		d, ok := f.pos.Tick.Sub(t.tick)
		return ok && max(d, -d) <= int64(2+2*o.set.Encoder.Uncertainty)
	}
	// The wire carries fifteen bits of the number.
	return f.number != 0 && f.number&0x7FFF == t.number && t.at.Sub(f.at).Abs() < numberReach
}

// triggered enters a trigger's edge into the account.
func (o *owner) triggered(e plc.Edge) {
	a := &o.ctl.frames
	t := trigger{e.Tick, e.Number, o.s.now(), o.batchAt(o.placeAtView(&o.set.Views[0], e.Tick))}
	o.enter(t.batch, triggeredColumn)
	for i := range a.frames {
		if f := &a.frames[i]; o.same(f, &t) {
			if f.counted {
				f.batch.ledger.FramesReceived--
			}
			t.batch.ledger.FramesReceived++
			a.frames = slices.Delete(a.frames, i, i+1)
			return
		}
	}
	a.triggers = append(a.triggers, t)
}

// arrived enters a frame into the account.
func (o *owner) arrived(l looked, pos part.Position) {
	if l.frame.Trigger == 0 {
		return // of a camera that runs by itself: no trigger stands for it
	}
	a := &o.ctl.frames
	f := arrival{pos: pos, number: l.frame.Trigger, at: l.frame.At}
	for i := range a.triggers {
		if t := &a.triggers[i]; o.same(&f, t) {
			t.batch.ledger.FramesReceived++
			a.triggers = slices.Delete(a.triggers, i, i+1)
			return
		}
	}
	for i := range a.forgone {
		if t := &a.forgone[i]; o.same(&f, t) {
			t.batch.ledger.FramesReceived++
			t.batch.ledger.Blind--
			a.forgone = slices.Delete(a.forgone, i, i+1)
			return
		}
	}
	f.counted = !a.from.IsZero() && !f.at.Before(a.from)
	if f.counted {
		at := pos.Tick
		if pos.Source == part.Unknown { // until its trigger says where
			at = o.ctl.status.Now
		}
		f.batch = o.batchAt(o.placeAtView(&o.set.Views[0], at))
		f.batch.ledger.FramesReceived++
	}
	if a.frames = append(a.frames, f); len(a.frames) > frameMemory {
		a.frames = slices.Delete(a.frames, 0, 1)
	}
}

// received enters a frame into the account and reports whether its trigger
// came closer to the one before than parts can.
func (o *owner) received(l looked, pos part.Position, view *View) (double bool) {
	if l.view != 0 {
		return false // the account of triggers is kept for the first view
	}
	o.arrived(l, pos)
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
		reach = o.setup().Recipe.Part.DiameterMM / 2
	}
	o.cover.begin(o.set.gateTick(view, &o.set.Gates[0], pos.Tick, reach))
	return double
}

// exposed gives up waiting for frames whose trigger fired long ago.
func (o *owner) exposed(now time.Time) {
	a := &o.ctl.frames
	for len(a.triggers) > 0 {
		t := a.triggers[0]
		if waited := now.Sub(t.at); waited < framePatience || waited < backlogPatience && o.s.Backlog() > 0 {
			return
		}
		a.triggers = a.triggers[1:]
		if a.forgone = append(a.forgone, t); len(a.forgone) > frameMemory {
			a.forgone = slices.Delete(a.forgone, 0, 1)
		}
		t.batch.ledger.Blind++
		o.lostRange(&o.set.Views[0], t.tick, t.tick, "the camera was triggered, but its frame never came")
	}
}

// blind accounts for a frame that came but shows nothing usable.
func (o *owner) blind(view int, f *camera.Frame, pos part.Position, why string) {
	from, to := pos.Tick, pos.Tick
	if pos.Source == part.Unknown { // the belt was anywhere it can have come from since
		to = o.ctl.status.Now
		travel := o.set.MaxSpeed * o.set.Encoder.PerMM * max(0, o.s.now().Sub(f.At).Seconds())
		from = to.Add(-int64(travel))
	}
	o.s.cfg.Log.Warn("blind frame", "line", o.s.cfg.Line, "camera", f.Camera, "trigger", f.Trigger, "err", why)
	o.lostRange(&o.set.Views[view], from, to, fmt.Sprintf("frame %d of camera %s: %s", f.Trigger, f.Camera, why))
}

// lostRange names the ticks at the gate that a picture taken between two ticks
// would have shown.
func (o *owner) lostRange(view *View, from, to part.Tick, why string) {
	diameter := o.setup().Recipe.Part.DiameterMM
	if c := o.terms[len(o.terms)-1]; !c.told {
		diameter = max(diameter, c.setup.Recipe.Part.DiameterMM)
	}
	reach := max(view.StepMM/2, diameter) + diameter
	g := &o.set.Gates[0]
	s := span{o.set.gateTick(view, g, from, reach), o.set.gateTick(view, g, to, -reach)}
	o.cover.miss(s)
	o.emit("camera", event.PartLost{Line: string(o.s.cfg.Line), From: eventTick(s.from), To: eventTick(s.to), Why: why + "; parts there are rejected by the resting gate"})
}
