//go:build cgo

package line

import (
	"flag"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/models/golden"
	"linesman/recipe"
	"linesman/sim"
	"linesman/sim/draw"
	"linesman/vision"
	"linesman/vision/cv"
)

// The drawn line before eyes that fail slowly: go test ./line -run TestEyes -v
// [-eyes.product caps] [-eyes.frames 1000] for figures at full size.
var (
	eyesProduct = flag.String("eyes.product", "", "tablets, capsules or caps at full size")
	eyesFrames  = flag.Int("eyes.frames", 200, "frames over which a drift grows, and half as many again to learn from")
	eyesMemory  = flag.Int("eyes.memory", 16, "frames the averages reach back")
	eyesOnly    = flag.String("eyes.only", "", "one kind of drift")
	eyesSeed    = flag.Uint64("eyes.seed", 7, "of the belt and its lamps")
)

// drawn is a drawn line up to the verdict: painter, locator, golden picture.
type drawn struct {
	layout  sim.Layout
	set     vision.LocateSettings
	locator *cv.Locator
	model   *golden.Model
	crops   vision.Crops
	own     []vision.Crop
	scores  []float64
}

// small is a narrower belt of tablets: a quarter of the picture.
func small() sim.Layout {
	l := sim.Tablets.Layout()
	l.Lanes, l.FrameXMM, l.FrameYMM, l.StepMM = 3, 48, 30, 32
	return l
}

func settingsOf(l sim.Layout) vision.LocateSettings {
	return vision.LocateSettings{MMPerPx: l.MMPerPx, DiameterMM: l.DiameterMM, Lanes: l.Lanes, LaneMM: l.LaneMM, Belt: "+x"}
}

