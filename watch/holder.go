package watch

import (
	"context"
	"slices"
	"sync"
	"time"

	"linesman/part"
	"linesman/rules"
)

// holder asks lines what rules ask of them; the lamps that they ask for are the
// desk's. It waits neither for the desk nor for
// the log, because somebody stands there. What a line refuses is asked again: a
// line that begins later is held then.
type holder struct {
	g    *Guard
	wake chan struct{}
	told map[part.LineID]*said // of lines that refuse

	mu      sync.Mutex
	waiting []order
}

// order is one thing asked of one line.
type order struct {
	line      part.LineID
	key, text string
	cause     string // id of the alarm, once the desk has answered
	what      what
	hold      bool // the belt stands; otherwise what passes is suspect
}

// what is asked of a line.
type what uint8

const (
	begins  what = iota // somebody stands there
	because             // it is known by which alarm
	over                // nobody does any more
)

func newHolder(g *Guard) *holder {
	return &holder{g: g, wake: make(chan struct{}, 1), told: map[part.LineID]*said{}}
}

// add takes what an alert asks of lines. cause is the id of its alarm; it is known at
// the beginning only of one that stood before this process.
func (h *holder) add(a *rules.Alert, do what, cause string) {
	if h.g.cfg.Lines == nil {
		return
	}
	h.mu.Lock()
	for _, act := range a.Actions {
		if act.Do == "hold" || act.Do == "suspect" {
			h.waiting = append(h.waiting, order{part.LineID(act.What), a.Key, a.Text, cause, do, act.Do == "hold"})
		}
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (h *holder) run(ctx context.Context) {
	retry := time.NewTicker(again)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		case <-retry.C:
		}
		h.mu.Lock()
		orders := h.waiting
		h.waiting = nil
		h.mu.Unlock()
		refused := h.ask(orders)
		h.mu.Lock()
		h.waiting = append(refused, h.waiting...)
		h.mu.Unlock()
	}
}

// ask gives orders and returns those that were refused, and those that follow
// them for the same line: each line is asked in order. An end whose beginning the
// line never took ends that.
func (h *holder) ask(orders []order) (refused []order) {
	for _, o := range orders {
		if i := slices.IndexFunc(refused, func(r order) bool { return r.line == o.line }); i >= 0 {
			began := slices.IndexFunc(refused, func(r order) bool { return r.line == o.line && r.key == o.key && r.what == begins })
			if o.what == over && began >= 0 {
				refused = slices.Delete(refused, began, began+1)
				continue
			}
			refused = append(refused, o)
			continue
		}
		var err error
		switch o.what {
		case begins:
			err = h.g.cfg.Lines.Trespass(o.line, o.key, o.text, o.cause, o.hold)
		case because:
			err = h.g.cfg.Lines.TrespassBecause(o.line, o.key, o.cause)
		case over:
			err = h.g.cfg.Lines.TrespassOver(o.line, o.key)
		}
		if err == nil {
			delete(h.told, o.line)
			continue
		}
		refused = append(refused, o)
		if h.told[o.line] == nil {
			h.told[o.line] = &said{every: time.Minute}
		}
		if h.told[o.line].now(time.Now()) {
			h.g.cfg.Log.Error("a line does not take what a rule asks of it; it is asked again", "line", o.line, "alert", o.key, "err", err)
		}
	}
	return refused
}
