package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"linesman/event"
	"linesman/event/evidence"
)

// tellUnwritten names in the log the pictures that the process before had
// promised and, since it was killed, never wrote. It waits for the first event
// of this process: by then the log has all that the one before left in the ring.
func (a *appliance) tellUnwritten(ctx context.Context) {
	err := a.findUnwritten(ctx, func(d event.EvidenceDropped) {
		a.ring.Emit(event.New("/"+a.site.Name, "evidence", time.Now(), d))
	})
	if err != nil && ctx.Err() == nil {
		a.log.Error("whether the last run left pictures unwritten is not known", "err", err)
	}
}

// errOurs ends the wait for our own first event.
var errOurs = errors.New("the log has come to this process")

func (a *appliance) findUnwritten(ctx context.Context, tell func(event.EvidenceDropped)) error {
	newest, err := a.store.Read(ctx, event.Filter{Newest: true, Limit: 1})
	if err != nil {
		return err
	}
	after, ours := uint64(0), uint64(0)
	if len(newest) > 0 {
		after = newest[0].Seq
	}
	// It may be in the log already, among the newest.
	recent, err := a.store.Read(ctx, event.Filter{Types: []event.Type{event.RecipeActivated{}.EventType()}, Newest: true, Limit: 100})
	if err != nil {
		return err
	}
	for _, e := range recent {
		if e.ID == a.first {
			ours = e.Seq
		}
	}
	if ours == 0 {
		err = a.store.Follow(ctx, after, func(e event.Event) error {
			if e.ID == a.first {
				ours = e.Seq
				return errOurs
			}
			return nil
		})
		if !errors.Is(err, errOurs) {
			return err
		}
	}
	dropped, err := evidence.Folder(filepath.Join(a.site.Path(a.site.Data), "evidence")).NeverWritten(ctx, a.store, ours)
	if err != nil {
		return err
	}
	for _, d := range dropped {
		tell(d)
	}
	return nil
}
