package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"linesman/event"
	"linesman/event/disk"
)

// pending is an event that the log does not have yet, with the hashes of the
// access file before and after what it tells. It is written before the file is
// changed and removed when the log has it, so that neither a crash nor a full
// disk can part the two.
type pending struct {
	Before string      `json:"before"`
	After  string      `json:"after"`
	Event  event.Event `json:"event"`
}

// outbox reads what is pending; nothing is no error.
func (s *Store) outbox() ([]pending, error) {
	data, err := readFile(s.path(outboxFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []pending
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("access: events that wait for the log in %s can not be read: %w; remove the file, the log will say that the access file was altered", s.path(outboxFile), err)
	}
	return out, nil
}

// post adds to what is pending. Call with the lock held.
func (s *Store) post(p pending) error {
	out, err := s.outbox()
	if err != nil {
		return err
	}
	if err := s.writeOutbox(append(out, p)); err != nil {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	return nil
}

func (s *Store) writeOutbox(out []pending) error {
	data, err := json.Marshal(out)
	if err == nil {
		err = disk.Write(s.path(outboxFile), 0o600, data)
	}
	if err != nil {
		return fmt.Errorf("access: %w", err)
	}
	return nil
}

// happened leaves out what a crash prevented: the file is still as it was
// before it.
func happened(out []pending, have string) []pending {
	for i := len(out) - 1; i >= 0; i-- {
		if out[i].After == have {
			return out[:i+1]
		}
	}
	if i := slices.IndexFunc(out, func(p pending) bool { return p.Before == have }); i >= 0 {
		return out[:i]
	}
	return out // altered by hand since
}

// deliver tells the log what is pending.
func (s *Store) deliver(ctx context.Context) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.deliverLocked(ctx)
}

// deliverLocked leaves what the log refuses for the next time, and says so in
// the program's own log. A change that a crash prevented is not told.
func (s *Store) deliverLocked(ctx context.Context) error {
	out, err := s.outbox()
	if err != nil || len(out) == 0 {
		return err
	}
	have := ""
	if data, err := readFile(s.path(accessFile)); err == nil {
		have = sum(data)
	}
	if good := happened(out, have); len(good) < len(out) {
		out = good
		if err := s.writeOutbox(out); err != nil {
			return err
		}
	}
	if s.set.Events == nil {
		return nil
	}
	if len(out) > 0 {
		events := make([]event.Event, len(out))
		for i, p := range out {
			events[i] = p.Event
		}
		if err := s.append(ctx, events); err != nil {
			s.set.Logger.Error("the log has not been told of a change of access; it will be, by the next change or start", "err", err, "events", len(events))
			return nil
		}
	}
	if err := removeFile(s.path(outboxFile)); err != nil {
		return fmt.Errorf("access: %w", err)
	}
	return nil
}

// append hands events to the log, whatever becomes of the one who asked.
func (s *Store) append(ctx context.Context, events []event.Event) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return s.set.Events(ctx, events)
}

// tell tells what changes nothing in the file.
func (s *Store) tell(ctx context.Context, d deed) (event.Event, error) {
	if s.set.Events == nil {
		return event.Event{}, nil
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return event.Event{}, err
	}
	defer unlock()
	return s.tellLocked(ctx, d)
}

func (s *Store) tellLocked(ctx context.Context, d deed) (event.Event, error) {
	if s.set.Events == nil {
		return event.Event{}, nil
	}
	if err := s.deliverLocked(ctx); err != nil {
		return event.Event{}, err
	}
	v, err := s.read()
	if err != nil {
		return event.Event{}, err
	}
	e := s.event(d, v.hash)
	return e, s.append(ctx, []event.Event{e})
}
