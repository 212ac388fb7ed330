package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/onnx"
	"linesman/models/panel"
	"linesman/models/teach"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// CandidateCommands makes models that wait for a person's decision.
type CandidateCommands struct {
	Make CandidateMakeCmd `cmd:"" help:"Teach a line's model anew, with what people said of its parts. Nothing that judges changes."`
	List CandidateListCmd `cmd:"" help:"List the candidates, with what their reports say."`
}

// CandidateMakeCmd teaches a candidate.
type CandidateMakeCmd struct {
	SiteFlag
	Line    string `help:"The line. Default: the site's only one."`
	Good    string `type:"existingdir" placeholder:"DIR" help:"Frames of good parts, such as the recipe was taught from. Default: passes whose pictures are kept."`
	Out     string `type:"path" placeholder:"DIR" help:"Folder for the candidate; its draft recipe is written beside it, as DIR.yaml. Default: candidate-VERSION beside the recipe."`
	Most    int    `default:"400" placeholder:"N" help:"Without --good: at most so many kept passes; half of them at most, so that others are left to try it on."`
	Threads int    `default:"1" help:"Cores to use, beside what judges."`
	Try     int    `placeholder:"N" help:"Then have it judge the parts of the line's last N verdicts whose pictures are kept, and keep the report in its folder: report.json, report.html."`
	JSON    bool   `help:"Print what was made as JSON."`
	// Learning is set where the appliance itself has it made: it tells the log.
	Learning bool `hidden:""`
}

// Help tells what it does and does not.
func (c *CandidateMakeCmd) Help() string {
	return `Good parts, and those labelled false reject or good, are what the candidate is
taught from. Missed defects and defects are never among them: two of a class teach its name and
may be looked for, and the candidate is asked which of them it finds. The model that
judges, its recipe and the line stay as they are; the candidate is a folder of its
own, with a draft of the recipe's next version. It runs at the lowest priority, so
that an appliance may run meanwhile.

  linesman candidate make -c site.yaml --line caps-1
  linesman replay -c site.yaml --model candidate-20261126.023000 --sample 10000`
}

// leastPasses is how many kept passes are taken although fewer are then left
// to try the candidate on.
const leastPasses = 60

// candidateFile lies in the candidate's folder, beside the model.
const candidateFile = "candidate.json"

// madeFrom is candidateFile: what the candidate was made from and asked about.
type madeFrom struct {
	event.CandidateMade
	By       string                `json:"by,omitempty"`    // who had it made; empty in those of earlier versions
	At       time.Time             `json:"at,omitzero"`     // UTC; zero in those of earlier versions
	Draft    string                `json:"draft"`           // the recipe's file, beside the folder
	Tried    *event.CandidateTried `json:"tried,omitempty"` // its report in figures, if it was tried when it was made
	Passes   []string              `json:"taught_passes,omitempty"`
	Labelled []string              `json:"taught_labelled,omitempty"`
	LeftOut  []string              `json:"left_out,omitempty"` // labelled parts and kept passes that it was not taught from, and why
	Checks   []check               `json:"checks"`             // labelled parts, and what it says of them
}

// check is one labelled part put to the candidate.
type check struct {
	Part    string         `json:"part"`
	Label   string         `json:"label"`
	Class   string         `json:"class,omitempty"`
	Outcome string         `json:"outcome"` // by the candidate
	Score   float64        `json:"score"`
	Reasons []event.Reason `json:"reasons,omitempty"`
	Picture string         `json:"picture_sha256"`
}

// candidate is one on its way.
type candidate struct {
	*CandidateMakeCmd
	site    *config.Site
	id      part.LineID
	rec     *recipe.Recipe // that judges
	was     *anomaly.Model // that judges
	replay  *proof.Replay
	labels  []proof.Labelled // of this line and product
	good    teach.Crops      // kept passes or frames, then what people called good
	passOf  []string         // the part of each kept pass
	defects teach.Crops
	kinds   []string // of the defects, as people named them
	made    madeFrom
}

// Run makes it.
func (c *CandidateMakeCmd) Run(ctx context.Context) error {
	giveWay(c.Threads)
	if c.Try < 0 {
		return fmt.Errorf("--try %d: want how many verdicts to judge again, such as 10000", c.Try)
	}
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	if dir := logFolder(site); !inUse(dir) { // it is said there at the end
		if err := asOwner(filepath.Join(dir, "lock")); err != nil {
			return err
		}
	}
	log, err := openLogFiles(logFolder(site))
	if err != nil {
		return err
	}
	defer log.Close()
	k := &candidate{CandidateMakeCmd: c, site: site, id: id}
	k.replay = &proof.Replay{Log: log, Evidence: evidence.Folder(filepath.Join(site.Path(site.Data), "evidence")).Get}
	if err := k.read(ctx); err != nil {
		return err
	}
	if err := k.make(ctx); err != nil {
		return fmt.Errorf("line %s: %w", id, err)
	}
	if c.JSON {
		return printJSON(os.Stdout, k.made)
	}
	return k.made.tell(os.Stdout, k.Out)
}

