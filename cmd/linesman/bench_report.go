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
	sayCurves(say, r)
	sayRun(say, r)
	say("  full speed %.0f parts/s; bare ONNX Runtime %.0f (batch %d, threads %d, %d at once); ratio %.2f; %.2f ms a part outside inference", r.FullSpeedPerS, r.BareONNXPerS, r.Bare.Batch, r.Bare.Threads, max(r.Bare.AtOnce, 1), r.Efficiency, r.OutsideMS)
	if p := r.Processor; p != nil {
		say("  processor time a part: network %.2f ms in the line, %.2f alone, ratio %.2f; all else %.2f ms", p.Inference, p.Bare, p.Ratio, p.Outside)
	}
}

// percent writes a rate so that one in 10,000 still has three digits.
func percent(v float64) string {
	if v >= 0.01 {
		return fmt.Sprintf("%.2f %%", 100*v)
	}
	return fmt.Sprintf("%.4f %%", 100*v)
}

// sayStated tells of the sizes from which on we vouch.
func sayStated(say func(string, ...any), s *bench.StatedReport) {
	if s == nil {
		say("  no sizes are stated for these parts")
		return
	}
	say("  from the stated sizes on: %d escapes of %d, at most %s (95 %%)", s.Above.Escapes, s.Above.Drawn, percent(s.Above.Upper95))
	for _, kind := range slices.Sorted(maps.Keys(s.ByKind)) {
		k := s.ByKind[kind]
		say("    %-14s %-29s %5d of %6d, at most %s", kind, statedAs(k.Stated), k.Above.Escapes, k.Above.Drawn, percent(k.Above.Upper95))
	}
	say("  below them, for information: %d escapes of %d, between %s and %s", s.Below.Escapes, s.Below.Drawn, percent(s.Below.Lower95), percent(s.Below.Upper95))
	for _, kind := range slices.Sorted(maps.Keys(s.ByKind)) {
		if b := s.ByKind[kind].Below; b.Drawn > 0 {
			say("    %-14s %-29s %5d of %6d, between %s and %s", kind, "", b.Escapes, b.Drawn, percent(b.Lower95), percent(b.Upper95))
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

// sayCurves draws each kind's escapes as a table: size downwards, contrast to
// the right, escapes/drawn in each field, sums and bounds at the edges.
func sayCurves(say func(string, ...any), r *bench.Report) {
	var whole []string
	for _, kind := range slices.Sorted(maps.Keys(r.Curves)) {
		c := r.Curves[kind]
		t := table{all: c.All, cells: c.Cells}
		if r.Stated != nil {
			t.stated = r.Stated.ByKind[kind].Stated
		}
		switch {
		case len(c.DeltaE) > 0:
			t.unit, t.rows, t.least = "delta E", c.DeltaE, t.stated.DeltaE
		case len(c.Size) > 0:
			t.unit, t.rows, t.columns, t.least = "mm", c.Size, c.Contrast, t.stated.SizeMM
		default:
			whole = append(whole, fmt.Sprintf("%s %s", kind, ratio(c.All)))
			continue
		}
		hint := ""
		if t.stated != (bench.Stated{}) {
			hint = " (in brackets: below the stated size)"
		}
		say("  %s: escapes/drawn%s", kind, hint)
		t.say(say)
	}
	if len(whole) > 0 {
		say("  neither size nor contrast says how hard these are to see: %s", strings.Join(whole, ", "))
	}
}

// table is one kind's curve on paper.
type table struct {
	unit    string
	rows    []bench.Class // by size or delta E
	columns []bench.Class // by contrast; none where that says nothing
	cells   []bench.Cell
	all     bench.Share
	stated  bench.Stated
	least   float64 // that is stated on the rows' axis
}

func (t table) say(say func(string, ...any)) {
	line := func(name string, field func(bench.Class) string, all, most string) {
		var b strings.Builder
		for _, c := range t.columns {
			fmt.Fprintf(&b, "%11s", field(c))
		}
		say("    %s", strings.TrimRight(fmt.Sprintf("%-11s%s%12s%12s", name, b.String(), all, most), " "))
	}
	line(t.unit, func(c bench.Class) string { return edges(c, 100) + " %" }, "all", "at most")
	for _, row := range t.rows {
		line(edges(row, 1), func(c bench.Class) string { return t.field(row, c) }, bracketed(row.Share, belowStated(row, t.least)), percent(row.Upper95))
	}
	line("all", func(c bench.Class) string { return bracketed(c.Share, belowStated(c, t.stated.Contrast)) }, ratio(t.all), percent(t.all.Upper95))
	if len(t.columns) > 0 {
		line("at most", func(c bench.Class) string { return percent(c.Upper95) }, "", "")
	}
}

// field writes one class of size and contrast; a dash where nothing was drawn.
func (t table) field(size, contrast bench.Class) string {
	for _, cell := range t.cells {
		if cell.SizeFrom == size.From && cell.ContrastFrom == contrast.From && cell.SizeTo == size.To && cell.ContrastTo == contrast.To {
			return bracketed(cell.Share, belowStated(size, t.least) || belowStated(contrast, t.stated.Contrast))
		}
	}
	return "-"
}

func ratio(s bench.Share) string { return fmt.Sprintf("%d/%d", s.Escapes, s.Drawn) }

// belowStated reports whether all of a class lies below what is stated; what is not
// given lies below all that is.
func belowStated(c bench.Class, stated float64) bool { return stated > 0 && c.To <= stated }

// bracketed marks what lies below the stated size.
func bracketed(s bench.Share, below bool) string {
	if below {
		return "(" + ratio(s) + ")"
	}
	return ratio(s) + " "
}

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
		say("  trigger to entry p50 %.1f ms, p99 %.1f, p99.9 %.1f, most %.1f; %d missed %.0f ms, %d of these rejected in time without the model", t.P50, t.P99, t.P999, t.Max, r.MissedDeadlines, r.DeadlineMS, r.NotAsked)
		if r.TimesPace > 0 {
			say("  belt at %.3g times the product's pace, %.0f mm/s: %.0f ms from the exposure to the gate; the deadline is %.0f ms", r.TimesPace, r.SpeedMMs, r.GateRoomMS, r.DeadlineMS)
		}
		say("  stretches of belt time, between which pictures were drawn with the clock standing: %d, the longest %.0f s; belt and controller waited at most %.1f ms for their next step", r.Stretches, r.LongestStretchS, r.BeltStepMostMS)
	}
	say("  %d gates opened, at most %.2f mm off their tick; holds %v", r.GatesOpened, r.GateOffMM, r.Holds)
	l := r.Account
	say("  ledger balanced: %t; triggers %d, pictures %d, parts found %d, verdicts %d, at the gate %d, ejected %d, exited %d; unseen %d, lost %d, blind %d", r.LedgerBalanced, l.FramesTriggered, l.FramesReceived, l.Found, l.Verdicts, l.AtGate, l.Ejected, l.Exited, l.Unseen, l.Lost, l.Blind)
	for _, d := range r.Ledger {
		say("    differs: %s", d)
	}
	if l.Mismatch != "" {
		say("    the line said last: %s", l.Mismatch)
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
