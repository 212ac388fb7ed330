package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"linesman/access"
	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
	"linesman/event/eventtest"
)

// modules are tokens of the kind that modules have.
var modules = keys{
	"rejects": {Actor: "token:rejects", Read: []event.Type{"linesman.part.*", "example.*"}, Append: []event.Type{"example.rejects.v1", "linesman.camera.state.v1"}, Lines: []string{"tablets-1"}},
	"other":   {Actor: "token:other", Read: []event.Type{"*"}, Append: []event.Type{"*"}},
	"silent":  {Actor: "token:silent", Read: []event.Type{"*"}},
	"box":     {Actor: "local", Role: access.Admin, Read: []event.Type{"*"}, Append: []event.Type{"*"}},
}

func proven(t testing.TB, change func(*api.Config)) (*eventtest.Proven, http.Handler) {
	t.Helper()
	log := eventtest.NewProven()
	config := apitest.New(apitest.Untaught, 1).Config()
	config.Addr, config.Log, config.Access = "127.0.0.1:8080", log, modules
	if change != nil {
		change(&config)
	}
	h, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return log, h
}

// call sends a request as a module would.
func call(h http.Handler, token, method, path, kind, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	oneID   = "0198c000-0000-7000-8000-000000000001"
	otherID = "0198c000-0000-7000-8000-000000000002"
)

// text writes one event of a module; change replaces or takes away attributes.
func text(change map[string]any) string {
	e := map[string]any{"specversion": "1.0", "id": oneID, "source": "/demo/line/tablets-1", "type": "example.rejects.v1", "time": "2026-03-01T08:00:00Z", "data": map[string]any{"lane": 3}}
	for name, value := range change {
		if e[name] = value; value == nil {
			delete(e, name)
		}
	}
	out, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func TestAppend(t *testing.T) {
	log, h := proven(t, nil)
	for range 2 { // the second time nothing new is stored
		w := call(h, "rejects", "POST", "/api/v1/events", "application/json", "["+text(nil)+","+text(map[string]any{"id": otherID, "cause": oneID})+"]")
		want := fmt.Sprintf(`{"events":[{"id":%q,"seq":"1"},{"id":%q,"seq":"2"}]}`, oneID, otherID)
		if w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
			t.Fatalf("got %d %s, want %s", w.Code, w.Body, want)
		}
	}
	if all := log.Events(); len(all) != 2 || all[0].Actor != "token:rejects" || all[1].Cause != oneID {
		t.Errorf("stored: %+v", all)
	}
	audit := call(h, "box", "POST", "/api/v1/events", "application/cloudevents+json", text(map[string]any{"id": "0198c000-0000-7000-8000-000000000003", "actor": "user:li"}))
	if audit.Code != 200 || log.Events()[2].Actor != "user:li" {
		t.Errorf("the appliance's own token: %d %s", audit.Code, audit.Body)
	}
}

