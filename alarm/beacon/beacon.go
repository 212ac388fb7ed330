// Package beacon lights a lamp or sounds a horn at the machine, by a point of a
// controller. It is the last step of a roster: it needs no network but the
// plant's own.
package beacon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/plc"
)

var _ alarm.Rester = (*Channel)(nil)

// Controller sets points; plc.Supervisor is one.
type Controller interface {
	// Set sets a point once.
	Set(ctx context.Context, s plc.Signal) (plc.Ack, error)
	// Keep sets a point that is to stay so, also over a restart of the controller: what
	// was asked for last counts, even where it could not be reached.
	Keep(ctx context.Context, s plc.Signal) (plc.Ack, error)
}

// Settings are the options of a channel with driver beacon.
type Settings struct {
	Controller string        `yaml:"controller"` // of the site file's controllers
	Point      string        `yaml:"point"`      // the site's name for it
	Pulse      time.Duration `yaml:"pulse"`      // the controller ends it by itself; default: it stays until somebody acknowledges
}

// Validate refuses what can not be meant.
func (s *Settings) Validate() error {
	switch {
	case s.Controller == "" || s.Point == "":
		return errors.New("controller and point: both are needed, as the site file names them")
	case s.Pulse < 0 || s.Pulse > time.Hour:
		return fmt.Errorf("pulse %s: want up to 1h", s.Pulse)
	}
	return nil
}

// Channel is one point of a controller.
type Channel struct {
	set        Settings
	controller Controller

	mu sync.Mutex // held while the point is set: the last wish wins
}

// New opens a channel; controller returns the site's controller of a name, or
// nil.
func New(name string, c alarm.Channel, controller func(name string) Controller) (*Channel, error) {
	ch := &Channel{}
	if err := c.Options(&ch.set); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	if err := ch.set.Validate(); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	if ch.controller = controller(ch.set.Controller); ch.controller == nil {
		return nil, fmt.Errorf("alarms.channels.%s.controller: %q is not among controllers", name, ch.set.Controller)
	}
	return ch, nil
}

// Proves is false: the controller's acknowledgement is part of Deliver.
func (c *Channel) Proves() bool { return false }

// Deliver sets the point. It has arrived when the controller acknowledged it.
func (c *Channel) Deliver(ctx context.Context, n alarm.Notice) (alarm.Proof, error) {
	if err := c.write(ctx, n.ID, true); err != nil {
		return 0, err
	}
	return alarm.Arrived, nil
}

// Rest resets the point.
func (c *Channel) Rest(ctx context.Context) error {
	if c.set.Pulse > 0 {
		return nil // the controller ended it
	}
	return c.write(ctx, event.NewID(), false)
}

func (c *Channel) write(ctx context.Context, id string, value bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	expires, ok := ctx.Deadline()
	if !ok {
		expires = now.Add(10 * time.Second)
	}
	set := c.controller.Keep
	if c.set.Pulse > 0 {
		set = c.controller.Set
	}
	ack, err := set(ctx, plc.Signal{ID: id, Point: c.set.Point, Value: value, Due: now, Expires: expires, Pulse: c.set.Pulse})
	switch {
	case err != nil:
		return fmt.Errorf("controller %s, point %s: %w", c.set.Controller, c.set.Point, err)
	case !ack.Done:
		return fmt.Errorf("controller %s, point %s: it was not set: %s", c.set.Controller, c.set.Point, ack.Why)
	}
	return nil
}
