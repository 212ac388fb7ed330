package stage

import (
	"context"
	"fmt"
	"sync"
	"time"

	"linesman/sim/rtsp"
)

// netcam is a network camera on an address of its own, whose picture is known at
// each moment.
type netcam struct {
	name, address string
	width, height int
	step          time.Duration // from picture to picture
	// show is called at each step with its number and the moment of exposure.
	show func(n int, at time.Time) shot

	mu      sync.Mutex
	watched []span // when pictures went out to somebody
	pub     *rtsp.Publisher
}

// shot is one picture, or none.
type shot struct {
	rgb  []byte // nil: the camera is there and sends nothing
	err  error
	gone bool // it is not there at all: nobody answers at its address
}

// run sends pictures until ctx ends.
func (c *netcam) run(ctx context.Context) error {
	defer c.pull()
	began := time.Now()
	for n := 0; ; n++ {
		// A camera exposes when it is due, whenever the picture gets away. What this box
		// has no time for is left out.
		if late := int(time.Since(began)/c.step) - n; late > 0 {
			n += late
		}
		at := began.Add(time.Duration(n) * c.step)
		if !sleepUntil(ctx, at) {
			return nil
		}
		s := c.show(n, at)
		switch {
		case s.err != nil:
			return fmt.Errorf("the camera %s: %w", c.name, s.err)
		case s.gone:
			c.pull()
		case c.pub == nil:
			if err := c.plug(); err != nil {
				return err
			}
		}
		if c.pub != nil && s.rgb != nil {
			if err := c.pub.Publish(s.rgb, c.width, c.height, at); err != nil {
				return fmt.Errorf("the camera %s: %w", c.name, err)
			}
			c.note(at, c.pub.Watchers() > 0)
		}
	}
}

// plug opens the stream. The port may be held for a moment by what was there.
func (c *netcam) plug() error {
	var err error
	for range 50 {
		var pub *rtsp.Publisher
		if pub, err = rtsp.Listen(rtsp.Options{Address: c.address, Name: c.name, KeyEvery: int(2 * time.Second / c.step)}); err == nil {
			c.pub = pub
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

func (c *netcam) pull() {
	if c.pub != nil {
		c.pub.Close()
		c.pub = nil
	}
}

// note keeps when somebody was watching: pictures at most a second apart are
// one span.
func (c *netcam) note(at time.Time, watched bool) {
	if !watched {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.watched); n > 0 && at.Sub(c.watched[n-1].to) < time.Second {
		c.watched[n-1].to = at
		return
	}
	c.watched = append(c.watched, span{at, at.Add(c.step)})
}

func (c *netcam) seen() []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]span(nil), c.watched...)
}

// row is the camera in the site file.
func (c *netcam) row(fps float64) string {
	return fmt.Sprintf("  %s: {driver: rtsp, url: \"rtsp://%s/%s\", fps: %g}\n", c.name, c.address, c.name, fps)
}
