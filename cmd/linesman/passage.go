package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"linesman/camera"
	"linesman/plc"
)

// passage lets parts go by a camera before anything is taught: camera and
// controller alone, no line. The controller hears that somebody is there, so it
// lets parts in; it gets no entry, so the gate, which rests in reject, rejects all
// of them.
type passage struct {
	camera camera.Driver
	dial   func(context.Context) (plc.Controller, error)
	tell   func(string) // words for the person who waits
	// patience is how long no picture may come.
	patience time.Duration

	said atomic.Pointer[plc.Status] // by the controller, last
}

// errEnough ends a passage that has shown what it should.
var errEnough = errors.New("enough")

// watch hands every picture to each, one at a time, until it returns false or an
// error. The picture is each's only until it returns, unless it retains it.
func (p *passage) watch(ctx context.Context, each func(*camera.Frame) (more bool, err error)) error {
	seen := make(chan *camera.Frame, 4)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.attend(ctx) })
	g.Go(func() error { return p.camera.Run(ctx, pictures(seen)) })
	g.Go(func() error { return p.look(ctx, seen, each) })
	err := g.Wait()
	close(seen) // the camera has ended
	for f := range seen {
		f.Release()
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// passed counts the parts that have met a gate since the controller's start.
func (p *passage) passed() (n uint64) {
	if s := p.said.Load(); s != nil {
		for _, gate := range s.Counts.Gate {
			n += gate
		}
	}
	return n
}

// look takes the pictures as they come.
func (p *passage) look(ctx context.Context, seen <-chan *camera.Frame, each func(*camera.Frame) (bool, error)) error {
	patience := time.NewTimer(p.patience)
	defer patience.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return fmt.Errorf("no picture within %v: %s", p.patience, blame(p.said.Load()))
		case f := <-seen:
			patience.Reset(p.patience)
			more, err := each(f)
			f.Release()
			if err != nil {
				return err
			}
			if !more {
				return errEnough
			}
		}
	}
}

// blame says why no part may have come, and the cure.
func blame(s *plc.Status) string {
	switch {
	case s == nil:
		return "the controller has not answered either; check its power, cable and address"
	case s.Held:
		return "the controller holds (" + s.Why.String() + ") and lets no part in; clear the cause and press release at its panel"
	case !s.Running:
		return "the belt stands; start it, with parts on it"
	}
	return "the belt runs; put parts on it, and check the camera's trigger"
}

// attend keeps the controller company, and ends a hold that is nothing but the lack
// of company: whoever asked for this passage stands there, and nothing can pass the
// gate meanwhile.
func (p *passage) attend(ctx context.Context) error {
	ctl, err := p.dial(ctx)
	if err != nil {
		return err
	}
	defer ctl.Close()
	beat := time.NewTicker(50 * time.Millisecond)
	defer beat.Stop()
	held := plc.HoldReason(0)
	for {
		if err := ctl.Beat(ctx); err != nil {
			return err
		}
		s, err := ctl.Read(ctx)
		if err != nil {
			return err
		}
		p.said.Store(&s)
		switch why := s.Why &^ plc.HoldBoot; {
		case why == plc.HoldHeartbeat && s.Held:
			if err := ctl.Release(ctx); err != nil {
				return err
			}
		case why != 0 && why != held:
			p.tell("the controller holds: " + why.String() + "; clear the cause and press release at its panel")
		}
		held = s.Why &^ plc.HoldBoot
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
		}
	}
}

// pictures is where a camera delivers for a passage; a picture for which there is
// no room is left out.
type pictures chan *camera.Frame

// Frame takes one picture.
func (c pictures) Frame(f *camera.Frame) {
	select {
	case c <- f:
	default:
		f.Release()
	}
}

// Packet is of no interest.
func (pictures) Packet(*camera.Packet) {}
