package alarm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPhones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPhones()
		n := Notice{ID: "x", Recipient: "li"}
		if _, err := p.Deliver(t.Context(), n); err == nil || !strings.Contains(err.Error(), "no phone of li is connected") {
			t.Errorf("nobody there: %v", err)
		}
		s := p.Connect("li", "phone-1")
		go func() {
			w := <-s.Notices
			w.Done(nil)
		}()
		if proof, err := p.Deliver(t.Context(), n); err != nil || proof != Taken {
			t.Errorf("proof %d, %v", proof, err)
		}
		if _, err := p.Deliver(t.Context(), Notice{Recipient: "eva"}); err == nil {
			t.Error("eva has li's phone")
		}
		time.Sleep(20 * time.Second)
		if ph := p.List(); len(ph) != 1 || time.Since(ph[0].Heard) != 20*time.Second || ph[0].Silent(time.Now()) {
			t.Errorf("phones %+v", ph)
		}
		if !p.Heard("li", "phone-1") || p.Heard("li", "phone-2") {
			t.Error("heartbeats of the wrong phone")
		}
		time.Sleep(31 * time.Second)
		if !p.List()[0].Silent(time.Now()) {
			t.Error("a phone that was not heard for 31 s is not silent")
		}

		// A stream that is never read ends the attempt with its context.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Deliver(ctx, n); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a phone that does not read: %v", err)
		}
		for range mostWaiting {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, _ = p.Deliver(ctx, n)
			cancel()
		}
		if _, err := p.Deliver(t.Context(), n); err == nil || !strings.Contains(err.Error(), "does not read") {
			t.Errorf("its queue is full: %v", err)
		}

		// The page opens another stream: the older ends, and what waits in it fails.
		failed := make(chan error, 1)
		again := p.Connect("li", "phone-1")
		go func() { _, err := p.Deliver(t.Context(), n); failed <- err }()
		synctest.Wait()
		select {
		case <-s.Closed():
		default:
			t.Error("the older stream goes on")
		}
		s.Close() // its goroutine finds out later: the newer one stays
		if !p.List()[0].Connected {
			t.Error("the older stream's end took the newer one along")
		}
		again.Close()
		if err := <-failed; err == nil || !strings.Contains(err.Error(), "stream ended") {
			t.Errorf("the stream ended before it was written: %v", err)
		}
		if ph := p.List()[0]; ph.Connected {
			t.Errorf("phone %+v", ph)
		}
	})
}

func TestPhonesAreBounded(t *testing.T) {
	p := NewPhones()
	first := p.Connect("li", "first")
	for range mostPhones {
		p.Connect("li", strings.Repeat("x", len(p.List())))
	}
	if n := len(p.List()); n > mostPhones {
		t.Errorf("%d phones", n)
	}
	select {
	case <-first.Closed():
	default:
		t.Error("the one not heard for longest stayed")
	}
}
