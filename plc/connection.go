package plc

import (
	"context"
	"errors"
	"slices"
	"time"
)

// connection dials once and serves until something breaks.
func (s *Supervisor) connection(ctx context.Context) (err error) {
	c, err := s.cfg.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	s.dials++
	s.product.told = false
	s.keeper.forgotten()
	if err := s.beatAndRead(ctx, c); err != nil {
		return err
	}
	s.say(State{Connected: true})
	poll, beat := time.NewTicker(s.cfg.Poll), time.NewTicker(s.cfg.Beat)
	defer poll.Stop()
	defer beat.Stop()
	later := time.NewTimer(time.Hour) // wakes for the next signal due
	defer later.Stop()
	var due []Signal
	for {
		entries := s.entries
		if len(s.pending) >= s.cfg.Room {
			entries = nil // what can not be sent fills the channel, so that Submit says so
		}
		select {
		case <-beat.C: // before all else that waits: without it the controller holds
			err = c.Beat(ctx)
		default:
			select {
			case <-ctx.Done():
				return ctx.Err()
			case e := <-entries:
				s.pending = append(s.pending, e)
				s.gather()
				err = s.send(ctx, c)
			case <-s.hold:
				err = c.Hold(ctx)
			case o := <-s.orders:
				err = o.do(ctx, c)
				o.done <- err
				if errors.Is(err, ErrRefused) {
					err = nil
				}
			case <-beat.C:
				err = c.Beat(ctx)
			case <-poll.C:
				if err = s.read(ctx, c); err == nil {
					err = s.send(ctx, c)
				}
			case n := <-s.judging:
				s.product.given, s.product.number, s.product.told = true, n, false
				err = s.tellProduct(ctx, c)
			case sig := <-s.signals:
				due = append(due, sig)
				due, err = s.fire(ctx, c, due, later)
			case <-later.C:
				due, err = s.fire(ctx, c, due, later)
			}
		}
		if err != nil {
			for _, sig := range due {
				s.signalled(Ack{ID: sig.ID, At: time.Now(), Why: "connection lost"}, err)
			}
			return err
		}
	}
}

// beatAndRead opens a connection's life: the heartbeat first, so that the
// handshake in the reading finds us alive, then what became of the parts
// meanwhile. Entries whose part has passed the gate are given up.
func (s *Supervisor) beatAndRead(ctx context.Context, c Controller) error {
	if err := c.Beat(ctx); err != nil {
		return err
	}
	st, err := c.Read(ctx)
	if err != nil {
		return err
	}
	if s.cfg.OnStatus != nil {
		s.cfg.OnStatus(st)
	}
	s.restartedAt(st.Boot)
	s.gather()
	s.pending = slices.DeleteFunc(s.pending, func(e Entry) bool {
		past := e.Due.Epoch == st.Now.Epoch && e.Due.Before(st.Now)
		if past {
			s.acked(e, st.At, ErrPast)
		}
		return past
	})
	return nil
}

func (s *Supervisor) read(ctx context.Context, c Controller) error {
	st, err := c.Read(ctx)
	if err != nil {
		return err
	}
	if s.cfg.OnStatus != nil {
		s.cfg.OnStatus(st)
	}
	s.restartedAt(st.Boot)
	if err := s.tellProduct(ctx, c); err != nil {
		return err
	}
	return s.setKept(ctx, c)
}

// restartedAt notes a boot: a controller that restarted has forgotten the product and
// the points.
func (s *Supervisor) restartedAt(boot uint64) {
	if boot != s.product.boot {
		s.product.boot, s.product.told = boot, false
		s.keeper.forgotten()
	}
}

// tellProduct writes the number of the product judged by, if the controller does
// not know it.
func (s *Supervisor) tellProduct(ctx context.Context, c Controller) error {
	if !s.product.given || s.product.told {
		return nil
	}
	s.product.told = true // with an error the connection ends, and it is told anew
	return c.Judging(ctx, s.product.number)
}

// gather takes over entries that wait, as long as there is room.
func (s *Supervisor) gather() {
	for len(s.pending) < s.cfg.Room {
		select {
		case e := <-s.entries:
			s.pending = append(s.pending, e)
		default:
			return
		}
	}
}

// send queues what is pending. What finds no room in the controller waits for
// the next poll.
func (s *Supervisor) send(ctx context.Context, c Controller) error {
	for len(s.pending) > 0 {
		n, err := c.Queue(ctx, s.pending)
		at := time.Now()
		for _, e := range s.pending[:n] {
			s.acked(e, at, nil)
		}
		s.pending = slices.Delete(s.pending, 0, n)
		switch {
		case errors.Is(err, ErrStale), errors.Is(err, ErrRefused):
			if len(s.pending) == 0 {
				return nil
			}
			s.acked(s.pending[0], at, err)
			s.pending = slices.Delete(s.pending, 0, 1)
		case err != nil:
			return err
		default:
			return nil
		}
	}
	return nil
}

// fire sets the points whose time has come and sets the timer for the next.
func (s *Supervisor) fire(ctx context.Context, c Controller, due []Signal, later *time.Timer) ([]Signal, error) {
	slices.SortStableFunc(due, func(a, b Signal) int { return a.Due.Compare(b.Due) })
	for len(due) > 0 {
		wait := time.Until(due[0].Due)
		if wait > 0 {
			later.Reset(wait)
			return due, nil
		}
		ack, err := c.Set(ctx, due[0])
		s.signalled(ack, err)
		due = due[1:]
		if err != nil && !errors.Is(err, ErrRefused) {
			return due, err
		}
	}
	return nil, nil
}
