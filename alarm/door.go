package alarm

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"linesman/event"
)

// Door is the only way out of the box for deliverers. It opens to the hosts
// that the site file names and to nobody else: a redirect, a proxy or a name
// that leads to this box or its link is refused, the latter when the address is
// dialled, after the name was resolved. Answers are read to a bound, in a bound
// time.
type Door struct {
	hosts  []string
	roots  *x509.CertPool
	client *http.Client
	dialer *net.Dialer
	own    func() ([]net.Addr, error) // addresses of this box
}

// Means are what cmd gives to every driver of this room.
type Means struct {
	Hosts  []string       // of the site file, beside those the channel itself names
	Roots  *x509.CertPool // whom TLS trusts; nil is the system's
	Dir    string         // folder for what a driver keeps
	Tell   func(subject string, p event.Payload)
	Logger *slog.Logger
}

// Door returns the door for a channel that names hosts itself.
func (m Means) Door(hosts ...string) (*Door, error) {
	return newDoor(m.Roots, slices.Concat(hosts, m.Hosts))
}

// ErrDoor is wrapped by the error for a host that the door does not open to.
var ErrDoor = errors.New("not among the hosts that may be contacted")

// The door's bounds.
const (
	mostAnswer  = 64 << 10 // bytes of an answer's body that are read
	mostHeaders = 16 << 10 // bytes of an answer's head
	dialWithin  = 5 * time.Second
)

var hostForm = regexp.MustCompile(`^(\*\.)?[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$`)

// checkHost refuses what is no host of a list: "ntfy.plant.example",
// "10.0.0.7:8080", "[fd00::7]:25", "*.push.apple.com".
func checkHost(entry string) error {
	host := entry
	if h, port, err := net.SplitHostPort(entry); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			host = h
		}
	}
	if _, err := netip.ParseAddr(host); err == nil || hostForm.MatchString(host) {
		return nil
	}
	return fmt.Errorf("host %.80q: want a name or address, with :port where only one is meant, and *. before a name for all below it", entry)
}

// NewDoor returns a door to hosts: names or addresses, with ":port" where only
// one port is meant, "*.name" for all names below one.
func NewDoor(hosts ...string) (*Door, error) { return newDoor(nil, hosts) }

func newDoor(roots *x509.CertPool, hosts []string) (*Door, error) {
	for _, h := range hosts {
		if err := checkHost(h); err != nil {
			return nil, err
		}
	}
	d := &Door{hosts: hosts, roots: roots, dialer: &net.Dialer{Timeout: dialWithin}, own: net.InterfaceAddrs}
	d.client = &http.Client{
		Transport: &http.Transport{
			// Nothing is unpacked: what a few bytes become has no bound.
			Proxy: nil, DisableCompression: true, DialContext: d.Dial, ForceAttemptHTTP2: true, TLSClientConfig: d.TLS(""), TLSHandshakeTimeout: dialWithin, ResponseHeaderTimeout: 30 * time.Second,
			// A connection of its own for each delivery: one that is kept dies in a
			// firewall or at a peer that has gone, and takes an alarm with it.
			DisableKeepAlives: true, MaxResponseHeaderBytes: mostHeaders, ExpectContinueTimeout: time.Second,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			return fmt.Errorf("%w: %s redirects to %s; redirects are not followed", ErrDoor, via[0].URL.Host, r.URL.Host)
		},
	}
	return d, nil
}

// TLS is how TLS is spoken through the door, with a server of that name.
func (d *Door) TLS(server string) *tls.Config {
	return &tls.Config{RootCAs: d.roots, ServerName: server, MinVersion: tls.VersionTLS12}
}

// Opens says whether the door opens to a host and port.
func (d *Door) Opens(host, port string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc(d.hosts, func(entry string) bool {
		name, only := entry, ""
		if h, p, err := net.SplitHostPort(entry); err == nil {
			name, only = h, p
		}
		name = strings.ToLower(name)
		if only != "" && only != port {
			return false
		}
		below, open := strings.CutPrefix(name, "*")
		return name == host || open && strings.HasSuffix(host, below) && len(host) > len(below)
	})
}

