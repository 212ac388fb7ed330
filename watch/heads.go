package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
)

// Past is the log, of which a guard reads at its start what it counted before;
// event.Log satisfies it. Read must not answer before the log has all that the
// process before left to be written.
type Past interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
}

// heads keep how many are in the site's closed spaces: by what goes over their doors
// from what was last counted on, which at a start the log says. They belong to the
// guard's goroutine.
type heads struct {
	g       *Guard
	spaces  *scene.Spaces
	like    *scene.Spaces // the same spaces, for who reads the log
	began   time.Time     // the guard
	reading bool          // the log has not been read yet
	early   []crossed     // over doors since the beginning, while it is being read
	spilled bool          // more than can be kept of these

	asked  map[string]time.Time // alarms that stand and ask for a count, by space: since when
	looked time.Time            // up to when the times of reconcile were looked at
	errand *errands
}

// crossed is what a camera's picture showed going over lines.
type crossed struct {
	camera part.CameraID
	over   []scene.Crossing
}

// mostEarly bounds the crossings kept while the log is being read.
const mostEarly = 10000

func newHeads(g *Guard) *heads {
	return &heads{g: g, spaces: g.cfg.Spaces, asked: map[string]time.Time{}, errand: newErrands(g.cfg.Desk, g.cfg.Log)}
}

// begin makes the counts unknown until the log has been read.
func (h *heads) begin(now time.Time) {
	h.began, h.looked = now, now
	if h.spaces == nil {
		return
	}
	if h.g.cfg.Past != nil && len(h.spaces.Heads()) > 0 {
		h.reading, h.like = true, h.spaces.Fresh("")
		h.spaces.Forget("the log is being read")
	}
	h.step(now)
}

// step holds the rules against the counts as they stand.
func (h *heads) step(now time.Time) {
	for _, c := range h.g.cfg.Rules.Step(rules.Moment{At: now, Heads: h.spaces.Heads()}) {
		h.g.change(c)
	}
}

// take counts who went over doors; it returns all counts, nil where none changed.
func (h *heads) take(camera part.CameraID, over []scene.Crossing) []scene.Heads {
	if h.spaces == nil || len(over) == 0 {
		return nil
	}
	switch {
	case !h.reading:
	case len(h.early) >= mostEarly:
		h.spilled = true
	default:
		h.early = append(h.early, crossed{camera, over})
	}
	h.spaces.Take(camera, over)
	return h.spaces.Heads()
}

// set takes the word of somebody who counted, and writes it down.
func (h *heads) set(space string, people int, actor string, now time.Time) (said event.ZoneCount, err error) {
	if h.spaces == nil {
		return said, errors.New("the site file has no spaces")
	}
	was, err := h.spaces.Set(space, people, now)
	if err != nil {
		return said, err
	}
	from := was.Since
	if from.IsZero() {
		from = h.began
	}
	said = event.ZoneCount{Zone: space, From: from.UTC(), People: people, Most: max(was.Most, people), In: uint64(was.In), Out: uint64(was.Out), Short: uint64(was.Short),
		SetTo: true, Off: was.Off(people), Unknown: was.Unknown != ""}
	e := event.New(h.g.cfg.Source, space, now, said)
	e.Actor = actor
	h.g.cfg.Events.Emit(e)
	h.answered(space, fmt.Sprintf("somebody counted %d in %s", people, space), actor)
	h.step(now)
	return said, nil
}

// readAgain is the wait before a log that could not be read is read again.
const readAgain = 10 * time.Second

// read takes up from the log what was counted before, in the background: counts are
// unknown meanwhile.
func (h *heads) read(ctx context.Context) {
	told := false
	for h.reading {
		past, err := readHeads(ctx, h.g.cfg.Past, h.like, h.began, h.g.cfg.Zone)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			h.g.look(func(*Guard) { h.adopt(past) })
			return
		}
		if !told {
			told = true
			h.g.cfg.Log.Error("how many are in the closed spaces is not known until somebody counts, or the log can be read; it is read again", "err", err)
		}
		select {
		case <-time.After(readAgain):
		case <-ctx.Done():
			return
		}
	}
}

// adopt takes the counts that the log told, with what went over doors since. What
// somebody has set meanwhile stays.
func (h *heads) adopt(past *pastHeads) {
	h.reading = false
	for _, c := range h.early {
		past.spaces.Take(c.camera, c.over)
	}
	h.early = nil
	now := map[string]scene.Heads{}
	for _, was := range h.spaces.Heads() {
		now[was.Space] = was
	}
	for _, was := range past.spaces.Heads() {
		switch {
		case !now[was.Space].Since.IsZero():
			continue
		case h.spilled:
			was = scene.Heads{Space: was.Space, Unknown: fmt.Sprintf("more than %d went over doors before the log had been read", mostEarly)}
		}
		h.spaces.Put(was)
		if raised, stands := h.asked[was.Space]; stands && was.Since.After(raised) {
			h.answered(was.Space, "somebody has counted since", "")
		}
	}
	h.missed(past)
	h.step(time.Now())
}
