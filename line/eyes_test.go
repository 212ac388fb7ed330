package line

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/models"
	"linesman/part"
	"linesman/plc"
	"linesman/recipe"
	"linesman/vision"
)

// gazed takes a station's events for a test to read.
type gazed struct{ said []event.Event }

func (q *gazed) Emit(e event.Event) { q.said = append(q.said, e) }

// of returns the payloads of one type in the order they were said.
func of[P event.Payload](t *testing.T, said []event.Event) (out []P) {
	t.Helper()
	var none P
	for _, e := range said {
		if e.Type != none.EventType() {
			continue
		}
		p, err := event.As[P](e)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Check(); err != nil {
			t.Errorf("%s: %v", e.Data, err)
		}
		out = append(out, p)
	}
	return out
}

// middle finds one disc in the middle of a picture, wherever the light is.
type middle struct{}

const (
	middlePx   = 96
	middleDisc = 24
)

func (middle) Close() error { return nil }

func (middle) Locate(f *camera.Frame, into *vision.Crops) error {
	into.Reset()
	const size = 64
	c := into.Add(size)
	const left = (middlePx - size) / 2
	c.ToSensor, c.Centre, c.Lane, c.Area = vision.Shift(left, left), vision.Point{X: middlePx / 2, Y: middlePx / 2}, 1, 1810
	c.Box = vision.Box{X0: middlePx/2 - middleDisc, Y0: middlePx/2 - middleDisc, X1: middlePx/2 + middleDisc, Y1: middlePx/2 + middleDisc}
	for y := range size {
		copy(c.Pix[3*y*size:3*(y+1)*size], f.Pix[(left+y)*f.Stride+3*left:])
		for x := range size {
			c.Mask[y*size+x] = 0
			if within(x-size/2, y-size/2) {
				c.Mask[y*size+x] = 255
			}
		}
	}
	return nil
}

func within(x, y int) bool { return x*x+y*y < middleDisc*middleDisc }

// disc draws it, with some noise that differs from frame to frame.
func disc(f *camera.Frame, light float64, n int) {
	for y := range middlePx {
		for x := range middlePx {
			v := 60.0
			if within(x-middlePx/2, y-middlePx/2) {
				v = 180
			}
			v = v*light + float64((x*7+y*13+n*29)%5)
			for c := range 3 {
				f.Pix[y*f.Stride+3*x+c] = byte(v)
			}
		}
	}
}

// content is a model that any part pleases.
type content struct{ models.Detector }

func (content) Model() models.Model {
	return models.Model{Name: "content", Version: "1", SHA256: "00"}
}

func (content) Detect(_ context.Context, crops []vision.Crop, _ models.Ask, out []models.Result) error {
	for i := range crops {
		out[i] = models.Result{Anomaly: 0.4}
	}
	return nil
}

// nowhere takes entries and does nothing.
type nowhere struct{}

func (nowhere) Submit(e []plc.Entry) int { return len(e) }
func (nowhere) Signal(plc.Signal) bool   { return true }
func (nowhere) Hold(string)              {}
func (nowhere) Judging(uint16)           {}

// watched is a station of one view, whose frames a test walks through the intake's
// mark, the worker's look and glance, and the eyes, on one goroutine.
type watched struct {
	*Station
	w     *worker
	q     *gazed
	pool  *camera.Pool
	at    time.Time
	n     int
	taken int
}

