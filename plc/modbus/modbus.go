// Package modbus drives a controller that speaks docs/plc.md's register map
// over Modbus TCP.
package modbus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"time"

	"linesman/part"
	"linesman/plc"

	"github.com/simonvetter/modbus"
)

var _ plc.Controller = (*conn)(nil)

// Link is one controller of the site. It outlives its connections: ticks,
// epochs and the numbers of edges and echoes go on over a redial, so what the
// controller latched meanwhile is read late, not lost.
//
// A Link belongs to one goroutine and has one connection at a time.
type Link struct {
	set      Settings
	unroll   *part.Unroller
	bits     int
	lanes    int
	boot     uint64
	bootSalt uint64 // grows when the encoder may have gone round unseen
	known    bool
	readAt   time.Time
	speed    float64
	edges    uint32 // seq of the last edge read
	echoes   uint32
	head     uint16 // seq of the last entry written
	headBoot uint64 // the boot it was written in
	taken    uint16 // seq of the last entry the controller took
	command  uint16
	beat     uint16
	signals  signals
	unsaid   unsaid
}

// New returns a link that is not yet connected.
func New(set Settings) (*Link, error) {
	set.defaults()
	if err := set.Validate(); err != nil {
		return nil, err
	}
	return &Link{set: set, signals: signals{seen: map[string]plc.Ack{}}}, nil
}

// Dial connects, checks that the other side speaks the map, and takes its
// first reading, which begins the account of edges and echoes where the link is
// new.
func (l *Link) Dial(ctx context.Context) (plc.Controller, error) {
	client, err := modbus.NewClient(&modbus.ClientConfiguration{URL: l.set.URL, Timeout: l.set.Timeout, Logger: log.New(io.Discard, "", 0)})
	if err != nil {
		return nil, l.wrap("connect", err)
	}
	if err := open(ctx, client, l.set.Timeout); err != nil {
		return nil, l.wrap("connect", err)
	}
	c := &conn{Link: l, client: client}
	if err := c.greet(ctx); err != nil {
		_ = client.Close() // the greeting's error says more
		return nil, err
	}
	return c, nil
}