func newDrawn(t *testing.T, l sim.Layout) *drawn {
	d := &drawn{layout: l, set: settingsOf(l)}
	var err error
	if d.locator, err = cv.NewLocator(d.set); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.locator.Close() })
	var good []vision.Crop
	for f := range d.shots(101, -1, 200) {
		d.locate(t, f.frame)
		for i := range d.own {
			if !d.own[i].Touching && len(good) < 150 {
				good = append(good, d.own[i].Clone())
			}
		}
		if len(good) == 150 {
			break
		}
	}
	if d.model, err = golden.Teach(good, l.MMPerPx, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

// shot is one picture with the parts it judges.
type shot struct {
	frame     *camera.Frame
	travelled float64
	parts     []sim.Part
}

func (d *drawn) shots(seed uint64, defects float64, n int) func(func(shot) bool) {
	return func(yield func(shot) bool) {
		p := draw.NewPainter(d.layout, seed, draw.Options{})
		pool := camera.NewPool(1)
		w, h := p.Size()
		speed := d.layout.SpeedMMs(50000 * float64(d.layout.Lanes))
		at, i := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 0
		for t, s := range draw.Walk(d.layout, draw.NewFeed(draw.Spec{Layout: d.layout, Seed: seed, DefectRate: defects}), speed, at) {
			if i++; i > n {
				return
			}
			f := pool.Get(w, h, camera.RGB)
			p.Paint(t.Travelled, s.Visible, f)
			f.Seq, f.At = uint64(i), t.At
			if !yield(shot{f, t.Travelled, s.Visible}) {
				return
			}
		}
	}
}

// locate finds the parts of a frame and keeps those that it judges.
func (d *drawn) locate(t *testing.T, f *camera.Frame) {
	t.Helper()
	if err := d.locator.Locate(f, &d.crops); err != nil {
		t.Fatal(err)
	}
	d.own = d.own[:0]
	for _, c := range d.crops.Items {
		if d.layout.StepMM == 0 || math.Abs(c.Centre.X-float64(f.Width)/2)*d.layout.MMPerPx <= d.layout.StepMM/2 {
			d.own = append(d.own, c)
		}
	}
}

// judge scores what locate found; a part that can not be judged scores infinity.
func (d *drawn) judge() {
	d.scores = d.scores[:0]
	for i := range d.own {
		_, r, err := d.model.Worst(&d.own[i])
		if err != nil {
			r.Score = math.Inf(1)
		}
		d.scores = append(d.scores, r.Score)
	}
}

// watching is what is watched: the eyes of a station that does not run.
func (d *drawn) watching(t *testing.T, learn int) (*eyes, *gazed) {
	t.Helper()
	rec, err := recipe.Parse([]byte("recipe: drawn\nversion: 1\npart: {diameter_mm: 9}\nmodel: none\n"))
	if err != nil {
		t.Fatal(err)
	}
	rec.Part = d.set
	q := &gazed{}
	s, err := New(Config{Line: "drawn", Site: "/test", Batch: "b", Outputs: nowhere{}, Events: q,
		Setup: Setup{Recipe: rec, Detector: content{}, Locator: func(View) (vision.Locator, error) { return d.locator, nil }},
		Settings: Settings{Views: []View{{Name: "top", Camera: "top", MMPerPx: d.layout.MMPerPx, StepMM: d.layout.StepMM, Belt: "+x"}},
			Gates: []Gate{{Lanes: []int{1, 2, 3, 4, 5, 6, 7, 8}}}},
		Watch: Watch{Learn: learn, Memory: *eyesMemory}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s.eyes, q
}

// ruin is a way for a camera to go bad; share runs from 0 to 1.
type ruin struct {
	name   string
	amount float64 // at share 1
	unit   string
	what   []string // measures that may say so first
	apply  func(from, to *camera.Frame, share float64)
}

func ruins() []ruin {
	return []ruin{
		{"light", -20, "%", []string{"light"}, func(from, to *camera.Frame, share float64) {
			tint(from, to, [3]float64{1 - 0.2*share, 1 - 0.2*share, 1 - 0.2*share})
		}},
		{"cast", 0.1, "", []string{"cast"}, func(from, to *camera.Frame, share float64) {
			tint(from, to, [3]float64{1 + 0.1*share, 1, 1 - 0.1*share})
		}},
		{"blur", 2, "px", []string{"focus", "score"}, func(from, to *camera.Frame, share float64) { blur(from, to, 2*share) }},
		{"shift", 8, "px", []string{"position", "dirt"}, func(from, to *camera.Frame, share float64) { shift(from, to, int(math.Round(8*share))) }},
		{"smudge", 10, "%", []string{"dirt", "score"}, func(from, to *camera.Frame, share float64) { smudge(from, to, 0.1*share) }},
	}
}

func tint(from, to *camera.Frame, gain [3]float64) {
	var table [3][256]byte
	for c := range table {
		for v := range table[c] {
			table[c][v] = byte(min(math.Round(float64(v)*gain[c]), 255))
		}
	}
	for i, v := range from.Pix {
		to.Pix[i] = table[i%3][v]
	}
}

// blur is Gaussian, sigma pixels.
func blur(from, to *camera.Frame, sigma float64) {
	if sigma < 0.05 {
		copy(to.Pix, from.Pix)
		return
	}
	reach := int(math.Ceil(3 * sigma))
	k := make([]float32, 2*reach+1)
	var sum float32
	for i := range k {
		k[i] = float32(math.Exp(-float64((i-reach)*(i-reach)) / (2 * sigma * sigma)))
		sum += k[i]
	}
	w, h := from.Width, from.Height
	rows := make([]float32, 3*w*h)
	for y := range h {
		for x := range w {
			for i, g := range k {
				p := from.Pix[y*from.Stride+3*min(max(x+i-reach, 0), w-1):]
				for c := range 3 {
					rows[3*(y*w+x)+c] += g / sum * float32(p[c])
				}
			}
		}
	}
	for y := range h {
		for x := range 3 * w {
			var v float32
			for i, g := range k {
				v += g / sum * rows[3*w*min(max(y+i-reach, 0), h-1)+x]
			}
			to.Pix[y*to.Stride+x] = byte(v + 0.5)
		}
	}
}

// shift moves the picture down: the camera was knocked across the belt.
func shift(from, to *camera.Frame, px int) {
	for y := range from.Height {
		copy(to.Pix[y*to.Stride:(y+1)*to.Stride], from.Pix[((y-px+from.Height)%from.Height)*from.Stride:][:from.Stride])
	}
}

// smudge darkens a soft round place of 25 pixels.
func smudge(from, to *camera.Frame, depth float64) {
	copy(to.Pix, from.Pix)
	cx, cy, r := 0.6*float64(from.Width), 0.4*float64(from.Height), 25.0
	for y := max(0, int(cy-3*r)); y < min(from.Height, int(cy+3*r)); y++ {
		for x := max(0, int(cx-3*r)); x < min(from.Width, int(cx+3*r)); x++ {
			d := ((float64(x)-cx)*(float64(x)-cx) + (float64(y)-cy)*(float64(y)-cy)) / (2 * r * r)
			for c := range 3 {
				i := y*to.Stride + 3*x + c
				to.Pix[i] = byte(math.Round(float64(from.Pix[i]) * (1 - depth*math.Exp(-d))))
			}
		}
	}
}

// clone copies a gaze, so that several futures begin at one past.
func (z *gaze) clone() gaze {
	c := *z
	c.cells.at = slices.Clone(z.cells.at)
	c.cells.row = make([]float64, 0, cap(z.cells.row))
	return c
}

func (d *drawn) take(e *eyes, f *camera.Frame, s *vision.Sight) {
	s.Take(f, &d.crops, d.own, d.scores, 1, &e.views[0].set)
	e.see(0, s)
}

// verdictAt finds the score of the part at a place; ok is false where none was judged.
func verdictAt(centre vision.Point, own []vision.Point, scores []float64) (float64, bool) {
	for i, c := range own {
		if math.Hypot(c.X-centre.X, c.Y-centre.Y) < 10 {
			return scores[i], true
		}
	}
	return 0, false
}

func TestEyesDriftOnTheDrawnLine(t *testing.T) {
	l, n := small(), *eyesFrames
	if *eyesProduct != "" {
		l = sim.Product(*eyesProduct).Layout()
	}
	d := newDrawn(t, l)
	e, q := d.watching(t, n/2)
	var sight vision.Sight
	type judged struct {
		shot
		centres []vision.Point
		scores  []float64
	}
	var future []judged
	parts := 0
	for s := range d.shots(*eyesSeed, 0.02, n/2+n) {
		d.locate(t, s.frame)
		d.judge()
		if len(future) == 0 && !e.views[0].learned {
			d.take(e, s.frame, &sight)
			continue
		}
		j := judged{shot: s, scores: slices.Clone(d.scores)}
		for _, c := range d.own {
			j.centres = append(j.centres, c.Centre)
		}
		parts += len(d.own)
		future = append(future, j)
	}
	origin := e.views[0].clone()
	t.Logf("learned from %d frames, %d parts", origin.frames, origin.parts)
	t.Logf("cells: %d x %d of %d px, the middle one deviates by %.3f", origin.cells.cols, origin.cells.rows, origin.cells.side, origin.cells.at[(origin.cells.rows/2)*origin.cells.cols+origin.cells.cols/2].deviation)
	changed := camera.NewPool(1).Get(future[0].frame.Width, future[0].frame.Height, camera.RGB)
	for _, r := range append([]ruin{{name: "steady", apply: func(from, to *camera.Frame, _ float64) { copy(to.Pix, from.Pix) }}}, ruins()...) {
		if *eyesOnly != "" && *eyesOnly != r.name {
			continue
		}
		e.views[0] = origin.clone()
		q.said = nil
		first, firstAt, flips, escapes, flipAt := "", 0.0, 0, 0, math.Inf(1)
		most := [len(measures)]float64{}
		for k := range future {
			j := &future[k]
			share := float64(k+1) / float64(len(future))
			r.apply(j.frame, changed, share)
			changed.Seq, changed.At = j.frame.Seq, j.frame.At
			d.locate(t, changed)
			d.judge()
			moved := 0.0
			if r.name == "shift" {
				moved = math.Round(8 * share)
			}
			for i, c := range d.own {
				was, ok := verdictAt(vision.Point{X: c.Centre.X, Y: c.Centre.Y - moved}, j.centres, j.scores)
				if ok && (was < 1) != (d.scores[i] < 1) {
					flips++
					if d.scores[i] < 1 {
						escapes++
					}
					flipAt = min(flipAt, share)
				}
			}
			from := len(q.said)
			d.take(e, changed, &sight)
			for what := range measures {
				off, noise := e.views[0].drift(what)
				most[what] = max(most[what], math.Abs(off)-noise)
			}
			for _, v := range q.said[from:] {
				if p, err := event.As[event.EyesDrift](v); err == nil {
					t.Logf("%s: %s %s at %.3g %s, frame %d: %s", r.name, p.What, p.State, share*r.amount, r.unit, k, p.Why)
					if first == "" {
						first, firstAt = p.What, share
					}
				}
			}
		}
		changes := "no verdict changed"
		if flips > 0 {
			changes = fmt.Sprintf("the first verdict changed at %.3g %s, %d in all, %d of them to a pass", flipAt*r.amount, r.unit, flips, escapes)
		}
		t.Logf("%s: first event %q at %.3g %s; of %d parts %s; surely moved %.2f", r.name, first, firstAt*r.amount, r.unit, parts, changes, most)
		switch {
		case r.name == "steady" && first != "":
			t.Errorf("a steady run: %s", first)
		case r.name != "steady" && !slices.Contains(r.what, first):
			t.Errorf("%s: the first event is %q, want one of %v", r.name, first, r.what)
		case firstAt > flipAt:
			t.Errorf("%s: the event came at %.3g, the first verdict changed at %.3g of it", r.name, firstAt, flipAt)
		}
	}
}

// TestEyesSteadyOnTheDrawnLine lets good eyes see some thousand parts, lamps and
// belt drifting as they are drawn, and wants nothing said but the reference.
func TestEyesSteadyOnTheDrawnLine(t *testing.T) {
	l, n := small(), 3**eyesFrames
	if *eyesProduct != "" {
		l = sim.Product(*eyesProduct).Layout()
	}
	d := &drawn{layout: l, set: settingsOf(l)}
	var err error
	if d.locator, err = cv.NewLocator(d.set); err != nil {
		t.Fatal(err)
	}
	defer d.locator.Close()
	e, q := d.watching(t, *eyesFrames/2)
	var sight vision.Sight
	parts, most := 0, [len(measures)]float64{}
	for s := range d.shots(*eyesSeed, 0.02, n) {
		d.locate(t, s.frame)
		parts += len(d.own)
		d.scores = d.scores[:0]
		for range d.own {
			d.scores = append(d.scores, 0.5)
		}
		d.take(e, s.frame, &sight)
		s.frame.Release()
		if z := &e.views[0]; z.learned {
			for what := range measures {
				off, noise := z.drift(what)
				most[what] = max(most[what], math.Abs(off)-noise)
			}
		}
	}
	t.Logf("%d frames, %d parts: surely moved at most %.2f", n, parts, most)
	if len(of[event.EyesReference](t, q.said)) != 1 {
		t.Error("there is no reference")
	}
	for _, p := range of[event.EyesDrift](t, q.said) {
		t.Errorf("after %d frames %s %s: %s", p.Frames, p.What, p.State, p.Why)
	}
}
