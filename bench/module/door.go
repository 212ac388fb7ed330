package module

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// door stands before the appliance as a proxy does: it sees what the module
// asks and how it is answered, and can shut for a while.
type door struct {
	mu      sync.Mutex
	behind  http.Handler
	asked   int
	more    chan struct{} // closed and replaced when asked grows
	refused []string      // answers that no module should bring upon itself
	shut    bool
	knocks  int                      // requests while it was shut
	running map[*http.Request]func() // ends what is being answered
	stored  func()                   // once, instead of an append's answer
}

func newDoor() *door {
	return &door{more: make(chan struct{}), running: map[*http.Request]func(){}}
}

// lead sets what stands behind the door.
func (d *door) lead(h http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.behind = h
}

// close shuts the door and ends all that is being answered; open opens it and
// returns how often the module knocked meanwhile.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut, d.knocks = true, 0
	for _, end := range d.running {
		end()
	}
}

func (d *door) open() (knocks int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = false
	return d.knocks
}

// snatch lets the next append be stored and runs fn before it is answered; the
// answer never arrives. The channel closes when fn has run.
func (d *door) snatch(fn func()) <-chan struct{} {
	done := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored = func() { fn(); close(done) }
	return done
}

// leave takes back a snatch that did not happen.
func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored = nil
}

// count returns how often the module asked, and a channel that closes when it
// asks again.
func (d *door) count() (asked int, more <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked, d.more
}

// await returns when the module has asked n times more than before, or ctx ends.
func (d *door) await(ctx context.Context, before, n int) error {
	for {
		asked, more := d.count()
		if asked >= before+n {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// refusals returns the answers that say the module asked for what it must not.
func (d *door) refusals() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.refused...)
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stores := r.Method == http.MethodPost && r.URL.Path == "/api/v1/events"

	d.mu.Lock()
	d.asked++
	close(d.more)
	d.more = make(chan struct{})
	behind, shut := d.behind, d.shut
	if shut {
		d.knocks++
	}
	knock := d.knocks
	var snatched func()
	if stores && !shut {
		snatched, d.stored = d.stored, nil
	}
	d.running[r] = cancel
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.running, r)
		d.mu.Unlock()
	}()

	if shut {
		w.Header().Set("Retry-After", "1")
		status := http.StatusServiceUnavailable
		if knock%2 == 0 {
			status = http.StatusTooManyRequests
		}
		http.Error(w, "shut for a while", status)
		return
	}
	answer := &watched{ResponseWriter: w}
	if snatched != nil {
		answer.ResponseWriter = silent{http.Header{}}
	}
	behind.ServeHTTP(answer, r.WithContext(ctx))
	if s := answer.status; s >= 400 && s < 500 && s != http.StatusTooManyRequests {
		d.mu.Lock()
		d.refused = append(d.refused, fmt.Sprintf("%s %s: %d", r.Method, r.URL.RequestURI(), s))
		d.mu.Unlock()
	}
	if snatched != nil {
		snatched()
		panic(http.ErrAbortHandler) // the connection breaks
	}
	if ctx.Err() != nil {
		panic(http.ErrAbortHandler)
	}
}

// watched remembers the status of an answer.
type watched struct {
	http.ResponseWriter
	status int
}

func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Flush pushes a stream's message out.
func (w *watched) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap lets the api set deadlines.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// silent takes an answer that nobody gets.
type silent struct{ header http.Header }

func (s silent) Header() http.Header         { return s.header }
func (s silent) Write(b []byte) (int, error) { return len(b), nil }
func (s silent) WriteHeader(int)             {}
func (s silent) Flush()                      {}
