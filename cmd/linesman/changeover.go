package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/line"
	"linesman/part"
	"linesman/recipe"
	"linesman/vision"
	"linesman/vision/cv"
)

// openSetup loads a recipe's models, which have to answer as their cards say, and returns what a line judges by with it.
func openSetup(rec *recipe.Recipe) (line.Setup, error) {
	d, err := openModels(rec)
	if err != nil {
		return line.Setup{}, err
	}
	m := d.Model()
	return line.Setup{
		Recipe: rec, Detector: d, Close: d.Close,
		Model: event.ModelActivated{Name: m.Name, Version: m.Version, Hash: m.SHA256, Parity: d.Parity(), Build: builtAs(), CPU: cpuClass()},
		Locator: func(v line.View) (vision.Locator, error) {
			s := rec.Part
			s.MMPerPx, s.Belt = v.MMPerPx, v.Belt
			return cv.NewLocator(s)
		},
	}, nil
}

// changeOver has a line judge by a recipe from a tick on, or line.Next. The model
// is loaded and checked before the line hears of it, and the line runs on
// meanwhile; the model before is closed once its last part has left. why is
// "operator", "schedule", "controller" or "back", actor who asked. With an error
// nothing has changed.
func (a *appliance) changeOver(id part.LineID, rec *recipe.Recipe, from part.Tick, why, actor string) (line.Changeover, error) {
	station, ok := a.stations[id]
	if !ok {
		return line.Changeover{}, fmt.Errorf("line %q is not among %v", id, a.site.LineIDs())
	}
	setup, err := openSetup(rec)
	if err != nil {
		return line.Changeover{}, fmt.Errorf("line %s: %w", id, err)
	}
	c, err := station.Change(setup, from, why, actor)
	if err != nil {
		return c, errors.Join(err, setup.Close())
	}
	newestOf(a.judging[id], rec)
	return c, nil
}

// newestOf hands something on without waiting: of those not yet taken the newest
// counts.
func newestOf[T any](wanted chan T, newest T) {
	for {
		select {
		case wanted <- newest:
			return
		default:
		}
		select {
		case <-wanted:
		default:
		}
	}
}

// changingPause is how long the controller's wish waits for a changeover that is on
// its way.
const changingPause = 200 * time.Millisecond

// changeOnDemand changes a line over to the products that its controller asks for.
// What can not be changed over to holds the line.
func (a *appliance) changeOnDemand(ctx context.Context, id part.LineID, wanted <-chan string) error {
	var product string
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case product = <-wanted:
		case <-again:
		}
		again = nil
		if a.stations[id].Changing() {
			again = time.After(changingPause)
			continue
		}
		rec, err := recipeFor(a.site, id, product)
		if err == nil {
			_, err = a.changeOver(id, rec, line.Next, "controller", "controller")
		}
		switch {
		case errors.Is(err, line.ErrChanging):
			again = time.After(changingPause)
		case err != nil:
			a.log.Error("the product that the controller asks for can not be judged", "line", id, "product", product, "err", err)
			a.stations[id].Refuse(product, err)
		}
	}
}

// recipeFor returns the recipe by which a line judges a product, by its name: the
// one that judges if it is of this product, else the newest signed one on the shelf.
func recipeFor(site *config.Site, id part.LineID, product string) (*recipe.Recipe, error) {
	rec, err := site.Recipe(id)
	if err != nil || rec.Name == product {
		return rec, err
	}
	shelf := site.Shelf()
	all, err := shelf.List()
	if err != nil {
		return nil, err
	}
	var newest *recipe.Recipe
	for i := range all {
		if all[i].Ready() != nil || nameOf(all[i].Recipe) != product {
			continue
		}
		r, _, err := shelf.Load(all[i].Recipe)
		if err != nil {
			return nil, err
		}
		if newest == nil || r.Version > newest.Version {
			newest = r
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("there is no signed recipe of %s for line %s, only %s: linesman recipe test, sign", product, id, rec.ID())
	}
	return newest, nil
}

// The shelf is looked at for what was made active so often, and for what could not
// be judged by so much later: each try loads a model.
const (
	shelfEvery = time.Second
	shelfAgain = 30 * time.Second
)

// followShelf changes a line over to what is made active on the shelf. judged is
// the hash of the recipe that it began by. What can not be loaded is told once and
// changes nothing.
func (a *appliance) followShelf(ctx context.Context, id part.LineID, judged string) error {
	tick := time.NewTicker(shelfEvery)
	defer tick.Stop()
	shelf, refused, again := a.site.Shelf(), "", time.Time{}
	var tried string
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		active, err := shelf.Active(string(id))
		if err == nil && (active == nil || active.Hash == judged || active.Hash == tried && time.Now().Before(again)) {
			continue
		}
		if err == nil {
			var rec *recipe.Recipe
			if rec, err = a.site.Recipe(id); err == nil {
				_, err = a.changeOver(id, rec, line.Next, active.Why, active.By)
			}
		}
		switch {
		case err == nil:
			judged, refused, tried = active.Hash, "", ""
			continue
		case errors.Is(err, line.ErrChanging): // the next look finds it
			continue
		}
		if active != nil {
			tried, again = active.Hash, time.Now().Add(shelfAgain)
		}
		if err.Error() != refused {
			refused = err.Error()
			a.log.Error("what was made active can not be judged by: the line goes on as before", "line", id, "err", err)
		}
	}
}
