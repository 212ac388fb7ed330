package belt

import (
	"slices"

	"linesman/plc"
	"linesman/sim"
)

// lay asks the feed for the parts of the next stretch, or lets the stretch go
// by empty while the feed is stopped.
func (b *Belt) lay() {
	until := b.travelled + layAhead + layStep
	if !b.feeding {
		b.shift += until - b.laid
	} else {
		for _, p := range b.cfg.Feed.Until(until - b.shift) {
			p.MM += b.shift
			b.put(p)
		}
	}
	b.laid = until
	b.atPlace(b.travelled+layStep, b.lay)
}

func (b *Belt) put(p sim.Part) {
	r := &rider{part: p, mm: p.MM, stage: toSensor}
	if b.cfg.Layout.StepMM == 0 && b.cfg.TriggersMM == nil {
		r.stage = toCamera
	}
	l := &b.lanes[p.Lane-1]
	l.riders = append(l.riders, r)
	b.schedule(r)
}

// schedule plans the rider's next event from where it lies now.
func (b *Belt) schedule(r *rider) {
	r.version++
	version := r.version
	b.atPlace(max(b.travelled, r.mm+b.distance(r.stage)), func() {
		if version == r.version && !r.gone {
			b.meet(r)
		}
	})
}

// distance returns a stage's place from the line's zero, mm.
func (b *Belt) distance(s stage) float64 {
	switch gate := b.cfg.Layout.GateMM; s {
	case toCamera:
		return b.cfg.Layout.CameraMM
	case toSensor:
		return gate - b.cfg.SensorMM
	case toGate:
		return gate
	case toEject:
		return gate + b.cfg.EjectMM
	case toExit:
		return gate + b.cfg.ExitMM
	default:
		return gate + b.cfg.ExitMM + 2*b.cfg.Layout.DiameterMM
	}
}

// meet is a rider at its next stage.
func (b *Belt) meet(r *rider) {
	switch r.stage {
	case toCamera:
		b.trigger()
		r.stage = toSensor
	case toSensor:
		b.edge(plc.GateEdge, r.part.Lane)
		r.stage = toGate
	case toGate:
		b.gate(r)
	case toEject:
		b.edge(plc.EjectEdge, r.part.Lane)
		b.leave(r)
		return
	case toExit:
		b.edge(plc.ExitEdge, r.part.Lane)
		b.leave(r)
		return
	}
	b.schedule(r)
}

// gate decides where a part goes: with the gate as it stands when its centre is
// there, but a part that touches the one before it goes where that one went.
func (b *Belt) gate(r *rider) {
	l := &b.lanes[r.part.Lane-1]
	open := l.open
	if l.last != nil && r.mm-l.last.mm < b.cfg.TouchMM {
		open = l.last.side == sim.Passed
	}
	l.last = r
	r.side, r.stage = sim.Rejected, toEject
	if !open && b.faults.take(BlockedEjector) {
		open = true
	}
	if open {
		r.side, r.stage = sim.Passed, toExit
	}
	b.fate(r)
}

func (b *Belt) fate(r *rider) {
	if b.cfg.OnFate != nil {
		b.cfg.OnFate(sim.Fate{Part: r.part, Side: r.side, Tick: b.Encoder(), At: b.wall(), Slipped: r.slipped})
	}
}

// leave takes a rider off the belt.
func (b *Belt) leave(r *rider) {
	r.gone = true
	l := &b.lanes[r.part.Lane-1]
	if i := slices.Index(l.riders, r); i >= 0 {
		l.riders = slices.Delete(l.riders, i, i+1)
	}
}

// step is the camera's place where belt travel triggers.
func (b *Belt) step() {
	b.trigger()
	b.atPlace(b.travelled+b.cfg.Layout.StepMM, b.step)
}

// listed is the camera's place where a list triggers.
func (b *Belt) listed(at []float64) {
	if len(at) == 0 {
		return
	}
	b.atPlace(at[0], func() {
		b.trigger()
		b.listed(at[1:])
	})
}

// trigger is a signal at the controller's trigger input; faults may swallow it
// or bounce it.
func (b *Belt) trigger() {
	if b.faults.take(MissedTrigger) {
		return
	}
	b.fire()
	if b.faults.take(DoubleTrigger) {
		b.atPlace(b.travelled+bounceMM, b.fire)
	}
}

func (b *Belt) fire() {
	raw := b.Encoder()
	b.own++
	n := b.own
	if b.program != nil {
		n = b.program.Trigger(raw)
	}
	if n == 0 || b.cfg.OnTrigger == nil {
		return
	}
	b.cfg.OnTrigger(sim.Trigger{N: n, Travelled: b.travelled, Tick: raw, At: b.wall()}, b.visible())
}

// visible returns the parts of which a piece may be in the picture, as they lie.
func (b *Belt) visible() []sim.Part {
	layout := b.cfg.Layout
	centre := b.travelled - layout.CameraMM
	reach := layout.FrameXMM/2 + layout.DiameterMM
	return b.between(centre-reach, centre+reach)
}

// Seen returns how far the belt has travelled, and the parts that then lie
// within reach mm of the place under the camera, as they lie: what another
// camera above the same place shows.
func (b *Belt) Seen(reach float64) (travelled float64, parts []sim.Part) {
	b.mu.Lock()
	defer b.mu.Unlock()
	centre := b.travelled - b.cfg.Layout.CameraMM
	return b.travelled, b.between(centre-reach, centre+reach)
}

// between returns the parts whose centres lie between two places, in the order
// of laying.
func (b *Belt) between(low, high float64) []sim.Part {
	var seen []sim.Part
	for i := range b.lanes {
		for _, r := range b.lanes[i].riders {
			if r.mm >= low && r.mm <= high {
				p := r.part
				p.MM = r.mm
				seen = append(seen, p)
			}
		}
	}
	slices.SortFunc(seen, func(x, y sim.Part) int { return x.N - y.N })
	return seen
}
