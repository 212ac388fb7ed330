package line

import (
	"math"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/rules"
)

// logVerdict writes part.judged; a part whose picture is kept goes by the
// keeper. A part that no picture showed has no verdict.
func (o *owner) logVerdict(t *tracked, now time.Time) {
	if t.logged || t.unseen {
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
				shown := &o.set.Views[v.view]
				view = event.View{Name: name, Camera: string(v.frame.camera), Missing: v.failed, Unanswered: v.unanswered, Quality: event.Quality(v.quality),
					MMPerPx: shown.MMPerPx, Belt: shown.Belt}
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

// finite makes a number JSON can carry.
func finite(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return max(-math.MaxFloat32, min(math.MaxFloat32, x))
}
