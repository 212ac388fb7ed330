package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// recipeFor returns the recipe by which a line judges a product, by its name: the one
// that is active if it is of this product, else the last that was made active on this
// line and not taken back. Nobody's word, no change: a version that was only signed is
// not returned, and the error says how to make it active.
func recipeFor(site *config.Site, id part.LineID, product string) (*recipe.Recipe, error) {
	rec, err := site.Recipe(id)
	if err != nil || rec.Name == product {
		return rec, err
	}
	shelf := site.Shelf()
	active, err := shelf.Active(string(id))
	if err != nil {
		return nil, err
	}
	if active != nil {
		if last, ok := active.Last(product); ok {
			return chosen(site, id, last)
		}
	}
	return nil, unchosen(site, id, product, rec.ID(), active != nil && active.Chosen[product] != nil)
}

// chosen loads the version of a term, which has to be the very one that was active.
func chosen(site *config.Site, id part.LineID, t recipe.Term) (*recipe.Recipe, error) {
	shelf := site.Shelf()
	rec, _, err := shelf.Load(t.Recipe)
	if err != nil {
		return nil, err
	}
	if rec.Hash() != t.Hash {
		return nil, fmt.Errorf("line %s: recipe %s was active with SHA-256 %.12s and has %.12s now: bring %s back from a backup", id, t.Recipe, t.Hash, rec.Hash(), shelf.Dir)
	}
	return rec, site.Fits(id, rec)
}

// unchosen says why a line can not judge a product, and what to do.
func unchosen(site *config.Site, id part.LineID, product, judges string, back bool) error {
	shelf := site.Shelf()
	all, err := shelf.List()
	if err != nil {
		return err
	}
	newest, version := "", 0
	for i := range all {
		if nameOf(all[i].Recipe) != product || all[i].Ready() != nil {
			continue
		}
		if r, _, err := shelf.Load(all[i].Recipe); err == nil && r.Version > version {
			newest, version = r.ID(), r.Version
		}
	}
	why := "was ever active on line " + string(id)
	if back {
		why = "is active on line " + string(id) + " any more, it was taken back"
	}
	if newest == "" {
		return fmt.Errorf("there is no signed recipe of %s for line %s, only %s, and no version of it %s: linesman recipe test, sign, activate", product, id, judges, why)
	}
	return fmt.Errorf("no version of %s %s; %s is signed: linesman recipe activate %s --line %s", product, why, newest, newest, id)
}

// comesAgain is recipeFor, held against the log.
func (d *desk) comesAgain(ctx context.Context, id part.LineID, product string) (*recipe.Recipe, error) {
	rec, err := recipeFor(d.site, id, product)
	if err != nil {
		return nil, err
	}
	return rec, d.mayJudge(ctx, id, rec)
}

// mayJudge holds a recipe that a line is to judge by again against its report and its
// signature in the log, as activation did. The site file's own asks for neither. Of a
// signature that is older than all that the log still keeps, nothing but the hashes
// is known.
func (d *desk) mayJudge(ctx context.Context, id part.LineID, rec *recipe.Recipe) error {
	shelf := d.site.Shelf()
	own, err := d.isOwn(id, rec)
	if own || err != nil {
		return err
	}
	k, err := shelf.Get(rec.ID())
	if err != nil {
		return err
	}
	if err := k.Ready(); err != nil {
		return err
	}
	return d.read(func(log proof.Log) error {
		err := proven(ctx, log, shelf, k)
		if !errors.Is(err, errNoSignature) {
			return err
		}
		first, firstErr := log.Read(ctx, event.Filter{Limit: 1})
		if firstErr == nil && len(first) == 1 && first[0].Time.After(k.Signed.At) && !k.Signed.At.IsZero() {
			return nil
		}
		return errors.Join(err, firstErr)
	})
}

// isOwn reports whether a recipe is the one that the line's site file names, or named
// when something else was made active there.
func (d *desk) isOwn(id part.LineID, rec *recipe.Recipe) (bool, error) {
	shelf := d.site.Shelf()
	active, err := shelf.Active(string(id))
	if err != nil {
		return false, err
	}
	if active == nil || active.IsOwn(rec.ID(), rec.Hash()) {
		return true, nil
	}
	own, err := recipe.Load(d.site.Path(d.site.Lines[id].Recipe))
	if errors.Is(err, fs.ErrNotExist) { // the shelf has all that judges by now
		return false, nil
	}
	return err == nil && own.ID() == rec.ID() && own.Hash() == rec.Hash(), nil
}

