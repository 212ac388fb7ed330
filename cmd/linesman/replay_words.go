package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"linesman/event"
	"linesman/proof"
)

// toldTurned is how many changed parts are printed; --json has them all.
const toldTurned = 50

// tellTrial says in words what would change.
func tellTrial(w io.Writer, t tried) error {
	r := t.Report
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, a ...any) { fmt.Fprintf(tab, "%s\t%s\n", name, fmt.Sprintf(format, a...)) }
	row("candidate", "%s by %s, on %s", t.Model, t.Recipe, strings.Join(t.Lines, ", "))
	row("verdicts in the log", "%d, with pictures %d, drawn %d, judged by the candidate %d (%s)", r.Verdicts, r.Kept, r.Drawn, r.Again, counted(r.ByOutcome))
	changes := "none"
	if len(r.Changes) > 0 {
		changes = counted(r.Changes)
	}
	row("outcomes that would change", "%s", changes)
	p := r.Price
	bound := "; that is too few to bound its share"
	if p.Upper > 0 {
		bound = fmt.Sprintf("; at most %.2g %% (95 %%)", 100*p.Upper)
	}
	row("price", "%d of %d passes would be rejected%s", p.Rejected, p.Passes, bound)
	if p.Taught > 0 {
		row("", "it was taught from %d more passes, of which it rejects %d: these prove nothing", p.Taught, p.TaughtReject)
	}
	look := ""
	if n := r.Freed.Defects; n > 0 {
		look = fmt.Sprintf("; %d of them are labelled a defect: each would escape", n)
	}
	if n := r.Freed.NotLabels; n > 0 {
		look += fmt.Sprintf("; %d of them nobody labelled a false reject: look at each, it may be an escape", n)
	}
	row("rejects let through", "%d of %d%s", r.Freed.Passed, r.Freed.Rejects, look)
	for _, l := range []struct {
		label proof.Label
		right string
	}{{proof.MissedDefect, "found"}, {proof.Defect, "rejected"}, {proof.FalseReject, "let through"}, {proof.GoodPart, "let through"}} {
		if n := r.Labelled[l.label]; n.Parts > 0 {
			taught := ""
			if n.Taught > 0 {
				taught = fmt.Sprintf(" (taught from %d of them)", n.Taught)
			}
			row("labelled "+string(l.label), "%d of %d %s%s", n.Right, n.Parts, l.right, taught)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(r.Impossible)) {
		n := fmt.Sprint(r.Impossible[why])
		if e := r.Examples[why]; e != "" {
			n += " (" + e + ")"
		}
		row("not possible: "+string(why), "%s", n)
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	for i := range r.Changed[:min(len(r.Changed), toldTurned)] {
		if err := tellTurned(w, &r.Changed[i]); err != nil {
			return err
		}
	}
	if n := len(r.Changed) - toldTurned; n > 0 {
		_, err := fmt.Fprintf(w, "and %d more; --json names them\n", n)
		return err
	}
	return nil
}

func tellTurned(w io.Writer, c *proof.Turned) error {
	var b strings.Builder
	fmt.Fprintf(&b, "part %s: %s -> %s, score %.3g -> %.3g, picture %s", c.Part, c.Was.Outcome, c.Is.Outcome, c.Was.Score, c.Is.Score, c.Picture)
	if c.Label != "" {
		fmt.Fprintf(&b, ", labelled %s", c.Label)
		if c.Class != "" {
			fmt.Fprintf(&b, " (%s)", c.Class)
		}
	}
	if c.Taught {
		b.WriteString(", taught from")
	}
	b.WriteByte('\n')
	for _, v := range []struct {
		name    string
		reasons []event.Reason
	}{{"was", c.Was.Reasons}, {"is", c.Is.Reasons}} {
		for _, r := range v.reasons {
			fmt.Fprintf(&b, "  %s: %s\n", v.name, r.Text)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// counted writes counts in the order of their names: "fail 3, pass 900".
func counted(by map[string]int) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(by)) {
		out = append(out, fmt.Sprintf("%s %d", name, by[name]))
	}
	return strings.Join(out, ", ")
}
