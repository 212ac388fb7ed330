package watch

import (
	"context"
	"time"

	"linesman/event"
	"linesman/rules"
)

// ears take what the log says to the guard. They never hold up who reads the log:
// an event that finds no room is lost, and what the log said last of each fact is
// read again for it, so that no rule goes on by what is no longer so.
type ears struct {
	g      *Guard
	facts  chan event.Event
	heeded map[rules.Fact]bool // what rules make use of; unchanged
	recall chan struct{}       // what was said last is to be read
}

// factDepth is how many events of the log wait for the guard.
const factDepth = 256

func newEars(g *Guard) *ears {
	e := &ears{g: g, facts: make(chan event.Event, factDepth), heeded: map[rules.Fact]bool{}, recall: make(chan struct{}, 1)}
	for _, f := range g.cfg.Rules.Facts() {
		e.heeded[f] = true
	}
	return e
}

// heeds reports whether anybody here makes use of an event.
func (e *ears) heeds(ev event.Event) bool {
	return e.heeded[rules.Fact{Type: ev.Type, Subject: ev.Subject}] || e.heeded[rules.Fact{Type: ev.Type}] || ev.Type == (event.AlarmLabelled{}).EventType()
}

// Hear takes an event of the log; one that no rule speaks of is passed over. It
// never blocks: for one that finds no room Recall is called.
func (g *Guard) Hear(ev event.Event) {
	if !g.ears.heeds(ev) {
		return
	}
	select {
	case g.ears.facts <- ev:
	default:
		g.Recall()
		g.cfg.Log.Warn("an event was not heard by the rules of place and dress: they are behind; what the log said last is read again", "type", string(ev.Type))
	}
}

// Recall has what the log said last of all that rules speak of read again, by
// GuardConfig.Newest. It never blocks. Of what is heard twice the newer counts.
func (g *Guard) Recall() {
	select {
	case g.ears.recall <- struct{}{}:
	default: // it will be read after this
	}
}

// run reads it until ctx ends. A log that refuses is asked again.
func (e *ears) run(ctx context.Context) {
	told := newSaid()
	for {
		select {
		case <-e.recall:
		case <-ctx.Done():
			return
		}
		if e.g.cfg.Newest == nil {
			continue
		}
		events, err := e.g.cfg.Newest(ctx)
		if err != nil {
			if ctx.Err() == nil && told.now(time.Now()) {
				e.g.cfg.Log.Error("rules of place and dress do not know what the log said last; it is read again", "err", err)
			}
			e.g.Recall()
			select {
			case <-time.After(again):
			case <-ctx.Done():
			}
			continue
		}
		for _, ev := range events {
			select {
			case e.facts <- ev:
			case <-ctx.Done():
				return
			}
		}
	}
}
