package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"linesman/bench"
	"linesman/sim"
)

// BenchCmd measures.
type BenchCmd struct {
	Line   BenchLineCmd   `cmd:"" help:"Judge a drawn or recorded line and count escapes, false rejects and time at a simulated gate."`
	Shift  BenchShiftCmd  `cmd:"" help:"Write a shift of tablets by the line's own code, and measure the gate with and without the log."`
	Log    BenchLogCmd    `cmd:"" help:"Measure the event log against bare SQLite: appends, followers, a large log."`
	Module BenchModuleCmd `cmd:"" help:"Try a module, in any language, against the contract of docs/modules.md."`
}

// BenchLineCmd measures a line.
type BenchLineCmd struct {
	Product   string        `default:"tablets" enum:"caps,capsules,tablets" help:"What the belt carries."`
	Recording string        `type:"existingdir" help:"Judge frames drawn by anybody: site.yaml, recipe.yaml, teach/, frames.jsonl, truth.jsonl."`
	Rate      float64       `help:"Parts an hour; 0 is the white paper's rate of the product."`
	Good      int           `default:"10000" help:"Good parts to judge."`
	Defective int           `default:"10000" help:"Defective parts to judge."`
	Kinds     []string      `placeholder:"KIND,..." help:"Defects to draw, equally frequent, as 'spot,empty half'; unless set, those the product is measured by. Capsules have more: see docs/sim.md."`
	Duration  time.Duration `help:"Instead of a number of parts: as many as pass in this time, 2 % of them defective."`
	Deadline  time.Duration `default:"250ms" help:"From the scheduled trigger to the acknowledged entry."`
	NoPace    bool          `help:"All parts as fast as they go."`
	Full      int           `default:"4000" help:"Parts of the full-speed run that follows a paced one."`
	Seed      uint64        `default:"1" help:"Of the judged parts; the taught ones are of another."`
	JSON      bool          `help:"The report as JSON."`
}

// Run measures and prints the report.
func (c *BenchLineCmd) Run(ctx context.Context) error {
	var kinds []sim.Kind
	for _, k := range c.Kinds {
		kinds = append(kinds, sim.Kind(k))
	}
	r, err := bench.RunLine(ctx, bench.Line{
		Kinds:   kinds,
		Product: sim.Product(c.Product), Recording: c.Recording, RatePerHour: c.Rate, Good: c.Good, Defective: c.Defective, Duration: c.Duration,
		Deadline: c.Deadline, NoPace: c.NoPace, FullSpeed: c.Full, Seed: c.Seed,
		Progress: saySince(time.Now()),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, r)
	}
	printReport(os.Stdout, r)
	return nil
}

// saySince tells a person what is being measured, and how long it has taken.
func saySince(began time.Time) func(format string, args ...any) {
	return func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
}

// printReport tells a person.
func printReport(w io.Writer, r *bench.Report) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	say("%s at %.0f an hour, seed %d: %d good and %d defective drawn, %d judged", r.Product, r.RatePerHour, r.Seed, r.GoodDrawn, r.DefectiveDrawn, r.PartsJudged)
	say("  escapes        %6d   at most %.4f %% (95 %%)", r.Escapes, 100*r.EscapeUpper95)
	say("  false rejects  %6d   at most %.4f %% (95 %%)", r.FalseRejects, 100*r.FalseRejectUpper95)
	for _, why := range slices.Sorted(maps.Keys(r.FalseRejectsBy)) {
		say("                 %6d   %s", r.FalseRejectsBy[why], why)
	}
	say("  collateral     %6d   good, beside a defective one", r.Collateral)
	say("  inconclusive   %6d", r.Inconclusive)
	for _, kind := range slices.Sorted(maps.Keys(r.ByKind)) {
		k := r.ByKind[kind]
		say("  %-14s %6d drawn, %d rejected, %d passed, %d not judged", kind, k.Drawn, k.Rejected, k.Passed, k.NotJudged)
	}
	if r.AUROC != nil {
		say("  AUROC %.5f; trivial judges:", *r.AUROC)
	}
	for _, name := range slices.Sorted(maps.Keys(r.TrivialAUROC)) {
		if v := r.TrivialAUROC[name]; v != nil {
			say("    %-24s %.3f", name, *v)
		}
	}
	if t := r.TriggerToEntryMS; t != nil && r.Paced {
		say("  trigger to entry p50 %.1f ms, p99 %.1f, p99.9 %.1f, most %.1f; %d missed %.0f ms", t.P50, t.P99, t.P999, t.Max, r.MissedDeadlines, r.DeadlineMS)
	}
	say("  %d gates opened, at most %.2f mm off their tick; holds %v; ledger balanced: %t", r.GatesOpened, r.GateOffMM, r.Holds, r.LedgerBalanced)
	say("  full speed %.0f parts/s; bare ONNX Runtime %.0f (batch %d, threads %d); ratio %.2f; %.2f ms a part outside inference", r.FullSpeedPerS, r.BareONNXPerS, r.Bare.Batch, r.Bare.Threads, r.Efficiency, r.OutsideMS)
}
