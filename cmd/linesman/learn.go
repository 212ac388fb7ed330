package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/line"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// learning is who makes candidates where the site says learning: {auto: true}.
const learning = "learning"

const (
	// learnEvery is how often the learner looks whether a candidate is due.
	learnEvery = 15 * time.Second
	// learnIdle is how many idle cores it takes to begin one.
	learnIdle = 0.5
	// learnAgain is when one that failed is tried again although nothing new was said.
	learnAgain = 24 * time.Hour
)

// learner makes candidates for the lines of a site, one at a time, on cores that are
// idle: once enough new labels stand it has a process of its own teach one and try it,
// and puts it beside its line. It never has a line judge by one. What it did is known
// from the log, so that a restart repeats nothing.
type learner struct {
	site *config.Site
	log  *slog.Logger
	read proof.Log
	tell func(context.Context, ...event.Event) error
	// idle returns how many cores had nothing to do since it was last asked.
	idle func() (float64, error)
	// teach makes a line's candidate as a whole, on so many cores.
	teach func(ctx context.Context, id part.LineID, threads int) error
	// beside returns what judges beside a line, nil if nothing does.
	beside func(part.LineID) *line.ShadowState
	// shadow has a recipe judge beside a line.
	shadow func(part.LineID, *recipe.Recipe) error

	known   known
	settled bool // nothing was made since the candidates were put in order
	begun   bool // they were, by this process
}

// ownLearner is the learner of the appliance itself.
func (a *appliance) ownLearner() (*learner, error) {
	t, err := a.ownTeacher()
	if err != nil {
		return nil, err
	}
	return &learner{site: a.site, log: a.log, teach: t.teach, read: a.store, idle: (&cores{}).idle,
		tell: func(ctx context.Context, events ...event.Event) error {
			_, err := a.store.Append(ctx, events)
			return err
		},
		beside: func(id part.LineID) *line.ShadowState { return a.stations[id].Status().Shadow },
		shadow: func(id part.LineID, rec *recipe.Recipe) error { return a.shadow(id, rec, learning) },
	}, nil
}

// ownTeacher has processes of their own work for the appliance itself.
func (a *appliance) ownTeacher() (*teacher, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &teacher{site: a.site, log: a.log, program: program, strain: a.strain}, nil
}

// run learns until ctx ends. What goes wrong is told, and costs the lines nothing.
func (w *learner) run(ctx context.Context) error {
	return lookOften(ctx, w.look, func(err error) { w.log.Error("candidates can not be made in the background", "err", err) })
}

// lookOften looks every learnEvery until ctx ends. It tells an error once, not every
// few seconds.
func lookOften(ctx context.Context, look func(context.Context) error, tell func(error)) error {
	tick := time.NewTicker(learnEvery)
	defer tick.Stop()
	for said := ""; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		is := ""
		if err != nil {
			is = err.Error()
		}
		if is != said && is != "" {
			tell(err)
		}
		said = is
	}
}

// look settles what an earlier look, or an earlier process, left over, and makes a
// candidate that is due.
func (w *learner) look(ctx context.Context) error {
	idle, err := w.idle()
	if err != nil {
		return err
	}
	if err := w.known.catchUp(ctx, w.read); err != nil {
		return err
	}
	if err := w.settleAll(ctx); err != nil {
		return err
	}
	for _, id := range w.site.LineIDs() {
		rec, err := w.site.Recipe(id)
		if err != nil {
			return err
		}
		newest, ok := w.known.due(id, rec.Name, w.site.Learning, time.Now())
		if !ok || idle < learnIdle {
			continue
		}
		w.settled = false
		err = w.make(ctx, id, max(int(idle), 1))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if err := w.failed(ctx, id, rec, "teach", newest, err); err != nil {
				return err
			}
		}
		return w.settleAll(ctx)
	}
	return nil
}

// settleAll settles every line's candidates, unless nothing has been made since.
func (w *learner) settleAll(ctx context.Context) error {
	if w.settled {
		return nil
	}
	for _, id := range w.site.LineIDs() {
		if err := w.settle(ctx, id); err != nil {
			return err
		}
	}
	w.settled, w.begun = true, true
	return nil
}

