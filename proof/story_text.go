package proof

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"linesman/event"
)

// Write writes the story for a terminal, times in the zone given.
func (s Story) Write(w io.Writer, zone *time.Location) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "part %s\n", s.Part)
	facts := []string{}
	fact := func(name, value string) {
		if value != "" && value != "0" {
			facts = append(facts, name+" "+value)
		}
	}
	fact("line", s.Line)
	fact("batch", s.Batch)
	fact("lane", number(uint64(max(s.Lane, 0))))
	fact("trigger", number(s.Trigger))
	if len(facts) > 0 {
		fmt.Fprintln(out, strings.Join(facts, ", "))
	}
	fmt.Fprintf(out, "\n%s\n", s.headline())
	for _, r := range s.Reasons {
		fmt.Fprintf(out, "  %s\n", reasonText(r))
	}
	if s.Compared != nil {
		fmt.Fprintf(out, "  %s\n", s.Compared.text())
	}
	if s.Label != nil {
		fmt.Fprintf(out, "\n%s\n", s.Label.text(zone))
	}
	fmt.Fprintln(out)
	if err := s.table(out, zone); err != nil {
		return err
	}
	if len(s.Verdicts) > 1 {
		fmt.Fprintln(out, "\nVerdicts, each overruling the one before")
		for _, v := range s.Verdicts {
			fmt.Fprintf(out, "  seq %d  %s  %-12s  score %.3g  %s\n", v.Seq, moment(v.At, zone), v.Outcome, v.Score, lastReason(v.Reasons))
		}
	}
	fmt.Fprintln(out)
	rows := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, n := range []struct {
		what  string
		named Named
	}{{"recipe", s.Recipe}, {"model", s.Model}} {
		if n.named != (Named{}) {
			fmt.Fprintf(rows, "%s\t%s\t%s\n", n.what, n.named.Name, n.named.SHA256)
		}
	}
	for _, p := range []struct{ what, sha string }{{"picture", s.Picture}, {"heat map", s.Heatmap}} {
		if p.sha != "" {
			fmt.Fprintf(rows, "%s\t\t%s\n", p.what, p.sha)
		}
	}
	if err := rows.Flush(); err != nil {
		return err
	}
	if len(s.Gaps) > 0 {
		fmt.Fprintln(out, "\nGaps")
		for _, g := range s.Gaps {
			fmt.Fprintf(out, "  - %s\n", g)
		}
	}
	return out.Flush()
}

// text says in one line what a person holds the part to be.
func (l *Labelled) text(zone *time.Location) string {
	text := "labelled " + l.Label
	if l.Class != "" {
		text += " (" + l.Class + ")"
	}
	text += " by " + l.By + ", " + l.At.In(zone).Format("2006-01-02 15:04 MST")
	if l.Note != "" {
		text += ": " + l.Note
	}
	if l.Unlearned != "" {
		text += "\n  nothing can be learned from it: " + l.Unlearned
	}
	return text
}

// headline is the part's fate in one line.
func (s Story) headline() string {
	if s.Outcome == "" {
		return "NO VERDICT"
	}
	line := fmt.Sprintf("%s   score %.3g (1 = threshold)", strings.ToUpper(s.Outcome), s.Score)
	if s.Late {
		line += ", late"
	}
	if s.Collateral {
		line += ", collateral: good, rejected with its neighbour"
	}
	switch s.Went {
	case "":
		line += ", where it went is not confirmed"
	default:
		line += ", " + s.Went
	}
	return line
}

// cells are a step's name, when, how long it took, where the belt was, what was to spare
// and its words; empty where there is nothing to say.
func (st *Step) cells(zone *time.Location) []string {
	cells := []string{st.Name, "", "", "", "", st.Text}
	if !st.At.IsZero() {
		cells[1] = moment(st.At, zone)
	}
	if st.TookMS != nil {
		cells[2] = fmt.Sprintf("%+.1f ms", *st.TookMS)
	}
	if st.Tick != nil {
		cells[3] = tickText(*st.Tick)
	}
	if st.MarginMS != nil {
		cells[4] = fmt.Sprintf("%.1f ms", *st.MarginMS)
	}
	if st.Missing && st.Text == "" {
		cells[5] = "not in the log"
	}
	return cells
}

// table writes the steps below each other: names and texts to the left, figures
// to the right.
func (s Story) table(out io.Writer, zone *time.Location) error {
	rows := [][]string{{"step", s.day(zone), "took", "tick", "to spare", ""}}
	for _, st := range s.Steps {
		cells := st.cells(zone)
		if cells[1] == "" {
			cells[1] = "-"
		}
		rows = append(rows, cells)
	}
	var width [6]int
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, r := range rows {
		line := fmt.Sprintf("%-*s  %*s  %*s  %*s  %*s  %s", width[0], r[0], width[1], r[1], width[2], r[2], width[3], r[3], width[4], r[4], r[5])
		if _, err := fmt.Fprintln(out, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

// day heads the column of times.
func (s Story) day(zone *time.Location) string {
	for _, st := range s.Steps {
		if !st.At.IsZero() {
			return st.At.In(zone).Format("2006-01-02 MST")
		}
	}
	return "time"
}

func moment(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04:05.000") }

func tickText(t event.Tick) string { return fmt.Sprintf("%d:%d", t.Epoch, t.Count) }

// reasonName is the rule, what was found and where it was seen.
func reasonName(r event.Reason) string {
	name := r.Rule
	if r.Class != "" && r.Class != r.Rule {
		name += " (" + r.Class + ")"
	}
	if r.Camera != "" {
		name += ", camera " + r.Camera
	}
	return name
}

// reasonText is a reason in one line: what was found, measured against what.
func reasonText(r event.Reason) string {
	name := reasonName(r)
	if r.Measured == 0 && r.Limit == 0 {
		return name + ": " + r.Text
	}
	unit := r.Unit
	if unit != "" {
		unit = " (" + unit + ")"
	}
	return fmt.Sprintf("%s: %s; measured %.4g, limit %.4g%s", name, r.Text, r.Measured, r.Limit, unit)
}

func lastReason(rs []event.Reason) string {
	if len(rs) == 0 {
		return ""
	}
	return reasonText(rs[len(rs)-1])
}