// open connects within the timeout. The library knows no context, so a dial
// that is given up is closed behind our back when it ends.
func open(ctx context.Context, client *modbus.ModbusClient, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	done := make(chan error)
	go func() {
		err := client.Open()
		select {
		case done <- err:
		case <-ctx.Done(): // nobody waits for it any more
			if err == nil {
				_ = client.Close()
			}
		}
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wrap names the controller's address and the cure.
func (l *Link) wrap(what string, err error) error {
	switch {
	case errors.Is(err, modbus.ErrRequestTimedOut), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("controller %s: %s: no answer within %v; check its power, the network and the setting url: %w", l.set.URL, what, l.set.Timeout, err)
	case errors.Is(err, modbus.ErrIllegalDataAddress):
		return fmt.Errorf("controller %s: %s: it has no such register; check the setting base (%d) against its program: %w", l.set.URL, what, l.set.Base, err)
	default:
		return fmt.Errorf("controller %s: %s: %w", l.set.URL, what, err)
	}
}

// conn is one connection of a link.
type conn struct {
	*Link
	client *modbus.ModbusClient
	closed bool
}

// Close ends the connection; the link may dial again.
func (c *conn) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	if err := c.client.Close(); err != nil {
		return c.wrap("close", err)
	}
	return nil
}

// greet checks the map and takes up the numbers where the other side stands.
func (c *conn) greet(ctx context.Context) error {
	if err := c.client.SetUnitId(c.set.Unit); err != nil {
		return c.wrap("unit", err)
	}
	w, err := c.input(ctx, "greet", plc.StatusMagic, plc.StatusWords)
	if err != nil {
		return err
	}
	if w[plc.StatusMagic] != plc.Magic || w[plc.StatusVersion] != plc.MapVersion {
		return fmt.Errorf("controller %s: registers %d and %d read %#04x and %d, not %#04x and %d: it does not speak this register map; check the settings base and unit, and its program (docs/plc.md)",
			c.set.URL, c.set.Base, c.set.Base+1, w[plc.StatusMagic], w[plc.StatusVersion], plc.Magic, plc.MapVersion)
	}
	lanes, bits := int(w[plc.StatusLanes]), int(w[plc.StatusBits])
	switch {
	case lanes < 1 || lanes > plc.MaxLanes:
		return fmt.Errorf("controller %s: it says it has %d lanes; the map allows 1 to %d: check its program", c.set.URL, lanes, plc.MaxLanes)
	case c.set.Lanes > lanes:
		return fmt.Errorf("controller %s: setting lanes is %d, the controller has %d", c.set.URL, c.set.Lanes, lanes)
	case bits != 16 && bits != 32:
		return fmt.Errorf("controller %s: its encoder has %d bits; 16 or 32 are understood: check its program", c.set.URL, bits)
	}
	c.lanes = lanes
	if c.unroll == nil || c.bits != bits {
		c.unroll, c.bits, c.known = &part.Unroller{Bits: bits, MaxSpeed: c.set.MaxSpeed}, bits, false
	}
	head, err := c.holding(ctx, "greet", plc.HeadReg)
	if err != nil {
		return err
	}
	c.head, c.taken, c.command = head, w[plc.StatusTaken], w[plc.StatusCommand]
	c.headBoot = uint64(c.long(w[plc.StatusBoot:]))
	if !c.known {
		c.boot = uint64(c.long(w[plc.StatusBoot:]))
		c.edges, c.echoes = c.long(w[plc.StatusEdges:]), c.long(w[plc.StatusEchoes:])
		c.known = true
	}
	return nil
}

// input reads input registers.
func (c *conn) input(ctx context.Context, what string, at, n int) ([]uint16, error) {
	if err := c.ready(ctx, what); err != nil {
		return nil, err
	}
	w, err := c.client.ReadRegisters(c.set.Base+uint16(at), uint16(n), modbus.INPUT_REGISTER)
	if err != nil {
		return nil, c.wrap(what, err)
	}
	if len(w) != n {
		return nil, c.wrap(what, fmt.Errorf("%d registers asked for, %d answered", n, len(w)))
	}
	return w, nil
}

// holding reads one holding register.
func (c *conn) holding(ctx context.Context, what string, at int) (uint16, error) {
	if err := c.ready(ctx, what); err != nil {
		return 0, err
	}
	w, err := c.client.ReadRegister(c.set.Base+uint16(at), modbus.HOLDING_REGISTER)
	if err != nil {
		return 0, c.wrap(what, err)
	}
	return w, nil
}

// write writes holding registers.
func (c *conn) write(ctx context.Context, what string, at int, w ...uint16) error {
	if err := c.ready(ctx, what); err != nil {
		return err
	}
	if len(w) == 1 {
		if err := c.client.WriteRegister(c.set.Base+uint16(at), w[0]); err != nil {
			return c.wrap(what, err)
		}
		return nil
	}
	if err := c.client.WriteRegisters(c.set.Base+uint16(at), w); err != nil {
		return c.wrap(what, err)
	}
	return nil
}

func (c *conn) ready(ctx context.Context, what string) error {
	if c.closed {
		return c.wrap(what, errors.New("the connection is closed"))
	}
	if err := ctx.Err(); err != nil {
		return c.wrap(what, err)
	}
	return nil
}

// long joins two words in the site's word order.
func (l *Link) long(w []uint16) uint32 {
	if l.set.WordOrder == Little {
		return uint32(w[1])<<16 | uint32(w[0])
	}
	return uint32(w[0])<<16 | uint32(w[1])
}

func (l *Link) split(v uint32) (uint16, uint16) {
	if l.set.WordOrder == Little {
		return uint16(v), uint16(v >> 16)
	}
	return uint16(v >> 16), uint16(v)
}
