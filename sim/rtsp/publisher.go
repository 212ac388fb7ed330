// Package rtsp publishes pictures as a network camera does: as an H.264 or H.265
// stream that any RTSP client can play. The drawn line shows itself through it, and
// the rtsp camera driver is tried against it.
package rtsp

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"

	"linesman/camera"
)

// Options say how pictures are published.
type Options struct {
	Address string // host:port to listen on; port 0 takes a free one
	Name    string // the stream's path, "line" unless set
	// Codec is "h264" or "h265", which takes several times longer to encode; h264
	// unless set.
	Codec string
	// Username and Password are asked of clients if set.
	Username, Password string
	// KeyEvery is the most pictures from one key picture to the next (25).
	KeyEvery int
	// Quality is the encoder's rate factor, 1 the best, 51 the worst (20).
	Quality int
	// Mangle, if set, sees each packet before it is sent and returns false to
	// lose it: a bad network, for tests.
	Mangle func(*rtp.Packet) bool
}

// queue is how many pictures wait to be encoded before new ones are left out.
const queue = 4

// Publisher is one stream. Its methods are safe from many goroutines.
type Publisher struct {
	options   Options
	server    *gortsplib.Server
	stream    *gortsplib.ServerStream
	media     *description.Media
	coding    coding
	packetise packetiser
	pool      *camera.Pool
	pictures  chan *camera.Frame
	done      chan struct{}
	opened    chan struct{} // closed once stream is what it will be

	closing sync.Once

	mu     sync.Mutex
	closed bool
	seats  map[*gortsplib.ServerSession]struct{} // who is watching
	joined chan struct{}                         // closed when the first one is
	keys   int                                   // key pictures still owed to newcomers
	left   uint64
	err    error
}

// Listen opens the stream; nothing is encoded while nobody watches.
func Listen(o Options) (*Publisher, error) {
	if o.Name == "" {
		o.Name = "line"
	}
	if o.KeyEvery == 0 {
		o.KeyEvery = 25
	}
	if o.Quality == 0 {
		o.Quality = 20
	}
	if o.Codec == "" {
		o.Codec = "h264"
	}
	c, err := codingOf(o.Codec)
	if err != nil {
		return nil, err
	}
	f := c.format()
	p := &Publisher{
		options: o, coding: c,
		media: &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{f}},
		pool:  camera.NewPool(queue), pictures: make(chan *camera.Frame, queue), done: make(chan struct{}), opened: make(chan struct{}),
		seats: map[*gortsplib.ServerSession]struct{}{}, joined: make(chan struct{}),
	}
	if p.packetise, err = c.packetiser(f); err != nil {
		return nil, fmt.Errorf("publish %s: %w", o.Name, err)
	}
	p.server = &gortsplib.Server{Handler: audience{p}, RTSPAddress: o.Address, WriteQueueSize: 2048, DisableRTCPSenderReports: true}
	if err := p.server.Start(); err != nil {
		return nil, fmt.Errorf("publish the stream %s on %s: %w; choose another port", o.Name, o.Address, err)
	}
	// A stream wants a server that runs: a client that knows the address may be here
	// before there is one.
	stream := &gortsplib.ServerStream{Server: p.server, Desc: &description.Session{Medias: []*description.Media{p.media}}}
	if err := stream.Initialize(); err != nil {
		close(p.opened)
		p.server.Close()
		return nil, fmt.Errorf("publish %s: %w", o.Name, err)
	}
	p.stream = stream
	close(p.opened)
	go func() { defer close(p.done); p.encode() }()
	return p, nil
}

// Addr returns where the stream is served.
func (p *Publisher) Addr() net.Addr { return p.server.NetListener().Addr() }

// URL returns the address to play, without credentials.
func (p *Publisher) URL() string { return "rtsp://" + p.Addr().String() + "/" + p.options.Name }

// Watchers returns how many clients are playing.
func (p *Publisher) Watchers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.seats)
}

// Joined is closed once the first client has begun to play.
func (p *Publisher) Joined() <-chan struct{} { return p.joined }

// LeftOut returns how many pictures were not published since encoding lagged.
func (p *Publisher) LeftOut() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left
}

// Publish shows one RGB picture, rows without gaps, exposed at the given time.
// It copies the picture and returns at once: with nobody watching it does
// nothing, and with the encoder behind it leaves the picture out. The error is
// about the picture, or what broke the encoder earlier.
func (p *Publisher) Publish(rgb []byte, width, height int, at time.Time) error {
	f, err := p.frame(rgb, width, height, at)
	if f == nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		f.Release()
		return net.ErrClosed
	}
	select {
	case p.pictures <- f:
	default:
		f.Release()
		p.left++
	}
	return nil
}

// frame copies a picture, unless nobody watches.
func (p *Publisher) frame(rgb []byte, width, height int, at time.Time) (*camera.Frame, error) {
	if len(rgb) != width*height*3 {
		return nil, fmt.Errorf("publish: %d bytes for %d x %d RGB pixels", len(rgb), width, height)
	}
	p.mu.Lock()
	watched, err := len(p.seats) > 0, p.err
	p.mu.Unlock()
	if !watched || err != nil {
		return nil, err
	}
	f := p.pool.Get(width, height, camera.RGB)
	copy(f.Pix, rgb)
	f.At = at
	return f, nil
}

// Close ends the stream and waits for its goroutines. Clients are cut off.
func (p *Publisher) Close() {
	p.closing.Do(func() {
		p.mu.Lock()
		p.closed = true
		close(p.pictures)
		p.mu.Unlock()
		<-p.done
		p.stream.Close()
		p.server.Close()
	})
}

func (p *Publisher) oweKey() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == 0 {
		return false
	}
	p.keys--
	return true
}

func (p *Publisher) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = errors.Join(p.err, err)
}

// sameName reports whether a client asked for this stream.
func (p *Publisher) sameName(path string) bool {
	return strings.Trim(path, "/") == strings.Trim(p.options.Name, "/")
}
