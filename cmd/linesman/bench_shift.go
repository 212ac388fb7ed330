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
)

// BenchShiftCmd measures a shift and what the log costs the gate.
type BenchShiftCmd struct {
	Parts    int           `default:"3200000" help:"Parts of the shift, 2 % of them defective; 3,200,000 are eight hours at 400,000 an hour. 0 leaves it out."`
	Rate     float64       `default:"400000" help:"Tablets an hour."`
	Rounds   int           `default:"4" help:"Rounds of the gate, by turns with and without the log. 0 leaves them out."`
	For      time.Duration `default:"60s" help:"Belt time of a round."`
	Deadline time.Duration `default:"250ms" help:"From the scheduled trigger to the acknowledged entry."`
	Seed     uint64        `default:"1" help:"Of the parts."`
	Dir      string        `type:"path" placeholder:"DIR" help:"On the disk that is to be measured; default the folder for temporary files. The log of a whole shift takes some 5 GB there while it is measured."`
	JSON     bool          `help:"The report as JSON."`
}

// Help says what is real.
func (c *BenchShiftCmd) Help() string {
	return `First the gate, at the belt's own pace: everything as in bench line, in rounds
with the log (ring, SQLite, evidence) and without. Then the shift, as fast as it
goes: the line's own account, verdicts, entries and events, the real Modbus
connection to a simulated controller, the real ring and log. In the shift alone
the eyes are left out: no picture is drawn, located, recognised or kept; instead
of them stands something that knows what was laid on the belt. So it measures
what is behind the eyes.

For example: linesman bench shift --rounds 0 --parts 400000`
}

// Run measures and prints the report.
func (c *BenchShiftCmd) Run(ctx context.Context) error {
	r, err := bench.RunShift(ctx, bench.Shift{
		RatePerHour: c.Rate, Rounds: c.Rounds, For: c.For, Deadline: c.Deadline, Parts: c.Parts, Seed: c.Seed, Dir: c.Dir,
		Progress: saySince(time.Now()),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, r)
	}
	printShift(os.Stdout, r)
	return nil
}

// printShift tells a person.
func printShift(w io.Writer, r *bench.ShiftReport) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	if g := r.Gate; g != nil {
		say("%s at %.0f an hour, %d rounds of %.0f s: trigger to acknowledged entry", r.Product, r.RatePerHour, g.Rounds, g.RoundS)
		for _, side := range []struct {
			name string
			bench.GateSide
		}{{"with the log", g.With}, {"without", g.Without}} {
			if t := side.TriggerToEntry; t != nil {
				say("  %-12s   p50 %.1f ms, p99 %.1f, p99.9 %.1f, most %.1f; %d of %d missed %.0f ms", side.name, t.P50, t.P99, t.P999, t.Max, side.Missed, side.Parts, g.DeadlineMS)
			}
		}
		sayTimes(say, g.EmitMS, g.DurableMS)
	}
	s := r.Shift
	if s == nil {
		return
	}
	say("a shift of %d parts, %.1f h at %.0f an hour, without eyes: %.0f s, %.0f times real time", s.Parts, s.Hours, r.RatePerHour, s.WallS, s.RealTime)
	say("  log            %d events, %d MB, %.0f bytes a part; %d commits of %d groups of %.0f events", s.LogEvents, s.LogBytes/1e6, s.PerPart, s.Commits, s.Groups, s.PerGroup)
	sayTimes(say, s.EmitMS, s.DurableMS)
	say("  ring           %d of %d KB used at most; %d events lost; the belt waited %.1f s for the log", s.RingMost>>10, s.RingBytes>>10, s.Lost, s.LogWaitS)
	say("  parts          %d good passed, %d defective: %d escapes, %d false rejects, %d collateral; ledger balanced: %t", s.GoodPassed, s.Defective, s.Escapes, s.FalseRejects, s.Collateral, s.LedgerBalanced)
	say("  in the log     %d judged, %d gated, %d confirmed, %d all three; read in %.0f s", s.Log.Judged, s.Log.Gated, s.Log.Confirmed, s.Log.Whole, s.CountS)
	for _, why := range slices.Sorted(maps.Keys(s.Log.KeptBack)) {
		say("                 %d passes kept back by the controller: %s", s.Log.KeptBack[why], why)
	}
	for _, what := range slices.Sorted(maps.Keys(s.Log.By)) {
		say("                 %d %s", s.Log.By[what], what)
	}
	say("  verified       %d events in %.0f s; good: %t", s.VerifyEvents, s.VerifyS, s.VerifyGood)
}

// sayTimes tells of the hand-over.
func sayTimes(say func(string, ...any), emit, durable *bench.Percentiles) {
	if emit != nil {
		say("  hand-over      p50 %.2f us, p99 %.2f, p99.9 %.2f, most %.0f", 1000*emit.P50, 1000*emit.P99, 1000*emit.P999, 1000*emit.Max)
	}
	if durable != nil {
		say("  on disk after  p50 %.1f ms, p99 %.1f, p99.9 %.1f, most %.1f", durable.P50, durable.P99, durable.P999, durable.Max)
	}
}
