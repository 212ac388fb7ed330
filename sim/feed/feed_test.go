package feed_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/sim/feed"
)

func TestHeaderComesBack(t *testing.T) {
	want := feed.Header{Seq: 7, Trigger: 1 << 40, Exposure: -5, Tick: 1<<32 - 1, Dropped: 3, Width: 1000, Height: 800, Format: camera.RGB}
	b := want.Append(nil)
	if len(b) != feed.HeaderSize {
		t.Fatalf("%d bytes, want %d", len(b), feed.HeaderSize)
	}
	got, err := feed.ParseHeader(b)
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestHeaderRefusals(t *testing.T) {
	good := feed.Header{Seq: 1, Width: 4, Height: 2, Format: camera.Grey}.Append(nil)
	change := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	cases := []struct {
		name string
		b    []byte
		want string
	}{
		{"short", good[:63], "63 bytes"},
		{"another protocol", []byte(strings.Repeat("HTTP/1.1", 8)), `begins with "HTTP"`},
		{"another version", change(5, 9), "version 9"},
		{"another format", change(6, 7), "pixel format 7"},
		{"no width", change(51, 0), "0 x 2"},
		{"too wide", change(48, 1), "pixels"},
		{"length", change(59, 9), "9 bytes for 4 x 2"},
	}
	for _, c := range cases {
		_, err := feed.ParseHeader(c.b)
		if !errors.Is(err, feed.ErrProtocol) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add(feed.Header{Seq: 1, Width: 4, Height: 2}.Append(nil))
	f.Add(bytes.Repeat([]byte{0xff}, feed.HeaderSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := feed.ParseHeader(b)
		if err != nil {
			return
		}
		if h.Length() <= 0 || h.Length() > 192<<20 {
			t.Errorf("a frame of %d bytes was accepted", h.Length())
		}
		again, err := feed.ParseHeader(h.Append(nil))
		if err != nil || again != h {
			t.Errorf("%+v came back as %+v, %v", h, again, err)
		}
	})
}

func FuzzReadGreeting(f *testing.F) {
	f.Add(feed.Greeting{Product: "caps"}.Append(nil))
	f.Add([]byte("HTTP/1.1 400"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := feed.ReadGreeting(bytes.NewReader(b))
		if err == nil && !bytes.HasPrefix(b, g.Append(nil)) {
			t.Errorf("%q was read as %+v", b, g)
		}
	})
}

// serve starts a server and returns its address.
func serve(t *testing.T, s *feed.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Serve returned %v", err)
		}
	})
	return l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if g, err := feed.ReadGreeting(conn); err != nil || g.Product != "caps" {
		t.Fatalf("greeting %+v, %v", g, err)
	}
	return conn
}

func read(t *testing.T, conn net.Conn) (feed.Header, []byte) {
	t.Helper()
	b := make([]byte, feed.HeaderSize)
	if _, err := io.ReadFull(conn, b); err != nil {
		t.Fatal(err)
	}
	h, err := feed.ParseHeader(b)
	if err != nil {
		t.Fatal(err)
	}
	pix := make([]byte, h.Length())
	if _, err := io.ReadFull(conn, pix); err != nil {
		t.Fatal(err)
	}
	return h, pix
}

func TestFramesArrive(t *testing.T) {
	s := &feed.Server{Product: "caps"}
	address := serve(t, s)
	one, two := dial(t, address), dial(t, address)
	at := time.Unix(1700000000, 123)
	if err := s.Send(feed.FrameMsg{Trigger: 9, Exposure: at, Tick: 77, Width: 2, Height: 1, Format: camera.RGB, Pix: []byte("abcdef")}); err != nil {
		t.Fatal(err)
	}
	for _, conn := range []net.Conn{one, two} {
		h, pix := read(t, conn)
		want := feed.Header{Seq: 1, Trigger: 9, Exposure: at.UnixNano(), Tick: 77, Width: 2, Height: 1, Format: camera.RGB}
		if h != want || string(pix) != "abcdef" {
			t.Errorf("got %+v %q, want %+v", h, pix, want)
		}
	}
}

func TestSendRefusesWrongLength(t *testing.T) {
	if err := new(feed.Server).Send(feed.FrameMsg{Width: 2, Height: 2, Pix: []byte("abc")}); err == nil {
		t.Error("3 bytes for 2 x 2 pixels were accepted")
	}
}

// TestSlowClientLosesFramesAndIsTold sends far more than the client's queue and
// the sockets hold before the client reads: Send must return all the same, and
// what the client gets must add up to what was sent.
func TestSlowClientLosesFramesAndIsTold(t *testing.T) {
	s := &feed.Server{Product: "caps"}
	conn := dial(t, serve(t, s))
	const sent, side = 100, 1024
	pix := make([]byte, side*side)
	for i := range sent {
		if err := s.Send(feed.FrameMsg{Trigger: uint64(i + 1), Width: side, Height: side, Format: camera.Grey, Pix: pix}); err != nil {
			t.Fatal(err)
		}
	}
	var got, lost uint64
	for {
		if err := s.Send(feed.FrameMsg{Trigger: sent + 1, Width: 1, Height: 1, Format: camera.Grey, Pix: pix[:1]}); err != nil {
			t.Fatal(err)
		}
		h, _ := read(t, conn)
		got++
		lost += h.Dropped
		if h.Seq != got+lost {
			t.Fatalf("frame %d arrives after %d frames and %d lost", h.Seq, got, lost)
		}
		if h.Trigger > sent {
			break
		}
	}
	if lost == 0 {
		t.Errorf("all of %d MB were kept for a client that did not read", sent)
	}
}

func TestGoneClientIsForgotten(t *testing.T) {
	s := &feed.Server{Product: "caps"}
	conn := dial(t, serve(t, s))
	conn.Close()
	deadline := time.Now().Add(10 * time.Second)
	for s.Clients() > 0 {
		if time.Now().After(deadline) {
			t.Fatal("the client is still counted 10 s after it left")
		}
		time.Sleep(time.Millisecond)
	}
}
