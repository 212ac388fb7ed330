package main

import (
	"context"
	"time"

	"linesman/camera"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/draw"
	"linesman/sim/rtsp"
)

// The drawn network camera: small pictures at an easy pace, so that a box of
// two cores carries it beside the line.
const (
	netcamEvery  = time.Second / 6
	netcamHeight = 288                  // pixels; 512 across
	netcamAspect = 16. / 9              // of what it sees
	netcamKeys   = 12                   // pictures from key picture to key picture: two seconds
	netcamShut   = 2 * time.Millisecond // of its shutter: it blurs a little, as such cameras do
)

// netcamLayout is what the network camera sees: the same place as the line's
// camera, wider, at fewer pixels a millimetre.
func netcamLayout(l sim.Layout) sim.Layout {
	l.FrameXMM = l.FrameYMM * netcamAspect
	l.MMPerPx = l.FrameYMM / netcamHeight
	return l
}

// netcam publishes the belt as a free-running network camera shows it, until
// ctx ends. It draws nothing while nobody watches.
func netcam(ctx context.Context, b *belt.Belt, l sim.Layout, seed uint64, speed float64, to *rtsp.Publisher) error {
	l = netcamLayout(l)
	painter := draw.NewPainter(l, seed, draw.Options{SpeedMMs: speed, Exposure: netcamShut})
	w, h := painter.Size()
	f := camera.NewPool(1).Get(w, h, camera.RGB)
	defer f.Release()
	tick := time.NewTicker(netcamEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if to.Watchers() == 0 {
			continue
		}
		at := time.Now()
		travelled, parts := b.Seen(l.FrameXMM/2 + l.DiameterMM)
		painter.Paint(travelled, parts, f)
		if err := to.Publish(f.Pix, w, h, at); err != nil {
			return err
		}
	}
}
