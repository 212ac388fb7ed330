package bench

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"linesman/camera"
	"linesman/line"
	"linesman/sim"
	"linesman/sim/controller"
	"linesman/sim/draw"
)

// RunLine teaches, judges, then runs at full speed, then runs the bare network.
func RunLine(ctx context.Context, o Line) (*Report, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "linesman-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b := &lineBench{Line: o, dir: dir}
	if err := b.prepare(ctx); err != nil {
		return nil, fmt.Errorf("bench line: %w", err)
	}
	if err := b.judge(ctx); err != nil {
		return nil, fmt.Errorf("bench line: %w", err)
	}
	if err := b.fullSpeed(ctx); err != nil {
		return nil, fmt.Errorf("bench line: full speed: %w", err)
	}
	if err := b.bare(ctx); err != nil {
		return nil, fmt.Errorf("bench line: %w", err)
	}
	return &b.report, nil
}

type lineBench struct {
	Line
	dir     string
	site    site
	course  func() (*course, error) // of the judged parts, afresh
	more    func() (*course, error) // of the full-speed run
	trivial *draw.Trivial
	crops   int // that the trivial judges have seen
	widest  int // pictures in the widest block
	report  Report
}

// prepare teaches and lays out the course.
func (b *lineBench) prepare(ctx context.Context) error {
	if b.Recording != "" {
		return b.prepareRecording(ctx)
	}
	layout := b.Product.Layout()
	var err error
	site := benchSite
	site.SpeedMMs = layout.SpeedMMs(b.RatePerHour)
	if err = site.Write(b.dir, layout); err != nil {
		return err
	}
	if b.site, err = loadSite(b.dir); err != nil { // through the checks of anybody's
		return err
	}
	b.Progress("teaching %s from %d drawn good parts of another seed", b.Product, b.TeachGood)
	began := time.Now()
	seed := b.Seed ^ 0x7eac4
	speed := layout.SpeedMMs(Rates[b.Product])
	if err := TeachDrawn(ctx, layout, b.TeachGood, seed, filepath.Join(b.dir, "model")); err != nil {
		return err
	}
	b.report.TeachSeconds = time.Since(began).Seconds()
	b.report.Product = string(b.Product)
	painter := draw.NewPainter(layout, seed, draw.Options{SpeedMMs: speed, Exposure: exposure})
	b.trivial = draw.NewTrivial(trivialCrops(painter, layout, speed, seed, b.TeachGood))
	b.course = func() (*course, error) {
		return drawn(layout, b.RatePerHour, b.Good, b.Defective, b.Seed, b.Kinds...), nil
	}
	b.more = func() (*course, error) {
		bad := max(1, b.FullSpeed*b.Defective/(b.Good+b.Defective))
		return drawn(layout, b.RatePerHour, b.FullSpeed-bad, bad, b.Seed^0xf0115, b.Kinds...), nil
	}
	return nil
}

// trivialCrops draws n good parts as the trivial judges see them.
func trivialCrops(painter *draw.Painter, l sim.Layout, speed float64, seed uint64, n int) (good [][]byte) {
	w, h := painter.Size()
	f := camera.NewPool(1).Get(w, h, camera.RGB)
	defer f.Release()
	for t, s := range draw.Walk(l, draw.NewFeed(draw.Spec{Layout: l, Seed: seed, DefectRate: -1}), speed, time.Time{}) {
		painter.Paint(t.Travelled, s.Visible, f)
		for _, p := range s.New {
			if good = append(good, painter.Crop(t.Travelled, p, f, nil)); len(good) == n {
				return good
			}
		}
	}
	return good
}

// judge runs the course and fills in the report.
func (b *lineBench) judge(ctx context.Context) error {
	c, err := b.course()
	if err != nil {
		return err
	}
	r := &b.report
	s := b.site
	gate := &s.settings.Gates[0]
	room := toGate(c.layout, c.speed, gate)
	b.Deadline = min(b.Deadline, room)
	r.RatePerHour, r.Seed, r.Paced, r.DeadlineMS, r.GateRoomMS = b.RatePerHour, b.Seed, !b.NoPace, float64(b.Deadline)/1e6, float64(room)/1e6
	if r.SpeedMMs = c.speed; b.Recording == "" {
		r.TimesPace = b.RatePerHour / Rates[b.Product]
	}
	s.settings.Deadline = line.Duration(b.Deadline)
	if b.NoPace {
		s.settings.Deadline, r.DeadlineMS = line.Duration(time.Hour), 0
	}
	lead := gate.WindowMM/2*c.layout.PerMM + gate.Response.D().Seconds()*c.speed*c.layout.PerMM
	a := &account{tally: newTally(c.layout, controller.For(c.layout).ClearMM, lead), told: newTold()}
	if b.Recording == "" {
		a.stated = b.Product
	}
	p, ran, err := b.through(ctx, s, c, plantSettings{unpaced: b.NoPace, ahead: b.Ahead}, func(p *plant, block []*picture) error {
		b.judgeTrivially(c, block)
		if err := a.catchUp(ctx, p); err != nil {
			return err
		}
		b.sample(p, a, len(block))
		return nil
	})
	if err != nil {
		return err
	}
	defer p.close()
	if err := a.finish(ctx, p); err != nil {
		return err
	}
	b.fill(a, p)
	b.Progress("%d of %d judged: %d escapes, %d false rejects, %d collateral, holds %v; ledger balanced: %t", r.PartsJudged, p.met, r.Escapes, r.FalseRejects, r.Collateral, r.Holds, r.LedgerBalanced)
	if b.NoPace {
		r.atFullSpeed(p.met, ran)
	}
	return nil
}

