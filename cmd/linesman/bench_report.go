package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"linesman/bench"
)

// printReport tells a person what bench line found.
func printReport(w io.Writer, r *bench.Report) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	say("%s at %.0f an hour, seed %d: %d good and %d defective drawn, %d judged", r.Product, r.RatePerHour, r.Seed, r.GoodDrawn, r.DefectiveDrawn, r.PartsJudged)
	say("  escapes        %6d   at most %s (95 %%)", r.Escapes, percent(r.EscapeUpper95))
	say("  false rejects  %6d   at most %s (95 %%)", r.FalseRejects, percent(r.FalseRejectUpper95))
	for _, why := range slices.Sorted(maps.Keys(r.FalseRejectsBy)) {
		say("                 %6d   %s", r.FalseRejectsBy[why], why)
	}
	say("  collateral     %6d   good, beside a defective one", r.Collateral)
	say("  inconclusive   %6d", r.Inconclusive)
	for _, kind := range slices.Sorted(maps.Keys(r.ByKind)) {
		k, bounds := r.ByKind[kind], ""
		if k.Upper95 != nil {
			bounds = fmt.Sprintf("; passed: between %s and %s", percent(*k.Lower95), percent(*k.Upper95))
		}
		say("  %-14s %6d drawn, %d rejected, %d passed, %d not judged%s", kind, k.Drawn, k.Rejected, k.Passed, k.NotJudged, bounds)
	}
	if r.AUROC != nil {
		say("  AUROC %.5f; trivial judges:", *r.AUROC)
	}
	for _, name := range slices.Sorted(maps.Keys(r.TrivialAUROC)) {
		if v := r.TrivialAUROC[name]; v != nil {
			say("    %-24s %.3f", name, *v)
		}
	}
	sayStated(say, r.Stated)
	for _, kind := range slices.Sorted(maps.Keys(r.Curves)) {
		sayCurve(say, kind, r.Curves[kind])
	}
	sayRun(say, r)
	say("  full speed %.0f parts/s; bare ONNX Runtime %.0f (batch %d, threads %d); ratio %.2f; %.2f ms a part outside inference", r.FullSpeedPerS, r.BareONNXPerS, r.Bare.Batch, r.Bare.Threads, r.Efficiency, r.OutsideMS)
}

// percent writes a rate so that one in 10,000 still has three digits.
func percent(v float64) string { return fmt.Sprintf("%.4f %%", 100*v) }

// sayStated tells of the sizes from which on we vouch.
func sayStated(say func(string, ...any), s *bench.StatedReport) {
	if s == nil {
		say("  no sizes are stated for these parts")
		return
	}
	say("  from the stated sizes on: %d escapes of %d, at most %s (95 %%)", s.Above.Escapes, s.Above.Drawn, percent(s.Above.Upper95))
	for _, kind := range slices.Sorted(maps.Keys(s.ByKind)) {
		k := s.ByKind[kind]
		say("    %-14s %-24s %5d of %6d, at most %s", kind, statedAs(k.Stated), k.Above.Escapes, k.Above.Drawn, percent(k.Above.Upper95))
	}
	say("  below them, for information: %d escapes of %d, between %s and %s", s.Below.Escapes, s.Below.Drawn, percent(s.Below.Lower95), percent(s.Below.Upper95))
	for _, kind := range slices.Sorted(maps.Keys(s.ByKind)) {
		if b := s.ByKind[kind].Below; b.Drawn > 0 {
			say("    %-14s %-24s %5d of %6d, between %s and %s", kind, "", b.Escapes, b.Drawn, percent(b.Lower95), percent(b.Upper95))
		}
	}
	if s.Without > 0 {
		say("    %d more are of kinds without a stated size", s.Without)
	}
}

// statedAs writes a stated size.
func statedAs(s bench.Stated) string {
	var asked []string
	if s.SizeMM > 0 {
		asked = append(asked, fmt.Sprintf("%g mm", s.SizeMM))
	}
	if s.Contrast > 0 {
		asked = append(asked, fmt.Sprintf("%.0f %% contrast", 100*s.Contrast))
	}
	if s.DeltaE > 0 {
		asked = append(asked, fmt.Sprintf("delta E %g", s.DeltaE))
	}
	if len(asked) == 0 {
		return "all of them"
	}
	return "from " + strings.Join(asked, ", ")
}

// sayCurve draws one kind's escapes as a table: size downwards, contrast to the
// right, escapes/drawn in each field, sums and bounds at the edges.
func sayCurve(say func(string, ...any), kind string, c bench.Curve) {
	switch {
	case len(c.DeltaE) > 0:
		say("  %s: escapes/drawn by delta E", kind)
		sayClasses(say, "delta E", c.DeltaE, nil)
	case len(c.Cells) > 0:
		say("  %s: escapes/drawn by size and contrast", kind)
		sayClasses(say, "mm", c.Size, &c)
	case len(c.Size) > 0:
		say("  %s: escapes/drawn by size", kind)
		sayClasses(say, "mm", c.Size, nil)
	}
}

