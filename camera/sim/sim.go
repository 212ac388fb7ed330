// Package sim is the camera above the drawn line: it takes the raw frames that
// `linesman sim` serves, with the trigger number and the encoder counter that
// the drawn controller latched at each exposure.
package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/goccy/go-yaml"

	"linesman/camera"
	"linesman/part"
	"linesman/sim/feed"
)

var _ camera.Driver = (*Driver)(nil)

// Settings are the options of one drawn camera in the site file.
type Settings struct {
	// Driver may stand among the options, as it does in the site file.
	Driver string `yaml:"driver,omitempty"`
	// Address is where the drawn line serves its frames; 127.0.0.1:1555 unless set.
	Address string `yaml:"address,omitempty"`
	// Product is what the line must carry ("tablets", "caps"); any unless set.
	Product string `yaml:"product,omitempty"`
}

// Decode reads the options. Unknown keys are refused with line and column.
func Decode(raw []byte) (Settings, error) {
	var s Settings
	if err := yaml.UnmarshalWithOptions(raw, &s, yaml.Strict()); err != nil && !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("sim camera: %w", err)
	}
	return s, s.Validate()
}

// Validate refuses settings that can not work.
func (s Settings) Validate() error {
	if s.Driver != "" && s.Driver != "sim" {
		return fmt.Errorf("sim camera: driver is %q; want sim", s.Driver)
	}
	if s.Address == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(s.Address); err != nil {
		return fmt.Errorf("sim camera: address %q: %w; give host:port, as in %s", s.Address, err, feed.DefaultAddress)
	}
	return nil
}

// Driver is one connection to the drawn line.
type Driver struct {
	id       part.CameraID
	settings Settings
	pool     *camera.Pool
}

// New returns a driver for the drawn line at the settings' address.
func New(id part.CameraID, s Settings) (camera.Driver, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if s.Address == "" {
		s.Address = feed.DefaultAddress
	}
	return &Driver{id: id, settings: s, pool: camera.NewPool(16)}, nil
}

// Run connects and delivers frames. A frame's Position carries the controller's
// raw counter as it was latched, in epoch 0 with Source Latched: only the line
// knows the rollovers before it, and widens it with its part.Unroller.
// Position is exact, its Uncertainty zero.
func (d *Driver) Run(ctx context.Context, sink camera.Sink) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", d.settings.Address)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("drawn line at %s: %w; start linesman sim, or correct the camera's address", d.settings.Address, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	err = d.receive(conn, sink)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("drawn line at %s closed the connection; is linesman sim still running?", d.settings.Address)
	}
	return fmt.Errorf("drawn line at %s: %w", d.settings.Address, err)
}

// receive reads frames until the connection breaks.
func (d *Driver) receive(conn net.Conn, sink camera.Sink) error {
	greeting, err := feed.ReadGreeting(conn)
	if err != nil {
		return err
	}
	if d.settings.Product != "" && greeting.Product != d.settings.Product {
		return fmt.Errorf("it carries %s, not %s; correct the camera's product or start linesman sim with that product (%w)",
			greeting.Product, d.settings.Product, camera.ErrPermanent)
	}
	var header [feed.HeaderSize]byte
	for seq := uint64(1); ; seq++ {
		if _, err := io.ReadFull(conn, header[:]); err != nil {
			return err
		}
		h, err := feed.ParseHeader(header[:])
		if err != nil {
			return err
		}
		f := d.pool.Get(h.Width, h.Height, h.Format)
		if _, err := io.ReadFull(conn, f.Pix); err != nil {
			f.Release()
			return err
		}
		f.Camera, f.Seq, f.Trigger, f.Dropped = d.id, seq, h.Trigger, h.Dropped
		f.At = here(h.Exposure)
		f.Position = part.Position{Tick: part.Tick{Count: int64(h.Tick)}, Source: part.Latched}
		sink.Frame(f)
	}
}

// here turns a wall time of this host into one with a monotonic reading: both
// processes read the same clock.
func here(unixNano int64) time.Time {
	now := time.Now()
	return now.Add(time.Duration(unixNano - now.UnixNano()))
}
