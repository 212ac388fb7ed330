// Package fault lets a person break the drawn line while it runs: a trigger is
// missed, a part taken off the belt, the controller restarted. `linesman sim`
// takes the orders over HTTP on the loopback address, `linesman sim fault`
// gives them. Nothing of a real line is here.
package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// DefaultAddress is where a drawn line takes its orders unless told otherwise.
const DefaultAddress = "127.0.0.1:1580"

// path is where orders are posted.
const path = "/fault"

// longest is the most bytes of an order or of its answer.
const longest = 4096

// Order asks for one fault.
type Order struct {
	Kind string `json:"kind"`
	// Value is the fault's size in its own unit: mm, mm/s or seconds. 0 stands
	// for the kind's default.
	Value float64 `json:"value"`
}

// Serve obeys orders that come to the listener until ctx ends; then it returns
// nil. The fault is done by the function, from many goroutines; what it refuses
// is told to whoever asked. The listener is closed.
func Serve(ctx context.Context, l net.Listener, do func(kind string, value float64) error) error {
	server := &http.Server{Handler: handler(do), ReadHeaderTimeout: 2 * time.Second, ReadTimeout: 5 * time.Second, MaxHeaderBytes: 8 << 10}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(l); ctx.Err() == nil {
		return fmt.Errorf("taking orders for faults on %s: %w", l.Addr(), err)
	}
	return nil
}

func handler(do func(kind string, value float64) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		// A web page must not break a line through its visitor's browser: pages
		// can not send this type without asking first, and nobody answers that.
		if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Origin") != "" {
			http.Error(w, "orders come from linesman sim fault, as application/json", http.StatusUnsupportedMediaType)
			return
		}
		var o Order
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, longest))
		d.DisallowUnknownFields()
		if err := d.Decode(&o); err != nil {
			http.Error(w, "this is no order: "+err.Error(), http.StatusBadRequest)
			return
		}
		if err := do(o.Kind, o.Value); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// Ask orders a fault of the line that listens at address. The error says what
// the line refused, or that there is none.
func Ask(ctx context.Context, address string, o Order) error {
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("order %q: %w", o.Kind, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("address %q: %w; give host:port, as in %s", address, err, DefaultAddress)
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Timeout: 5 * time.Second}).Do(req)
	if err != nil {
		return fmt.Errorf("no drawn line takes orders at %s: %w; start linesman demo or linesman sim, or give its --control address", address, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, longest))
	switch {
	case answer.StatusCode == http.StatusNoContent:
		return nil
	case err != nil:
		return fmt.Errorf("the drawn line at %s broke off: %w", address, err)
	case len(said) == 0:
		return fmt.Errorf("%s answers %s; is it linesman sim?", address, answer.Status)
	}
	return errors.New(strings.TrimSpace(string(said)))
}
