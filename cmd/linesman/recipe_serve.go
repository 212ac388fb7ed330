package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"linesman/api"
	"linesman/event"
	"linesman/line"
	"linesman/models/anomaly"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// recipes is what the API asks of an appliance's recipes.
type recipes struct{ a *appliance }

var _ api.Recipes = recipes{}

// ownDesk is the desk of the appliance itself.
func (a *appliance) ownDesk() *desk {
	return &desk{site: a.site,
		read: func(with func(proof.Log) error) error { return with(a.store) },
		tell: func(ctx context.Context, e event.Event) error {
			_, err := a.store.Append(ctx, []event.Event{e})
			return err
		},
	}
}

// Shelf is the site's.
func (r recipes) Shelf() recipe.Shelf { return r.a.site.Shelf() }

// Judging returns by what a line is to judge: Since is zero where the site file
// says so.
func (r recipes) Judging(id part.LineID) (recipe.Active, error) {
	shelf := r.Shelf()
	active, err := shelf.Active(string(id))
	if err != nil {
		return recipe.Active{}, err
	}
	if active != nil {
		return *active, nil
	}
	rec, err := r.a.site.Recipe(id)
	if err != nil {
		return recipe.Active{}, err
	}
	return recipe.Active{Term: recipe.Term{Recipe: rec.ID(), Hash: rec.Hash()}}, nil
}

// Next returns what the schedule names for a line next, and when.
func (r recipes) Next(id part.LineID) (name string, at time.Time, ok bool) {
	zone, err := r.a.site.Location()
	if err != nil {
		return "", time.Time{}, false
	}
	e, at, ok := r.a.site.Schedule.Next(id, time.Now(), zone)
	return e.Recipe, at, ok
}

// Diff compares two versions, on the shelf or by the site file.
func (r recipes) Diff(before, after string) ([]string, error) {
	was, err := r.file(before)
	if err != nil {
		return nil, err
	}
	is, err := r.file(after)
	if err != nil {
		return nil, err
	}
	return compare(was, is)
}

// file is where a version lies: on the shelf, or, before anything was made active,
// where the site file says.
func (r recipes) file(id string) (string, error) {
	shelf := r.Shelf()
	rec, _, err := shelf.Load(id)
	if err == nil {
		return rec.File(), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, line := range r.a.site.LineIDs() {
		if rec, err := r.a.site.Recipe(line); err == nil && rec.ID() == id {
			return rec.File(), nil
		}
	}
	return "", err
}

// Activate has a line judge by a version on the shelf, from the next place on the belt
// or a stated one.
func (r recipes) Activate(ctx context.Context, id part.LineID, name, actor string, from part.Tick) (recipe.Active, error) {
	if from == line.Next {
		return r.a.desk.activate(ctx, id, name, "operator", actor)
	}
	return r.a.desk.activateAt(ctx, id, name, "operator", actor, func(rec *recipe.Recipe) (part.Tick, error) {
		if _, err := r.a.stations[id].Place(from); err != nil { // before a model is loaded
			return from, err
		}
		c, err := r.a.changeOver(id, rec, from, "operator", actor)
		return c.From, err
	})
}

// Back goes one step back.
func (r recipes) Back(ctx context.Context, id part.LineID, from, actor string) (recipe.Active, error) {
	return r.a.desk.back(ctx, id, from, actor)
}

// Shadow has a version on the shelf judge beside a line.
func (r recipes) Shadow(id part.LineID, name, actor string) error {
	shelf := r.Shelf()
	rec, k, err := shelf.Load(name)
	if err != nil {
		return err
	}
	if _, err := modelsOf(rec, k); err != nil {
		return err
	}
	return r.a.shadow(id, rec, actor)
}

// ShadowModel has a candidate's model judge beside a line: its folder, beside the
// site file.
func (r recipes) ShadowModel(id part.LineID, folder, actor string) error {
	if !filepath.IsLocal(folder) {
		return fmt.Errorf("model %q: want the folder of a candidate beside the site file, as linesman candidate make writes it, such as candidate-20261126.023000", folder)
	}
	dir := r.a.site.Path(folder)
	if _, err := anomaly.Read(dir); err != nil {
		return fmt.Errorf("model %q: there is no candidate's folder of this name beside the site file (linesman candidate make writes one): %w", folder, fs.ErrNotExist)
	}
	rec, err := candidateRecipe(r.a.site, id, dir)
	if err != nil {
		return err
	}
	return r.a.shadow(id, rec, actor)
}

// EndShadow ends what judges beside a line, if anything does.
func (r recipes) EndShadow(id part.LineID, actor string) error { return r.a.shadow(id, nil, actor) }
