package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/models"
	"linesman/models/anomaly"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// desk makes versions of recipes active and takes them back: for commands, for the
// API and for the schedule, by the same rules.
type desk struct {
	site *config.Site
	// read lends the log.
	read func(func(proof.Log) error) error
	// tell logs an event.
	tell func(context.Context, event.Event) error

	mu sync.Mutex // held while what is active is read and written
}

// deskOf is the desk of a command, beside a running appliance or without one.
func deskOf(site *config.Site) *desk {
	return &desk{site: site,
		read: func(with func(proof.Log) error) error {
			log, err := openLogFiles(logFolder(site))
			if err != nil {
				return err
			}
			return errors.Join(with(log), log.Close())
		},
		tell: func(ctx context.Context, e event.Event) error { return tellLog(ctx, site, e) },
	}
}

// activate has a line judge by a version that is tested and signed. why is
// "operator" or "schedule", actor who asked. An error that wraps errUntold says that
// the version is active and the log does not know.
func (d *desk) activate(ctx context.Context, id part.LineID, name, why, actor string) (recipe.Active, error) {
	return d.activateAt(ctx, id, name, why, actor, nil)
}

// taking has a line take a changeover on at a stated place before it is written down,
// and returns the place.
type taking func(*recipe.Recipe) (part.Tick, error)

// activateAt is activate at the place that take returns; nil is the next.
func (d *desk) activateAt(ctx context.Context, id part.LineID, name, why, actor string, take taking) (recipe.Active, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	shelf := shelfOf(d.site)
	rec, k, err := shelf.Load(name)
	if err != nil {
		return recipe.Active{}, err
	}
	if err := k.Ready(); err != nil {
		return recipe.Active{}, err
	}
	if _, err := modelsOf(rec, k); err != nil {
		return recipe.Active{}, err
	}
	if err := d.read(func(log proof.Log) error { return proven(ctx, log, shelf, k) }); err != nil {
		return recipe.Active{}, err
	}
	return d.makeActive(ctx, id, rec, k, why, actor, take)
}

// resume makes active again what was active on the line before and was not taken back.
func (d *desk) resume(ctx context.Context, id part.LineID, name, why, actor string) (recipe.Active, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	shelf := shelfOf(d.site)
	rec, k, err := shelf.Load(name)
	if err != nil {
		return recipe.Active{}, err
	}
	if _, err := modelsOf(rec, k); err != nil {
		return recipe.Active{}, err
	}
	if err := d.mayJudge(ctx, id, rec); err != nil {
		return recipe.Active{}, err
	}
	return d.makeActive(ctx, id, rec, k, why, actor, nil)
}

// back makes active what was active before: one step. It was tested and signed then,
// or the site file's own: nothing more is asked for, since back is for when it is
// urgent. from is what is to be left, or empty.
func (d *desk) back(ctx context.Context, id part.LineID, from, actor string) (recipe.Active, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	shelf := shelfOf(d.site)
	active, err := shelf.Active(string(id))
	if err != nil {
		return recipe.Active{}, err
	}
	if active == nil || active.Before == nil {
		return recipe.Active{}, fmt.Errorf("line %s: no version was active before", id)
	}
	if from != "" && active.Recipe != from {
		return recipe.Active{}, fmt.Errorf("line %s judges by %s by now, not by %s: look again, and go back from that", id, active.Recipe, from)
	}
	rec, k, err := shelf.Load(active.Before.Recipe)
	if err != nil {
		return recipe.Active{}, err
	}
	if _, err := modelsOf(rec, k); err != nil {
		return recipe.Active{}, err
	}
	return d.makeActive(ctx, id, rec, k, "back", actor, nil)
}

// errUntold is wrapped where a version is active and the log could not be told.
var errUntold = errors.New("it is active, but the log could not be told who asked")

// makeActive, under the lock, writes down by what a line judges; a running appliance reads it
// within a second. What judged before goes onto the shelf, so that there is a way
// back.
func (d *desk) makeActive(ctx context.Context, id part.LineID, rec *recipe.Recipe, k *recipe.Kept, why, actor string, take taking) (recipe.Active, error) {
	shelf := shelfOf(d.site)
	if err := d.site.Fits(id, rec); err != nil {
		return recipe.Active{}, err
	}
	before, err := d.site.Recipe(id)
	if err != nil {
		return recipe.Active{}, err
	}
	if before.Hash() == k.Hash {
		return recipe.Active{}, fmt.Errorf("line %s judges by %s already", id, k.Recipe)
	}
	term := recipe.Term{Recipe: before.ID(), Hash: before.Hash(), Own: true}
	active, err := shelf.Active(string(id))
	if err != nil {
		return recipe.Active{}, err
	}
	if active != nil {
		term = active.Term
		if active.Early {
			if err := d.remember(ctx, id, active); err != nil {
				return recipe.Active{}, err
			}
		}
	} else {
		m, err := readModels(before)
		if err != nil {
			return recipe.Active{}, err
		}
		if _, err := shelf.Add(d.site.Path(d.site.Lines[id].Recipe), before, m.Model().SHA256); err != nil {
			return recipe.Active{}, err
		}
		active = &recipe.Active{Term: term}
		active.Choose(term)
	}
	term.Own = term.Own || active.IsOwn(term.Recipe, term.Hash)
	was := *active
	was.Own = term.Own
	now := recipe.Active{Term: recipe.Term{Recipe: k.Recipe, Hash: k.Hash, Since: time.Now().UTC(), By: actor, Why: why}, Before: &term, Chosen: active.Chosen}
	now.Remember(was)
	now.Own = active.IsOwn(k.Recipe, k.Hash)
	if why == "back" {
		now.TakeBack(term.Recipe)
	}
	now.Choose(now.Term)
	var told event.Tick
	if take != nil {
		from, err := take(rec)
		if err != nil {
			return recipe.Active{}, err
		}
		now.From, told = &from, event.Tick{Epoch: from.Epoch, Count: from.Count}
	}
	if err := shelf.SetActive(string(id), now); err != nil {
		if take != nil {
			err = fmt.Errorf("line %s changes over to %s at tick %v, but the shelf does not know of it: make room, or mend the disk, and activate it again: %w", id, k.Recipe, *now.From, err)
		}
		return recipe.Active{}, err
	}
	e := changedEvent(d.site, id, k, actor, func(p *event.RecipeChanged) { p.State, p.Was, p.Why, p.From = "active", term.Recipe, why, told })
	if err := d.tell(ctx, e); err != nil {
		return now, fmt.Errorf("line %s, recipe %s: %w: %w", id, k.Recipe, errUntold, err)
	}
	return now, nil
}

