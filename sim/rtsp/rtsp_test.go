package rtsp_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	camerartsp "linesman/camera/rtsp"
	"linesman/sim/rtsp"
)

// counter counts frames and keeps their last size.
type counter struct {
	frames, damaged int
	width, height   int
	first           chan struct{}
}

func (c *counter) Frame(f *camera.Frame) {
	if c.frames == 0 && c.first != nil {
		close(c.first)
	}
	c.frames++
	if f.Damaged {
		c.damaged++
	}
	c.width, c.height = f.Width, f.Height
	f.Release()
}
func (c *counter) Packet(*camera.Packet) {}

func play(t *testing.T, url string) (*counter, error) {
	t.Helper()
	d, err := camerartsp.New("top", camerartsp.Settings{URL: url, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{}
	return c, d.Run(t.Context(), c)
}

const twelve = "../../camera/file/testdata/twelve.mp4"

func TestFileIsPublishedWhole(t *testing.T) {
	for _, c := range []struct{ realtime, ahead bool }{{true, false}, {false, false}, {true, true}, {false, true}} {
		url := make(chan string, 1)
		ended := make(chan error, 1)
		go func() {
			ended <- rtsp.PublishFile(t.Context(), twelve, rtsp.Playing{
				Options: rtsp.Options{Address: "127.0.0.1:0", Name: "bottles"}, Realtime: c.realtime, Ahead: c.ahead, Ready: func(u string) { url <- u }})
		}()
		u := <-url
		if !strings.HasSuffix(u, "/bottles") {
			t.Errorf("published as %s", u)
		}
		got, err := play(t, u)
		if err == nil {
			t.Error("the driver took the stream's end for an end of a recording")
		}
		if err := <-ended; err != nil {
			t.Errorf("PublishFile returned %v", err)
		}
		if got.frames != 12 || got.width != 64 || got.height != 48 || got.damaged > 0 {
			t.Errorf("%+v: %d frames of %d x %d, %d damaged, want 12 of 64 x 48", c, got.frames, got.width, got.height, got.damaged)
		}
	}
}

func TestFileIsLooped(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		t.Run(fmt.Sprintf("coded ahead %v", ahead), func(t *testing.T) { looped(t, ahead) })
	}
}

func looped(t *testing.T, ahead bool) {
	ctx, cancel := context.WithCancel(t.Context())
	url := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- rtsp.PublishFile(ctx, twelve, rtsp.Playing{Options: rtsp.Options{Address: "127.0.0.1:0"}, Realtime: true, Loop: true, Ahead: ahead, Ready: func(u string) { url <- u }})
	}()
	d, err := camerartsp.New("top", camerartsp.Settings{URL: <-url})
	if err != nil {
		t.Fatal(err)
	}
	playing, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer stop()
	c := &counter{}
	_ = d.Run(playing, c)
	if c.frames < 20 {
		t.Errorf("%d frames in 1.5 s of a looped video of 0.48 s at 25 a second", c.frames)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("PublishFile returned %v", err)
	}
}

func TestFileThatCanNotBePublished(t *testing.T) {
	path := t.TempDir() + "/noise.mp4"
	if err := os.WriteFile(path, []byte("noise"), 0o644); err != nil {
		t.Fatal(err)
	}
	url := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- rtsp.PublishFile(t.Context(), path, rtsp.Playing{Options: rtsp.Options{Address: "127.0.0.1:0"}, Ready: func(u string) { url <- u }})
	}()
	go func() { _, _ = play(t, <-url) }()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "noise.mp4") {
		t.Errorf("PublishFile returned %v", err)
	}
}

func TestNothingIsEncodedForNobody(t *testing.T) {
	p, err := rtsp.Listen(rtsp.Options{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for range 100 {
		if err := p.Publish(make([]byte, 64*48*3), 64, 48, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if p.Watchers() != 0 || p.LeftOut() != 0 {
		t.Errorf("%d watchers, %d pictures left out", p.Watchers(), p.LeftOut())
	}
	if err := p.Publish(make([]byte, 5), 64, 48, time.Now()); err == nil {
		t.Error("5 bytes for 64 x 48 pixels were accepted")
	}
	if _, err := rtsp.Listen(rtsp.Options{Address: p.Addr().String()}); err == nil || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("a second stream on one port: %v", err)
	}
	if _, err := rtsp.Listen(rtsp.Options{Address: "127.0.0.1:0", Codec: "vp9"}); err == nil || !strings.Contains(err.Error(), "give h264 or h265") {
		t.Errorf("a codec that is not encoded: %v", err)
	}
}
