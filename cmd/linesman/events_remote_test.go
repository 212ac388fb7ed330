package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"linesman/event"
	"linesman/event/eventtest"
	"linesman/event/export"
)

// remoteAppliance answers as the appliance does, out of a log in memory.
func remoteAppliance(t *testing.T, log event.Log) *httptest.Server {
	t.Helper()
	answer := func(w http.ResponseWriter, events []event.Event) {
		w.Header().Set("Content-Type", "application/json")
		must(t, json.NewEncoder(w).Encode(map[string]any{"events": events}))
	}
	refuse := func(w http.ResponseWriter, status int, detail string) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"status":%d,"detail":%q,"errors":[{"message":"is not yours","location":"body[0].type"}]}`, status, detail)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/events", func(w http.ResponseWriter, r *http.Request) {
		events, err := log.Read(r.Context(), event.Filter{Newest: true, Limit: 1})
		must(t, err)
		answer(w, events)
	})
	mux.HandleFunc("POST /api/v1/events", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/cloudevents-batch+json" {
			refuse(w, http.StatusUnsupportedMediaType, "want a batch")
			return
		}
		var events []event.Event
		if err := json.NewDecoder(r.Body).Decode(&events); err != nil {
			refuse(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		out, err := log.Append(r.Context(), events)
		must(t, err)
		answer(w, out)
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer good" {
			refuse(w, http.StatusForbidden, "this token may not append")
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

// Over HTTP an import stores what it stores into a log, once.
func TestImportOverHTTP(t *testing.T) {
	log := eventtest.NewMemory()
	_, err := log.Append(t.Context(), fixedEvents(3))
	must(t, err)
	server := remoteAppliance(t, log)
	t.Setenv("LINESMAN_TOKEN", "good")
	var text []byte
	for _, e := range fixedEvents(importGroup + 20) {
		text = append(event.AppendLine(text, e), '\n')
	}
	c := &EventsImportCmd{URL: server.URL + "/"}
	for _, want := range []string{fmt.Sprintf("%d stored, 3 there already", importGroup+17), fmt.Sprintf("0 stored, %d there already", importGroup+20)} {
		to, before, done, err := c.target(t.Context())
		must(t, err)
		i := &importing{log: to, before: before, hints: t.Output()}
		must(t, i.run(t.Context(), strings.NewReader(string(text))))
		must(t, done())
		if i.account() != want {
			t.Errorf("%q, want %q", i.account(), want)
		}
	}
	if _, newest, err := export.Ends(t.Context(), log); newest != importGroup+20 || err != nil {
		t.Errorf("%d are there: %v", newest, err)
	}
}

// A refusal comes in the appliance's own words; nobody at home is said so.
func TestImportRefused(t *testing.T) {
	server := remoteAppliance(t, eventtest.NewMemory())
	for _, c := range []struct {
		cmd   EventsImportCmd
		token string
		says  string
	}{
		{EventsImportCmd{URL: server.URL}, "bad", "403 Forbidden: this token may not append; body[0].type is not yours"},
		{EventsImportCmd{URL: server.URL}, "", "LINESMAN_TOKEN is not set"},
		{EventsImportCmd{URL: "http://" + closedPort(t)}, "good", "does not answer"},
		{EventsImportCmd{URL: server.URL, PlaceFlag: PlaceFlag{Dir: "log"}}, "good", "give one of them"},
		{EventsImportCmd{}, "good", "name the site with -c"},
	} {
		t.Setenv("LINESMAN_TOKEN", c.token)
		if _, _, _, err := c.cmd.target(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %q", c.cmd, err, c.says)
		}
	}
	nonsense := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"events":[]}`) }))
	t.Cleanup(nonsense.Close)
	if _, err := (&remoteLog{url: nonsense.URL}).Append(t.Context(), fixedEvents(2)); err == nil || !strings.Contains(err.Error(), "answers for 0 of 2 events") {
		t.Errorf("a wrong answer: %v", err)
	}
}
