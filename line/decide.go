package line

import (
	"fmt"
	"math"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/part"
	"linesman/plc"
	"linesman/recipe"
	"linesman/rules"
	"linesman/vision"
)

// sightingOf is one view's contribution to a part.
type sightingOf struct {
	view    int
	frame   frameFacts
	quality vision.Quality
	sighting
}

// frameFacts is what stays of a frame once its pixels are given back.
type frameFacts struct {
	camera  part.CameraID
	seq     uint64
	trigger uint64
	ticket  uint64
	at      time.Time
}

// verdict is the rules' answer as line keeps it.
type verdict struct {
	rules.Verdict
	score float64
}

// frame decides all parts of one frame.
func (o *owner) frame(l looked) {
	f, view := l.frame, &o.set.Views[l.view]
	defer func() {
		o.s.backlog.Add(-1)
		f.Release()
	}()
	o.reach[l.view] = halfLength(f, view)
	pos, doubts := o.place(f)
	double := o.received(l, pos, view)
	if why := l.blind(); why != "" || pos.Source == part.Unknown {
		if why == "" {
			why = "the belt's position at exposure is not known"
		}
		o.blind(l.view, f, pos, why)
		return
	}
	if double && view.StepMM == 0 {
		doubts = append(doubts, "double triggered: closer than min_pitch_mm to the trigger before")
		for _, t := range o.order[l.view].parts {
			o.overrule(t, "double triggered: the next trigger came closer than min_pitch_mm")
		}
	}
	var marks []Mark
	var fresh []*tracked
	for k := &l.look; k != nil; k = k.also {
		if k.missing != "" { // the other setup's look shows its own parts alone
			o.blind(l.view, f, pos, k.missing)
		}
		for i := range k.parts {
			t := o.sighted(&l, k, i, pos, doubts)
			if t == nil {
				continue
			}
			fresh = append(fresh, t)
			if o.s.viewers.watched() {
				marks = append(marks, mark(t, &k.parts[i]))
			}
		}
	}
	o.order[l.view].parts = fresh
	o.submit(fresh)
	o.unkept(&l)
	o.s.viewers.show(Shot{Line: o.s.cfg.Line, Frame: f, Parts: marks})
}

// unkept tells how many pictures of parts were not even copied, since no time was left.
func (o *owner) unkept(l *looked) {
	n := uint64(0)
	for k := &l.look; k != nil; k = k.also {
		for i := range k.parts {
			if k.parts[i].unkept {
				n++
			}
		}
	}
	if n > 0 && o.s.cfg.Keep != nil {
		o.emit("evidence", event.EvidenceDropped{Class: classOf(part.Inconclusive), Why: "line behind", Count: n, From: l.frame.At.UTC(), To: l.frame.At.UTC(),
			WhatTo: "parts came faster than they could be judged: see what else the box is doing (linesman doctor), slow the belt down or give the line more cores"})
	}
}

// place says where the belt was at exposure, and what speaks against it.
func (o *owner) place(f *camera.Frame) (part.Position, []string) {
	var doubts []string
	pos := f.Position
	if pos.Source == part.Latched {
		if !o.ctl.known {
			return part.Position{}, nil
		}
		pos.Tick = o.ctl.status.Now.Near(uint64(pos.Tick.Count), o.set.Encoder.Bits)
		pos.Uncertainty = max(pos.Uncertainty, o.set.Encoder.Uncertainty)
		// A counter that was reset between exposure and now lies far off; so
		// does one that a broken cable invented.
		off, _ := pos.Tick.Sub(o.ctl.status.Now)
		if reach := o.set.MaxSpeed * o.set.Encoder.PerMM * 3; math.Abs(float64(off)) > reach {
			return part.Position{}, nil
		}
	} else {
		pos = o.clock.At(f.At)
	}
	if o.ctl.resetAt.After(f.At) {
		return part.Position{}, nil
	}
	if f.Damaged {
		doubts = append(doubts, "the picture is damaged: the decoder saw loss")
	}
	if v, ok := o.s.frozen.Load(f.Camera); ok && v.(camera.State).Status == camera.Frozen {
		doubts = append(doubts, "the camera's picture is frozen")
	}
	return pos, doubts
}

// notSeen is why a view is missing of which there is no sighting.
const notSeen = "no frame showed this part"

// viewOf returns what a view showed of a part, nil if it has not.
func (o *owner) viewOf(t *tracked, name string) *sightingOf {
	for i := range t.views {
		if o.set.Views[t.views[i].view].Name == name {
			return &t.views[i]
		}
	}
	return nil
}

// decide asks the rules. The score is the worst view's that has one.
func decide(in rules.Input, r *recipe.Recipe) verdict {
	score := 0.0
	for i := range in.Views {
		if in.Views[i].Missing == "" {
			score = max(score, in.Views[i].Result.Anomaly)
		}
	}
	return verdict{rules.Judge(in, r.Limits, r.Hash()), score}
}

