package bench

import (
	"context"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"linesman/camera"
	"linesman/line"
	"linesman/models/panel"
	"linesman/sim"
	"linesman/sim/controller"
	"linesman/sim/draw"
)

// Report is what `bench line` found. Counts of parts are the simulated gate's.
type Report struct {
	Product            string              `json:"product"`
	RatePerHour        float64             `json:"rate_per_hour"`
	Seed               uint64              `json:"seed"`
	Paced              bool                `json:"paced"`
	GoodDrawn          int                 `json:"good_drawn"`
	DefectiveDrawn     int                 `json:"defective_drawn"`
	PartsJudged        int                 `json:"parts_judged"`
	Escapes            int                 `json:"escapes"`
	FalseRejects       int                 `json:"false_rejects"`
	Collateral         int                 `json:"collateral"`
	Inconclusive       int                 `json:"inconclusive"`
	EscapeUpper95      float64             `json:"escape_upper_95"`
	FalseRejectUpper95 float64             `json:"false_reject_upper_95"`
	FalseRejectsBy     map[string]int      `json:"false_rejects_by"` // what was found, "inconclusive", or the controller
	ByKind             map[string]OfKind   `json:"by_kind"`
	TrivialAUROC       map[string]*float64 `json:"trivial_auroc"`
	AUROC              *float64            `json:"auroc"`
	DeadlineMS         float64             `json:"deadline_ms"`
	MissedDeadlines    int                 `json:"missed_deadlines"`
	TriggerToEntryMS   *Percentiles        `json:"trigger_to_entry_ms"`
	GatesOpened        int                 `json:"gates_opened"`
	GateOffMM          float64             `json:"gate_off_tick_mm"` // the most that a gate was commanded off its tick
	Holds              map[string]int      `json:"holds"`            // by reason
	LedgerBalanced     bool                `json:"ledger_balanced"`
	Ledger             []string            `json:"ledger_differences,omitempty"`
	Unplanned          int                 `json:"pictures_drawn_live"`
	FullSpeedParts     int                 `json:"full_speed_parts"`
	FullSpeedPerS      float64             `json:"full_speed_parts_per_s"`
	BareONNXPerS       float64             `json:"bare_onnx_parts_per_s"`
	Bare               Bare                `json:"bare_onnx"`
	Efficiency         float64             `json:"efficiency"`
	OutsideMS          float64             `json:"outside_inference_ms_per_part"`
	TeachSeconds       float64             `json:"teach_s"`
	Model              string              `json:"model"`
	ModelHash          string              `json:"model_sha256"`
	Escaped            []Escape            `json:"escaped"`        // the first of them
	FalselyRejected    []Escape            `json:"false_rejected"` // the first of them
}

// Percentiles are of one latency, in milliseconds.
type Percentiles struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func percentiles(d []time.Duration) *Percentiles {
	if len(d) == 0 {
		return nil
	}
	d = slices.Sorted(slices.Values(d))
	at := func(share float64) float64 { return float64(d[min(len(d)-1, int(share*float64(len(d))))]) / 1e6 }
	return &Percentiles{at(0.5), at(0.99), at(0.999), float64(d[len(d)-1]) / 1e6}
}

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
	report  Report
}

