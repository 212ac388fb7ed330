package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"

	"linesman/camera"
)

const (
	// maxOpening is how many bytes a camera may send before it is asked to play:
	// its description is a few thousand.
	maxOpening = 1 << 20
	// maxDials is how often one opening may connect: a camera may send us to
	// another path of its own.
	maxDials = 3
)

// door opens the connections of one stream: to its address and nowhere else,
// whatever the camera says, and not without end. It belongs to the client's
// goroutine, apart from lift.
type door struct {
	scheme, address string // the address as the settings have it
	dials           int
	bounded         atomic.Pointer[bounded]
}

// dial connects without encryption.
func (d *door) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.scheme != "rtsp" {
		return nil, errElsewhere
	}
	return d.open(ctx, network, address)
}

// dialTLS connects with encryption. The handshake ends with ctx, even with a
// camera that never answers.
func (d *door) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	if d.scheme != "rtsps" {
		return nil, errElsewhere
	}
	plain, err := d.open(ctx, network, address)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(address)
	conn := tls.Client(plain, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	if err := conn.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, fmt.Errorf("the connection can not be encrypted (%w); correct url if the camera speaks rtsp:// alone", err)
	}
	return conn, nil
}

// errElsewhere is returned where a camera sends us to another address.
var errElsewhere = fmt.Errorf("it sends its viewers to another address, which is not in the settings; correct url if that is where the stream is (%w)", camera.ErrPermanent)

func (d *door) open(ctx context.Context, network, address string) (net.Conn, error) {
	if address != d.canonical() {
		return nil, errElsewhere
	}
	if d.dials++; d.dials > maxDials {
		return nil, errors.New("it sends its viewers in circles; restart the camera, or correct the path in url")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	b := &bounded{Conn: conn}
	b.left.Store(maxOpening)
	d.bounded.Store(b)
	return b, nil
}

// canonical returns the address with its port.
func (d *door) canonical() string {
	u := url.URL{Host: d.address}
	port := u.Port()
	switch {
	case port != "":
	case d.scheme == "rtsps":
		port = "322"
	default:
		port = "554"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// lift lets the camera send as much as it likes: it is about to play.
func (d *door) lift() {
	if b := d.bounded.Load(); b != nil {
		b.lifted.Store(true)
	}
}

// bounded is a connection that reads so many bytes and no more.
type bounded struct {
	net.Conn
	left   atomic.Int64
	lifted atomic.Bool
}

// Read reads, unless too much has been read.
func (b *bounded) Read(p []byte) (int, error) {
	if b.lifted.Load() {
		return b.Conn.Read(p)
	}
	if b.left.Load() <= 0 {
		return 0, fmt.Errorf("it sent %d bytes and no description of its stream; restart the camera", maxOpening)
	}
	n, err := b.Conn.Read(p)
	b.left.Add(int64(-n))
	return n, err
}
