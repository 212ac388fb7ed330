package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"

	"linesman/config"
	"linesman/event/evidence"
	"linesman/proof"
)

// ReplayCmd judges stored parts again and says whether anything changed.
type ReplayCmd struct {
	SiteFlag
	Part     string `placeholder:"ID" help:"The one part to judge again."`
	Sample   int    `placeholder:"N" help:"Judge so many parts again, drawn evenly from all whose pictures are kept."`
	From     string `placeholder:"TIME" help:"With --sample: judged at this time or later: 2026-03-01, 2026-03-01T14:30, today, 2h (ago), 3d."`
	To       string `placeholder:"TIME" help:"With --sample: judged before this time."`
	Seed     uint64 `default:"1" help:"With --sample: another seed draws other parts."`
	Model    string `type:"existingdir" placeholder:"DIR" help:"Judge by this candidate model instead (linesman candidate make), and say which verdicts would change: of --sample N parts, or of all from --from to --to."`
	Recipe   string `placeholder:"ID|FILE" help:"Judge by this recipe and its model instead, NAME@VERSION on the shelf or a file, and say which verdicts would change."`
	Shift    string `placeholder:"FROM/TO|FILE" help:"With --recipe or --model: the stretch of the log to judge again: FROM/TO, or how long back: 8h; or the JSON report of an earlier run, for the same parts."`
	Page     string `placeholder:"FILE" help:"With --recipe or --model: write what would change as one HTML page, each part with its picture."`
	Line     string `help:"With --recipe or --model: on this line only. Default: on all that judge this product."`
	AnyBuild bool   `help:"Judge again what another build of linesman, or another class of CPU, judged. Scores may differ in their last digits there."`
	JSON     bool   `help:"Print the report as JSON."`
}

// Help tells when to use it.
func (c *ReplayCmd) Help() string {
	return `Takes a part's kept picture and judges it again by the recipe and the model that
its verdict names. Outcome and reasons must be the same and the score equal to
1e-4. Nothing is written; an appliance may run meanwhile.

  linesman replay -c site.yaml --part 0199f1c2-...
  linesman replay -c site.yaml --sample 10000 --from yesterday --to today

With --recipe or --model a candidate judges instead: how many verdicts would
change, its price in false rejects, what it finds of missed defects, and each part
that changes. That ends with 0, whatever it shows; nothing changes by it.

  linesman replay -c site.yaml --recipe cap-28@2 --shift 8h --page change.html
  linesman replay -c site.yaml --recipe next.yaml --shift 2026-03-01T06:00/2026-03-01T14:00 --page change.html
  linesman replay -c site.yaml --model candidate-20261126.023000 --sample 10000

Otherwise it ends with 1 if a verdict changed, and with 1 if the one part
that was asked for can not be judged again.`
}

// errChanged ends the command with 1 once everything is said.
var errChanged = errors.New("a verdict is another one now; see above")

// Run judges and prints.
func (c *ReplayCmd) Run(ctx context.Context) error {
	if c.Model != "" || c.Recipe != "" {
		return c.try(ctx)
	}
	if c.Line != "" || c.Shift != "" || c.Page != "" {
		return errors.New("--line, --shift and --page go with --recipe or --model")
	}
	if (c.Part == "") == (c.Sample == 0) {
		return errors.New("say what to judge again: --part ID, or --sample N")
	}
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	log, err := openLogFiles(logFolder(site))
	if err != nil {
		return err
	}
	defer log.Close()
	judges := newJudges(site)
	defer judges.close()
	r := &proof.Replay{Log: log, Evidence: evidence.Folder(filepath.Join(site.Path(site.Data), "evidence")).Get, Judges: judges.open}
	if !c.AnyBuild {
		r.Build, r.CPU = builtAs(), cpuClass()
	}
	if c.Part != "" {
		return c.one(ctx, r)
	}
	return c.sample(ctx, r, site)
}

func (c *ReplayCmd) one(ctx context.Context, r *proof.Replay) error {
	got, err := r.Part(ctx, c.Part)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(os.Stdout, got)
	} else {
		err = tellReplayed(os.Stdout, &got)
	}
	switch {
	case err != nil:
		return err
	case got.Why != "":
		return fmt.Errorf("part %s can not be judged again: %s", c.Part, got.Why)
	case got.Changed():
		return errChanged
	}
	return nil
}

func (c *ReplayCmd) sample(ctx context.Context, r *proof.Replay, site *config.Site) error {
	s, err := c.drawn(site)
	if err != nil {
		return err
	}
	bar := &twoBars{}
	r.Progress = bar.show
	report, err := r.Sample(ctx, s)
	bar.end()
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(os.Stdout, report)
	} else {
		err = tellSample(os.Stdout, report)
	}
	switch {
	case err != nil:
		return err
	case len(report.Changed) > 0:
		return errChanged
	case report.Again == 0:
		return errors.New("nothing could be judged again")
	}
	return nil
}

