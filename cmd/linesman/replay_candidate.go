package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/models/panel"
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

// tried is what is printed as JSON, and kept on the shelf beside a tested version.
type tried struct {
	Model      string             `json:"model"`
	Hash       string             `json:"model_sha256"`
	Recipe     string             `json:"recipe"`
	RecipeHash string             `json:"recipe_sha256"`
	Lines      []string           `json:"lines"`
	Stretch    stretch            `json:"stretch"`
	At         time.Time          `json:"at"`                    // when it was judged again, UTC
	Page       string             `json:"page_sha256,omitempty"` // of the page that shows it, if one was written
	Report     *proof.TrialReport `json:"report"`
}

// try judges stored parts by a candidate.
func (c *ReplayCmd) try(ctx context.Context) error {
	switch {
	case c.Model != "" && c.Recipe != "":
		return errors.New("--recipe names its own model: leave --model away")
	case c.Part != "":
		return errors.New("--recipe and --model go with --shift, with --sample N, or with --from and --to")
	case c.Shift != "" && (c.From != "" || c.To != ""):
		return errors.New("--shift says from when to when: leave --from and --to away")
	case c.Sample == 0 && c.From == "" && c.To == "" && c.Shift == "":
		return errors.New("say what to judge by the candidate: --shift, --sample N, or --from and --to")
	}
	if dir := filepath.Dir(c.Page); c.Page != "" && !isDir(dir) {
		return fmt.Errorf("--page %s: there is no folder %s; make it, or choose another place", c.Page, dir)
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
	t, m, err := c.candidate(site)
	if err != nil {
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
	if c.Page != "" {
		page, err := t.page(&out)
		if err == nil {
			err = disk.Write(c.Page, 0o644, page)
		}
		if err != nil {
			return fmt.Errorf("--page %s: %w; choose a file that can be written", c.Page, err)
		}
	}
	if c.JSON {
		return printJSON(os.Stdout, out)
	}
	return tellTrial(os.Stdout, out)
}

// candidate opens what is to judge instead.
func (c *ReplayCmd) candidate(site *config.Site) (*trial, panel.Folders, error) {
	t := &trial{site: site, dir: filepath.Clean(c.Model)}
	if c.Recipe != "" {
		rec, k, err := recipeNamed(site.Shelf(), c.Recipe)
		if err != nil {
			return nil, panel.Folders{}, err
		}
		m, err := modelsOf(rec, k)
		if err != nil {
			return nil, m, err
		}
		t.dir = rec.ModelDir()
		return t, m, errors.Join(t.readFrom(), t.judgedBy(rec, c.Line))
	}
	m, err := panel.Read(c.Model, nil)
	if err != nil {
		return nil, m, err
	}
	if err := t.read(c.Line, m.Taught.Card.Name); err != nil {
		return nil, m, err
	}
	// What was trained elsewhere judges on beside it.
	m, err = panel.Read(c.Model, t.recipe().OtherDirs())
	return t, m, err
}

// recipeNamed loads a version on the shelf, else a file; it is not on the shelf
// where kept is nil.
func recipeNamed(shelf recipe.Shelf, name string) (rec *recipe.Recipe, kept *recipe.Kept, err error) {
	rec, kept, err = shelf.Load(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return rec, kept, err
	}
	if rec, fileErr := recipe.Load(name); !errors.Is(fileErr, fs.ErrNotExist) {
		return rec, nil, fileErr
	}
	return nil, nil, fmt.Errorf("%w, and there is no such file", err)
}

// judge has the candidate judge a sample, and all labelled parts.
func (t *trial) judge(ctx context.Context, log proof.Log, m panel.Folders, sample proof.Sample) (tried, error) {
	is := m.Model()
	if sample.Parts == 0 {
		sample.Parts = allParts
	}
	out := tried{Model: is.Name + "@" + is.Version, Hash: is.SHA256, Lines: slices.Sorted(maps.Keys(t.recipes)), At: time.Now().UTC()}
	if sample.To.IsZero() { // the same parts the next time
		sample.To = out.At
	}
	out.Stretch = stretch{From: sample.From.UTC(), To: sample.To.UTC(), Parts: sample.Parts, Seed: sample.Seed}
	rec := t.recipe()
	out.Recipe, out.RecipeHash = rec.ID(), rec.Hash()
	d, err := m.Open(modelOptions(1))
	if err != nil {
		return out, err
	}
	defer d.Close()
	r := &proof.Replay{Log: log, Evidence: t.evidence().Get, Of: t.of,
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

// recipe is by what the first of the lines would be judged.
func (t *trial) recipe() *recipe.Recipe {
	return t.recipes[slices.Min(slices.Collect(maps.Keys(t.recipes)))]
}

func (t *trial) evidence() evidence.Folder {
	return evidence.Folder(filepath.Join(t.site.Path(t.site.Data), "evidence"))
}

// readFrom reads what the candidate was made from, if linesman candidate made it.
func (t *trial) readFrom() (err error) {
	t.from, err = readMadeFrom(t.dir)
	return err
}

// readMadeFrom reads what the model in a folder was made from; empty for one that
// linesman candidate did not make.
func readMadeFrom(dir string) (out madeFrom, err error) {
	path := filepath.Join(dir, candidateFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		return out, fmt.Errorf("%s: %w; bring it back from a backup", path, err)
	}
	return out, nil
}

// judgedBy has a recipe judge the lines that judge its product.
func (t *trial) judgedBy(rec *recipe.Recipe, only string) error {
	t.recipes = map[string]*recipe.Recipe{}
	for _, id := range t.site.LineIDs() {
		now, err := t.site.Recipe(id)
		if err != nil {
			return err
		}
		if now.Name == rec.Name && (only == "" || only == string(id)) {
			t.recipes[string(id)] = rec
		}
	}
	if len(t.recipes) == 0 {
		return fmt.Errorf("recipe %s: no line of the site judges this product%s; name another recipe, or another --line", rec.ID(), map[bool]string{true: " on line " + only}[only != ""])
	}
	return nil
}

// read finds what the candidate is for: the lines whose recipe is of the
// draft's product, or whose model has its name.
func (t *trial) read(only, name string) error {
	if err := t.readFrom(); err != nil {
		return err
	}
	draft, err := recipe.Load(t.dir + ".yaml")
	if err == nil {
		return t.judgedBy(draft, only)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	t.recipes = map[string]*recipe.Recipe{}
	for _, id := range t.site.LineIDs() {
		rec, err := t.site.Recipe(id)
		if err != nil {
			return err
		}
		if (only == "" || only == string(id)) && t.sameModel(id, name) {
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
	out.Taught = t.from.taught()
	return out, nil
}

// taught are the parts that a candidate was taught from, as good or as defective.
func (m *madeFrom) taught() map[string]bool {
	out := map[string]bool{}
	for _, id := range slices.Concat(m.Passes, m.Labelled) {
		out[id] = true
	}
	for _, c := range m.Checks { // shown as defects: that they are found proves nothing
		out[c.Part] = out[c.Part] || proof.Label(c.Label).Bad()
	}
	return out
}