// errNoSignature is wrapped where the log has not the signature that the shelf names.
var errNoSignature = errors.New("the log has no signature")

// proven holds a version's report against its hash, and its signature against the
// log: what lies on the shelf could have been written by hand.
func proven(ctx context.Context, log proof.Log, shelf recipe.Shelf, k *recipe.Kept) error {
	report, page, err := shelf.Report(k.Recipe)
	if err != nil {
		return err
	}
	var out tried
	if sha256Of(report) != k.Tested.Report || json.Unmarshal(report, &out) != nil || out.Page != "" && sha256Of(page) != out.Page {
		return fmt.Errorf("recipe %s: its report is not the one that was signed: test and sign it again", k.Recipe)
	}
	want := sha256Of([]byte(k.Bill()))
	f := event.Filter{Types: []event.Type{event.AuditSigned{}.EventType()}, Limit: 1000}
	for {
		events, err := log.Read(ctx, f)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return fmt.Errorf("recipe %s: %w %s under this recipe, model and report: sign it with linesman recipe sign %s", k.Recipe, errNoSignature, k.Signed.Event, k.Recipe)
		}
		for _, e := range events {
			if p, err := event.As[event.AuditSigned](e); err == nil && e.ID == k.Signed.Event && p.SHA256 == want {
				return nil
			}
		}
		f.After = events[len(events)-1].Seq
	}
}

// changedEvent says how far a version has come; more adds to it.
func changedEvent(site *config.Site, id part.LineID, k *recipe.Kept, actor string, more func(*event.RecipeChanged)) event.Event {
	p := event.RecipeChanged{Line: string(id), Recipe: k.Recipe, Hash: k.Hash, ModelHash: k.ModelHash, State: k.State()}
	if t := k.Tested; t != nil {
		p.Report, p.Judged, p.Reject, p.Pass = t.Report, t.Judged, t.Reject, t.Pass
	}
	if k.Signed != nil {
		p.Signature = k.Signed.Event
	}
	if more != nil {
		more(&p)
	}
	e := event.New("/"+site.Name+"/line/"+string(id), k.Recipe, time.Now(), p)
	e.ID, e.Actor = event.NewID(), actor
	return e
}

// compare says what differs between two recipes' files, the models too.
func compare(before, after string) ([]string, error) {
	var text [2][]byte
	var by [2]models.Model
	var taught [2]*anomaly.Model
	for i, path := range []string{before, after} {
		rec, err := recipe.Load(path)
		if err != nil {
			return nil, err
		}
		if text[i], err = os.ReadFile(path); err != nil {
			return nil, err
		}
		m, err := readModels(rec)
		if err != nil {
			return nil, err
		}
		by[i], taught[i] = m.Model(), m.Taught
	}
	rows, err := recipe.Diff(text[0], text[1])
	if err != nil {
		return nil, err
	}
	type row struct {
		name    string
		was, is any
	}
	all := []row{{"model's SHA-256", by[0].SHA256[:12], by[1].SHA256[:12]}, {"model's version", by[0].Version, by[1].Version}}
	if taught[0] != nil && taught[1] != nil {
		was, is := &taught[0].Card, &taught[1].Card
		all = append(all, row{"taught parts", was.Taught.Parts, is.Taught.Parts}, row{"threshold", was.Threshold, is.Threshold},
			row{"expected false rejects", was.FalseRejectRate, is.FalseRejectRate}, row{"at most, by those held out", was.FalseRejectAtMost, is.FalseRejectAtMost}, row{"classes", fmt.Sprint(was.Classes), fmt.Sprint(is.Classes)})
	}
	for _, row := range all {
		if row.was != row.is {
			rows = append(rows, fmt.Sprintf("  (%s): %v -> %v", row.name, row.was, row.is))
		}
	}
	return rows, nil
}

// candidateRecipe is what a line would judge by with a candidate's model: the draft
// beside the folder, else what judges now.
func candidateRecipe(site *config.Site, id part.LineID, dir string) (*recipe.Recipe, error) {
	if draft, err := recipe.Load(filepath.Clean(dir) + ".yaml"); err == nil || !errors.Is(err, os.ErrNotExist) {
		return draft, err
	}
	rec, err := site.Recipe(id)
	if err != nil {
		return nil, err
	}
	with := *rec
	with.Model, err = filepath.Abs(dir)
	return &with, err
}