// siteAndLine loads the site and finds the line that is meant.
func siteAndLine(path, name string) (*config.Site, part.LineID, error) {
	site, err := config.Load(path)
	if err != nil {
		return nil, "", err
	}
	id, err := oneLine(site, name)
	return site, id, err
}

// oneLine returns the line that is meant.
func oneLine(site *config.Site, name string) (part.LineID, error) {
	ids := site.LineIDs()
	if name == "" && len(ids) == 1 {
		return ids[0], nil
	}
	if name == "" {
		return "", fmt.Errorf("--line is missing: the site has %v", ids)
	}
	return part.LineID(name), onLines(site, []string{name})
}

// read opens what judges, and what people said of this line's product.
func (k *candidate) read(ctx context.Context) (err error) {
	if k.rec, err = k.site.Recipe(k.id); err != nil {
		return err
	}
	if k.was, err = anomaly.Read(k.rec.ModelDir()); err != nil {
		return fmt.Errorf("recipe %s: %w", k.rec.ID(), err)
	}
	all, err := (&proof.Labels{Log: k.replay.Log}).List(ctx, string(k.id), nil)
	if err != nil {
		return err
	}
	for _, l := range all.Samples {
		if nameOf(l.Recipe) == k.rec.Name {
			k.labels, k.made.Through = append(k.labels, l), l.Seq
		}
	}
	k.replay.Of = func(p event.PartJudged) bool {
		return p.Line == string(k.id) && p.Outcome == "pass" && nameOf(p.Recipe) == k.rec.Name
	}
	return nil
}

// nameOf is the name in name@version.
func nameOf(id string) string {
	name, _, _ := strings.Cut(id, "@")
	return name
}

// make teaches, writes, asks, and says so in the log.
func (k *candidate) make(ctx context.Context) error {
	k.made.At, k.made.By = time.Now().UTC().Truncate(time.Second), whoRuns()
	version, tell := k.made.At.Format("20060102.150405"), progress()
	if k.Learning {
		k.made.By = learning
	}
	if k.Out == "" {
		k.Out = filepath.Join(candidatesOf(k.site, k.id), candidatePrefix+version)
	}
	k.made.Draft = k.Out + ".yaml"
	for _, path := range []string{k.Out, k.made.Draft} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already: a candidate takes nobody's place; give another --out", path)
		}
	}
	view := k.site.Lines[k.id].Views[0]
	if err := k.gather(ctx, tell); err != nil {
		return err
	}
	in := teach.Input{Name: k.was.Card.Name, Version: version, Open: onnx.Open, Threads: k.Threads, Progress: tell, Data: k.sources()}
	if len(k.defects) > 0 {
		in.Defects, in.DefectNames = k.defects, k.kinds
	}
	model, err := teach.Located(ctx, in, k.good, view.MMPerPx)
	if err != nil {
		return err
	}
	draft, text, err := k.draft()
	if err != nil {
		return err
	}
	if err := k.ask(ctx, model, draft); err != nil {
		return err
	}
	k.account(model, draft)
	var report, page []byte
	if k.Try > 0 {
		if report, page, err = k.try(ctx, model, draft); err != nil {
			return fmt.Errorf("candidate %s was taught and could not be tried: %w", k.made.Model, err)
		}
	}
	if err := k.write(model, text, report, page); err != nil || k.Learning {
		return err
	}
	return tellLog(ctx, k.site, k.made.events(k.site)...)
}

// sources says in the card what the candidate was taught from.
func (k *candidate) sources() []anomaly.Source {
	all := []anomaly.Source{{What: k.made.GoodFrom, Licence: "the site's own pictures"}}
	if n := len(k.made.Labelled); n > 0 {
		all = append(all, anomaly.Source{What: fmt.Sprintf("%d parts that people labelled false reject or good; parts labelled missed defect or defect are not among the good ones: they teach names, and fill the figures", n), Licence: "the site's own pictures"})
	}
	return all
}

// draftMark begins the first row of a draft.
const draftMark = "# Draft: "

