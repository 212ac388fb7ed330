package clip_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/clip"
	"linesman/camera/rtsp"
	publisher "linesman/sim/rtsp"
)

// intake records what a camera sends, and tells of each packet.
type intake struct {
	t        *testing.T
	recorder *clip.Recorder
	packets  chan *camera.Packet
}

func (i intake) Frame(f *camera.Frame) { f.Release() }
func (i intake) Packet(p *camera.Packet) {
	if err := i.recorder.Packet(p); err != nil {
		i.t.Error(err)
	}
	select {
	case i.packets <- p:
	default:
	}
}

// TestAClipOfACameraOnTheNetwork records from an RTSP camera that sends a hundred
// pictures a second, and is then switched off within the second clip.
func TestAClipOfACameraOnTheNetwork(t *testing.T) {
	p, err := publisher.Listen(publisher.Options{Address: "127.0.0.1:0", KeyEvery: 20})
	must(t, err)
	driver, err := rtsp.New("yard", rtsp.Settings{URL: p.URL(), Timeout: 10 * time.Second})
	must(t, err)
	clips := make(chan clip.Clip, 2)
	in := intake{t, recorder(t, clip.Settings{}, func(c clip.Clip) { clips <- c }), make(chan *camera.Packet, 1000)}
	defer in.recorder.Close()

	ended := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(ended)
		in.recorder.Down(driver.Run(context.Background(), in).Error())
	}()
	published := make(chan struct{})
	go func() {
		defer close(published)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				_ = p.Publish(bytes.Repeat([]byte{grey(i)}, 64*48*3), 64, 48, time.Now())
			}
		}
	}()

	var last *camera.Packet
	for range 60 {
		last = <-in.packets
	}
	must(t, in.recorder.Begin("first", last.At, 300*ms, 300*ms))
	c := <-clips
	if len(c.Files) != 1 || strings.Contains(strings.Join(c.Missing, "; "), "down") {
		t.Fatalf("%d files, missing %q", len(c.Files), c.Missing)
	}
	f := c.Files[0]
	pictures := played(t, f.Data)
	if len(pictures) != f.Frames || f.From.After(c.From) || f.To.Before(last.At) || f.To.After(c.To) {
		t.Errorf("%d pictures are shown of %d, from %v to %v, asked for %v to %v", len(pictures), f.Frames, f.From, f.To, c.From, c.To)
	}
	if end := pictures[len(pictures)-1].at; end < f.To.Sub(f.From)-50*ms || end > f.To.Sub(f.From)+50*ms {
		t.Errorf("the last picture is shown at %v, its exposure was at %v", end, f.To.Sub(f.From))
	}

	must(t, in.recorder.Begin("second", c.To, 100*ms, time.Hour))
	close(stop)
	<-published
	p.Close()
	<-ended
	if c := <-clips; c.ID != "second" || len(c.Files) != 1 || !strings.Contains(strings.Join(c.Missing, "; "), "the camera is down") {
		t.Errorf("clip %s: %d files, missing %q; want one that ends where the camera went down", c.ID, len(c.Files), c.Missing)
	}
}