// sayClasses writes a row for each class; crossed, each with a field for each
// class of contrast.
func sayClasses(say func(string, ...any), unit string, rows []bench.Class, crossed *bench.Curve) {
	var columns []bench.Class
	if crossed != nil {
		columns = crossed.Contrast
	}
	line := func(name string, fields []string, all, most string) {
		for i, f := range fields {
			fields[i] = fmt.Sprintf("%10s", f)
		}
		say("    %-12s%s%12s  %s", name, strings.Join(fields, ""), all, most)
	}
	fields := func(of func(bench.Class) string) []string {
		out := make([]string, len(columns))
		for i, c := range columns {
			out[i] = of(c)
		}
		return out
	}
	head := "all"
	if crossed == nil {
		head = ""
	}
	line(unit, fields(func(c bench.Class) string { return edges(c, 100) + " %" }), head, "at most (95 %)")
	for _, row := range rows {
		line(edges(row, 1), fields(func(c bench.Class) string { return cellOf(crossed, row, c) }), ratio(row.Share), percent(row.Upper95))
	}
	if crossed == nil {
		return
	}
	line("all", fields(func(c bench.Class) string { return ratio(c.Share) }), ratio(crossed.All), percent(crossed.All.Upper95))
	line("at most", fields(func(c bench.Class) string { return fmt.Sprintf("%.3g %%", 100*c.Upper95) }), "", "")
}

// cellOf writes one field of a table; nothing where nothing was drawn.
func cellOf(c *bench.Curve, size, contrast bench.Class) string {
	for _, cell := range c.Cells {
		if cell.SizeFrom == size.From && cell.ContrastFrom == contrast.From {
			return ratio(cell.Share)
		}
	}
	return "-"
}

func ratio(s bench.Share) string { return fmt.Sprintf("%d/%d", s.Escapes, s.Drawn) }

// edges writes a class by its edges, times a factor.
func edges(c bench.Class, times float64) string {
	if c.To == 0 {
		return "not given"
	}
	return fmt.Sprintf("%.3g-%.3g", times*c.From, times*c.To)
}

// sayRun tells how the belt ran, what was kept in time, and what it took.
func sayRun(say func(string, ...any), r *bench.Report) {
	if t := r.TriggerToEntryMS; t != nil && r.Paced {
		say("  trigger to entry p50 %.1f ms, p99 %.1f, p99.9 %.1f, most %.1f; %d missed %.0f ms", t.P50, t.P99, t.P999, t.Max, r.MissedDeadlines, r.DeadlineMS)
		if r.TimesPace > 0 {
			say("  belt at %.3g times the product's pace, %.0f mm/s: %.0f ms from the exposure to the gate; the deadline is %.0f ms", r.TimesPace, r.SpeedMMs, r.GateRoomMS, r.DeadlineMS)
		}
		say("  pictures drawn ahead: the belt ran in %d stretches, the longest of %.0f s, the clock standing between them; belt and controller were served at least every %.1f ms", r.Stretches, r.LongestStretchS, r.BeltStepMostMS)
	}
	say("  %d gates opened, at most %.2f mm off their tick; holds %v", r.GatesOpened, r.GateOffMM, r.Holds)
	l := r.Account
	say("  ledger balanced: %t; triggers %d, pictures %d, parts found %d, verdicts %d, at the gate %d, ejected %d, exited %d; unseen %d, lost %d, blind %d", r.LedgerBalanced, l.FramesTriggered, l.FramesReceived, l.Found, l.Verdicts, l.AtGate, l.Ejected, l.Exited, l.Unseen, l.Lost, l.Blind)
	for _, d := range r.Ledger {
		say("    differs: %s", d)
	}
	saySamples(say, r.Samples)
}

// shownSamples is how many of a run's samples a person is shown.
const shownSamples = 8

// saySamples tells what the process held while parts were judged.
func saySamples(say func(string, ...any), all []bench.Sample) {
	if len(all) == 0 {
		return
	}
	say("  held:  parts   own MB  of it pictures   books   heap MB  goroutines  open Mats")
	shown := min(len(all), shownSamples)
	for i := range shown {
		s := all[i*(len(all)-1)/max(1, shown-1)]
		mats := "not counted"
		if s.Mats != nil {
			mats = fmt.Sprint(*s.Mats)
		}
		say("    %9d %8.0f %15.0f %7.1f %9.0f %11d  %9s", s.Parts, s.OwnMB, s.PicturesMB, s.BooksMB, s.HeapMB, s.Goroutines, mats)
	}
}
