package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"linesman/event"
)

// deeds are the types that carry the access file's hash.
var deeds = []event.Type{event.AuditUser{}.EventType(), event.AuditToken{}.EventType(), event.AuditSigned{}.EventType(), event.AuditRefused{}.EventType(), event.AuditAltered{}.EventType()}

// told returns the hash of the access file that the log last told of; empty if
// it tells of none.
func (s *Store) told(ctx context.Context) (string, error) {
	events, err := s.set.Log.Read(ctx, event.Filter{Types: deeds, Newest: true, Limit: 1})
	if err != nil {
		return "", fmt.Errorf("access: reading the log: %w", err)
	}
	if len(events) == 0 {
		return "", nil
	}
	var p struct {
		Access string `json:"access"`
	}
	if err := json.Unmarshal(events[0].Data, &p); err != nil {
		return "", fmt.Errorf("access: event %s: %w", events[0].ID, err)
	}
	return p.Access, nil
}

// holdAgainstLog looks up whether the log told of the file as it is, or will,
// and tells if somebody altered it past the commands. It takes no lock before
// it knows that: a command that changes the file holds the lock until this
// very process has taken its event.
func (s *Store) holdAgainstLog(ctx context.Context, v *view) {
	now := time.Now().UnixNano()
	if last := s.asked.Load(); now-last < int64(time.Second) || !s.asked.CompareAndSwap(last, now) {
		return
	}
	if s.set.Log == nil || s.set.Events == nil {
		s.vouch(v)
		return
	}
	want, vouched, err := s.vouchedFor(ctx, v.hash)
	if err == nil && !vouched {
		want, vouched, err = s.tellAltered(ctx, v.hash)
	}
	if err != nil {
		s.set.Logger.Error("nobody can say whether the access file was altered", "err", err)
		return
	}
	if !vouched {
		s.set.Logger.Warn("the access file was altered past the commands", "want", want, "have", v.hash)
	}
	s.vouch(v)
}

func (s *Store) vouch(v *view) {
	good := *v
	good.vouched = true
	s.now.CompareAndSwap(v, &good)
}

// vouchedFor says whether a file of this hash is what a pending event or the
// log last told of. The order matters: an event leaves the outbox for the log.
func (s *Store) vouchedFor(ctx context.Context, hash string) (want string, vouched bool, err error) {
	out, err := s.outbox()
	if err != nil {
		return "", false, err
	}
	for _, p := range out {
		if p.After == hash {
			return hash, true, nil
		}
	}
	want, err = s.told(ctx)
	return want, want == hash, err
}

// tellAltered looks again with all changes kept out, and tells.
func (s *Store) tellAltered(ctx context.Context, hash string) (want string, vouched bool, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return "", false, err
	}
	defer unlock()
	if want, vouched, err = s.vouchedFor(ctx, hash); err != nil || vouched {
		return want, vouched, err
	}
	if v, err := s.read(); err != nil || v.hash != hash {
		return want, true, err // replaced meanwhile: the new one is held against the log by itself
	}
	e := s.event(altered(want, hash), hash)
	return want, false, s.append(ctx, []event.Event{e})
}

func altered(want, have string) deed {
	cure := "compare it with a backup; let an admin go through linesman user list and token list, and revoke what nobody gave"
	return deed{"system", accessFile, func(access string) event.Payload {
		return event.AuditAltered{File: "access/" + accessFile, Want: want, Have: have, WhatTo: cure, Access: access}
	}}
}
