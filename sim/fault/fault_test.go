package fault_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"linesman/sim/fault"
)

// line is a drawn line that notes its orders.
func line(t *testing.T, do func(string, float64) error) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- fault.Serve(ctx, l, do) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}

func TestOrders(t *testing.T) {
	var got fault.Order
	address := line(t, func(kind string, value float64) error {
		got = fault.Order{Kind: kind, Value: value}
		if kind == "part-removed" {
			return errors.New("no part lies between camera and gate")
		}
		return nil
	})
	for _, c := range []struct {
		order fault.Order
		want  string // of the error; empty for none
	}{
		{fault.Order{Kind: "missed-trigger"}, ""},
		{fault.Order{Kind: "plc-restart", Value: 0.5}, ""},
		{fault.Order{Kind: "part-removed"}, "no part lies between"},
	} {
		err := fault.Ask(t.Context(), address, c.order)
		if got != c.order {
			t.Errorf("asked %+v, the line heard %+v", c.order, got)
		}
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.order, err, c.want)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	err = fault.Ask(t.Context(), address, fault.Order{Kind: "hang"})
	if err == nil || !strings.Contains(err.Error(), "start linesman demo") {
		t.Errorf("error %v does not name the cure", err)
	}
}

// What no linesman sends is refused and breaks nothing.
func TestStrangers(t *testing.T) {
	address := line(t, func(kind string, _ float64) error { t.Errorf("%q was obeyed", kind); return nil })
	for name, c := range map[string]struct {
		method, body string
		header       http.Header
		want         int
	}{
		"a form of a web page":  {"POST", `{"kind":"hang"}`, http.Header{"Content-Type": {"text/plain"}}, 415},
		"a page of another":     {"POST", `{"kind":"hang"}`, http.Header{"Content-Type": {"application/json"}, "Origin": {"http://elsewhere"}}, 415},
		"a question of a page":  {"OPTIONS", "", http.Header{"Origin": {"http://elsewhere"}}, 405},
		"a link":                {"GET", "", nil, 405},
		"no JSON":               {"POST", `kind=hang`, http.Header{"Content-Type": {"application/json"}}, 400},
		"an unknown word":       {"POST", `{"kind":"hang","sure":true}`, http.Header{"Content-Type": {"application/json"}}, 400},
		"more than an order is": {"POST", `{"kind":"` + strings.Repeat("x", 9000) + `"}`, http.Header{"Content-Type": {"application/json"}}, 400},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+address+"/fault", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		for key := range c.header {
			req.Header.Set(key, c.header.Get(key))
		}
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", name, answer.StatusCode, c.want)
		}
	}
}