// begins returns by what a line judges from its start on, and what is active then, nil
// if nothing is. It is refused like any other version that was altered.
func (d *desk) begins(ctx context.Context, id part.LineID) (*recipe.Recipe, *recipe.Active, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	shelf := shelfOf(d.site)
	active, err := shelf.Active(string(id))
	if err != nil {
		return nil, nil, err
	}
	if active != nil && active.Early {
		if err := d.remember(ctx, id, active); err != nil {
			return nil, nil, err
		}
		if err := shelf.SetActive(string(id), *active); err != nil {
			return nil, nil, err
		}
	}
	if active != nil && active.From != nil {
		if active, err = d.reached(ctx, id, active); err != nil {
			return nil, nil, err
		}
		if err := shelf.SetActive(string(id), *active); err != nil {
			return nil, nil, err
		}
	}
	rec, err := d.site.Recipe(id)
	if err != nil {
		return nil, nil, err
	}
	if active == nil {
		return rec, nil, nil
	}
	return rec, active, d.mayJudge(ctx, id, rec)
}

// reached returns what is active on a line that begins anew after a place was stated.
// If the belt had not come to it, the place is lost with the encoder's count: the line
// goes on by the version before, which is told.
func (d *desk) reached(ctx context.Context, id part.LineID, active *recipe.Active) (*recipe.Active, error) {
	now, from := *active, *active.From
	now.From = nil
	found := false
	f := event.Filter{Types: []event.Type{event.RecipeActivated{}.EventType()}, From: active.Since, Limit: 1000}
	err := d.read(func(log proof.Log) error {
		for {
			events, err := log.Read(ctx, f)
			if err != nil || len(events) == 0 {
				return err
			}
			for _, e := range events {
				p, err := event.As[event.RecipeActivated](e)
				found = found || err == nil && p.Line == string(id) && p.Hash == active.Hash
			}
			f.After = events[len(events)-1].Seq
		}
	})
	if err != nil || found || now.Before == nil {
		return &now, err
	}
	now = active.Undone()
	p := event.RecipeRefused{Line: string(id), Recipe: active.Recipe, Judges: now.Recipe, Due: active.Since,
		Cause: fmt.Sprintf("it was to judge from tick %v on, and the appliance was started anew before the belt came to it: linesman recipe activate %s --line %s", from, active.Recipe, id)}
	e := event.New("/"+d.site.Name+"/line/"+string(id), "line", time.Now(), p)
	e.ID, e.Actor = event.NewID(), active.By
	return &now, d.tell(ctx, e)
}

// remember reads from the log which versions were made active on a line and taken
// back, for a shelf that was kept by an earlier version of Linesman.
func (d *desk) remember(ctx context.Context, id part.LineID, active *recipe.Active) error {
	shelf := d.site.Shelf()
	var told recipe.Active
	f := event.Filter{Types: []event.Type{event.RecipeChanged{}.EventType()}, Limit: 1000}
	err := d.read(func(log proof.Log) error {
		for {
			events, err := log.Read(ctx, f)
			if err != nil || len(events) == 0 {
				return err
			}
			for _, e := range events {
				p, err := event.As[event.RecipeChanged](e)
				if err != nil || p.Line != string(id) || p.State != "active" {
					continue
				}
				if was, err := shelf.Get(p.Was); err == nil && told.Chosen == nil && p.Why != "back" {
					told.Choose(recipe.Term{Recipe: was.Recipe, Hash: was.Hash, Own: was.Signed == nil})
				}
				if p.Why == "back" {
					told.TakeBack(p.Was)
				}
				told.Choose(recipe.Term{Recipe: p.Recipe, Hash: p.Hash, Since: e.Time.UTC(), By: e.Actor, Why: p.Why})
			}
			f.After = events[len(events)-1].Seq
		}
	})
	if err != nil {
		return err
	}
	if told.Chosen != nil { // else the log does not reach back that far
		active.Own = active.Own || told.IsOwn(active.Recipe, active.Hash)
		active.Chosen = told.Chosen
		active.Choose(active.Term)
	}
	active.Early = false
	return nil
}
