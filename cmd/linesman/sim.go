package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"linesman/bench"
	"linesman/camera"
	"linesman/line"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/controller"
	"linesman/sim/draw"
	"linesman/sim/fault"
	"linesman/sim/feed"
	"linesman/sim/rtsp"
)

// SimCmd runs a drawn line.
type SimCmd struct {
	Product string  `default:"caps" enum:"caps,capsules,tablets" help:"What the belt carries."`
	Rate    float64 `default:"0" help:"Parts an hour; 0 is the white paper's rate of the product."`
	Seed    uint64  `default:"1" help:"Of everything drawn."`
	Defects float64 `default:"0.02" help:"Share of defective parts."`
	PLC     string  `default:"127.0.0.1:1502" help:"Address of the controller's Modbus server."`
	Frames  string  `default:"127.0.0.1:1555" help:"Address of the camera's frames."`
	RTSP    string  `name:"rtsp" default:"127.0.0.1:8554" help:"Address of the network camera's H.264 stream, rtsp://ADDRESS/line; empty for none."`
	Control string  `default:"${control}" help:"Address that takes orders of 'sim fault' and 'sim choose'; empty for none."`
	Mode    string  `default:"queue" enum:"queue,pulse" help:"How the controller takes passes: queue, or pulse."`
	Report  string  `type:"path" help:"File to write what became of each part at the gate, one JSON object a line; none unless set."`
}

// exposed is one firing of the drawn camera.
type exposed struct {
	trigger sim.Trigger
	parts   []sim.Part
}

// Run moves the belt by the wall clock until told to stop.
func (c *SimCmd) Run(ctx context.Context) error {
	product := sim.Product(c.Product)
	layout := product.Layout()
	rate := c.Rate
	if rate == 0 {
		rate = bench.Rates[product]
	}
	speed := layout.SpeedMMs(rate)
	parts := draw.NewFeed(draw.Spec{Layout: layout, Seed: c.Seed, DefectRate: c.Defects})
	shutter := make(chan exposed, 64)
	start := time.Now()
	fates, done, err := reportFates(c.Report)
	if err != nil {
		return err
	}
	defer done()
	b, err := belt.New(belt.Config{Layout: layout, Speed: speed, Feed: parts, Start: start, ValveDelay: 12 * time.Millisecond, OnFate: fates,
		OnTrigger: func(t sim.Trigger, p []sim.Part) {
			select {
			case shutter <- exposed{t, p}:
			default: // the painter is behind: a camera that misses its trigger
			}
		}})
	if err != nil {
		return err
	}
	program := controller.For(layout)
	program.Pulse = c.Mode == line.ModePulse
	plcSide, err := controller.New(program, b)
	if err != nil {
		return err
	}
	url, err := plcSide.Serve(c.PLC)
	if err != nil {
		return fmt.Errorf("the controller's address %s: %w", c.PLC, err)
	}
	defer plcSide.Close()
	listener, err := net.Listen("tcp", c.Frames)
	if err != nil {
		return fmt.Errorf("the frames' address %s: %w", c.Frames, err)
	}
	said := fmt.Sprintf("%s on the belt at %.0f an hour; controller %s, frames %s", product, rate, url, c.Frames)
	var stream *rtsp.Publisher
	if c.RTSP != "" {
		if stream, err = rtsp.Listen(rtsp.Options{Address: c.RTSP, KeyEvery: netcamKeys}); err != nil {
			return err
		}
		defer stream.Close()
		said += ", network camera " + stream.URL()
	}
	var orders net.Listener
	if c.Control != "" {
		if orders, err = net.Listen("tcp", c.Control); err != nil {
			return fmt.Errorf("the address that takes orders, %s: %w", c.Control, err)
		}
		said += ", faults " + c.Control
	}

	frames := &feed.Server{Product: c.Product}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return frames.Serve(ctx, listener) })
	g.Go(func() error {
		return paint(ctx, draw.NewPainter(layout, c.Seed, draw.Options{SpeedMMs: speed}), shutter, frames)
	})
	if stream != nil {
		g.Go(func() error { return netcam(ctx, b, layout, c.Seed, speed, stream) })
	}
	if orders != nil {
		g.Go(func() error {
			return fault.Serve(ctx, orders, func(kind string, value float64) error {
				if kind == choose {
					plcSide.Choose(uint16(value))
					return nil
				}
				return b.Fault(kind, value)
			})
		})
	}
	g.Go(func() error { return pace(ctx, b, start) })
	// Whoever started this process waits for its first line: all of it listens.
	fmt.Println(said)
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// pace moves the belt by the wall clock.
func pace(ctx context.Context, b *belt.Belt, start time.Time) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			b.Advance(time.Since(start))
		}
	}
}

// paint draws what the camera saw and sends it.
func paint(ctx context.Context, p *draw.Painter, shutter <-chan exposed, to *feed.Server) error {
	pool := camera.NewPool(2)
	w, h := p.Size()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-shutter:
			f := pool.Get(w, h, camera.RGB)
			p.Paint(e.trigger.Travelled, e.parts, f)
			err := to.Send(feed.FrameMsg{Trigger: e.trigger.N, Exposure: e.trigger.At, Tick: uint64(e.trigger.Tick), Width: w, Height: h, Format: camera.RGB, Pix: f.Pix})
			f.Release()
			if err != nil {
				return err
			}
		}
	}
}
