package sim_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/cameratest"
	"linesman/camera/sim"
	"linesman/part"
	"linesman/sim/feed"
)

func driver(t *testing.T, s sim.Settings) camera.Driver {
	t.Helper()
	d, err := sim.New("top", s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// exposure is the time of trigger n.
func exposure(n uint64) time.Time {
	return time.Unix(1700000000, 0).Add(time.Duration(n) * time.Millisecond)
}

// line serves a drawn line that fires every millisecond until the test ends.
func line(t *testing.T) (address string) {
	t.Helper()
	l := listen(t)
	server := &feed.Server{Product: "caps"}
	ctx, cancel := context.WithCancel(context.Background())
	served, drawn := make(chan struct{}), make(chan struct{})
	go func() { defer close(served); _ = server.Serve(ctx, l) }()
	go func() {
		defer close(drawn)
		for n := uint64(1); ctx.Err() == nil; n++ {
			_ = server.Send(feed.FrameMsg{Trigger: n, Exposure: exposure(n), Tick: 100 * n,
				Width: 4, Height: 2, Format: camera.RGB, Pix: bytes.Repeat([]byte{byte(n)}, 24)})
			time.Sleep(time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-served; <-drawn })
	return l.Addr().String()
}

// says serves fixed bytes to whoever connects, and hangs up.
func says(t *testing.T, b []byte) (address string) {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write(b)
			conn.Close()
		}
	}()
	return l.Addr().String()
}

func TestConformance(t *testing.T) {
	greeting := feed.Greeting{Product: "caps"}.Append(nil)
	cut := feed.Header{Seq: 1, Width: 100, Height: 100}.Append(bytes.Clone(greeting))
	to := func(b []byte) func(t *testing.T) camera.Driver {
		return func(t *testing.T) camera.Driver { return driver(t, sim.Settings{Address: says(t, b)}) }
	}
	cameratest.Run(t, cameratest.Rig{Camera: "top", Frames: 30,
		Healthy: func(t *testing.T) camera.Driver {
			return driver(t, sim.Settings{Address: line(t), Product: "caps"})
		},
		Broken: map[string]cameratest.Broken{
			"nobody there": {Open: func(t *testing.T) camera.Driver {
				l := listen(t)
				l.Close()
				return driver(t, sim.Settings{Address: l.Addr().String()})
			}, Says: []string{"start linesman sim"}},
			"another product": {Open: func(t *testing.T) camera.Driver {
				return driver(t, sim.Settings{Address: line(t), Product: "tablets"})
			}, Says: []string{"carries caps, not tablets"}, Permanent: true},
			"another protocol":    {Open: to([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), Says: []string{"not a frame of the drawn line"}},
			"hangs up at once":    {Open: to(nil), Says: []string{"closed the connection"}},
			"hangs up in a frame": {Open: to(append(cut, 1, 2, 3)), Says: []string{"closed the connection"}},
			"garbage frames":      {Open: to(append(bytes.Clone(greeting), bytes.Repeat([]byte{0xee}, 200)...)), Says: []string{"not a frame"}},
		}})
}

// first keeps the first frame.
type first struct {
	frame  camera.Frame
	cancel func()
}

func (f *first) Frame(got *camera.Frame) {
	if f.frame.Seq == 0 {
		f.frame.Seq, f.frame.Trigger, f.frame.At, f.frame.Position = got.Seq, got.Trigger, got.At, got.Position
		f.frame.Pix = bytes.Clone(got.Pix)
		f.cancel()
	}
	got.Release()
}
func (f *first) Packet(*camera.Packet) {}

func TestFrameSaysWhereAndWhen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := first{cancel: cancel}
	if err := driver(t, sim.Settings{Address: line(t)}).Run(ctx, &got); err != context.Canceled {
		t.Fatal(err)
	}
	n := got.frame.Trigger
	want := part.Position{Tick: part.Tick{Count: int64(100 * n)}, Source: part.Latched}
	if n == 0 || got.frame.Position != want || got.frame.Pix[0] != byte(n) {
		t.Errorf("trigger %d at %+v shows %d, want %+v and %d", n, got.frame.Position, got.frame.Pix[0], want, byte(n))
	}
	if d := got.frame.At.Sub(exposure(n)); d.Abs() > time.Microsecond {
		t.Errorf("exposure is %v off", d)
	}
	if !strings.Contains(got.frame.At.String(), "m=") {
		t.Errorf("%v has no monotonic reading", got.frame.At)
	}
}

func TestDecode(t *testing.T) {
	cases := []struct{ name, yaml, want string }{
		{"nothing", "", ""},
		{"all", "driver: sim\naddress: 127.0.0.1:1555\nproduct: caps", ""},
		{"unknown key", "product: caps\nadress: 127.0.0.1:1", "[2:1]"},
		{"no port", "address: localhost", "give host:port"},
		{"another driver", "driver: file", "want sim"},
	}
	for _, c := range cases {
		_, err := sim.Decode([]byte(c.yaml))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSampleOfTheREADME(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	sample, _, ok := strings.Cut(rest, "```")
	s, err := sim.Decode([]byte(sample))
	if !ok || err != nil || s.Product != "caps" {
		t.Errorf("the sample gives %+v, %v", s, err)
	}
}
