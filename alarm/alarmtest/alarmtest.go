// Package alarmtest holds one conformance suite for every alarm.Deliverer, run
// against real peers on this machine: one that takes the notice, and those that
// never answer, refuse, redirect, or talk without end.
package alarmtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linesman/alarm"
	"linesman/event"
)

// Kit says how a deliverer is made and what its peer does.
type Kit struct {
	// New makes a deliverer that contacts "127.0.0.1:port".
	New func(t *testing.T, address string) alarm.Deliverer
	// Peer starts one that takes notices; got returns what it took, in order. The
	// id must be found in each, that doubles can be dropped by it.
	Peer func(t *testing.T) (address string, got func() []string)
	// ID is how a delivery's id is found in what a peer took; nil: as it is.
	ID func(id string) string
	// HTTP says that the far end speaks HTTP, and Answer what it says with a 200 when
	// it takes a notice.
	HTTP   bool
	Answer string
	// Gone says that the deliverer forgets an address of which the peer says that it
	// is gone.
	Gone bool
	// Secret must stand in no error.
	Secret string
	// AnyAnswer says that every 2xx is a delivery, whatever stands in it.
	AnyAnswer bool
	// Unreachable says that the deliverer contacts no host: it speaks to a room of ours.
	Unreachable bool
}

// Notice is one to be delivered.
func Notice() alarm.Notice {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	id := event.MakeID(at).String()
	a := alarm.Alarm{ID: id, Key: "zone/yard/person", From: "watch/yard", Zone: "yard", Severity: event.High, State: alarm.Unacknowledged, Active: true,
		Text: "Somebody is in the yard, 有人进入", WhatTo: "Go and look. Do not restart the conveyor.", Raised: at, Opened: at, Last: at, Count: 1}
	return alarm.Notice{ID: id + "/1/1/li/push", Attempt: 1, Recipient: "li", To: "li@plant.example", Alarm: a, Alarms: []string{id}, Place: "zone yard", Site: "demo",
		Title: "HIGH alarm: zone yard", Text: a.Text, Step: 1, Round: 1, Token: "dG9rZW4.c2ln", Receipt: "https://box.example/api/v1/receipts/dG9rZW4.c2ln", Link: "https://box.example/a/dG9rZW4.c2ln"}
}

// patience is how long a hostile peer may hold a deliverer up.
const patience = 700 * time.Millisecond

// Run runs the suite.
func Run(t *testing.T, k Kit) {
	if k.ID == nil {
		k.ID = func(id string) string { return id }
	}
	t.Run("takes it", func(t *testing.T) { takes(t, k) })
	t.Run("the same notice again is known by its id", func(t *testing.T) { again(t, k) })
	t.Run("many at once", func(t *testing.T) { many(t, k) })
	t.Run("ends with its context", func(t *testing.T) { cancelled(t, k) })
	if k.Unreachable {
		return
	}
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		l.Close()
		fails(t, k, address, false)
	})
	t.Run("never answers", func(t *testing.T) { fails(t, k, raw(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), false) })
	t.Run("hangs up", func(t *testing.T) { fails(t, k, raw(t, func(net.Conn) {}), false) })
	t.Run("one endless line", func(t *testing.T) {
		bounded(t, func() { fails(t, k, raw(t, func(c net.Conn) { endless(c, strings.Repeat("2", 4096)) }), false) })
	})
	t.Run("garbage", func(t *testing.T) {
		fails(t, k, raw(t, func(c net.Conn) { _, _ = c.Write([]byte("\x00\xff\x16\x03\x01 not what you think\r\n\r\n")) }), false)
	})
	if k.HTTP {
		overHTTP(t, k)
	}
}

