package alarmtest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linesman/alarm"
)

// attack is what a hostile server does with a connection once a request is there.
type attack struct {
	name  string
	talk  func(c net.Conn)
	holds bool // it never ends by itself
	// final says that no further attempt may be made; open leaves that to the driver.
	// taken is an answer of 2xx, which some take for a delivery whatever comes with it.
	final, open, taken bool
}

// heapBound is by how much the heap may grow while a driver is attacked.
const heapBound = 16 << 20

// atOnce is how many attacks that never end are under way.
const atOnce = 8

// hostile runs every attack against a driver: it must fail in time, with an error
// fit for a person, in bounded memory, ask nobody else, and deliver once the peer
// is well again.
func hostile(t *testing.T, k Kit) {
	var elsewhere atomic.Int64
	other := raw(t, func(net.Conn) { elsewhere.Add(1) })
	all := attacks(other)
	before := runtime.NumGoroutine()
	heap := watchHeap()
	t.Run("attacks", func(t *testing.T) {
		var work sync.WaitGroup
		room := make(chan struct{}, atOnce)
		for _, a := range all {
			if !a.holds {
				attacked(t, k, a)
				continue
			}
			room <- struct{}{}
			work.Go(func() {
				defer func() { <-room }()
				attacked(t, k, a)
			})
		}
		work.Wait()
	})
	if grown := heap(); grown > heapBound {
		t.Errorf("the heap grew by %.1f MiB, want at most %d", float64(grown)/(1<<20), heapBound>>20)
	} else {
		t.Logf("%d attacks; the heap grew by at most %.1f MiB", len(all), float64(grown)/(1<<20))
	}
	if n := elsewhere.Load(); n > 0 {
		t.Errorf("%d connections to where nobody had sent it", n)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left := runtime.NumGoroutine() - before
		if left <= 2 { // the listener of the one that was elsewhere
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%d goroutines are left", left)
			return
		}
	}
}

// attacked is one attack, twice, and what comes after it.
func attacked(t *testing.T, k Kit, a attack) {
	wrong := func(form string, args ...any) { t.Errorf(a.name+": "+form, args...) }
	var well atomic.Bool
	address := raw(t, func(c net.Conn) {
		for in := bufio.NewReader(c); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body) // its sender may have gone
			if !well.Load() {
				a.talk(c)
				return
			}
			if _, err := fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(k.Answer), k.Answer); err != nil {
				return
			}
		}
	})
	d := k.New(t, address)
	within := 10 * time.Second // for an answer that is there at once
	if a.holds {
		within = patience
	}
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		began := time.Now()
		_, err := d.Deliver(ctx, Notice())
		cancel()
		switch took := time.Since(began); {
		case err == nil && a.taken && k.AnyAnswer:
		case err == nil:
			wrong("delivered")
		case took > within+5*time.Second: // a busy box is no fault of the driver
			wrong("held up for %s: %v", took, err)
		case !a.open && errors.Is(err, alarm.ErrNever) != a.final:
			wrong("final is %t, want %t: %v", !a.final, a.final, err)
		case k.Secret != "" && strings.Contains(err.Error(), k.Secret):
			wrong("the error holds the secret: %v", err)
		case len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\x00\x1b\r"):
			wrong("an error that nobody can read: %.200q, %d bytes", err.Error(), len(err.Error()))
		}
	}
	if k.Gone && a.final {
		return // the driver took the peer's word, and forgot its address
	}
	well.Store(true)
	var err error
	for range 3 { // a connection that was kept open may be the hostile one's
		if _, err = d.Deliver(t.Context(), Notice()); err == nil {
			return
		}
	}
	wrong("the peer is well again: %v", err)
}

// watchHeap samples the heap until the returned function is called, which says by
// how much it grew at most.
func watchHeap() func() int64 {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse)
	}
	runtime.GC()
	first, most := heap(), int64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, heap()-first)
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	var once sync.Once
	return func() int64 { once.Do(func() { close(stop); <-done }); return most }
}

