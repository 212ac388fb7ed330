package line

import (
	"slices"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/plc"
)

// stretch is a number of parts and the ticks at the gate between which they are.
type stretch struct {
	count    uint64
	from, to part.Tick
	at       time.Time // when the first was added, where that matters
}

func (s *stretch) add(at part.Tick) {
	if s.count == 0 || at.Before(s.from) {
		s.from = at
	}
	if s.count == 0 || s.to.Before(at) {
		s.to = at
	}
	s.count++
}

// Unclosed is a batch that ended without a word: the process was killed, or the
// power failed.
type Unclosed struct {
	Batch string
	Tick  part.Tick // up to here, at the least, its parts were confirmed; an epoch of its own
}

// unclosed names the ticks in which nobody watched the sensors: from what the
// batch before last confirmed to the parts past the camera at our first reading.
func (o *owner) unclosed(st plc.Status) {
	u := o.s.cfg.Unclosed
	if u == nil {
		return
	}
	view, gate := &o.set.Views[0], &o.set.Gates[0]
	from := st.Now.Near(uint64(u.Tick.Count), o.set.Encoder.Bits)
	why := "batch " + u.Batch + " was not closed: the process ended without a word"
	if st.Now.Before(from) { // the counter began anew meanwhile
		from = part.Tick{Epoch: st.Now.Epoch}
		why += ", and so did the controller"
	}
	o.emit("line", event.PartLost{Line: string(o.s.cfg.Line), From: eventTick(from), To: eventTick(o.set.gateTick(view, gate, st.Now, o.setup().Recipe.Part.DiameterMM)),
		Why: why + ". The log has the verdicts it reached, but nobody saw where these parts went; those without a verdict, and all from 200 ms after its end, met a gate in reject"})
}

// darkPatience is how long parts without a picture are gathered before they are
// told together.
const darkPatience = 500 * time.Millisecond

// tellDark names the parts that were past the camera before this line had its
// first picture: after a start, or a restart of the controller.
func (o *owner) tellDark() {
	d := o.dark
	o.dark = stretch{}
	if d.count == 0 {
		return
	}
	w := o.window(&o.set.Gates[0])
	o.emit("line", event.PartLost{Line: string(o.s.cfg.Line), From: eventTick(d.from.Add(-w)), To: eventTick(d.to.Add(w)), Count: d.count,
		Why: "these parts were past the camera before the first picture was taken; the resting gate rejects them"})
}

// awaited decides the parts whose other view is overdue: a part that one of its
// views never showed is inconclusive, in time for its gate.
func (o *owner) awaited(now time.Time) {
	for i := range o.lanes {
		for _, t := range o.lanes[i].expected {
			switch {
			case t.State != part.Seen || len(t.setup.required) < 2 || !o.viewsPast(t): // the one view that shows a part completes it
			case t.awaitedAt.IsZero():
				t.awaitedAt = now
			case now.Sub(t.awaitedAt) >= o.set.Deadline.D():
				t.Deadline = now.Add(o.set.Deadline.D()) // it was waited for, not late
				t.exposed = now
				o.judge(t, now)
				o.submit([]*tracked{t})
			}
		}
	}
}

// viewsPast reports whether every missing view should have shown the part.
func (o *owner) viewsPast(t *tracked) bool {
	gate := o.set.gateOf(t.Lane)
	for i := range o.set.Views {
		view := &o.set.Views[i]
		if t.has(i) || !slices.Contains(t.setup.required, view.Name) {
			continue
		}
		// The part leaves the view's picture here.
		leaves := t.GateAt.Add(-int64((gate.AtMM - view.AtMM - view.StepMM/2) * o.set.Encoder.PerMM))
		if past, ok := o.ctl.status.Now.Sub(leaves); !ok || past < 0 {
			return false
		}
	}
	return true
}
