package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/event"
	"linesman/line"
	"linesman/part"
	"linesman/recipe"
)

// RecipeCancelCmd takes a changeover back that waits for its place.
type RecipeCancelCmd struct {
	SiteFlag
	ID   string `arg:"" optional:"" help:"NAME@VERSION that the line waits to change over to. Default: whatever it is."`
	Line string `help:"The line. Default: the site's only one."`
}

// Help says how long it can be.
func (*RecipeCancelCmd) Help() string {
	return `A changeover waits for its place on the belt, stated with --at-tick or the next one of
a belt that stands. As long as no camera may have anything of it in view it can be
taken back: the line goes on as if nobody had asked. recipe.cancelled says by whom.
Once it has begun, "linesman recipe back" leaves the version.`
}

// Run asks the appliance that runs.
func (c *RecipeCancelCmd) Run(ctx context.Context) error {
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	if !inUse(logFolder(site)) {
		return fmt.Errorf("no appliance runs, so no changeover waits on line %s: linesman recipe list says what is active", id)
	}
	token, err := access.LocalToken(accessDir(site))
	if err != nil {
		return err
	}
	there := &remoteLog{url: "http://" + nearby(site.Listen), token: token}
	q := url.Values{"actor": {whoRuns()}}
	if c.ID != "" {
		q.Set("recipe", c.ID)
	}
	var now api.RecipeLine
	if err := there.ask(ctx, http.MethodDelete, "/api/v1/lines/"+url.PathEscape(string(id))+"/changeover?"+q.Encode(), nil, &now); err != nil {
		return err
	}
	_, err = fmt.Printf("the changeover is taken back: line %s goes on by %s\n", id, now.Judges)
	return err
}

// Cancel takes back the changeover that a line waits for. What was active before is again,
// written down before the line hears of it: should the process end in between, the line
// begins by that.
func (r recipes) Cancel(ctx context.Context, id part.LineID, name, actor string) (recipe.Active, error) {
	a, station := r.a, r.a.stations[id]
	f := a.following[id]
	f.mu.Lock()
	defer f.mu.Unlock()
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	c, err := station.Waits(name)
	if err != nil {
		return recipe.Active{}, err
	}
	shelf := shelfOf(a.site)
	active, err := shelf.Active(string(id))
	if err != nil {
		return recipe.Active{}, err
	}
	if c.Why == "controller" { // the shelf has no part in it
		if err := r.cancelAtLine(id, c, actor); err != nil {
			return recipe.Active{}, err
		}
		return r.Judging(id)
	}
	if active == nil || active.Recipe != c.Recipe {
		return recipe.Active{}, fmt.Errorf("line %s: %s was not made active, but follows from what was taken back: make a version active (linesman recipe activate)", id, c.Recipe)
	}
	was := active.Undone()
	was.Since, was.By, was.Why = time.Now().UTC(), actor, "cancelled"
	if err := shelf.SetActive(string(id), was); err != nil {
		return recipe.Active{}, err
	}
	if err := r.cancelAtLine(id, c, actor); err != nil {
		return recipe.Active{}, errors.Join(err, shelf.SetActive(string(id), *active))
	}
	f.done = orderOf(&was)
	k, err := shelf.Get(was.Recipe)
	if err != nil {
		return was, err
	}
	e := changedEvent(a.site, id, k, actor, func(p *event.RecipeChanged) { p.State, p.Was, p.Why = "active", c.Recipe, was.Why })
	if err := a.desk.tell(ctx, e); err != nil {
		return was, fmt.Errorf("line %s, recipe %s: %w: %w", id, was.Recipe, errUntold, err)
	}
	return was, nil
}

// cancelAtLine takes it back where it waits; only the line knows whether it still can be.
func (r recipes) cancelAtLine(id part.LineID, c line.Changeover, actor string) error {
	_, goesOn, err := r.a.stations[id].Cancel(c.Recipe, actor)
	if err == nil {
		newestOf(r.a.judging[id], goesOn)
	}
	return err
}
