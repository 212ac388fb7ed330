package line

import (
	"time"

	"linesman/event"
	"linesman/part"
)

// tally counts what a candidate and the line say of the same parts. It belongs to
// the shadow's goroutine.
type tally struct {
	sh       *shadow
	was      *setup // that judges
	from     time.Time
	sum      ShadowState // since the shadow began
	told     ShadowState // of these, what the log has
	examples []event.Shadowed
}

// shadowExamples is how many parts that change are named each minute, with their
// pictures.
const shadowExamples = 20

// begin tells the log who had the candidate begin.
func (y *tally) begin(sh *shadow, was *setup, actor string) {
	y.sh, y.was, y.from = sh, was, sh.began
	y.sum = ShadowState{Recipe: sh.by.id, Model: modelName(sh.by.Detector.Model()), Since: sh.began.UTC()}
	y.publish()
	p := y.since(sh.began)
	p.Began = true
	y.emit(sh.began, p, actor)
}

func (y *tally) publish() {
	sum := y.sum
	y.sh.sums.Store(&sum)
}

// skip counts parts that the candidate did not get to.
func (y *tally) skip(n int) {
	if n > 0 {
		y.sum.Skipped += uint64(n)
		y.publish()
	}
}

// count enters one part's two verdicts. shown is the picture by which the candidate
// judged it, nil if there is none.
func (y *tally) count(n *note, v *verdict, shown *shadowed, of noted) {
	y.sum.Judged++
	passed, would := n.outcome == part.Pass, v.Outcome == part.Pass
	switch {
	case passed == would:
		y.sum.Agreed++
	case passed:
		y.sum.WouldReject++
	default:
		y.sum.WouldPass++
	}
	if passed != would && len(y.examples) < shadowExamples {
		y.examples = append(y.examples, event.Shadowed{Part: string(n.id), Outcome: n.outcome.String(), Score: finite(n.score),
			Would: v.Outcome.String(), Its: finite(v.score), Reasons: logged(v.Reasons), Evidence: y.keep(n.outcome, shown, of)})
	}
	y.publish()
}

// keep stores the picture of a part that changes.
func (y *tally) keep(outcome part.Outcome, shown *shadowed, of noted) string {
	cfg := &y.sh.s.cfg
	if shown == nil || shown.crop == nil || cfg.Keep == nil {
		return ""
	}
	return cfg.Keep(classOf(outcome), shown.crop.picture(cfg.Settings.Views[of.view].Name, string(of.camera)))
}

// minute tells the log when a minute is over.
func (y *tally) minute(now time.Time) {
	if now.Truncate(time.Minute).After(y.from.Truncate(time.Minute)) {
		y.tell(now, nil)
	}
}

// tell writes what was counted since it was last told; end is nil while it goes on.
func (y *tally) tell(now time.Time, end *ending) {
	p, actor := y.since(now), ""
	if end != nil {
		p.Ended, actor = end.why, end.actor
	}
	y.emit(now, p, actor)
	y.from, y.told, y.examples = now, y.sum, nil
}

// since is what was counted since it was last told.
func (y *tally) since(now time.Time) event.ModelShadowed {
	by, m := y.sh.by, y.sh.by.Detector.Model()
	return event.ModelShadowed{
		Line: string(y.sh.s.cfg.Line), Recipe: by.id, RecipeHash: by.hash, Model: modelName(m), ModelHash: m.SHA256, Was: y.was.id, WasModel: y.was.Detector.Model().SHA256,
		From: y.from.UTC(), To: now.UTC(), Judged: y.sum.Judged - y.told.Judged, Skipped: y.sum.Skipped - y.told.Skipped, Agreed: y.sum.Agreed - y.told.Agreed,
		WouldReject: y.sum.WouldReject - y.told.WouldReject, WouldPass: y.sum.WouldPass - y.told.WouldPass, Examples: y.examples,
	}
}

func (y *tally) emit(now time.Time, p event.ModelShadowed, actor string) {
	s := y.sh.s
	e := event.New(s.cfg.Site+"/line/"+string(s.cfg.Line), "line", now, p)
	e.Batch, e.Actor = s.status.Load().Batch, actor
	s.cfg.Events.Emit(e)
}