// Dial connects to "host:port" if the door opens to it. Every address that the
// name has is held against the rules before it is dialled.
func (d *Door) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if !d.Opens(host, port) {
		return nil, fmt.Errorf("%s is %w; if it is meant, name it in alarms.hosts of the site file", address, ErrDoor)
	}
	dialer := *d.dialer
	dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return err
		}
		ip := at.Addr().Unmap().WithZone("")
		if (odd(ip) || d.ours(ip)) && !d.lists(host, ip) {
			return fmt.Errorf("%s leads to %s, which is this box or its own link: %w", host, ip, ErrDoor)
		}
		return nil
	}
	return dialer.DialContext(ctx, network, address)
}

// odd says whether an address is none of a peer on the network.
func odd(ip netip.Addr) bool {
	return ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// ours says whether an address is one of this box, by which everything that it
// serves to the plant could be reached.
func (d *Door) ours(ip netip.Addr) bool {
	all, err := d.own()
	if err != nil {
		return true // nobody can say that it is not
	}
	return slices.ContainsFunc(all, func(a net.Addr) bool {
		own, ok := a.(*net.IPNet)
		if !ok {
			return false
		}
		at, ok := netip.AddrFromSlice(own.IP)
		return ok && at.Unmap() == ip
	})
}

// lists says whether the site file names such an address itself: by its
// digits, or the box by its own name.
func (d *Door) lists(host string, ip netip.Addr) bool {
	if strings.EqualFold(host, "localhost") && ip.IsLoopback() {
		return true // the dialled host is in the list, or Dial had ended
	}
	named, err := netip.ParseAddr(host)
	return err == nil && named.Unmap() == ip
}

// Answer is what a peer said.
type Answer struct {
	Status int
	Body   []byte // at most 64 KiB of it
	Header http.Header
}

// Do makes one request. It returns an error for every answer that is not 2xx,
// which wraps ErrNever where the peer says that the same request will fail
// again. The error names the peer and the start of its answer, not the
// request's path or headers, which may hold secrets.
func (d *Door) Do(ctx context.Context, r *http.Request) (Answer, error) {
	where := r.URL.Host
	resp, err := d.client.Do(r.WithContext(ctx))
	if err != nil {
		var wrapped interface{ Unwrap() error } // url.Error, which repeats the address with all its secrets
		if errors.As(err, &wrapped) {
			err = wrapped.Unwrap()
		}
		if errors.Is(err, ErrDoor) {
			err = fmt.Errorf("%w: %w", err, ErrNever)
		}
		return Answer{}, fmt.Errorf("%s: %w", where, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	a := Answer{Status: resp.StatusCode, Body: body, Header: resp.Header}
	switch {
	case err != nil:
		return a, fmt.Errorf("%s: reading the answer: %w", where, err)
	case a.Status >= 200 && a.Status < 300:
		return a, nil
	}
	err = fmt.Errorf("%s answers %d %s", where, a.Status, excerpt(body))
	if a.Status >= 300 && a.Status < 500 && a.Status != http.StatusTooManyRequests && a.Status != http.StatusRequestTimeout {
		err = fmt.Errorf("%w: %w", err, ErrNever)
	}
	return a, err
}

// Post sends a body of a content type with further headers.
func (d *Door) Post(ctx context.Context, url, kind string, body []byte, headers map[string]string) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("the channel's address is none: %w", ErrNever)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", "linesman")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return d.Do(ctx, r)
}

// Caught is a client that sends nothing: libraries write their request to it,
// and the door sends it.
type Caught struct{ Request *http.Request }

// Do takes the request.
func (c *Caught) Do(r *http.Request) (*http.Response, error) { return c.RoundTrip(r) }

// RoundTrip takes the request.
func (c *Caught) RoundTrip(r *http.Request) (*http.Response, error) {
	c.Request = r
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// excerpt is the beginning of an answer, fit for one line.
func excerpt(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), 120)]), "?")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
}