// prepare teaches and lays out the course.
func (b *lineBench) prepare(ctx context.Context) error {
	if b.Recording != "" {
		return b.prepareRecording(ctx)
	}
	layout := b.Product.Layout()
	var err error
	if err = benchSite.Write(b.dir, layout); err != nil {
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
	r.RatePerHour, r.Seed, r.Paced, r.DeadlineMS = b.RatePerHour, b.Seed, !b.NoPace, float64(b.Deadline)/1e6
	s := b.site
	s.settings.Deadline = line.Duration(b.Deadline)
	if b.NoPace {
		s.settings.Deadline, r.DeadlineMS = line.Duration(time.Hour), 0
	}
	p, took, err := b.through(ctx, s, c, plantSettings{unpaced: b.NoPace}, func(block []*picture) {
		for _, pic := range block {
			for _, part := range pic.fresh {
				if b.trivial != nil {
					b.trivial.Judge(c.painter.Crop(pic.travelled, part, pic.frame, nil), part.Defective())
				}
			}
		}
	})
	if err != nil {
		return err
	}
	defer p.close()
	log, err := readLog(ctx, p.store)
	if err != nil {
		return err
	}
	gate := &s.settings.Gates[0]
	lead := gate.WindowMM/2*c.layout.PerMM + gate.Response.D().Seconds()*c.speed*c.layout.PerMM
	t, err := account(p.fates, log, c.layout, controller.For(c.layout).ClearMM, lead)
	if err != nil {
		return err
	}
	b.fill(t, p, log)
	b.Progress("%d of %d judged: %d escapes, %d false rejects, %d collateral, holds %v; ledger balanced: %t", r.PartsJudged, len(p.fates), r.Escapes, r.FalseRejects, r.Collateral, r.Holds, r.LedgerBalanced)
	if b.NoPace {
		r.FullSpeedParts, r.FullSpeedPerS = len(p.fates), float64(len(p.fates))/took.Seconds()
	}
	return nil
}

// through runs one course in a plant of its own and returns it, halted, with
// the wall time that its clock went while parts were judged.
func (b *lineBench) through(ctx context.Context, s site, c *course, how plantSettings, each func([]*picture)) (*plant, time.Duration, error) {
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return nil, 0, err
	}
	p, err := newPlant(ctx, dir, s, c, how)
	if err != nil {
		return nil, 0, err
	}
	var began time.Duration
	blocks := 0
	err = p.run(ctx, func(block []*picture) {
		if blocks++; blocks == 1 {
			began = p.clock.Ran()
		}
		if len(block) > 0 {
			b.Progress("%d pictures drawn; %d of %d parts have met their gate", len(block), len(p.fates), c.parts)
			each(block)
		}
	})
	took := p.clock.Ran() - began
	if err != nil {
		p.close()
		return nil, 0, err
	}
	p.halt()
	return p, took, nil
}

func (b *lineBench) fill(t *tally, p *plant, log *told) {
	r, st := &b.report, p.station.Status()
	r.GoodDrawn, r.DefectiveDrawn, r.PartsJudged = t.good, t.defective, t.judged
	r.Escapes, r.FalseRejects, r.Collateral, r.Inconclusive = t.escapes, t.falseRejects, t.collateral, t.undecidable
	r.EscapeUpper95, r.FalseRejectUpper95 = Upper95(t.escapes, t.defective), Upper95(t.falseRejects, t.good)
	r.FalseRejectsBy, r.ByKind = t.why, map[string]OfKind{}
	for k, v := range t.byKind {
		r.ByKind[string(k)] = *v
	}
	r.TrivialAUROC = map[string]*float64{}
	if b.trivial != nil {
		for name, v := range b.trivial.AUROC() {
			r.TrivialAUROC[name] = number(v)
		}
	}
	r.AUROC = number(t.auroc())
	r.TriggerToEntryMS = percentiles(p.entries)
	if !b.NoPace {
		for _, d := range p.entries {
			if d > b.Deadline {
				r.MissedDeadlines++
			}
		}
		r.MissedDeadlines += t.good + t.defective - len(p.entries)
	}
	r.GatesOpened, r.GateOffMM, r.Holds = t.opened, t.firedOffMM, log.holds
	r.Ledger = st.Ledger.Check()
	r.LedgerBalanced, r.Unplanned = len(r.Ledger) == 0, p.odd
	r.Escaped = append([]Escape{}, t.escaped[:min(most, len(t.escaped))]...)
	r.FalselyRejected = append([]Escape{}, t.rejected[:min(most, len(t.rejected))]...)
	if f, err := panel.Read(b.site.recipe.ModelDir(), b.site.recipe.OtherDirs()); err == nil {
		m := f.Model()
		r.Model, r.ModelHash = m.Name+"@"+m.Version, m.SHA256
	}
}

// number makes a figure that JSON can carry: nil where there is none.
func number(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
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
	p, took, err := b.through(ctx, s, c, plantSettings{unpaced: true}, func([]*picture) {})
	if err != nil {
		return err
	}
	defer p.close()
	b.report.FullSpeedParts, b.report.FullSpeedPerS = len(p.fates), float64(len(p.fates))/took.Seconds()
	return nil
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