func overHTTP(t *testing.T, k Kit) {
	for name, c := range map[string]struct {
		h     http.HandlerFunc
		never bool
	}{
		"500": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", 500) }, false},
		"429": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "slow down", http.StatusTooManyRequests) }, false},
		"403": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "who are you?", http.StatusForbidden) }, true},
		"an endless body": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			endless(w, strings.Repeat("x", 4096))
		}, false},
		"an endless head": {endlessHead, false},
		"hangs after its head": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // who has not read sees nobody go
			w.WriteHeader(200)
			flush(w)
			<-r.Context().Done()
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			bounded(t, func() { fails(t, k, serve(t, c.h), c.never) })
		})
	}
	t.Run("hostile", func(t *testing.T) { hostile(t, k) })
	t.Run("a redirect", func(t *testing.T) {
		var asked atomic.Int64
		other := raw(t, func(net.Conn) { asked.Add(1) })
		for _, status := range []int{301, 302, 307, 308} {
			fails(t, k, serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "http://"+other+"/", status) }), true)
		}
		fails(t, k, serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:22/", http.StatusTemporaryRedirect)
		}), true)
		if asked.Load() > 0 {
			t.Errorf("%d redirects were followed", asked.Load())
		}
	})
	if !k.AnyAnswer {
		t.Run("200 with garbage", func(t *testing.T) {
			fails(t, k, serve(t, func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "<html>Welcome to the router's page</html>")
			}), false)
		})
	}
}

func takes(t *testing.T, k Kit) {
	address, got := k.Peer(t)
	d := k.New(t, address)
	n := Notice()
	proof, err := d.Deliver(t.Context(), n)
	if err != nil || proof != alarm.Taken && proof != alarm.Arrived {
		t.Fatalf("proof %d, %v", proof, err)
	}
	all := got()
	if len(all) != 1 || !strings.Contains(all[0], k.ID(n.ID)) {
		t.Errorf("the peer took %d: %.400q; want one with %s", len(all), all, k.ID(n.ID))
	}
}

func again(t *testing.T, k Kit) {
	address, got := k.Peer(t)
	d := k.New(t, address)
	n := Notice()
	for n.Attempt = 1; n.Attempt <= 2; n.Attempt++ {
		if _, err := d.Deliver(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range got() {
		if !strings.Contains(one, k.ID(n.ID)) {
			t.Errorf("an attempt of %s is not known by it: %.400q", n.ID, one)
		}
	}
}

func many(t *testing.T, k Kit) {
	address, got := k.Peer(t)
	d := k.New(t, address)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, err := d.Deliver(t.Context(), Notice()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(got()); n != 16 {
		t.Errorf("the peer took %d of 16", n)
	}
}

func cancelled(t *testing.T, k Kit) {
	address, _ := k.Peer(t)
	d := k.New(t, address)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Deliver(ctx, Notice()); err == nil {
		t.Error("delivered after its context had ended")
	}
}

// fails holds that a delivery to such a peer fails, in time, with an error that
// a person can read and that holds no secret.
func fails(t *testing.T, k Kit, address string, never bool) {
	t.Helper()
	d := k.New(t, address)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	proof, err := d.Deliver(ctx, Notice())
	took := time.Since(began)
	switch {
	case err == nil:
		t.Errorf("delivered, proof %d", proof)
	case took > patience+time.Second:
		t.Errorf("held up for %s: %v", took, err)
	case errors.Is(err, alarm.ErrNever) != never:
		t.Errorf("final is %t, want %t: %v", !never, never, err)
	case k.Secret != "" && strings.Contains(err.Error(), k.Secret):
		t.Errorf("the error holds the secret: %v", err)
	case len(err.Error()) > 1000:
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

// bounded holds that memory stays bounded meanwhile.
func bounded(t *testing.T, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	if grown := int64(after.Sys) - int64(before.Sys); grown > 64<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
}

// raw serves bare connections.
func raw(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() { defer c.Close(); talk(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().String()
}

// Serve serves HTTP and returns "127.0.0.1:port".
func Serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.Listener.Addr().String()
}

func serve(t *testing.T, h http.HandlerFunc) string { return Serve(t, h) }

func endless(w io.Writer, chunk string) {
	for {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

func endlessHead(w http.ResponseWriter, _ *http.Request) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	endless(c, "X-More: "+strings.Repeat("y", 1000)+"\r\n")
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// Samples reads every sample of the README beside the test as a site file's
// channel.
func Samples(t *testing.T, open func(alarm.Channel) error) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "```yaml\n")
	if len(parts) < 2 {
		t.Fatal("README.md has no sample")
	}
	for _, part := range parts[1:] {
		sample, _, _ := strings.Cut(part, "```")
		c, err := alarm.ParseChannel([]byte(sample))
		if err == nil {
			err = open(c)
		}
		if err != nil {
			t.Errorf("%s\n%v", sample, err)
		}
	}
}
