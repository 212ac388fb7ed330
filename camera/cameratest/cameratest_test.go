package cameratest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/cameratest"
)

// painted is the smallest driver there can be: it paints so many frames.
type painted struct {
	frames int // 0: endless
	err    error
}

var pool = camera.NewPool(4)

func (p painted) Run(ctx context.Context, sink camera.Sink) error {
	for i := 0; p.frames == 0 || i < p.frames; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := pool.Get(4, 4, camera.Grey)
		f.Camera, f.Seq, f.At = "top", uint64(i+1), time.Now()
		sink.Frame(f)
	}
	return p.err
}

func TestConformance(t *testing.T) {
	t.Run("live", func(t *testing.T) {
		cameratest.Run(t, cameratest.Rig{Camera: "top", Frames: 20,
			Healthy: func(*testing.T) camera.Driver { return painted{} },
			Broken: map[string]cameratest.Broken{
				"no peer":        {Open: func(*testing.T) camera.Driver { return painted{1, errors.New("refused")} }, Says: []string{"refused"}},
				"wrong password": {Open: func(*testing.T) camera.Driver { return painted{1, fmt.Errorf("no: %w", camera.ErrPermanent)} }, Permanent: true},
			}})
	})
	t.Run("recording", func(t *testing.T) {
		cameratest.Run(t, cameratest.Rig{Camera: "top", Frames: 3, Recording: true,
			Healthy: func(*testing.T) camera.Driver { return painted{3, io.EOF} }})
	})
}
