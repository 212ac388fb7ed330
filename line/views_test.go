//go:build cgo

package line_test

import (
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/line"
	"linesman/part"
	"linesman/sim"
)

// TestViewThatNeverComes runs a line with two cameras, one of which loses some
// of its pictures: these parts are inconclusive before they come to the gate.
func TestViewThatNeverComes(t *testing.T) {
	t.Parallel()
	l := discs()
	view := func(id part.CameraID) line.View {
		return line.View{Camera: id, AtMM: l.CameraMM, MMPerPx: l.MMPerPx}
	}
	p := newPlant(t, build{seed: *seed, defects: -1, views: []line.View{view("top"), view("side")}, workers: 2, watch: camera.Watch{Stall: time.Minute}})
	lost := map[int64]bool{} // by tick at the gate
	p.cameras[1].cover(func(pic *picture) bool {
		if pic.trigger.N%4 != 0 {
			return true
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		lost[int64(pic.trigger.Tick)+int64((l.GateMM-l.CameraMM)*l.PerMM)] = true
		return false
	})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(r record) bool { p.release(); return len(r.fates) > 60 }) {
		t.Fatal("the line stands" + p.describe())
	}
	p.finish()
	r, _ := p.record()
	judged := map[string]event.Event{} // the first word on each part
	for _, e := range r.events {
		if e.Type == (event.PartJudged{}).EventType() && judged[e.Part].ID == "" {
			judged[e.Part] = e
		}
	}
	missed, passed := 0, 0
	for _, f := range r.fates {
		if f.Side == sim.Passed {
			passed++
		}
		for tick := range lost {
			if d := f.tick.Count - tick; max(d, -d) > 4 {
				continue
			}
			missed++
			if f.Side != sim.Rejected {
				t.Errorf("part %d, which one view never showed, went %v", f.Part.N, f.Side)
			}
			for _, e := range judged {
				j, err := event.As[event.PartJudged](e)
				if err != nil {
					t.Fatal(err)
				}
				if d := j.Due.Count - tick; max(d, -d) > 12 {
					continue
				}
				// It was waited for, and that is not late; a box that stalls may be.
				entered := j.Timing.Acked.Sub(j.Timing.Judged)
				late := j.Late && entered >= 0 && entered <= p.set.Deadline.D() && !strings.Contains(string(e.Data), "the model was not asked")
				if j.Outcome != "inconclusive" || late || !strings.Contains(string(e.Data), "view side: no frame showed this part") {
					t.Errorf("part %d: %s", f.Part.N, e.Data)
				}
				if !e.Time.Before(f.At) {
					t.Errorf("part %d was judged %v after it met the gate", f.Part.N, e.Time.Sub(f.At))
				}
			}
		}
	}
	if got := p.truth(); len(got.silent)+got.unjudged > 0 || missed < 8 || passed < 20 {
		t.Errorf("%d parts lost a view, %d passed; unjudged on the good side %d, not named: %v", missed, passed, got.unjudged, got.silent)
	}
}
