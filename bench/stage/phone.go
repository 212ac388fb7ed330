package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"linesman/alarm/webpush"
	"linesman/alarm/webpush/receiver"
)

// phone is a push service on an address of its own, and one phone behind it that
// answers as the page's service worker does: received, then acknowledged.
type phone struct {
	address string
	program *program
	service *receiver.Service

	mu      sync.Mutex
	got     []got
	bad     []error
	outage  string        // what is wrong with it now
	over    chan struct{} // closed when that is over
	server  *http.Server
	answers sync.WaitGroup
}

// got is one push.
type got struct {
	at                    time.Time
	alarm, delivery, text string
}

// Kinds of outage.
const (
	refused  = "nobody listens"
	hangs    = "it never answers"
	answers5 = "it answers 503"
	resets   = "it hangs up"
)

var outages = []string{refused, hangs, answers5, resets}

// subscribe opens the service, makes a device and tells the program of it.
func (p *phone) subscribe(ctx context.Context, token string) error {
	var key struct {
		Key string `json:"push_public_key"`
	}
	if err := p.program.call(ctx, "/api/v1/alarms/phones", token, nil, &key); err != nil {
		return err
	}
	p.service = receiver.New("http://"+p.address, key.Key, p.push)
	if err := p.listen(); err != nil {
		return err
	}
	d, err := p.service.Subscribe("phone")
	if err != nil {
		return err
	}
	return p.program.call(ctx, "/api/v1/push/subscriptions", token, map[string]any{"endpoint": d.Endpoint, "keys": map[string]string{"p256dh": d.P256dh, "auth": d.Auth}}, nil)
}

func (p *phone) listen() error {
	var l net.Listener
	var err error
	for range 50 { // the port may be held for a moment by what was there
		if l, err = net.Listen("tcp", p.address); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("the push service: %w", err)
	}
	server := &http.Server{Handler: p, ReadHeaderTimeout: 5 * time.Second}
	p.mu.Lock()
	p.server = server
	p.mu.Unlock()
	go func() { _ = server.Serve(l) }() // until it is closed
	return nil
}

// ServeHTTP is the push service, or what is wrong with it.
func (p *phone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	kind, over := p.outage, p.over
	p.mu.Unlock()
	switch kind {
	case "":
		p.service.ServeHTTP(w, r)
	case hangs:
		select {
		case <-over:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case answers5:
		http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
	default:
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
}

// fail begins an outage; recover ends it.
func (p *phone) fail(kind string) {
	p.mu.Lock()
	p.outage, p.over = kind, make(chan struct{})
	server := p.server
	p.mu.Unlock()
	if kind == refused {
		server.Close()
	}
}

func (p *phone) recover() error {
	p.mu.Lock()
	kind := p.outage
	p.outage = ""
	close(p.over)
	p.mu.Unlock()
	if kind == refused {
		return p.listen()
	}
	return nil
}

// close ends the service and waits for the phone's answers.
func (p *phone) close() {
	p.mu.Lock()
	server := p.server
	p.mu.Unlock()
	if server != nil {
		server.Close()
	}
	p.answers.Wait()
}

// answerWithin is how long the phone tries to say that it got a push.
const answerWithin = 5 * time.Second

// push takes a message and answers it. An answer that the program does not hear
// is not said again: the program will send again.
func (p *phone) push(in receiver.Push) {
	var m webpush.Message
	err := json.Unmarshal(in.Data, &m)
	p.mu.Lock()
	if err != nil {
		p.bad = append(p.bad, err)
	} else {
		p.got = append(p.got, got{in.At, m.Alarm, m.ID, m.Text})
	}
	p.mu.Unlock()
	if err != nil || m.Token == "" {
		return
	}
	p.answers.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
		defer cancel()
		for _, what := range []string{"received", "acknowledged"} {
			if err := p.program.call(ctx, "/api/v1/receipts/"+url.PathEscape(m.Token), "", map[string]string{"what": what}, nil); err != nil {
				return
			}
		}
	})
}

func (p *phone) pushes() []got {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]got(nil), p.got...)
}

// wrong are messages that were none.
func (p *phone) wrong() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	errs := append([]error(nil), p.bad...)
	if p.service != nil {
		errs = append(errs, p.service.Refused()...)
	}
	return errors.Join(errs...)
}
