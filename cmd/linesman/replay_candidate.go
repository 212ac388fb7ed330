package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"linesman/config"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/channel"
	"linesman/models/onnx"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// allParts is a sample that nothing falls out of.
const allParts = 1_000_000

// trial is a candidate that is tried on stored parts.
type trial struct {
	site    *config.Site
	dir     string
	recipes map[string]*recipe.Recipe // by line: what it would judge by
	from    madeFrom                  // empty for a model that linesman candidate did not make
}

// tried is what is printed as JSON.
type tried struct {
	Model  string             `json:"model"`
	Hash   string             `json:"model_sha256"`
	Recipe string             `json:"recipe"`
	Lines  []string           `json:"lines"`
	Report *proof.TrialReport `json:"report"`
}

// try judges stored parts by a candidate.
func (c *ReplayCmd) try(ctx context.Context) error {
	switch {
	case c.Part != "":
		return errors.New("--model goes with --sample N, or --from and --to")
	case c.Sample == 0 && c.From == "" && c.To == "":
		return errors.New("say what to judge by the candidate: --sample N, or --from and --to")
	case c.Sample == 0:
		c.Sample = allParts
	}
	giveWay(max(runtime.NumCPU()/2, 1))
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	log, err := openLogFiles(logFolder(site))
	if err != nil {
		return err
	}
	defer log.Close()
	m, err := anomaly.Read(c.Model)
	if err != nil {
		return err
	}
	t := &trial{site: site, dir: filepath.Clean(c.Model)}
	if err := t.read(c.Line, m.Card.Name); err != nil {
		return err
	}
	sample, err := c.drawn(site)
	if err != nil {
		return err
	}
	out, err := t.judge(ctx, log, m, sample)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, out)
	}
	return tellTrial(os.Stdout, out)
}

// judge has the candidate judge a sample, and all labelled parts.
func (t *trial) judge(ctx context.Context, log proof.Log, m *anomaly.Model, sample proof.Sample) (tried, error) {
	is := m.Card.Model()
	out := tried{Model: is.Name + "@" + is.Version, Hash: is.SHA256, Lines: slices.Sorted(maps.Keys(t.recipes))}
	out.Recipe = t.recipes[out.Lines[0]].ID()
	d, err := m.Detector(anomaly.Options{Open: onnx.Open, Threads: 1, Channels: channel.All()})
	if err != nil {
		return out, err
	}
	defer d.Close()
	r := &proof.Replay{Log: log, Evidence: evidence.Folder(filepath.Join(t.site.Path(t.site.Data), "evidence")).Get, Of: t.of,
		Judges: func(id, _, _ string) (proof.Rejudge, error) {
			return line.Again{Recipe: t.recipes[id], Detector: d}.Judge, nil
		}}
	what, err := t.what(ctx, log)
	if err != nil {
		return out, err
	}
	what.Sample = sample
	bar := &twoBars{}
	r.Progress = bar.show
	out.Report, err = r.Try(ctx, what)
	bar.end()
	return out, err
}

// read finds what the candidate is for: the lines whose recipe is of the
// draft's product, or whose model has its name.
func (t *trial) read(only, name string) error {
	text, err := os.ReadFile(filepath.Join(t.dir, candidateFile))
	if err == nil {
		err = json.Unmarshal(text, &t.from)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", filepath.Join(t.dir, candidateFile), err)
	}
	draft, err := recipe.Load(t.dir + ".yaml")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	t.recipes = map[string]*recipe.Recipe{}
	for _, id := range t.site.LineIDs() {
		rec, err := t.site.Recipe(id)
		if err != nil {
			return err
		}
		switch {
		case only != "" && only != string(id):
		case draft != nil && draft.Name == rec.Name:
			t.recipes[string(id)] = draft
		case draft == nil && t.sameModel(id, name):
			t.recipes[string(id)] = rec
		}
	}
	if len(t.recipes) == 0 {
		return fmt.Errorf("model %s (%s): no line of the site judges this product%s", t.dir, name, map[bool]string{true: " on line " + only}[only != ""])
	}
	return nil
}

// sameModel says whether a line's model has a name.
func (t *trial) sameModel(id part.LineID, name string) bool {
	rec, err := t.site.Recipe(id)
	if err != nil {
		return false
	}
	m, err := anomaly.Read(rec.ModelDir())
	return err == nil && m.Card.Name == name
}

// of says whether a verdict is of the product on a line that is meant.
func (t *trial) of(p event.PartJudged) bool {
	rec := t.recipes[p.Line]
	return rec != nil && nameOf(p.Recipe) == rec.Name
}

// what gathers the labels, and what the candidate was taught from.
func (t *trial) what(ctx context.Context, log proof.Log) (out proof.Trial, err error) {
	all, err := (&proof.Labels{Log: log}).List(ctx, "", nil)
	if err != nil {
		return out, err
	}
	for _, l := range all.Samples {
		if t.of(event.PartJudged{Line: l.Line, Recipe: l.Recipe}) {
			out.Labels = append(out.Labels, l)
		}
	}
	out.Taught = map[string]bool{}
	for _, id := range slices.Concat(t.from.Passes, t.from.Labelled) {
		out.Taught[id] = true
	}
	for _, c := range t.from.Checks { // shown as defects: that they are found proves nothing
		out.Taught[c.Part] = out.Taught[c.Part] || c.Label == string(proof.MissedDefect)
	}
	return out, nil
}

// toldTurned is how many changed parts are printed; --json has up to a thousand.
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
	if n := r.Freed.NotLabels; n > 0 {
		look = fmt.Sprintf("; %d of them nobody labelled a false reject: look at each, it may be an escape", n)
	}
	row("rejects let through", "%d of %d%s", r.Freed.Passed, r.Freed.Rejects, look)
	for _, l := range []struct {
		label proof.Label
		right string
	}{{proof.MissedDefect, "found"}, {proof.FalseReject, "let through"}, {proof.GoodPart, "let through"}} {
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
