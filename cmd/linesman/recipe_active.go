package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/models/anomaly"
	"linesman/part"
	"linesman/recipe"
)

// RecipeActivateCmd has a line judge by a version.
type RecipeActivateCmd struct {
	SiteFlag
	ID   string `arg:"" help:"NAME@VERSION, tested and signed."`
	Line string `help:"The line. Default: the site's only one."`
}

// Run refuses what is not signed under its own report.
func (c *RecipeActivateCmd) Run(ctx context.Context) error {
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	shelf := shelfOf(site)
	rec, k, err := shelf.Load(c.ID)
	if err != nil {
		return err
	}
	if err := k.Ready(); err != nil {
		return err
	}
	if _, err := modelOf(rec, k); err != nil {
		return err
	}
	if err := proven(ctx, site, shelf, k); err != nil {
		return err
	}
	return makeActive(site, shelf, id, k, "operator")
}

// proven holds a version's report against its hash, and its signature against the
// log: what lies on the shelf could have been written by hand.
func proven(ctx context.Context, site *config.Site, shelf recipe.Shelf, k *recipe.Kept) error {
	report, page, err := shelf.Report(k.Recipe)
	if err != nil {
		return err
	}
	var out tried
	if sha256Of(report) != k.Tested.Report || json.Unmarshal(report, &out) != nil || out.Page != "" && sha256Of(page) != out.Page {
		return fmt.Errorf("recipe %s: its report is not the one that was signed: test and sign it again", k.Recipe)
	}
	log, err := openLogFiles(logFolder(site))
	if err != nil {
		return err
	}
	defer log.Close()
	want := sha256Of([]byte(k.Bill()))
	f := event.Filter{Types: []event.Type{event.AuditSigned{}.EventType()}, Limit: 1000}
	for {
		events, err := log.Read(ctx, f)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return fmt.Errorf("recipe %s: the log has no signature %s under this recipe, model and report: sign it with linesman recipe sign %s", k.Recipe, k.Signed.Event, k.Recipe)
		}
		for _, e := range events {
			if p, err := event.As[event.AuditSigned](e); err == nil && e.ID == k.Signed.Event && p.SHA256 == want {
				return nil
			}
		}
		f.After = events[len(events)-1].Seq
	}
}

func sha256Of(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// makeActive writes down by what a line judges; a running appliance reads it
// within a second. What judged before goes onto the shelf, so that there is a way
// back.
func makeActive(site *config.Site, shelf recipe.Shelf, id part.LineID, k *recipe.Kept, why string) error {
	before, err := site.Recipe(id)
	if err != nil {
		return err
	}
	if before.Hash() == k.Hash {
		return fmt.Errorf("line %s judges by %s already", id, k.Recipe)
	}
	term := recipe.Term{Recipe: before.ID(), Hash: before.Hash()}
	active, err := shelf.Active(string(id))
	if err != nil {
		return err
	}
	if active != nil {
		term = active.Term
	} else {
		m, err := anomaly.Read(before.ModelDir())
		if err != nil {
			return err
		}
		if _, err := shelf.Add(site.Path(site.Lines[id].Recipe), before, m.Card.SHA256); err != nil {
			return err
		}
	}
	now := recipe.Active{Term: recipe.Term{Recipe: k.Recipe, Hash: k.Hash, Since: time.Now().UTC(), By: whoRuns(), Why: why}, Before: &term}
	if err := shelf.SetActive(string(id), now); err != nil {
		return err
	}
	when := "from the next part on"
	if !inUse(logFolder(site)) {
		when = "once the appliance runs"
	}
	_, err = fmt.Printf("line %s judges by %s instead of %s %s; back with: linesman recipe back --line %s\n", id, k.Recipe, term.Recipe, when, id)
	return err
}

// RecipeBackCmd goes one step back.
type RecipeBackCmd struct {
	SiteFlag
	Line string `help:"The line. Default: the site's only one."`
}

// Run makes active what was active before. It was tested and signed then, or the
// site file's own: nothing more is asked for, since back is for when it is urgent.
func (c *RecipeBackCmd) Run(context.Context) error {
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	shelf := shelfOf(site)
	active, err := shelf.Active(string(id))
	if err != nil {
		return err
	}
	if active == nil || active.Before == nil {
		return fmt.Errorf("line %s: no version was active before", id)
	}
	rec, k, err := shelf.Load(active.Before.Recipe)
	if err != nil {
		return err
	}
	if _, err := modelOf(rec, k); err != nil {
		return err
	}
	return makeActive(site, shelf, id, k, "back")
}

// RecipeListCmd lists the shelf.
type RecipeListCmd struct {
	SiteFlag
	JSON bool `help:"Print it as JSON."`
}

// Run lists it.
func (c *RecipeListCmd) Run(context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	shelf := site.Shelf()
	all, err := shelf.List()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, all)
	}
	tab := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, k := range all {
		row := fmt.Sprintf("%s\t%s\t", k.Recipe, k.State())
		if t := k.Tested; t != nil {
			row += fmt.Sprintf("%d parts judged again: %d passes rejected, %d rejects passed\t", t.Judged, t.Reject, t.Pass)
		}
		if k.Signed != nil {
			row += "signed by " + k.Signed.User + " " + k.Signed.At.Format(time.DateOnly)
		}
		fmt.Fprintln(tab, row)
	}
	for _, id := range site.LineIDs() {
		rec, err := site.Recipe(id)
		if err != nil {
			return err
		}
		from := "by its site file"
		if active, err := shelf.Active(string(id)); err == nil && active != nil {
			from = "since " + active.Since.Format("2006-01-02 15:04:05Z") + " by " + active.By
		}
		fmt.Fprintf(tab, "line %s\tjudges by %s\t%s\n", id, rec.ID(), from)
	}
	return tab.Flush()
}

// RecipeDiffCmd compares two versions.
type RecipeDiffCmd struct {
	SiteFlag
	Before string `arg:"" help:"NAME@VERSION on the shelf, or a file."`
	After  string `arg:"" help:"The same."`
}

// Run says what differs, the models too.
func (c *RecipeDiffCmd) Run(context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	shelf := site.Shelf()
	var text [2][]byte
	var card [2]anomaly.Card
	for i, name := range []string{c.Before, c.After} {
		path := filepath.Join(shelf.Dir, name, "recipe.yaml")
		if _, err := shelf.Get(name); err != nil {
			path = name
		}
		rec, err := recipe.Load(path)
		if err != nil {
			return err
		}
		if text[i], err = os.ReadFile(path); err != nil {
			return err
		}
		m, err := anomaly.Read(rec.ModelDir())
		if err != nil {
			return err
		}
		card[i] = m.Card
	}
	rows, err := recipe.Diff(text[0], text[1])
	if err != nil {
		return err
	}
	for _, row := range []struct {
		name    string
		was, is any
	}{
		{"model's SHA-256", card[0].SHA256[:12], card[1].SHA256[:12]}, {"model's version", card[0].Version, card[1].Version}, {"taught parts", card[0].Taught.Parts, card[1].Taught.Parts},
		{"threshold", card[0].Threshold, card[1].Threshold}, {"expected false rejects", card[0].FalseRejectRate, card[1].FalseRejectRate}, {"classes", fmt.Sprint(card[0].Classes), fmt.Sprint(card[1].Classes)},
	} {
		if row.was != row.is {
			rows = append(rows, fmt.Sprintf("  (%s): %v -> %v", row.name, row.was, row.is))
		}
	}
	if len(rows) == 0 {
		rows = []string{"no difference"}
	}
	for _, row := range rows {
		fmt.Println(row)
	}
	return nil
}
