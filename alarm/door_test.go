package alarm

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestOpens(t *testing.T) {
	d, err := NewDoor("ntfy.plant.example", "10.0.0.7:8080", "*.push.apple.com", "[fd00::7]:25", "LOCALHOST")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"ntfy.plant.example:443": true, "NTFY.plant.example.:80": true, "ntfy.plant.example.evil:443": false, "x.ntfy.plant.example:443": false,
		"10.0.0.7:8080": true, "10.0.0.7:22": false, "10.0.0.8:8080": false,
		"web.push.apple.com:443": true, "push.apple.com:443": false, "evilpush.apple.com:443": false, ".push.apple.com:443": false,
		"[fd00::7]:25": true, "[fd00::7]:26": false, "localhost:1": true, "127.0.0.1:1": false,
	} {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Opens(host, port); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
	for _, odd := range []string{"", "http://x", "a b", "*", "*.", "x/y", "*.*.x", "-"} {
		if _, err := NewDoor(odd); err == nil {
			t.Errorf("%q is taken for a host", odd)
		}
	}
}

// TestRebound holds a listed name that leads to this box, or to its link.
func TestRebound(t *testing.T) {
	var asked atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	d, err := NewDoor("rebound.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, ip := range map[string]string{"this box": "127.0.0.1", "this box by IPv6": "::1", "mapped": "::ffff:127.0.0.1", "its link": "169.254.169.254", "its link by IPv6": "fe80::1", "anywhere": "0.0.0.0", "everybody": "224.0.0.1"} {
		d.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return answers(t, ip), nil }}
		r, err := http.NewRequest(http.MethodPost, "http://rebound.example:"+port+"/secret-path", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Do(t.Context(), r)
		if !errors.Is(err, ErrDoor) || !errors.Is(err, ErrNever) || strings.Contains(err.Error(), "secret-path") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked.Load() {
		t.Error("a request reached this box")
	}
	// A name that leads elsewhere when it is looked at, and here when it is dialled:
	// every answer is held against the rules when it is dialled.
	for _, ips := range [][]string{{"192.0.2.1", "127.0.0.1"}, {"127.0.0.1", "192.0.2.1"}} {
		var n atomic.Int64
		d.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return answers(t, ips[n.Add(1)/2%2]), nil // A and AAAA are asked for at once
		}}
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			if _, err := d.Post(ctx, "http://rebound.example:"+port, "text/plain", nil, nil); err == nil || asked.Load() {
				t.Errorf("%v: %v, asked %t", ips, err, asked.Load())
			}
			cancel()
		}
	}
	// This box by its address on the plant's network.
	d.own = func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.ParseIP("192.0.2.7"), Mask: net.CIDRMask(24, 32)}}, nil
	}
	d.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return answers(t, "192.0.2.7"), nil }}
	if _, err := d.Post(t.Context(), "http://rebound.example:"+port, "text/plain", nil, nil); !errors.Is(err, ErrDoor) {
		t.Errorf("this box by its address on the network: %v", err)
	}
	named, err := NewDoor("127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := named.Post(t.Context(), "http://127.0.0.1:"+port, "text/plain", nil, nil); err != nil || !asked.Load() {
		t.Errorf("an address that the file names: %v", err)
	}
}

// answers is a connection to a name server that says the same of every name.
func answers(t *testing.T, ip string) net.Conn {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	go func() {
		for {
			head := make([]byte, 2)
			if _, err := io.ReadFull(far, head); err != nil {
				return
			}
			query := make([]byte, binary.BigEndian.Uint16(head))
			if _, err := io.ReadFull(far, query); err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
				return
			}
			m.Response, m.Additionals = true, nil
			q, addr := m.Questions[0], netip.MustParseAddr(ip)
			h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
			switch {
			case q.Type == dnsmessage.TypeA && addr.Is4():
				m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AResource{A: addr.As4()}}}
			case q.Type == dnsmessage.TypeAAAA && addr.Is6():
				m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}}}
			}
			reply, err := m.Pack()
			if err != nil {
				return
			}
			if _, err := far.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
				return
			}
		}
	}()
	return near
}
