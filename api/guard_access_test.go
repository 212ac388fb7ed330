package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"linesman/access"
	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
)

// keys is an access by table: the token's text is its name.
type keys map[string]access.Identity

func (k keys) Bearer(_ context.Context, token string) (access.Identity, error) {
	for _, err := range []error{access.ErrExpired, access.ErrRevoked, access.ErrForbidden, access.ErrBusy} {
		if token == err.Error() {
			return access.Identity{}, fmt.Errorf("%w: token x", err)
		}
	}
	if token == "broken" {
		return access.Identity{}, errors.New("disk on fire")
	}
	who, ok := k[token]
	if !ok {
		return access.Identity{}, fmt.Errorf("%w: no token x", access.ErrUnknown)
	}
	return who, nil
}

var ring = keys{
	"reader": {Actor: "token:reader", Read: []event.Type{"*"}},
	"caps":   {Actor: "token:caps", Read: []event.Type{"*"}, Lines: []string{"caps-9"}},
	"writer": {Actor: "token:writer", Append: []event.Type{"mes.*"}},
}

// request sends one with an Authorization header, if any.
func request(h http.Handler, method, path, authorization string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader("{}"))
	r.Host = "127.0.0.1:8080"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", "token=reader; Authorization=Bearer reader")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestWritesWantToken walks the API's document, so that no write is forgotten:
// each one answers 401 to whoever has no token, says so in the document, and no
// cookie helps.
func TestWritesWantToken(t *testing.T) {
	_, h := site(t, apitest.Running, func(c *api.Config) { c.Access = ring })
	var doc struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string `json:"security"`
		} `json:"paths"`
		Components struct {
			SecuritySchemes map[string]struct {
				Scheme string `json:"scheme"`
			} `json:"securitySchemes"`
		} `json:"components"`
	}
	if err := json.Unmarshal(ask(h, "/api/v1/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Components.SecuritySchemes["token"].Scheme != "bearer" || len(doc.Paths) < 5 {
		t.Fatalf("the document: %+v", doc)
	}
	operations := map[string]string{"/api/v1/nothing": "POST", "/": "POST", "/healthz": "DELETE", "/metrics": "PUT", "/api/v1/status": "PATCH", "/api/v1/events": "BREW"}
	for path, methods := range doc.Paths {
		if path == "/api/v1/receipts/{token}" { // proven by the token in its path: TestReceipts
			continue
		}
		for method, op := range methods {
			switch method {
			case "get", "head", "options", "parameters":
				continue
			}
			operations[path] = strings.ToUpper(method)
			if len(op.Security) != 1 || op.Security[0]["token"] == nil {
				t.Errorf("%s %s: the document asks for no token", method, path)
			}
		}
	}
	for path, method := range operations {
		for name, header := range map[string]string{"none": "", "basic": "Basic cmVhZGVyOg==", "empty": "Bearer ", "unknown": "Bearer nobody", "bare": "reader"} {
			w := request(h, method, strings.NewReplacer("{", "", "}", "").Replace(path), header)
			if w.Code != 401 || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") || !strings.Contains(w.Body.String(), "linesman token add") {
				t.Errorf("%s %s, token %s: %d %s", method, path, name, w.Code, w.Body)
			}
		}
	}
}

func TestAccess(t *testing.T) {
	_, open := site(t, apitest.Running, func(c *api.Config) { c.Access = ring })
	_, closed := site(t, apitest.Running, func(c *api.Config) { c.Access, c.TokenToRead = ring, true })
	_, none := site(t, apitest.Running, nil)
	_, shut := site(t, apitest.Running, func(c *api.Config) { c.TokenToRead = true })
	for name, c := range map[string]struct {
		h            http.Handler
		method, path string
		header       string
		want         int
		says         string
	}{
		"open reading":              {open, "GET", "/api/v1/status", "", 200, "demo"},
		"with a token":              {open, "GET", "/api/v1/status", "bearer reader", 200, "demo"},
		"with a wrong token":        {open, "GET", "/api/v1/status", "Bearer x", 401, "no token x"},
		"a writer reads":            {open, "GET", "/api/v1/status", "Bearer writer", 403, "the right"},
		"its own line only":         {open, "GET", "/api/v1/lines/tablets-1/rejects", "Bearer caps", 403, "caps-9"},
		"reading wants a token":     {closed, "GET", "/api/v1/status", "", 401, "Bearer lm_"},
		"the events too":            {closed, "GET", "/api/v1/events", "", 401, "Bearer lm_"},
		"the stream too":            {closed, "GET", "/api/v1/events/stream", "", 401, "Bearer lm_"},
		"the document too":          {closed, "GET", "/api/v1/openapi.json", "", 401, "Bearer lm_"},
		"the metrics too":           {closed, "GET", "/metrics", "", 401, "Bearer lm_"},
		"read with one":             {closed, "GET", "/api/v1/status", "Bearer reader", 200, "demo"},
		"not the page itself":       {closed, "GET", "/", "", 200, ""},
		"nor whether it lives":      {closed, "GET", "/healthz", "", 200, "ok"},
		"no access at all":          {none, "POST", "/api/v1/events", "Bearer reader", 403, "nothing can be written"},
		"no access, read":           {none, "GET", "/api/v1/status", "Bearer reader", 200, "demo"},
		"no access, guarded":        {shut, "GET", "/api/v1/status", "", 403, "knows no tokens"},
		"expired":                   {open, "GET", "/api/v1/status", "Bearer " + access.ErrExpired.Error(), 401, "expired"},
		"revoked":                   {open, "POST", "/api/v1/events", "Bearer " + access.ErrRevoked.Error(), 401, "revoked"},
		"forbidden":                 {open, "POST", "/api/v1/events", "Bearer " + access.ErrForbidden.Error(), 403, "not allowed"},
		"busy":                      {open, "POST", "/api/v1/events", "Bearer " + access.ErrBusy.Error(), 429, "at once"},
		"the access file is broken": {open, "POST", "/api/v1/events", "Bearer broken", 503, "linesman doctor"},
	} {
		w := request(c.h, c.method, c.path, c.header)
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: got %d %.200s, want %d with %q", name, w.Code, w.Body, c.want, c.says)
		}
		if strings.Contains(w.Body.String(), "on fire") {
			t.Errorf("%s: the answer tells of the box's inside: %s", name, w.Body)
		}
	}
}