// make has one made, if the disk has room for it.
func (w *learner) make(ctx context.Context, id part.LineID, threads int) error {
	home := candidatesOf(w.site, id)
	free, err := disk.Free(home)
	if err != nil {
		return err
	}
	if want := config.GB(w.site.Keep.FreeGB); free < want {
		return fmt.Errorf("the disk of %s has %.1f GB left, and %g are to stay free: make room, or lower keep.free_gb", home, float64(free)/1e9, w.site.Keep.FreeGB)
	}
	probe, err := os.MkdirTemp(home, unfinishedPrefix) // before it is taught for minutes
	if err != nil {
		return fmt.Errorf("no candidate can be written beside the recipe of line %s: %w; let the appliance write there", id, err)
	}
	if err := os.Remove(probe); err != nil {
		return err
	}
	w.log.Info("a candidate is being made", "line", id, "threads", threads)
	return w.teach(ctx, id, threads)
}

// failed tells the log what could not be done.
func (w *learner) failed(ctx context.Context, id part.LineID, rec *recipe.Recipe, step string, through uint64, cause error) error {
	w.log.Error("a candidate could not be made", "line", id, "step", step, "err", cause)
	return w.say(ctx, id, rec.ID(), event.CandidateFailed{Line: string(id), Recipe: rec.ID(), Step: step, Through: through, Cause: cause.Error()})
}

// say tells the log something of a line.
func (w *learner) say(ctx context.Context, id part.LineID, subject string, p event.Payload) error {
	e := event.New("/"+w.site.Name+"/line/"+string(id), subject, time.Now(), p)
	e.ID, e.Actor = event.NewID(), learning
	return w.tell(ctx, e)
}

// settle brings a line's candidates in order: what was left unfinished goes, what the
// log does not know is told and put beside the line, and what is old gives way. When a
// process begins, the candidate that judged beside the line as the one before ended
// does so again.
func (w *learner) settle(ctx context.Context, id part.LineID) error {
	home := candidatesOf(w.site, id)
	if err := sweep(home); err != nil {
		return err
	}
	all, err := candidatesIn(home, func(m *madeFrom) bool { return m.By == learning && m.Line == string(id) })
	if err != nil {
		return err
	}
	var mine []kept
	for _, c := range all {
		if w.known.made[c.made.ModelHash] {
			mine = append(mine, c)
			continue
		}
		if !c.whole() { // the process was killed before its draft was there
			if err := c.remove(); err != nil {
				return err
			}
			continue
		}
		if err := w.tell(ctx, c.made.events(w.site)...); err != nil {
			return err
		}
		w.known.made[c.made.ModelHash] = true
		if err := w.putBeside(ctx, id, &c); err != nil {
			return err
		}
		mine = append(mine, c)
	}
	if !w.begun {
		if err := w.again(ctx, id, mine); err != nil {
			return err
		}
	}
	return w.giveWay(ctx, id, mine)
}

// putBeside has a candidate judge beside its line, unless what somebody else put
// there does.
func (w *learner) putBeside(ctx context.Context, id part.LineID, c *kept) error {
	rec, err := w.site.Recipe(id)
	if err != nil {
		return err
	}
	if now := w.beside(id); now != nil && !w.known.own[now.Recipe+" "+now.Model] || nameOf(c.made.Recipe) != rec.Name {
		return nil
	}
	draft, err := recipe.Load(c.draft())
	if err == nil {
		err = w.shadow(id, draft)
	}
	if err != nil {
		return w.failed(ctx, id, rec, "shadow", c.made.Through, err)
	}
	w.known.own[c.made.Recipe+" "+c.made.Model] = true
	return nil
}

// again puts the candidate beside the line that judged there when the appliance
// ended, if it was one of ours and nobody ended it.
func (w *learner) again(ctx context.Context, id part.LineID, all []kept) error {
	if w.beside(id) != nil {
		return nil
	}
	last, err := lastBeside(ctx, w.read, id)
	if err != nil {
		return err
	}
	for i := range all {
		if c := &all[i]; c.made.ModelHash == last && c.whole() {
			return w.putBeside(ctx, id, c)
		}
	}
	return nil
}

// giveWay removes the oldest candidates beyond those that are kept, but none that
// judges, on a line or beside one, or that somebody took onto the shelf.
func (w *learner) giveWay(ctx context.Context, id part.LineID, all []kept) error {
	for i := range max(len(all)-w.site.Learning.Keep, 0) { // the oldest come first
		c := &all[i]
		used, err := w.used(c)
		if err != nil {
			return err
		}
		if used {
			continue
		}
		if err := c.remove(); err != nil {
			return err
		}
		p := event.CandidateRemoved{Line: c.made.Line, Model: c.made.Model, ModelHash: c.made.ModelHash, Folder: filepath.Base(c.dir),
			Why: fmt.Sprintf("nobody took it further, and learning.keep is %d", w.site.Learning.Keep)}
		if err := w.say(ctx, id, c.made.Model, p); err != nil {
			return err
		}
	}
	return nil
}