// draft is the recipe's next version, naming the candidate.
func (k *candidate) draft() (*recipe.Recipe, []byte, error) {
	own := k.site.Path(k.site.Lines[k.id].Recipe)
	text, err := os.ReadFile(k.rec.File()) // of what judges, which may lie on the shelf
	if err != nil {
		return nil, nil, err
	}
	next := k.rec.Version
	shelf := k.site.Shelf()
	kept, err := shelf.List()
	if err != nil {
		return nil, nil, err
	}
	for _, v := range kept {
		if r, _, err := shelf.Load(v.Recipe); err == nil && r.Name == k.rec.Name {
			next = max(next, r.Version)
		}
	}
	beside, err := filepath.Glob(filepath.Join(filepath.Dir(own), "*.yaml"))
	if err != nil {
		return nil, nil, err
	}
	for _, path := range beside {
		if r, err := recipe.Load(path); err == nil && r.Name == k.rec.Name {
			next = max(next, r.Version)
		}
	}
	if bytes.HasPrefix(text, []byte(draftMark)) { // once a draft itself
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	if text, err = renamed(text, filepath.Base(k.Out), next+1); err != nil {
		return nil, nil, fmt.Errorf("recipe %s: %w", own, err)
	}
	text = append([]byte(draftMark+k.rec.ID()+" with a candidate model. No line judges by it until a person makes it active.\n"), text...)
	r, err := recipe.Parse(text)
	return r, text, err
}

// beside is the candidate's model with what the recipe names beside the taught one.
func (k *candidate) beside(m *anomaly.Model) (panel.Folders, error) {
	f, err := panel.Read("", k.rec.OtherDirs())
	f.Taught = m
	return f, err
}

// ask puts every labelled part to the candidate, the line's own way.
func (k *candidate) ask(ctx context.Context, m *anomaly.Model, draft *recipe.Recipe) error {
	f, err := k.beside(m)
	if err != nil {
		return err
	}
	d, err := f.Open(modelOptions(1))
	if err != nil {
		return err
	}
	defer d.Close()
	judge := line.Again{Recipe: draft, Detector: d}.Judge
	k.made.Checks = []check{}
	for i := range k.labels {
		l := &k.labels[i]
		c, err := k.replay.LabelledCase(ctx, l)
		if err != nil {
			continue // among those left out
		}
		a := judge(ctx, []proof.Case{c})[0]
		if err := errors.Join(ctx.Err(), a.Err); err != nil {
			return fmt.Errorf("part %s: %w", l.Part, err)
		}
		k.made.Checks = append(k.made.Checks, check{Part: l.Part, Label: l.Label, Class: l.Class, Outcome: a.Outcome, Score: a.Score, Reasons: a.Reasons, Picture: c.Judged.Evidence})
	}
	return nil
}

// account fills in what is said of the candidate.
func (k *candidate) account(m *anomaly.Model, draft *recipe.Recipe) {
	is, was := m.Card.Model(), k.was.Card.Model()
	e := &k.made.CandidateMade
	e.Line, e.Recipe, e.RecipeHash = string(k.id), draft.ID(), draft.Hash()
	e.Model, e.ModelHash, e.Was, e.WasHash = is.Name+"@"+is.Version, is.SHA256, was.Name+"@"+was.Version, was.SHA256
	e.Good, e.Labelled = uint64(len(k.good)), uint64(len(k.made.Labelled))
	for _, c := range k.made.Checks {
		passes := c.Outcome == "pass"
		switch label := proof.Label(c.Label); {
		case !label.Bad():
			e.Passed += one(passes)
			continue
		case label == proof.Defect:
			e.Defects++
			e.Rejected += one(!passes)
		default:
			e.Missed++
			e.Found += one(!passes)
		}
		if passes {
			e.Unfound = append(e.Unfound, c.Part)
		}
	}
}

func one(yes bool) uint64 {
	if yes {
		return 1
	}
	return 0
}

// tell says in words what was made.
func (m *madeFrom) tell(w io.Writer, dir string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "candidate %s in %s, draft recipe %s in %s\n", m.Model, dir, m.Recipe, m.Draft)
	fmt.Fprintf(&b, "taught from %d good parts: %s", m.Good, m.GoodFrom)
	if m.CandidateMade.Labelled > 0 {
		fmt.Fprintf(&b, "; and %d parts labelled false reject or good", m.CandidateMade.Labelled)
	}
	fmt.Fprintln(&b)
	for _, why := range m.LeftOut {
		fmt.Fprintf(&b, "  not taught from: %s\n", why)
	}
	for _, c := range m.Checks {
		name := c.Label
		if c.Class != "" {
			name += " (" + c.Class + ")"
		}
		fmt.Fprintf(&b, "  part %s, %s: %s, score %.3g\n", c.Part, name, c.Outcome, c.Score)
	}
	if m.Missed > 0 {
		fmt.Fprintf(&b, "it finds %d of %d missed defects, which it was shown as such\n", m.Found, m.Missed)
	}
	if m.Defects > 0 {
		fmt.Fprintf(&b, "it rejects %d of %d parts labelled defect, which it was shown as such\n", m.Rejected, m.Defects)
	}
	if t := m.Tried; t != nil {
		fmt.Fprintf(&b, "%s; see %s\n", toldTried(t), filepath.Join(dir, pageFile))
	}
	fmt.Fprintf(&b, "%s judges as before. Try the candidate on stored parts: linesman replay --model %s --sample 10000\n", m.Was, dir)
	_, err := io.WriteString(w, b.String())
	return err
}

// tellLog says something of the site to the appliance that runs, or else into
// the log itself.
func tellLog(ctx context.Context, site *config.Site, events ...event.Event) error {
	dir := logFolder(site)
	if inUse(dir) {
		return postTo(site)(ctx, events)
	}
	log, err := openLogToWrite(dir, site.Name)
	if err != nil {
		return err
	}
	_, err = log.Append(ctx, events)
	return errors.Join(err, log.Close())
}

// giveWay puts this process behind everything else on the box and keeps it on
// few cores.
func giveWay(threads int) {
	runtime.GOMAXPROCS(max(threads, 1))
	behind()
}