// says answers with bytes, then hangs up.
func says(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// goesOn answers with a beginning, then with the same again and again.
func goesOn(begin, again string) func(net.Conn) {
	again = strings.Repeat(again, 1+4096/len(again))
	return func(c net.Conn) {
		if _, err := io.WriteString(c, begin); err == nil {
			endless(c, again)
		}
	}
}

// drips answers a byte at a time, without end.
func drips(begin, again string) func(net.Conn) {
	return func(c net.Conn) {
		for text := begin; ; text = again {
			for i := range len(text) {
				if _, err := c.Write([]byte{text[i]}); err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
	}
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // else it ends in order, which is another attack
	}
}

// packed is a body that unpacks to a thousand times its size.
func packed() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for range 64 {
		_, _ = w.Write(make([]byte, 1<<20)) // a bytes.Buffer takes all
	}
	_ = w.Close()
	return b.String()
}

// attacks are what a server may do. other is an address that nobody may be sent to.
func attacks(other string) []attack {
	var empty bytes.Buffer
	_ = gzip.NewWriter(&empty).Close()
	bomb := packed()
	head := "HTTP/1.1 200 OK\r\n"
	all := []attack{
		{name: "a head by drips", holds: true, talk: drips(head, "X-More: y\r\n")},
		{name: "a body by drips", holds: true, talk: drips("HTTP/1.1 500 No\r\nContent-Length: 1000000\r\n\r\n", "x")},
		{name: "a good body by drips", holds: true, talk: drips(head+"Content-Length: 1000000\r\n\r\n", " ")},
		{name: "a status line without end", holds: true, talk: goesOn("HTTP/1.1 200 ", "x")},
		{name: "a head without end", holds: true, talk: goesOn(head, "X-More: "+strings.Repeat("y", 1000)+"\r\n")},
		{name: "one header without end", holds: true, talk: goesOn(head+"X-More: ", "y")},
		{name: "a header's name without end", holds: true, talk: goesOn(head, "y")},
		{name: "folded lines without end", holds: true, talk: goesOn(head+"X-More: y\r\n", " y\r\n")},
		{name: "a body without end", taken: true, holds: true, talk: goesOn(head+"\r\n", "x")},
		{name: "chunks without end", taken: true, holds: true, talk: goesOn(head+"Transfer-Encoding: chunked\r\n\r\n", "5\r\nxxxxx\r\n")},
		{name: "chunks of nothing but their extensions", holds: true, talk: goesOn(head+"Transfer-Encoding: chunked\r\n\r\n1;", "x=y;")},
		{name: "many small chunks with long extensions", taken: true, holds: true, talk: goesOn(head+"Transfer-Encoding: chunked\r\n\r\n", "1;"+strings.Repeat("x", 500)+"\r\nx\r\n")},
		{name: "a chunk of more bytes than there are", talk: says(head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nxxx")},
		{name: "a chunk of no length", talk: says(head + "Transfer-Encoding: chunked\r\n\r\nhello\r\n")},
		{name: "trailers without end", holds: true, talk: goesOn(head+"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", "X-More: y\r\n")},
		{name: "two lengths", talk: says(head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")},
		{name: "a length below nothing", talk: says(head + "Content-Length: -1\r\n\r\n")},
		{name: "a length beyond all bounds", talk: says(head + "Content-Length: 99999999999999999999\r\n\r\nx")},
		{name: "less than its length", talk: says(head + "Content-Length: 1000\r\n\r\nxxx")},
		{name: "hints without end", holds: true, talk: goesOn("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")},
		{name: "continue without end", holds: true, talk: goesOn("", "HTTP/1.1 100 Continue\r\n\r\n")},
		{name: "hints by drips", holds: true, talk: drips("", "HTTP/1.1 103 Early Hints\r\n\r\n")},
		{name: "another protocol", holds: true, talk: goesOn("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "x")},
		{name: "a body that unpacks a thousandfold", talk: says("HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: " + fmt.Sprint(len(bomb)) + "\r\n\r\n" + bomb)},
		{name: "bodies that unpack a thousandfold, without end", holds: true, talk: goesOn("HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\n\r\n", bomb)},
		{name: "packed nothing without end", holds: true, talk: goesOn("HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\n\r\n", empty.String())},
		{name: "a broken packing", talk: says("HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")},
		{name: "a version nobody has", taken: true, talk: says("HTTP/9.9 200 OK\r\n\r\n")},
		{name: "a status nobody has", talk: says("HTTP/1.1 99999 Ha\r\n\r\n")},
		{name: "no status", talk: says("HTTP/1.1 OK\r\n\r\n")},
		{name: "HTTP/2 unasked", talk: says("\x00\x00\x12\x04\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 18))},
		{name: "TLS unasked", talk: says("\x15\x03\x03\x00\x02\x02\x28")},
		{name: "nothing", talk: func(net.Conn) {}},
		{name: "a reset", talk: reset},
		{name: "a reset within its head", talk: func(c net.Conn) { says("HTTP/1.1 200 OK\r\nX-M")(c); reset(c) }},
		{name: "a reset within its body", talk: func(c net.Conn) { says(head + "Content-Length: 1000\r\n\r\nxxx")(c); reset(c) }},
		{name: "escapes in its words", talk: says("HTTP/1.1 500 No\r\nContent-Length: 19\r\n\r\n\x1b[2J\x00\r\nalarm\xff\xfe all")},
	}
	for _, status := range []int{408, 425, 429, 500, 502, 503, 504, 599} {
		for _, after := range []string{"0", "-1", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "\x01"} {
			all = append(all, attack{name: fmt.Sprintf("%d, to be tried again after %.20q", status, after), open: status == 425,
				talk: says(fmt.Sprintf("HTTP/1.1 %d No\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", status, after))})
		}
	}
	for _, status := range []int{300, 304, 400, 401, 403, 404, 405, 407, 410, 413, 414, 451} {
		all = append(all, attack{name: fmt.Sprint(status), final: true, talk: says(fmt.Sprintf("HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n", status))})
	}
	for _, to := range []string{"http://" + other + "/", "//" + other + "/", "http://user:word@" + other, "http://169.254.169.254/latest/meta-data", "http://[::1]:22/", "http://localhost/",
		"file:///etc/passwd", "gopher://" + other + "/", "data:text/plain,ok", "/again", ""} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			all = append(all, attack{name: fmt.Sprintf("%d to %s", status, strings.ReplaceAll(to, other, "another")), final: true,
				// Where it leads is no address at all, the client itself gives up.
				open: to == "" || !strings.HasPrefix(to, "http") && !strings.HasPrefix(to, "/"),
				talk: says(fmt.Sprintf("HTTP/1.1 %d Elsewhere\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", status, to))})
		}
	}
	return all
}
