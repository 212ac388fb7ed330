// Package off is the controller of a site that has none, as while a line is
// being commissioned: it takes nothing, the belt never runs, and every part is
// taken for rejected.
package off

import (
	"context"
	"errors"
	"fmt"
	"time"

	"linesman/part"
	"linesman/plc"
)

var _ plc.Controller = (*controller)(nil)

// Dial returns a controller that is not there.
func Dial(ctx context.Context) (plc.Controller, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("controller off: %w", err)
	}
	return &controller{}, nil
}

type controller struct{ closed bool }

var errNone = fmt.Errorf("controller off: %w: the site has no controller; set its driver in the site file", plc.ErrRefused)

func (c *controller) ready(ctx context.Context) error {
	if c.closed {
		return errors.New("controller off: the connection is closed")
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("controller off: %w", err)
	}
	return nil
}

// Read says that nothing moves and everything is held.
func (c *controller) Read(ctx context.Context) (plc.Status, error) {
	if err := c.ready(ctx); err != nil {
		return plc.Status{}, err
	}
	return plc.Status{At: time.Now(), Now: part.Tick{Epoch: 1}, Held: true, Why: plc.HoldOperator}, nil
}

// Queue refuses every entry.
func (c *controller) Queue(ctx context.Context, entries []plc.Entry) (int, error) {
	if err := c.ready(ctx); err != nil || len(entries) == 0 {
		return 0, err
	}
	return 0, errNone
}

// Set refuses every point.
func (c *controller) Set(ctx context.Context, s plc.Signal) (plc.Ack, error) {
	if err := c.ready(ctx); err != nil {
		return plc.Ack{}, err
	}
	return plc.Ack{ID: s.ID, At: time.Now(), Why: "no controller"}, errNone
}

// Beat reaches nobody.
func (c *controller) Beat(ctx context.Context) error { return c.ready(ctx) }

// Hold is the only state there is.
func (c *controller) Hold(ctx context.Context) error { return c.ready(ctx) }

// Judging reaches nobody.
func (c *controller) Judging(ctx context.Context, _ uint16) error { return c.ready(ctx) }

// Release is refused: there is nothing that could run.
func (c *controller) Release(ctx context.Context) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	return errNone
}

// Close ends it.
func (c *controller) Close() error {
	c.closed = true
	return nil
}
