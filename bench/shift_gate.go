package bench

import (
	"context"
	"time"

	"linesman/event"
	"linesman/line"
	"linesman/sim"
)

// GateReport is the time from the scheduled trigger to the entry that the
// controller has acknowledged, with and without the log, in rounds by turns:
// the same parts before the same eyes, at the belt's own pace. With the log
// means hand-over ring, SQLite log and evidence; without, events are made and
// dropped, and no picture is kept.
type GateReport struct {
	Rounds     int      `json:"rounds"` // of both together
	RoundS     float64  `json:"round_s"`
	DeadlineMS float64  `json:"deadline_ms"`
	With       GateSide `json:"with_log"`
	Without    GateSide `json:"without_log"`
	// Of the rounds with the log, as in ShiftResult. A verdict whose picture is
	// kept is handed over once that is written, and its way begins before.
	EmitMS    *Percentiles `json:"emit_ms"`
	DurableMS *Percentiles `json:"emit_to_durable_ms"`
}

// GateSide is one side's rounds together.
type GateSide struct {
	Parts          int          `json:"parts"`
	Missed         int          `json:"missed_deadlines"`
	TriggerToEntry *Percentiles `json:"trigger_to_entry_ms"`
	RoundsP99      []float64    `json:"p99_of_each_round_ms"`

	took []time.Duration
}

// gate measures both sides. The order turns from pair to pair, so that what
// drifts meets both alike.
func (o *Shift) gate(ctx context.Context, dir string) (*GateReport, error) {
	b := &lineBench{dir: dir, Line: Line{Product: sim.Tablets, RatePerHour: o.RatePerHour, Duration: o.For, Deadline: o.Deadline, Seed: o.Seed, Progress: o.Progress}}
	if err := b.defaults(); err != nil {
		return nil, err
	}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	r := &GateReport{Rounds: o.Rounds, RoundS: o.For.Seconds(), DeadlineMS: float64(o.Deadline) / 1e6}
	var emit, durable times
	logged := plantSettings{
		sink: func(ring *event.Ring) event.Sink { return &timedRing{Ring: ring, took: &emit} },
		log:  func(log event.Log) event.Log { return &timedLog{Log: log, appends: new(times), durable: &durable} },
	}
	for round := range o.Rounds {
		pair := round / 2
		side, how, said := &r.With, logged, "with the log"
		if round%2 != pair%2 {
			side, how, said = &r.Without, plantSettings{unlogged: true}, "without the log"
		}
		o.Progress("gate, round %d of %d: %s", round+1, o.Rounds, said)
		if err := b.round(ctx, o.Seed+uint64(pair), how, side); err != nil {
			return nil, err
		}
	}
	for _, side := range []*GateSide{&r.With, &r.Without} {
		side.TriggerToEntry = percentiles(side.took)
	}
	r.EmitMS, r.DurableMS = emit.percentiles(), durable.percentiles()
	return r, nil
}

// round runs one round's parts past the gate and adds them to a side.
func (b *lineBench) round(ctx context.Context, seed uint64, how plantSettings, side *GateSide) error {
	s := b.site
	s.settings.Deadline = line.Duration(b.Deadline)
	p, _, err := b.through(ctx, s, drawn(b.Product.Layout(), b.RatePerHour, b.Good, b.Defective, seed), how, nil)
	if err != nil {
		return err
	}
	defer p.close()
	side.Parts += p.met
	side.Missed += p.met - len(p.entries.took)
	for _, d := range p.entries.took {
		if d > b.Deadline {
			side.Missed++
		}
	}
	side.took = append(side.took, p.entries.took...)
	if q := percentiles(p.entries.took); q != nil {
		side.RoundsP99 = append(side.RoundsP99, q.P99)
	}
	return nil
}
