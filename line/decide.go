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
	o.s.viewers.show(Shot{Line: o.s.cfg.Line, Frame: f, Parts: marks})
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

// sighted takes one part of a frame, as one setup saw it: a new one, or another
// view of one that is already on its way. It returns the part if it is now
// complete.
func (o *owner) sighted(l *looked, k *look, i int, pos part.Position, doubts []string) *tracked {
	p, view := &k.parts[i], &o.set.Views[l.view]
	gate := o.set.gateOf(p.lane)
	if gate == nil {
		o.emit("line", event.PartSuspect{Line: string(o.s.cfg.Line), Lane: p.lane, From: eventTick(pos.Tick), To: eventTick(pos.Tick),
			Why: fmt.Sprintf("a part was seen in lane %d, which has no gate", p.lane), WhatTo: "correct part.lanes and part.lane_mm of the recipe, or add the gate"})
		return nil
	}
	at := o.set.gateTick(view, gate, pos.Tick, p.aheadMM)
	diameter := k.by.Recipe.Part.DiameterMM * o.set.Encoder.PerMM
	facts := frameFacts{l.frame.Camera, l.frame.Seq, l.frame.Trigger, l.ticket, l.frame.At}
	if t := o.lanes[p.lane-1].find(at, int64(0.4*diameter)); t != nil {
		if t.has(l.view) || t.submitted {
			p.crop.free()
			return nil // the frame before showed it already, or the other setup
		}
		if k.by != t.setup {
			if l.lookedBy(t.setup) {
				p.crop.free()
				return nil // that setup's look is the one that counts
			}
			p.wronglyBy(k.by, t.setup)
		}
		t.views = append(t.views, sightingOf{l.view, facts, k.quality, *p})
		t.exposed, t.Deadline = l.frame.At, l.frame.At.Add(o.set.Deadline.D())
		t.doubts = append(t.doubts, doubts...)
		return o.complete(t, k.judged)
	}
	place := o.placeAtGate(p.lane, at)
	term := o.termAt(place)
	if k.by != term.setup {
		if l.lookedBy(term.setup) {
			// It is for the other setup's look to find this part; what that one
			// took for a hair before the changeover is taken here.
			off, _ := place.Sub(o.terms[len(o.terms)-1].from)
			if k.also != nil || off >= 0 || off < -int64(0.1*diameter) {
				p.crop.free()
				return nil
			}
			term = o.terms[len(o.terms)-1]
			place = term.from
		} else {
			p.wronglyBy(k.by, term.setup)
		}
	}
	if !term.told {
		o.announce()
	}
	t := &tracked{Part: part.Part{
		ID: part.NewID(), Line: o.s.cfg.Line, Recipe: term.setup.id, Batch: o.batchAt(place).id,
		Trigger: l.frame.Trigger, Lane: p.lane, Seen: l.frame.At, GateAt: at, Due: at,
		Deadline: l.frame.At.Add(o.set.Deadline.D()),
	}, setup: term.setup, batch: o.batchAt(place), exposed: l.frame.At, doubts: append([]string(nil), doubts...)}
	if why := o.wish.doubt(place, term.setup); why != "" {
		t.doubts = append(t.doubts, why)
	}
	t.timing = event.Timing{Exposure: l.frame.At.UTC(), Located: k.located.UTC(), Deadline: t.Deadline.UTC()}
	t.views = append(t.views, sightingOf{l.view, facts, k.quality, *p})
	o.lanes[p.lane-1].expect(t)
	t.batch.ledger.Found++
	return o.complete(t, k.judged)
}

// lookedBy reports whether a setup has looked at the frame and could say something.
func (k *look) lookedBy(u *setup) bool {
	for l := k; l != nil; l = l.also {
		if l.by == u && l.missing == "" {
			return true
		}
	}
	return false
}

// wronglyBy makes a sighting say nothing: it is by the setup of another part of
// the belt, so its part is inconclusive.
func (p *sighting) wronglyBy(by, right *setup) {
	p.failed, p.unanswered = fmt.Sprintf("changeover: the frame was looked at by %s, the part is judged by %s", by.id, right.id), false
}