// toGate is how long the belt takes from an exposure until the foremost part of
// the picture needs its gate's valve: an entry that comes later comes too late,
// whatever deadline was asked for.
func toGate(l sim.Layout, speed float64, gate *line.Gate) time.Duration {
	mm := l.GateMM - l.CameraMM - gate.WindowMM/2
	if l.StepMM > 0 {
		mm -= l.FrameXMM / 2
	}
	return time.Duration(mm/speed*float64(time.Second)) - gate.Response.D()
}

// judgeTrivially shows the trivial judges the parts of new pictures.
func (b *lineBench) judgeTrivially(c *course, block []*picture) {
	if b.trivial == nil {
		return
	}
	for _, pic := range block {
		for _, part := range pic.fresh {
			b.trivial.Judge(c.painter.Crop(pic.travelled, part, pic.frame, nil), part.Defective())
			b.crops++
		}
	}
}

// through runs one course in a plant of its own and returns it, halted, with
// what it took. each, which may be nil, is told of every block of pictures before it
// is judged, and of none at the end of them, with the clock standing.
func (b *lineBench) through(ctx context.Context, s site, c *course, how plantSettings, each func(*plant, []*picture) error) (*plant, went, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return nil, went{}, err
	}
	p, err := newPlant(ctx, dir, s, c, how)
	if err != nil {
		return nil, went{}, err
	}
	var began went
	blocks := 0
	err = p.run(ctx, func(block []*picture) error {
		if blocks++; blocks == 1 {
			began = went{p.clock.Ran(time.Now()), p.asideFrom, time.Duration(p.inferred.Load())}
		}
		if len(block) > 0 {
			b.Progress("%d pictures drawn; %d of %d parts have met their gate", len(block), p.met, c.parts)
		}
		if each == nil {
			return nil
		}
		return each(p, block)
	})
	if err != nil {
		p.close()
		return nil, went{}, err
	}
	ran := went{p.clock.Ran(p.entries.answeredAt()) - began.wall, processTime() - p.aside - began.processor, time.Duration(p.inferred.Load()) - began.inference}
	p.halt()
	return p, ran, nil
}

// fullSpeed runs more parts as fast as they go, with no deadline.
func (b *lineBench) fullSpeed(ctx context.Context) error {
	if b.NoPace || b.more == nil {
		return nil
	}
	c, err := b.more()
	if err != nil {
		return err
	}
	s := b.site
	s.settings.Deadline = line.Duration(time.Hour)
	b.Progress("full speed: %d parts", c.parts)
	p, ran, err := b.through(ctx, s, c, plantSettings{unpaced: true}, nil)
	if err != nil {
		return err
	}
	defer p.close()
	b.report.atFullSpeed(p.met, ran)
	return nil
}

// went is what a course took.
type went struct {
	wall      time.Duration // that its clock went, from the first pictures on until the last part was answered
	processor time.Duration // meanwhile, on all cores
	inference time.Duration // of that: the network
}

// atFullSpeed tells of a course that nothing but the line held up.
func (r *Report) atFullSpeed(parts int, w went) {
	r.FullSpeedParts, r.FullSpeedPerS = parts, float64(parts)/w.wall.Seconds()
	each := func(d time.Duration) float64 { return float64(d) / 1e6 / float64(parts) }
	r.Processor = &Processor{Inference: each(w.inference), Outside: each(w.processor - w.inference)}
}

// bare runs the taught model's network alone over crops of the judged parts.
func (b *lineBench) bare(ctx context.Context) error {
	if b.site.recipe.Model == "" {
		return nil
	}
	c, err := b.course()
	if err != nil {
		return err
	}
	b.Progress("bare ONNX Runtime on %d of the same crops", bareCrops)
	set := b.site.recipe.Part
	set.MMPerPx, set.Belt = b.site.settings.Views[0].MMPerPx, b.site.settings.Views[0].Belt
	same, err := cut(paintedFrames(c), set, bareCrops, bareCrops)
	if err != nil {
		return err
	}
	r := &b.report
	if r.Bare, err = bareONNX(ctx, b.site.recipe.ModelDir(), same); err != nil {
		return err
	}
	r.BareONNXPerS = r.Bare.PerSecond
	if r.FullSpeedPerS > 0 && r.BareONNXPerS > 0 {
		r.Efficiency = r.FullSpeedPerS / r.BareONNXPerS
		r.OutsideMS = 1000/r.FullSpeedPerS - 1000/r.BareONNXPerS
	}
	if p := r.Processor; p != nil && p.Inference > 0 {
		p.Bare = r.Bare.processorMS
		p.Ratio = p.Bare / p.Inference
	}
	return nil
}

// paintedFrames paints a course one picture after the other.
func paintedFrames(c *course) iter.Seq2[*camera.Frame, error] {
	return func(yield func(*camera.Frame, error) bool) {
		w, h := c.painter.Size()
		pool := camera.NewPool(1)
		for p := range c.pictures {
			f := pool.Get(w, h, camera.RGB)
			err := p.paint(f)
			more := yield(f, err)
			f.Release()
			if !more {
				return
			}
		}
	}
}
