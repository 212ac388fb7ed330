package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"linesman/event"
)

// LogHead is how far the log has come, signed.
type LogHead struct {
	Head     string `json:"head" doc:"signed note: keep it, and later nothing before it can be altered unseen"`
	Verifier string `json:"verifier" doc:"the key that checks it; have it from a certificate or a person, not from here alone"`
	Oldest   string `json:"oldest" doc:"seq of the oldest event there is"`
	Newest   string `json:"newest" doc:"seq of the newest"`
}

type headAnswer struct{ Body LogHead }
type inclusionAnswer struct{ Body event.Inclusion }
type consistencyAnswer struct{ Body event.Consistency }

func (s *server) registerProving(a huma.API) {
	huma.Register(a, get("/log/head", "log-head", "How far the log has come, signed"), func(ctx context.Context, _ *struct{}) (*headAnswer, error) {
		if s.Proving == nil {
			return nil, unproven()
		}
		signed, verifier, err := s.Proving.Head(ctx)
		if err != nil {
			return nil, s.unproved("the head of the log", err)
		}
		oldest, newest := s.Proving.Extent()
		return &headAnswer{LogHead{signed, verifier, decimal(oldest), decimal(newest)}}, nil
	})
	huma.Register(a, get("/events/{seq}/proof", "proof", "That an event stands in the log"), func(ctx context.Context, q *struct {
		Seq uint64 `path:"seq" minimum:"1" maximum:"9223372036854775807"`
	}) (*inclusionAnswer, error) {
		if s.Proving == nil {
			return nil, unproven()
		}
		if err := s.mayShow(ctx, q.Seq); err != nil {
			return nil, err
		}
		p, err := s.Proving.Inclusion(ctx, q.Seq)
		if err != nil {
			return nil, s.unproved(fmt.Sprintf("event %d", q.Seq), err)
		}
		return &inclusionAnswer{p}, nil
	})
	huma.Register(a, get("/log/consistency", "log-consistency", "That a file of the log only grew"), func(ctx context.Context, q *struct {
		File string `query:"file" required:"true" pattern:"^[a-z0-9.-]{1,64}$" doc:"as a head names it" example:"record-2026-03-01"`
		From uint64 `query:"from" required:"true" minimum:"1" maximum:"9223372036854775807" doc:"events under the earlier head"`
	}) (*consistencyAnswer, error) {
		if s.Proving == nil {
			return nil, unproven()
		}
		p, err := s.Proving.Consistency(ctx, q.File, q.From)
		if err != nil {
			return nil, s.unproved("file "+q.File, err)
		}
		return &consistencyAnswer{p}, nil
	})
}

// mayShow refuses an event that who asks may not read: its proof holds it.
func (s *server) mayShow(ctx context.Context, seq uint64) error {
	events, err := s.Log.Read(ctx, event.Filter{After: seq - 1, Before: seq + 1, Limit: 1})
	if err != nil {
		return s.broken("reading the log", err)
	}
	if who := identity(ctx); len(events) == 1 && !mayRead(who, events[0]) {
		return huma.Error403Forbidden(who.Actor + " may not read " + string(events[0].Type))
	}
	return nil
}

func unproven() error {
	return huma.Error404NotFound("this log proves nothing: it is not the appliance's")
}

func (s *server) unproved(what string, err error) error {
	if errors.Is(err, event.ErrGone) {
		return huma.Error404NotFound(what + ": " + err.Error() + "; its file may have expired, log.dropped says when")
	}
	return s.broken("proving "+what, err)
}