// complete judges a part once every view that the recipe asks for is there.
func (o *owner) complete(t *tracked, at time.Time) *tracked {
	if len(t.views) < len(t.setup.required) {
		return nil
	}
	o.judge(t, at)
	return t
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
	if now := o.s.now(); now.After(t.Deadline) {
		o.late(t)
		t.doubts = append(t.doubts, fmt.Sprintf("late: judged %.0f ms after exposure (at most %.0f)", ms(now.Sub(t.exposed)), ms(o.set.Deadline.D())))
	}
	in := rules.Input{Part: t.ID, Doubt: t.doubts}
	for _, name := range t.setup.required {
		view := rules.View{Name: name, Missing: notSeen}
		if v := o.viewOf(t, name); v != nil {
			view = rules.View{Name: name, Camera: v.frame.camera, Missing: v.failed, Quality: v.quality, Result: v.result}
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

// logVerdict writes part.judged; a part whose picture is kept goes by the
// keeper.
func (o *owner) logVerdict(t *tracked, now time.Time) {
	if t.logged {
		return
	}
	t.logged = true
	model := t.setup.Detector.Model()
	p := event.PartJudged{
		Line: string(t.Line), Outcome: t.Outcome.String(), Score: finite(t.verdict.score), Model: modelName(model), ModelHash: model.SHA256,
		Recipe: t.Recipe, RecipeHash: t.verdict.Recipe, Lane: t.Lane, Trigger: t.Trigger,
		Tick: eventTick(o.atExposure(t)), Due: eventTick(t.GateAt), Late: t.late, Timing: t.timing,
	}
	p.Reasons = logged(t.verdict.Reasons)
	if sh := o.s.shadow.Load(); sh != nil && t.judgedID == "" {
		sh.verdict(t)
	}
	e := o.about(t, "part", p)
	e.ID, e.Cause = event.NewID(), t.judgedID
	t.judgedID = e.ID
	crops, views := o.evidence(t)
	if crops != nil {
		class := classOf(t.Outcome)
		k := keepsake{crops, class, e, p}
		k.judged.Views = views
		select {
		case o.s.kept <- k:
			return
		default:
			o.emit("evidence", event.EvidenceDropped{Class: class, Why: "queue full", Count: pictures(crops), From: now.UTC(), To: now.UTC(),
				WhatTo: "the disk is slower than the rejects come: keep fewer pictures or use a faster disk"})
			for _, c := range crops {
				c.free()
			}
		}
	}
	o.s.cfg.Events.Emit(e)
}

// evidence takes the crops of a part that are to be kept, and says of each view
// what is needed to reach the verdict again; nil if none is to be kept.
func (o *owner) evidence(t *tracked) ([]*keepsakeCrop, []event.View) {
	keep, any := t.Outcome != part.Pass, false
	for i := range t.views {
		keep = keep || t.views[i].keep
		any = any || t.views[i].crop != nil
	}
	if !any {
		return nil, nil
	}
	var crops []*keepsakeCrop
	var views []event.View
	if keep {
		for _, name := range t.setup.required {
			view, crop := event.View{Name: name, Missing: notSeen}, (*keepsakeCrop)(nil)
			if v := o.viewOf(t, name); v != nil {
				view = event.View{Name: name, Camera: string(v.frame.camera), Missing: v.failed, Unanswered: v.unanswered, Quality: event.Quality(v.quality)}
				crop, v.crop = v.crop, nil
			}
			views, crops = append(views, view), append(crops, crop)
		}
	}
	for i := range t.views { // what nobody keeps
		t.views[i].crop.free()
		t.views[i].crop = nil
	}
	return crops, views
}

// classOf is the class of evidence that a part's pictures are of.
func classOf(o part.Outcome) string {
	if o == part.Fail {
		return "reject"
	}
	return o.String()
}

func pictures(crops []*keepsakeCrop) (n uint64) {
	for _, c := range crops {
		if c != nil {
			n++
		}
	}
	return n
}

// logged returns reasons as the log writes them.
func logged(reasons []rules.Reason) (out []event.Reason) {
	for _, r := range reasons {
		out = append(out, event.Reason{Rule: r.Rule, Class: r.Class, Camera: string(r.Camera), Measured: finite(r.Measured), Limit: finite(r.Limit), Unit: r.Unit, Text: r.Text})
	}
	return out
}

// atExposure returns where the part's centre was at exposure, as a tick of the
// gate's account less the way to the gate.
func (o *owner) atExposure(t *tracked) part.Tick {
	v := &t.views[0]
	view := &o.set.Views[v.view]
	return t.GateAt.Add(-int64((o.set.gateOf(t.Lane).AtMM - view.AtMM - v.aheadMM) * o.set.Encoder.PerMM))
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

// finite makes a number JSON can carry.
func finite(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return max(-math.MaxFloat32, min(math.MaxFloat32, x))
}
