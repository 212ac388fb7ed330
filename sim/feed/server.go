package feed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"linesman/camera"
)

// clientQueue is how many frames wait for one client before it loses some.
const clientQueue = 8

// patience is how long a client may take for one frame before it is let go.
const patience = 5 * time.Second

// FrameMsg is one exposure of the drawn line.
type FrameMsg struct {
	Trigger  uint64
	Exposure time.Time
	Tick     uint64 // raw encoder counter, latched at the exposure
	Width    int
	Height   int
	Format   camera.Format
	Pix      []byte // rows without gaps; copied by Send
}

// Server hands frames to whoever is connected. The zero value is ready; Product
// is set before Serve and told to every client.
type Server struct {
	Product string

	mu      sync.Mutex
	seq     uint64
	clients map[*client]struct{}
	pool    *camera.Pool
}

// client is one connection. Frames lost to it are counted under Server.mu.
type client struct {
	queue   chan message
	dropped uint64
}

// message is a frame in a client's queue, with its hold.
type message struct {
	header Header
	frame  *camera.Frame
}

// Send hands one frame to every client and returns at once. A client whose
// queue is full loses it; the next frame it gets says so.
func (s *Server) Send(m FrameMsg) error {
	h := Header{Trigger: m.Trigger, Exposure: m.Exposure.UnixNano(), Tick: m.Tick, Width: m.Width, Height: m.Height, Format: m.Format}
	if m.Width <= 0 || m.Height <= 0 || m.Width > maxSide || m.Height > maxSide || h.Length() > maxLength || len(m.Pix) != h.Length() {
		return fmt.Errorf("frame of trigger %d: %d bytes for %d x %d pixels", m.Trigger, len(m.Pix), m.Width, m.Height)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	h.Seq = s.seq
	if len(s.clients) == 0 {
		return nil
	}
	f := s.pool.Get(m.Width, m.Height, m.Format)
	defer f.Release()
	copy(f.Pix, m.Pix)
	for c := range s.clients {
		h.Dropped = c.dropped
		select {
		case c.queue <- message{h, f.Retain()}:
			c.dropped = 0
		default:
			f.Release()
			c.dropped++
		}
	}
	return nil
}

// Clients returns how many clients are connected.
func (s *Server) Clients() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// Serve accepts clients until ctx ends, then closes the listener and every
// connection, waits for their ends and returns ctx.Err().
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("serve frames of the drawn line on %s: %w", l.Addr(), err)
		}
		clients.Go(func() { s.serve(ctx, conn) })
	}
}

// serve writes frames to one client until it is gone or ctx ends.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var hearing sync.WaitGroup
	defer hearing.Wait()
	hearing.Go(func() { // the client sends nothing: a byte or an end both mean goodbye
		defer cancel()
		_, _ = conn.Read(make([]byte, 1))
	})

	c := s.join()
	defer s.leave(c)
	if _, err := conn.Write((Greeting{Product: s.Product}).Append(nil)); err != nil {
		cancel()
		return
	}
	header := make([]byte, 0, HeaderSize)
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-c.queue:
			header = m.header.Append(header[:0])
			err := errors.Join(conn.SetWriteDeadline(time.Now().Add(patience)), write(conn, header, m.frame.Pix))
			m.frame.Release()
			if err != nil {
				cancel()
				return
			}
		}
	}
}

func write(conn net.Conn, header, pix []byte) error {
	buffers := net.Buffers{header, pix}
	_, err := buffers.WriteTo(conn)
	return err
}

func (s *Server) join() *client {
	c := &client{queue: make(chan message, clientQueue)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients == nil {
		s.clients, s.pool = map[*client]struct{}{}, camera.NewPool(2*clientQueue)
	}
	s.clients[c] = struct{}{}
	return c
}

func (s *Server) leave(c *client) {
	s.mu.Lock()
	delete(s.clients, c)
	s.mu.Unlock()
	for {
		select {
		case m := <-c.queue:
			m.frame.Release()
		default:
			return
		}
	}
}
