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

// TestHasteOfAnEarlierView: of parts that another view is still to show the model is
// asked as long as they may be in time by that one's exposure; the last view has no more
// than its own deadline.
func TestHasteOfAnEarlierView(t *testing.T) {
	for _, c := range []struct {
		name     string
		view     int
		required []string
		waited   time.Duration
		asked    bool
	}{
		{"the first of two, late by itself", 0, []string{"top", "side"}, 300 * time.Millisecond, true},
		{"the first of two, late by the last as well", 0, []string{"top", "side"}, 460 * time.Millisecond, false},
		{"the last of two", 1, []string{"top", "side"}, 300 * time.Millisecond, false},
		{"the first, and no verdict needs the other", 0, []string{"top"}, 300 * time.Millisecond, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newWatched(t, Watch{})
			set := &b.cfg.Settings
			set.MaxSpeed = 1000
			set.Views = append(set.Views, View{Name: "side", Camera: "cam-2", AtMM: 200, MMPerPx: 0.1, Belt: "+x"})
			b.first.required, b.first.locators = c.required, nil
			if err := b.first.open(1, set.Views); err != nil {
				t.Fatal(err)
			}
			model := &slow{b: b, takes: 10 * time.Millisecond}
			b.first.Detector = model
			f := b.pool.Get(middlePx, middlePx, camera.RGB)
			defer f.Release()
			disc(f, 1, 1)
			f.Camera, f.Seq, f.Trigger, f.At = set.Views[c.view].Camera, 1, 1, b.at
			b.at = b.at.Add(c.waited)
			l := b.w.look(t.Context(), job{frame: f, view: c.view}, b.first)
			if asked := model.asked > 0; asked != c.asked || len(l.parts) != 1 || (l.parts[0].late == "") != c.asked {
				t.Errorf("asked %t, want %t: %+v", asked, c.asked, l.parts)
			}
		})
	}
}

// TestNewestExposureCounts: a part is in time by the exposure of its newest view,
// whichever of its views was looked at last, and late beyond it.
func TestNewestExposureCounts(t *testing.T) {
	for _, c := range []struct {
		name   string
		first  int           // the view that is looked at first
		judged time.Duration // after the newest exposure
		want   part.Outcome
	}{
		{"in their order", 0, 200 * time.Millisecond, part.Pass},
		{"the newest first", 1, 200 * time.Millisecond, part.Pass},
		{"in their order, late", 0, 300 * time.Millisecond, part.Inconclusive},
		{"the newest first, late", 1, 300 * time.Millisecond, part.Inconclusive},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newWatched(t, Watch{})
			b.cfg.Settings.MaxSpeed = 1000
			b.cfg.Settings.Encoder = Encoder{PerMM: 10, Bits: 32}
			b.cfg.Settings.Views = append(b.cfg.Settings.Views, View{Name: "side", Camera: "cam-2", AtMM: 200, MMPerPx: 0.1, Belt: "+x"})
			b.cfg.Settings.Gates[0].AtMM = 600
			b.first.required = []string{"top", "side"}
			o := newOwner(b.Station)
			o.ctl.known, o.ctl.status = true, plc.Status{Now: part.Tick{Count: 3000}}
			began := b.at
			b.at = began.Add(200*time.Millisecond + c.judged)
			for _, view := range []int{c.first, 1 - c.first} {
				f := b.pool.Get(middlePx, middlePx, camera.RGB)
				f.Camera, f.Seq, f.Trigger = b.cfg.Settings.Views[view].Camera, 1, 1
				f.At = began.Add(time.Duration(view) * 200 * time.Millisecond)
				f.Position = part.Position{Tick: part.Tick{Count: 1000 + 2000*int64(view)}, Source: part.Latched}
				o.frame(looked{job: job{frame: f, view: view, ticket: 1}, look: look{by: b.first, quality: vision.Quality{Focus: 100}, parts: []sighting{{lane: 1}}}})
			}
			parts := o.lanes[0].expected
			if len(parts) != 1 || parts[0].Outcome != c.want || parts[0].late != (c.want != part.Pass) {
				for _, p := range parts {
					t.Errorf("%v, late %t (%v), want %v", p.Outcome, p.late, p.verdict.Reasons, c.want)
				}
				t.Errorf("%d parts", len(parts))
			}
		})
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