// drawn says which parts are meant.
func (c *ReplayCmd) drawn(site *config.Site) (proof.Sample, error) {
	s := proof.Sample{Parts: c.Sample, Seed: c.Seed}
	zone, err := site.Location()
	if err != nil {
		return s, err
	}
	now := time.Now()
	if c.Shift != "" {
		return c.shift(s, now, zone)
	}
	return between(s, c.From, c.To, now, zone)
}

// between sets the ends of a sample, as people write them; empty is no end.
func between(s proof.Sample, from, to string, now time.Time, zone *time.Location) (_ proof.Sample, err error) {
	if from != "" {
		if s.From, err = parseWhen(from, now, zone); err != nil {
			return s, fmt.Errorf("--from: %w", err)
		}
	}
	if to != "" {
		if s.To, err = parseWhen(to, now, zone); err != nil {
			return s, fmt.Errorf("--to: %w", err)
		}
	}
	if !s.To.IsZero() && !s.From.Before(s.To) {
		return s, fmt.Errorf("--from %s is not before --to %s", from, to)
	}
	return s, nil
}

// twoBars shows first that the log is searched, then how far the judging is.
type twoBars struct {
	bar *progressbar.ProgressBar
	of  int
}

func (b *twoBars) show(done, of int) {
	if b.bar == nil || b.of != of {
		b.end()
		what, most := "judging again", of
		if of == 0 {
			what, most = "searching the log", -1
		}
		b.of = of
		b.bar = bar(int64(most), what)
	}
	_ = b.bar.Set(done) // a bar that can not be drawn stops nothing
}

func (b *twoBars) end() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// tellReplayed says in words what became of one part.
func tellReplayed(w io.Writer, r *proof.Replayed) error {
	var b strings.Builder
	fmt.Fprintf(&b, "part %s\n", r.Part)
	if r.Line != "" {
		fmt.Fprintf(&b, "line %s, recipe %s, model %s, event %d\n", r.Line, r.Recipe, r.Model, r.Seq)
		side(&b, "recorded", &r.Was)
	}
	switch {
	case r.Why != "":
		fmt.Fprintf(&b, "not judged again, %s: %s\n", r.Why, r.Error)
	case r.Changed():
		side(&b, "now", r.Is)
		for _, change := range r.Changes {
			fmt.Fprintf(&b, "CHANGED: %s\n", change)
		}
	default:
		fmt.Fprintf(&b, "judged again: the same outcome and reasons, score off by %.2g\n", r.Difference)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func side(b *strings.Builder, name string, v *proof.Verdict) {
	fmt.Fprintf(b, "%s: %s, score %.6f\n", name, v.Outcome, v.Score)
	for _, r := range v.Reasons {
		fmt.Fprintf(b, "  %s\n", r.Text)
	}
}

// toldChanged is how many changed parts are printed; --json has them all.
const toldChanged = 20

// tellSample prints the table of a sample.
func tellSample(w io.Writer, r *proof.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name string, v any) { fmt.Fprintf(t, "%s\t%v\n", name, v) }
	row("verdicts in the log", r.Verdicts)
	row("with pictures", r.Kept)
	row("drawn", r.Drawn)
	again := fmt.Sprint(r.Again)
	if len(r.ByOutcome) > 0 {
		var by []string
		for _, o := range slices.Sorted(maps.Keys(r.ByOutcome)) {
			by = append(by, fmt.Sprintf("%s %d", o, r.ByOutcome[o]))
		}
		again += " (" + strings.Join(by, ", ") + ")"
	}
	row("judged again", again)
	row("outcome changed", r.Outcome)
	row("reasons changed", r.Reasons)
	row("score changed by more than 1e-4", r.Score)
	largest := fmt.Sprintf("%.2g", r.Largest)
	if r.LargestOf != "" {
		largest += " (part " + r.LargestOf + ")"
	}
	row("largest score difference", largest)
	for _, why := range slices.Sorted(maps.Keys(r.Impossible)) {
		n := fmt.Sprint(r.Impossible[why])
		if e := r.Examples[why]; e != "" {
			n += " (" + e + ")"
		}
		row("not possible: "+string(why), n)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range r.Changed[:min(len(r.Changed), toldChanged)] {
		c := &r.Changed[i]
		if _, err := fmt.Fprintf(w, "CHANGED part %s: %s\n", c.Part, strings.Join(c.Changes, "; ")); err != nil {
			return err
		}
	}
	return nil
}
