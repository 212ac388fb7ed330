package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/config"
	"linesman/part"
	"linesman/recipe"
)

// RecipeActivateCmd has a line judge by a version.
type RecipeActivateCmd struct {
	SiteFlag
	ID     string `arg:"" help:"NAME@VERSION, tested and signed."`
	Line   string `help:"The line. Default: the site's only one."`
	AtTick *int64 `placeholder:"TICK" help:"Judge by it from this count of the line's encoder on, at the line's zero; it must lie ahead, an hour of belt at most. Default: from the next part on."`
}

// Run refuses what is not signed under its own report.
func (c *RecipeActivateCmd) Run(ctx context.Context) error {
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	if c.AtTick != nil {
		return c.atTick(ctx, site, id)
	}
	active, err := deskOf(site).activate(ctx, id, c.ID, "operator", whoRuns())
	return tellActive(site, id, active, err)
}

// atTick asks the appliance that runs: nobody else knows where the belt is.
func (c *RecipeActivateCmd) atTick(ctx context.Context, site *config.Site, id part.LineID) error {
	name, version, ok := strings.Cut(c.ID, "@")
	if !ok {
		return fmt.Errorf("recipe %q: want NAME@VERSION, as linesman recipe list shows it", c.ID)
	}
	if !inUse(logFolder(site)) {
		return fmt.Errorf("no appliance runs, so nobody knows where the belt of line %s is: start it with linesman run, or leave --at-tick away", id)
	}
	token, err := access.LocalToken(accessDir(site))
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"line": id, "actor": whoRuns(), "from_tick": api.Tick{Count: *c.AtTick}})
	if err != nil {
		return err
	}
	there := &remoteLog{url: "http://" + nearby(site.Listen), token: token}
	var now api.RecipeLine
	if err := there.ask(ctx, http.MethodPost, "/api/v1/recipes/"+url.PathEscape(name)+"/"+url.PathEscape(version)+"/activate", body, &now); err != nil {
		return err
	}
	if now.From == nil {
		return fmt.Errorf("line %s: the appliance that runs is older than this program and did not heed --at-tick: %s judges from the next part on; linesman recipe back --line %s", id, now.Recipe, id)
	}
	_, err = fmt.Printf("line %s judges by %s instead of %s from tick %v on; back with: linesman recipe back --line %s\n", id, now.Recipe, now.Before, part.Tick(*now.From), id)
	return err
}

// tellActive says from when on a line judges by what was made active.
func tellActive(site *config.Site, id part.LineID, active recipe.Active, err error) error {
	if err != nil && !errors.Is(err, errUntold) {
		return err
	}
	when := "from the next part on"
	if !inUse(logFolder(site)) {
		when = "once the appliance runs"
	}
	_, printed := fmt.Printf("line %s judges by %s instead of %s %s; back with: linesman recipe back --line %s\n", id, active.Recipe, active.Before.Recipe, when, id)
	return errors.Join(err, printed)
}

func sha256Of(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// RecipeBackCmd goes one step back.
type RecipeBackCmd struct {
	SiteFlag
	Line string `help:"The line. Default: the site's only one."`
}

// Run makes active what was active before.
func (c *RecipeBackCmd) Run(ctx context.Context) error {
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	active, err := deskOf(site).back(ctx, id, "", whoRuns())
	return tellActive(site, id, active, err)
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
	paths := []string{c.Before, c.After}
	for i, name := range paths {
		if _, err := shelf.Get(name); err == nil {
			paths[i] = shelf.File(name)
		}
	}
	rows, err := compare(paths[0], paths[1])
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		rows = []string{"no difference"}
	}
	for _, row := range rows {
		fmt.Println(row)
	}
	return nil
}
