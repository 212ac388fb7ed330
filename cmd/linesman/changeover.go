package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
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

// openActive is openSetup for what a line is to judge by: the models of a version that
// the shelf keeps have to be those that were put there.
func openActive(site *config.Site, rec *recipe.Recipe) (line.Setup, error) {
	shelf := site.Shelf()
	k, err := shelf.Get(rec.ID())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return line.Setup{}, err
	}
	setup, err := openSetup(rec)
	if err == nil && k != nil && k.Hash == rec.Hash() {
		if err = sameModels(rec, k, setup.Model.Hash); err != nil {
			return line.Setup{}, errors.Join(err, setup.Close())
		}
	}
	return setup, err
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
	setup, err := openActive(a.site, rec)
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
		rec, err := a.desk.comesAgain(ctx, id, product)
		if err == nil {
			_, err = a.changeOver(id, rec, line.Next, "controller", "controller")
		}
		switch {
		case errors.Is(err, line.ErrChanging):
			again = time.After(changingPause)
		case err != nil:
			a.log.Error("the product that the controller asks for can not be judged", "line", id, "product", product, "err", err)
			a.stations[id].Refuse(product, err)
			judges, _ := a.stations[id].Judges()
			a.tellRefused(ctx, id, event.RecipeRefused{Recipe: product, Judges: judges, Due: time.Now().UTC(), Cause: err.Error()}, "controller")
		}
	}
}

// The shelf is looked at for what was made active so often, and for what could not
// be judged by so much later: each try loads a model.
const (
	shelfEvery = time.Second
	shelfAgain = 30 * time.Second
)

// orderOf tells one making active from another.
func orderOf(active *recipe.Active) string {
	return active.Hash + active.Since.UTC().Format(time.RFC3339Nano)
}

// followShelf changes a line over to what is made active on the shelf, once: what the
// controller asks for afterwards stands until the next is made active. begun is what
// was active when the line began, nil if nothing was. What can not be judged by is
// told once and changes nothing.
func (a *appliance) followShelf(ctx context.Context, id part.LineID, begun *recipe.Active) error {
	tick := time.NewTicker(shelfEvery)
	defer tick.Stop()
	f := a.following[id]
	if begun != nil {
		f.done = orderOf(begun)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			a.lookAtShelf(ctx, id, f)
		}
	}
}

// following is how far a line has followed the shelf.
type following struct {
	mu             sync.Mutex // held while it does: no changeover is taken back amid that
	done           string     // what was followed last
	tried, refused string     // what could not be, and why
	again          time.Time  // not before
}

// lookAtShelf follows what is active, if the line has not yet.
func (a *appliance) lookAtShelf(ctx context.Context, id part.LineID, f *following) {
	f.mu.Lock()
	defer f.mu.Unlock()
	shelf, station := a.site.Shelf(), a.stations[id]
	if station.Changing() {
		return
	}
	active, err := shelf.Active(string(id))
	if err == nil && active == nil {
		return
	}
	judges, hash := station.Judges()
	order := ""
	if err == nil {
		order = orderOf(active)
		if hash == active.Hash {
			f.done = order
		}
		if f.done == order || f.tried == order && time.Now().Before(f.again) {
			return
		}
		err = a.follow(ctx, id, active)
	}
	switch {
	case err == nil:
		f.done, f.tried, f.refused = order, "", ""
		return
	case errors.Is(err, line.ErrChanging): // the next look finds it
		return
	}
	f.tried, f.again = order, time.Now().Add(shelfAgain)
	if err.Error() == f.refused {
		return
	}
	f.refused = err.Error()
	a.log.Error("what was made active can not be judged by: the line goes on as before", "line", id, "err", err)
	if active != nil && ctx.Err() == nil && !errors.Is(err, line.ErrAsked) { // else it only waits
		a.tellRefused(ctx, id, event.RecipeRefused{Recipe: active.Recipe, Judges: judges, Due: active.Since, Cause: f.refused}, active.By)
	}
}

// follow changes a line over to what is active. While the controller asks for another
// product, that one's last version is what counts, so that a version which was taken
// back judges no longer; the error says then what waits.
func (a *appliance) follow(ctx context.Context, id part.LineID, active *recipe.Active) error {
	rec, err := a.site.Recipe(id)
	if err != nil {
		return err
	}
	if err := a.desk.mayJudge(ctx, id, rec); err != nil {
		return err
	}
	_, err = a.changeOver(id, rec, line.Next, active.Why, active.By)
	if !errors.Is(err, line.ErrAsked) {
		return err
	}
	judges, hash := a.stations[id].Judges()
	last, lastErr := a.desk.comesAgain(ctx, id, nameOf(judges))
	if lastErr == nil && last.Hash() != hash {
		_, lastErr = a.changeOver(id, last, line.Next, active.Why, active.By)
	}
	if lastErr != nil {
		return fmt.Errorf("%s waits until the controller asks for it, and meanwhile: %w", rec.ID(), lastErr)
	}
	return err
}

// tellRefused logs that a line did not change over.
func (a *appliance) tellRefused(ctx context.Context, id part.LineID, p event.RecipeRefused, actor string) {
	p.Line = string(id)
	e := event.New("/"+a.site.Name+"/line/"+string(id), "line", time.Now(), p)
	e.ID, e.Actor = event.NewID(), actor
	if err := a.desk.tell(ctx, e); err != nil {
		a.log.Error("the log could not be told what was refused", "line", id, "err", err)
	}
}
