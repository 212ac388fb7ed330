package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/part"
	"linesman/recipe"
)

// scheduleEvery is how often the clock is looked at: it may be set meanwhile.
const scheduleEvery = 30 * time.Second

// followSchedule makes active on a line what the site's schedule names, when it is
// due. What was due while no appliance ran is made up for, unless somebody made
// another version active since. What is refused is told and not tried again.
func (d *desk) followSchedule(ctx context.Context, id part.LineID, zone *time.Location, log *slog.Logger) error {
	var done time.Time
	for {
		now := time.Now()
		e, at, ok := d.site.Schedule.Last(id, now, zone)
		if ok && at.After(done) {
			if err := d.change(ctx, id, e, at); err != nil {
				log.Error("the schedule could not be kept", "line", id, "recipe", e.Recipe, "err", err)
			}
			done = at
		}
		_, next, ok := d.site.Schedule.Next(id, now, zone)
		if !ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(min(time.Until(next), scheduleEvery)):
		}
	}
}

// change makes an entry active that was due at a time, or tells why not.
func (d *desk) change(ctx context.Context, id part.LineID, e config.Scheduled, at time.Time) error {
	shelf := d.site.Shelf()
	active, err := shelf.Active(string(id))
	if err == nil && active != nil && !at.After(active.Since) {
		return nil // somebody chose since
	}
	var judges string
	if now, err := d.site.Recipe(id); err == nil {
		judges = now.ID()
	}
	if err == nil {
		var rec *recipe.Recipe
		if rec, err = scheduled(d.site, id, e.Recipe); err == nil && rec.ID() != judges {
			do := d.activate
			if !strings.Contains(e.Recipe, "@") {
				do = d.resume
			}
			_, err = do(ctx, id, rec.ID(), "schedule", "schedule")
		}
	}
	if err == nil || errors.Is(err, errUntold) {
		return err
	}
	told := event.New("/"+d.site.Name+"/line/"+string(id), "line", time.Now(), event.RecipeRefused{Line: string(id), Recipe: e.Recipe, Judges: judges, Due: at.UTC(), Cause: err.Error()})
	told.ID, told.Actor = event.NewID(), "schedule"
	return errors.Join(err, d.tell(ctx, told))
}

// scheduled returns what a schedule's entry means now. A version has to be signed; a
// product's name alone means what judges already, or judged it last on this line.
func scheduled(site *config.Site, id part.LineID, name string) (*recipe.Recipe, error) {
	if !strings.Contains(name, "@") {
		return recipeFor(site, id, name)
	}
	shelf := site.Shelf()
	rec, k, err := shelf.Load(name)
	if err != nil {
		return nil, err
	}
	return rec, errors.Join(k.Ready(), site.Fits(id, rec))
}

// checkSchedule says of each entry what it means now.
func checkSchedule(site *config.Site) error {
	for i := range site.Schedule {
		e := &site.Schedule[i]
		rec, err := scheduled(site, e.Line, e.Recipe)
		if err != nil {
			return fmt.Errorf("schedule, entry %d (%s, line %s): %w", i+1, e.Text(), e.Line, err)
		}
		fmt.Printf("schedule: line %s, %s: recipe %s: good\n", e.Line, e.Text(), rec.ID())
	}
	return nil
}