// TestAppendRefuses: each refusal names the event, the field and why, and
// nothing of the call is stored.
func TestAppendRefuses(t *testing.T) {
	type m = map[string]any
	log, h := proven(t, nil)
	batch := "application/cloudevents-batch+json"
	second := func(change m) string {
		all := m{"id": otherID}
		for name, value := range change {
			all[name] = value
		}
		return "[" + text(nil) + "," + text(all) + "]"
	}
	for name, c := range map[string]struct {
		token, kind, body string
		want              int
		says              []string
	}{
		"no token":             {"", batch, second(nil), 401, []string{"token"}},
		"only reads":           {"silent", batch, second(nil), 403, []string{"append"}},
		"unknown type":         {"other", batch, second(m{"type": "linesman.part.judgd.v1"}), 422, []string{"events[1].type", otherID, "not known"}},
		"out of scope":         {"rejects", batch, second(m{"type": "linesman.part.judged.v1"}), 403, []string{"events[1].type", "may not append"}},
		"of the log":           {"box", batch, second(m{"type": "linesman.log.sealed.v1"}), 403, []string{"events[1].type", "nobody else"}},
		"of the ring":          {"box", batch, second(m{"type": "linesman.ring.lost.v1"}), 403, []string{"events[1].type", "nobody else"}},
		"audit by a module":    {"other", batch, second(m{"type": "linesman.audit.user.v1"}), 403, []string{"events[1].type", "may not append"}},
		"another line":         {"rejects", batch, second(m{"source": "/demo/line/caps-1"}), 403, []string{"events[1].source"}},
		"another actor":        {"other", batch, second(m{"actor": "user:li"}), 422, []string{"events[1].actor", "token:other"}},
		"seq given":            {"rejects", batch, second(m{"seq": "7"}), 422, []string{"events[1].seq"}},
		"no id":                {"rejects", batch, second(m{"id": nil}), 422, []string{"events[1].id", "missing"}},
		"id of version 4":      {"rejects", batch, second(m{"id": "0198c000-0000-4000-8000-000000000002"}), 422, []string{"events[1]", "UUIDv7"}},
		"same id twice":        {"rejects", batch, second(m{"id": oneID}), 422, []string{"events[1].id", "event 0"}},
		"unknown attribute":    {"rejects", batch, second(m{"trace": "x"}), 422, []string{"events[1]", "trace"}},
		"data is no object":    {"rejects", batch, second(m{"data": 7}), 422, []string{"events[1].data", "object"}},
		"data lacks a field":   {"rejects", batch, second(m{"type": "linesman.camera.state.v1"}), 422, []string{"events[1].data", "missing"}},
		"type without version": {"other", batch, second(m{"type": "example.rejects"}), 422, []string{"events[1].type", "version"}},
		"type in capitals":     {"other", batch, second(m{"type": "Linesman.part.judged.v1"}), 422, []string{"events[1].type"}},
		"no JSON":              {"rejects", batch, "[{", 400, []string{"event 0"}},
		"something behind":     {"rejects", batch, "[" + text(nil) + "] 7", 400, []string{"follows"}},
		"empty":                {"rejects", "application/json", " ", 400, []string{"empty"}},
		"empty array":          {"rejects", batch, "[]", 400, []string{"empty"}},
		"an array as one":      {"rejects", "application/cloudevents+json", second(nil), 400, []string{"batch"}},
		"as text":              {"rejects", "text/plain", second(nil), 415, []string{"text/plain"}},
		"too many":             {"rejects", batch, "[" + strings.Repeat("{},", 1000) + "{}]", 413, []string{"1000"}},
		"too large":            {"rejects", batch, strings.Repeat(" ", 4<<20+1), 413, []string{"large"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := call(h, c.token, "POST", "/api/v1/events", c.kind, c.body)
			if w.Code != c.want {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, c.want)
			}
			for _, s := range c.says {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("got %s, want it to say %q", w.Body, s)
				}
			}
		})
	}
	if all := log.Events(); len(all) != 0 {
		t.Errorf("stored: %+v", all)
	}
}

// brokenLog fails every append.
type brokenLog struct{ why error }

func (b brokenLog) Append(context.Context, []event.Event) ([]event.Event, error) { return nil, b.why }

func TestAppendAgainLater(t *testing.T) {
	for why, want := range map[error]int{event.ErrFull: 507, event.ErrClosed: 503, context.DeadlineExceeded: 503} {
		_, h := proven(t, func(c *api.Config) { c.Appender = brokenLog{fmt.Errorf("x: %w", why)} })
		w := call(h, "rejects", "POST", "/api/v1/events", "application/json", text(nil))
		if w.Code != want || w.Header().Get("Retry-After") == "" {
			t.Errorf("%v: got %d %v %s, want %d with Retry-After", why, w.Code, w.Header(), w.Body, want)
		}
	}
}

// lookLog keeps what was appended last and forgets the rest.
type lookLog struct{ last []event.Event }

func (l *lookLog) Append(_ context.Context, events []event.Event) ([]event.Event, error) {
	l.last = events
	return events, nil
}

// FuzzAppend: whatever is sent, nothing panics, a refusal says why, and what is
// stored is what a log takes, under the token's name.
func FuzzAppend(f *testing.F) {
	f.Add(byte(0), []byte(text(nil)))
	f.Add(byte(1), []byte("["+text(nil)+"]"))
	f.Add(byte(2), []byte(`[{"specversion":"1.0"}`))
	f.Add(byte(0), []byte(text(map[string]any{"type": "linesman.camera.state.v1"})))
	log := &lookLog{}
	_, h := proven(f, func(c *api.Config) { c.Appender = log })
	kinds := []string{"application/json", "application/cloudevents-batch+json", "application/cloudevents+json"}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		log.last = nil
		w := call(h, "rejects", "POST", "/api/v1/events", kinds[int(kind)%len(kinds)], string(body))
		if w.Code != 200 {
			refused(t, w)
		}
		for _, e := range log.last {
			if e.Actor != "token:rejects" || !modules["rejects"].MayAppend(e.Type) || e.Check() != nil {
				t.Errorf("stored %+v", e)
			}
		}
	})
}

// refused wants a refusal that says why.
func refused(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	var why struct{ Detail string }
	if w.Code < 400 || w.Code == 500 || json.Unmarshal(bytes.TrimSpace(w.Body.Bytes()), &why) != nil || why.Detail == "" {
		t.Errorf("got %d %q, want a refusal that says why", w.Code, w.Body)
	}
}
