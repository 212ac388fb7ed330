package line

import (
	"context"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/models"
	"linesman/part"
	"linesman/plc"
	"linesman/vision"
)

// slow is a model that takes its time, by the line's clock.
type slow struct {
	content
	b     *watched
	takes time.Duration
	asked int
}

func (d *slow) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	d.b.at = d.b.at.Add(d.takes)
	d.asked++
	return d.content.Detect(ctx, crops, ask, out)
}

// TestHaste: a model that would answer too late is not asked, a slow spell ends by
// itself, and a part that nobody asked about is late and inconclusive.
func TestHaste(t *testing.T) {
	b := newWatched(t, Watch{})
	b.cfg.Keep = func(string, Picture) string { return "" }
	model := &slow{b: b, takes: 100 * time.Millisecond}
	b.first.Detector = model
	look := func(waited time.Duration) look {
		t.Helper()
		f := b.pool.Get(middlePx, middlePx, camera.RGB)
		defer f.Release()
		disc(f, 1, 1)
		b.n++
		f.Camera, f.Seq, f.Trigger, f.At = "cam", uint64(b.n), uint64(b.n), b.at
		b.at = b.at.Add(waited)
		l := b.w.look(t.Context(), job{frame: f}, b.first)
		if len(l.parts) != 1 || b.w.answered != (l.parts[0].failed == "") {
			t.Fatalf("looked %+v, answered %t", l, b.w.answered)
		}
		return l
	}
	for _, c := range []struct {
		waited, takes time.Duration
		asked         bool
	}{
		{300 * time.Millisecond, 100 * time.Millisecond, false}, // late already
		{200 * time.Millisecond, 100 * time.Millisecond, true},  // nobody knows how long it takes
		{140 * time.Millisecond, 100 * time.Millisecond, true},
		{160 * time.Millisecond, 100 * time.Millisecond, false},
		{0, 100 * time.Millisecond, true},
		{0, 2 * time.Second, true}, // a stall counts for nothing
		{140 * time.Millisecond, 100 * time.Millisecond, true},
	} {
		model.takes = c.takes
		was := model.asked
		l := look(c.waited)
		if asked := model.asked > was; asked != c.asked {
			t.Errorf("%v after exposure: asked %t, want %t", c.waited, asked, c.asked)
		}
		p, late := &l.parts[0], !c.asked || c.waited+c.takes > 250*time.Millisecond
		if strings.HasPrefix(p.late, "late: ") == c.asked || p.failed == "" != c.asked {
			t.Errorf("%v after exposure, late %t: said %q, failed %q", c.waited, late, p.late, p.failed)
		}
		// A good part that may yet be doubted has its picture at hand; it is kept if it is late.
		if want := late || sampled(uint64(b.n), 0, b.first.Recipe.Keep.OnePassIn); p.keep != want || (p.crop != nil) != (want || c.waited+c.takes > 125*time.Millisecond) {
			t.Errorf("%v after exposure, late %t: kept %t, at hand %t", c.waited, late, p.keep, p.crop != nil)
		}
	}
	model.takes = 260 * time.Millisecond
	for range 2 * len(haste{}.recent) { // all it knows is slow
		look(0)
	}
	model.takes = 100 * time.Millisecond
	was := model.asked
	for range len(haste{}.recent) + 2 {
		look(0)
	}
	if model.asked == was {
		t.Error("once it was slow, it is never asked again")
	}
}

// TestNotAsked: of a frame of parts that the model was not asked about, each part is
// late and inconclusive, and the log says how many pictures were not kept.
func TestNotAsked(t *testing.T) {
	b := newWatched(t, Watch{})
	b.cfg.Keep = func(string, Picture) string { return "" }
	o := newOwner(b.Station)
	o.ctl.known, o.ctl.status = true, plc.Status{Now: part.Tick{Count: 100}}
	o.set.Encoder.PerMM, o.set.MaxSpeed = 10, 1000
	f := b.pool.Get(middlePx, middlePx, camera.RGB)
	f.Camera, f.Seq, f.Trigger, f.At, f.Position = "cam", 1, 1, b.at, part.Position{Tick: part.Tick{Count: 100}, Source: part.Latched}
	l := looked{job: job{frame: f, ticket: 1}, look: look{by: b.first}}
	for i := range 3 {
		l.parts = append(l.parts, sighting{aheadMM: float64(20 * i), lane: 1})
	}
	l.forgo("the model was not asked", "late: no time")
	l.parts[0].keep, l.parts[0].unkept, l.parts[0].crop = true, false, copyCrop(&vision.Crop{}, models.Heatmap{})
	o.frame(l)
	if got := o.batch().counts; got != (Counts{Inconclusive: 3, Late: 3}) {
		t.Errorf("counted %+v", got)
	}
	for _, p := range o.pending {
		if p.Outcome != part.Inconclusive || !p.late || len(p.verdict.Reasons) != 2 || p.verdict.Reasons[0].Text != "late: no time" {
			t.Errorf("part %+v, reasons %v", p.Part, p.verdict.Reasons)
		}
	}
	if lost := of[event.EvidenceDropped](t, b.q.said); len(lost) != 1 || lost[0].Count != 2 || lost[0].Why != "line behind" {
		t.Errorf("pictures not kept: %+v", lost)
	}
}