func newWatched(t *testing.T, watch Watch, origins ...event.EyesReference) *watched {
	t.Helper()
	rec, err := recipe.Parse([]byte("recipe: disc\nversion: 1\npart: {diameter_mm: 4.8}\nmodel: none\n"))
	if err != nil {
		t.Fatal(err)
	}
	b := &watched{q: &gazed{}, pool: camera.NewPool(2), at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	b.Station, err = New(Config{Line: "l", Site: "/s", Batch: "b", Setup: Setup{Recipe: rec, Detector: content{}, Locator: func(View) (vision.Locator, error) { return middle{}, nil }}, Outputs: nowhere{}, Events: b.q, Watch: watch, Origins: origins,
		Settings: Settings{Workers: 1, Deadline: Duration(250 * time.Millisecond), Views: []View{{Name: "top", Camera: "cam", MMPerPx: 0.1, Belt: "+x"}}, Gates: []Gate{{Lanes: []int{1}}}},
		Log:      slog.New(slog.DiscardHandler), Now: func() time.Time { return b.at }})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.first.open(1, b.cfg.Settings.Views); err != nil {
		t.Fatal(err)
	}
	b.w = &worker{s: b.Station}
	b.moving.Store(true)
	return b
}

// frame lets one frame through, 100 ms after the one before.
func (b *watched) frame(light float64) {
	b.n++
	b.at = b.at.Add(100 * time.Millisecond)
	f := b.pool.Get(middlePx, middlePx, camera.RGB)
	f.Camera, f.Seq, f.Trigger, f.At, f.Position = "cam", uint64(b.n), uint64(b.n), b.at, part.Position{}
	disc(f, light, b.n)
	j := job{frame: f, watch: b.views[0].due(f, b.eyes.watch.Every)}
	if b.w.look(context.Background(), j, b.plan.Load().now); j.watch {
		b.w.glance(j)
	}
	f.Release()
	select {
	case g := <-b.eyes.glances:
		b.taken++
		b.eyes.take(g)
		b.eyes.blanks <- g
	default:
	}
}

// TestEyesFollowTheLight: the reference is told once, the lamps' fall once at each
// limit, their return once, and the trend every minute.
func TestEyesFollowTheLight(t *testing.T) {
	b := newWatched(t, Watch{Learn: 40, Memory: 16})
	minutes := 0
	run := func(frames int, from, to float64) {
		for i := range frames {
			b.frame(from + (to-from)*float64(i)/float64(frames))
		}
		minutes += frames
	}
	run(300, 1, 1)
	run(900, 1, 0.7)
	run(300, 0.7, 0.7)
	run(900, 0.7, 1)
	run(300, 1, 1)
	if want := b.n * 100 / 300; b.taken != want { // 100 ms a frame, every 250 ms at most: each third
		t.Errorf("%d of %d frames were measured, want %d", b.taken, b.n, want)
	}
	refs := of[event.EyesReference](t, b.q.said)
	if len(refs) != 1 || refs[0].Frames != 40 || refs[0].Parts != 40 || refs[0].Recipe != "disc@1" || refs[0].ModelHash != "00" ||
		refs[0].Part[1] < 178 || refs[0].Part[1] > 186 || refs[0].Diameter < 4.7 || refs[0].Diameter > 4.9 || refs[0].Score != 0.4 {
		t.Errorf("references %+v", refs)
	}
	var states []string
	for _, d := range of[event.EyesDrift](t, b.q.said) {
		states = append(states, d.What+" "+d.State)
		if d.State != "ended" && d.WhatTo == "" || d.Why == "" || d.View != "top" || d.Camera != "cam" {
			t.Errorf("drift %+v", d)
		}
	}
	if want := []string{"light warning", "light limit", "light ended"}; len(states) != 3 || states[0] != want[0] || states[1] != want[1] || states[2] != want[2] {
		t.Errorf("drifts %q, want %q", states, want)
	}
	trend := of[event.EyesMinute](t, b.q.said)
	if n := minutes / 600; len(trend) != n-1 && len(trend) != n { // the last minute is told when it ends
		t.Errorf("%d minutes of %d were told", len(trend), n)
	}
	lowest := 0.0
	for i, m := range trend {
		if i > 0 && m.From.Sub(trend[i-1].From) != time.Minute {
			t.Errorf("after minute %v came %v", trend[i-1].From, m.From)
		}
		lowest = min(lowest, m.Light)
	}
	if lowest > -28 || lowest < -32 || trend[len(trend)-1].Light < -2 {
		t.Errorf("the light fell by 30 %% and came back; the trend says %.1f, at last %.1f", lowest, trend[len(trend)-1].Light)
	}
}

// TestEyesNeverWait: with the belt at rest nothing is measured, and a station with
// no blank at hand does not wait for one.
func TestEyesNeverWait(t *testing.T) {
	b := newWatched(t, Watch{Learn: 10})
	b.moving.Store(false)
	for range 30 {
		b.frame(1)
	}
	if b.taken != 0 {
		t.Errorf("%d frames were measured of a belt that stands", b.taken)
	}
	b.moving.Store(true)
	for range glancesAtHand {
		<-b.eyes.blanks
	}
	for range 30 {
		b.frame(1)
	}
	if b.taken != 0 {
		t.Errorf("%d frames were measured with no room for them", b.taken)
	}
}

// TestEyesOfAnotherRecipe: after a changeover the eyes look anew, what was under way
// of the recipe before is passed over, and a recipe that comes back is measured from
// where it was.
func TestEyesOfAnotherRecipe(t *testing.T) {
	b := newWatched(t, Watch{Learn: 40, Memory: 16})
	change := func(version, serial int) {
		rec, err := recipe.Parse(fmt.Appendf(nil, "recipe: disc\nversion: %d\npart: {diameter_mm: 4.8}\nmodel: none\n", version))
		if err != nil {
			t.Fatal(err)
		}
		u, err := newSetup(Setup{Recipe: rec, Detector: content{}, Locator: b.cfg.Locator}, "l", &b.cfg.Settings)
		if err == nil {
			u.serial, err = serial, u.open(1, b.cfg.Settings.Views)
		}
		if err != nil {
			t.Fatal(err)
		}
		b.plan.Store(&plan{now: u})
	}
	look := func(light float64) {
		for range 300 {
			b.frame(light)
		}
	}
	look(1)
	change(2, 1)
	look(0.84)
	b.plan.Store(&plan{now: b.first}) // what an old frame still brings
	look(0.5)
	change(1, 2)
	look(0.84)
	refs, said := of[event.EyesReference](t, b.q.said), of[event.EyesDrift](t, b.q.said)
	if len(refs) != 3 || refs[0].Recipe != "disc@1" || refs[1].Recipe != "disc@2" || refs[2].Recipe != "disc@1" || refs[0].Carried || refs[1].Carried || !refs[2].Carried {
		t.Fatalf("references %+v", refs)
	}
	if math.Abs(refs[2].Part[0]-refs[0].Part[0]) > 1e-6 || math.Abs(refs[1].Part[0]/refs[0].Part[0]-0.84) > 0.02 {
		t.Errorf("light of the parts: %v, %v, %v", refs[0].Part, refs[1].Part, refs[2].Part)
	}
	if len(said) != 1 || said[0].What != "light" || said[0].State != "warning" {
		t.Errorf("drifts %+v; want one of the recipe that came back", said)
	}
}

// TestEyesCarryOn: a restart is no reason to call the light good that there is; a
// new recipe is.
func TestEyesCarryOn(t *testing.T) {
	run := func(light float64, origins ...event.EyesReference) (event.EyesReference, []event.EyesDrift) {
		b := newWatched(t, Watch{Learn: 40, Memory: 16}, origins...)
		for range 300 {
			b.frame(light)
		}
		refs := of[event.EyesReference](t, b.q.said)
		if len(refs) != 1 {
			t.Fatalf("%d references", len(refs))
		}
		return refs[0], of[event.EyesDrift](t, b.q.said)
	}
	first, said := run(1)
	if first.Carried || len(said) > 0 {
		t.Fatalf("the first run says %+v %+v", first, said)
	}
	other := first
	other.RecipeHash = "another"
	for _, c := range []struct {
		name    string
		light   float64
		origin  event.EyesReference
		carried bool
		want    string
	}{
		{"as before", 1, first, true, ""},
		{"darker since", 0.84, first, true, "warning"},
		{"another recipe", 0.84, other, false, ""},
	} {
		ref, said := run(c.light, c.origin)
		if ref.Carried != c.carried || c.carried && (!ref.From.Equal(first.From) || math.Abs(ref.Part[0]-first.Part[0]) > 1e-6 || math.Abs(ref.Diameter-first.Diameter) > 1e-6) {
			t.Errorf("%s: the reference is %+v, it was %+v", c.name, ref, first)
		}
		state := ""
		for _, d := range said {
			state += d.State
		}
		if state != c.want {
			t.Errorf("%s: drifts %+v, want %q", c.name, said, c.want)
		}
	}
}