// judge gives a part its verdict.
func (o *owner) judge(t *tracked, at time.Time) {
	if why := o.lateness(t); why != "" {
		o.late(t)
		t.doubts = append(t.doubts, why)
	}
	in := rules.Input{Part: t.ID, Doubt: t.doubts}
	for _, name := range t.setup.required {
		view := rules.View{Name: name, Missing: notSeen}
		if v := o.viewOf(t, name); v != nil {
			view = rules.View{Name: name, Camera: v.frame.camera, Missing: v.failed, Quality: v.quality, Result: v.result}
			shown := &o.set.Views[v.view]
			view.ToPart = toPart(shown.MMPerPx, shown.Belt, v.centre)
			view.Result.Part, view.Result.View, view.Result.Camera, view.Result.Seq = t.ID, name, v.frame.camera, v.frame.seq
		}
		in.Views = append(in.Views, view)
	}
	t.verdict = decide(in, t.setup.Recipe)
	t.Outcome, t.State = t.verdict.Outcome, part.Judged
	t.timing.Judged = at.UTC()
	l := &t.batch.ledger
	l.Verdicts++
	o.count(t.batch, t.Outcome, 1)
	if t.Outcome == part.Pass {
		l.Passes++
		o.figures.passed(t.verdict.score)
	} else {
		l.Rejects++
	}
	o.figures.judged(o.s.now())
}

// lateness returns why a part is judged too late, or the model was not asked about a
// view of it for want of time; "" if neither.
func (o *owner) lateness(t *tracked) string {
	for i := range t.views {
		if why := t.views[i].late; why != "" {
			return why
		}
	}
	if now := o.s.now(); now.After(t.Deadline) {
		return fmt.Sprintf("late: judged %.0f ms after exposure (at most %.0f)", ms(now.Sub(t.exposed)), ms(o.set.Deadline.D()))
	}
	return ""
}

// count counts an outcome in its batch and in the line's.
func (o *owner) count(b *batch, outcome part.Outcome, n uint64) {
	for _, c := range []*Counts{&b.counts, &o.counts} {
		switch outcome {
		case part.Pass:
			c.Pass += n
		case part.Fail:
			c.Fail += n
		default:
			c.Inconclusive += n
		}
	}
}

// late counts a part that was not judged, or not acknowledged, in time.
func (o *owner) late(t *tracked) {
	t.late = true
	t.batch.counts.Late++
	o.counts.Late++
}

// submit sends the entries of judged parts ahead to their controllers.
func (o *owner) submit(parts []*tracked) {
	var entries []plc.Entry
	for _, t := range parts {
		if t.submitted {
			continue
		}
		t.submitted = true
		o.pending = append(o.pending, t)
		if o.set.gateOf(t.Lane).Mode == ModePulse {
			o.pulses.add(t)
			continue
		}
		entries = append(entries, entryOf(t))
	}
	if len(entries) > 0 {
		o.s.cfg.Outputs.Submit(entries) // what finds no room is found overdue
	}
	o.s.unacked.Store(int64(len(o.pending)))
}

func entryOf(t *tracked) plc.Entry {
	return plc.Entry{Part: t.ID, Trigger: t.Trigger, Lane: t.Lane, Due: t.GateAt, Outcome: t.Outcome}
}

// overrule takes a verdict back: the part is inconclusive from now on, and the
// controller is told so under the same lane and due tick.
func (o *owner) overrule(t *tracked, why string) {
	if t.Outcome != part.Pass {
		return
	}
	o.count(t.batch, part.Pass, ^uint64(0))
	o.count(t.batch, part.Inconclusive, 1)
	t.batch.ledger.Passes--
	t.batch.ledger.Rejects++
	t.Outcome, t.verdict.Outcome = part.Inconclusive, part.Inconclusive
	t.verdict.Reasons = append(t.verdict.Reasons, rules.Reason{Rule: "doubt", Text: why})
	if o.set.gateOf(t.Lane).Mode == ModePulse {
		o.pulses.cancel(t)
	} else {
		o.s.cfg.Outputs.Submit([]plc.Entry{entryOf(t)})
	}
	t.logged = false // what the log says must be said again
	if t.acked {
		o.logVerdict(t, o.s.now())
	}
}

func (t *tracked) has(view int) bool {
	for i := range t.views {
		if t.views[i].view == view {
			return true
		}
	}
	return false
}

func mark(t *tracked, p *sighting) Mark {
	m := Mark{ID: t.ID, Box: p.box, Lane: t.Lane, Outcome: t.Outcome, Score: finite(t.verdict.score), Reasons: t.verdict.Reasons}
	if p.result.Anomaly > 0.7 && len(p.result.Heatmap.Score) > 0 {
		m.Heat, m.HeatWidth, m.HeatHeight = heat(p.result.Heatmap), p.result.Heatmap.Width, p.result.Heatmap.Height
	}
	return m
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
