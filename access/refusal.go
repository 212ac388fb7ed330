package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"linesman/event"
)

// refusals counts what is refused, so that a flood of it does not become one of
// the log. There are no more of them than users, tokens and reasons.
type refusals struct {
	mu sync.Mutex
	by map[refusal]*count
}

type refusal struct{ who, what, why string }

// kinds are what a refusal is counted under.
var kinds = []error{ErrUnknown, ErrExpired, ErrRevoked, ErrLocked, ErrForbidden}

// count is how often since the last was told, and when that was.
type count struct {
	n    uint64
	told time.Time
	last string // the newest in words
}

const tellRefusalsEvery = time.Minute

// refuse returns err, and tells the log of it: the first at once, the same
// again once a minute with its count.
func (s *Store) refuse(ctx context.Context, who, what string, err error) error {
	key := refusal{who: who, what: what}
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			key.why = kind.Error()
		}
	}
	now := s.set.Now()
	s.refusals.mu.Lock()
	if s.refusals.by == nil {
		s.refusals.by = map[refusal]*count{}
	}
	c := s.refusals.by[key]
	if c == nil {
		c = &count{}
		s.refusals.by[key] = c
	}
	c.n, c.last = c.n+1, err.Error()
	n, due := c.n, c.told.IsZero() || now.Sub(c.told) >= tellRefusalsEvery || now.Before(c.told)
	if due {
		c.n, c.told = 0, now
	}
	s.refusals.mu.Unlock()
	if due {
		s.tellRefusal(ctx, key, err.Error(), n)
	}
	return err
}

func (s *Store) tellRefusal(ctx context.Context, key refusal, why string, n uint64) {
	if _, err := s.tell(ctx, refused(key.who, key.what, why, n, time.Time{})); err != nil {
		s.set.Logger.Error("the log has not been told of a refusal", "who", key.who, "what", key.what, "count", n, "err", err)
	}
}

// tellRefusals tells what was counted and not told.
func (s *Store) tellRefusals(ctx context.Context) error {
	s.refusals.mu.Lock()
	due := map[refusal]count{}
	for key, c := range s.refusals.by {
		if c.n > 0 {
			due[key] = *c
			c.n = 0
		}
	}
	s.refusals.mu.Unlock()
	var errs []error
	for key, c := range due {
		_, err := s.tell(ctx, refused(key.who, key.what, c.last, c.n, time.Time{}))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// refused is the deed of one who was refused. The actor is who that claimed to
// be.
func refused(who, what, why string, n uint64, locked time.Time) deed {
	return deed{who, who, func(access string) event.Payload {
		return event.AuditRefused{Who: who, What: what, Why: why, Count: n, Locked: locked, Access: access}
	}}
}
