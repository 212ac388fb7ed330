package sqlite

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"linesman/event"
)

// draft is an event as it goes into its file, as far as that can be told before
// its seq is known. It is made on the caller's side of the writer.
type draft struct {
	shelf                shelf
	id                   event.ID
	subject, part, cause driver.Value
	data                 string
}

// shareFrom is how many events of one group are worth a second core.
const shareFrom = 64

// admit checks events, gives ids to those without, brings them into the form in
// which they are stored, and drafts their rows.
func admit(events []event.Event) ([]draft, error) {
	drafts := make([]draft, len(events))
	middle := len(events)
	if middle >= shareFrom {
		middle /= 2
	}
	var second sync.WaitGroup
	var late error
	if middle < len(events) {
		second.Go(func() { late = admitSome(events, drafts, middle, len(events)) })
	}
	err := admitSome(events, drafts, 0, middle)
	second.Wait()
	if err == nil {
		err = late
	}
	return drafts, err
}

// admitSome takes the events from one index up to another, or to the first that
// no log takes.
func admitSome(events []event.Event, drafts []draft, from, to int) error {
	for i := from; i < to; i++ {
		e, d := &events[i], &drafts[i]
		if err := e.Check(); err != nil {
			return fmt.Errorf("event log: event %d of %d: %w", i+1, len(events), err)
		}
		e.Time = e.Time.UTC().Round(0)
		if e.Actor == "" {
			e.Actor = "system"
		}
		if bytes.IndexByte(e.Data, '\n') >= 0 || bytes.IndexByte(e.Data, '\r') >= 0 { // an event is one line
			var flat bytes.Buffer
			if err := json.Compact(&flat, e.Data); err != nil {
				return fmt.Errorf("event log: event %d of %d: %w: data: %w", i+1, len(events), event.ErrInvalid, err)
			}
			e.Data = flat.Bytes()
		}
		if e.ID == "" {
			d.id = event.MakeID(time.Now())
			e.ID = d.id.String()
		} else {
			d.id, _ = event.ParseID(e.ID) // it is one: Check says so
		}
		d.shelf = record
		if e.Pass() {
			d.shelf = parts
		}
		d.subject, d.part, d.cause, d.data = keyOf(e.Subject), keyOf(e.Part), keyOf(e.Cause), string(e.Data)
	}
	return nil
}
