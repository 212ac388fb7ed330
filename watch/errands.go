package watch

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"linesman/alarm"
)

// errands are told to the desk in order, by a goroutine of their own: what the desk
// refuses is said again until it is taken.
type errands struct {
	desk Desk
	log  *slog.Logger
	wake chan struct{}

	mu      sync.Mutex
	waiting []errand
}

// errand is an alarm to be raised, or the key of one to be cleared.
type errand struct {
	raise           *alarm.Raise
	key, why, actor string
}

func newErrands(desk Desk, log *slog.Logger) *errands {
	return &errands{desk: desk, log: log, wake: make(chan struct{}, 1)}
}

// add takes one. It never blocks.
func (es *errands) add(e errand) {
	es.mu.Lock()
	es.waiting = append(es.waiting, e)
	es.mu.Unlock()
	select {
	case es.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (es *errands) run(ctx context.Context) {
	var said *said
	for {
		e, ok := es.first()
		if !ok {
			select {
			case <-es.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		err := e.do(ctx, es.desk)
		if err == nil || errors.Is(err, alarm.ErrUnsaved) {
			es.done()
			said = nil
			continue
		}
		if said = cmp.Or(said, newSaid()); ctx.Err() == nil && said.now(time.Now()) {
			es.log.Error("the desk does not take an alarm about a head count; it is asked again", "key", e.of(), "err", err)
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return
		}
	}
}

func newSaid() *said { return &said{every: time.Minute} }

func (es *errands) first() (e errand, ok bool) {
	es.mu.Lock()
	defer es.mu.Unlock()
	if len(es.waiting) == 0 {
		return e, false
	}
	return es.waiting[0], true
}

func (es *errands) done() {
	es.mu.Lock()
	defer es.mu.Unlock()
	es.waiting = es.waiting[1:]
}

func (e *errand) of() string {
	if e.raise != nil {
		return e.raise.Key
	}
	return e.key
}

func (e *errand) do(ctx context.Context, desk Desk) error {
	if e.raise != nil {
		_, err := desk.Raise(ctx, *e.raise)
		return err
	}
	err := desk.Clear(ctx, e.key, e.why, cmp.Or(e.actor, "system"), "")
	if errors.Is(err, alarm.ErrUnknown) {
		return nil
	}
	return err
}
