package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/event"
)

// What one append may carry.
const (
	appendEvents = 1000
	appendBytes  = 4 << 20
)

// appender stores events; event.Log is one.
type appender interface {
	Append(ctx context.Context, events []event.Event) ([]event.Event, error)
}

type appendInput struct {
	ContentType string `header:"Content-Type"`
	RawBody     []byte
}

type appendAnswer struct{ Body Appended }

// Appended says where each event of an append stands in the log.
type Appended struct {
	Events []Place `json:"events" doc:"in the order they were sent"`
}

// Place is where one event stands.
type Place struct {
	ID  string `json:"id"`
	Seq string `json:"seq" doc:"a decimal string; of the first time, when the id was stored before"`
}

func (s *server) registerAppend(a huma.API) {
	one := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true,
		Description: "a CloudEvents 1.0 event: id (a UUIDv7), source, type, time and data are needed; seq and actor are given by the log"}}
	many := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeArray, Items: one.Schema, MaxItems: new(appendEvents)}}
	either := &huma.MediaType{Schema: &huma.Schema{OneOf: []*huma.Schema{one.Schema, many.Schema}}}
	op := huma.Operation{
		Method: http.MethodPost, Path: "/api/v1/events", OperationID: "append", Summary: "Append one event or up to 1,000",
		Description:  "All are stored or none. An event whose id is stored already is not stored again, so a call that broke off may be sent again as it was.",
		MaxBodyBytes: appendBytes + 1, BodyReadTimeout: 15 * time.Second, SkipValidateBody: true,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json": either, "application/cloudevents+json": one, "application/cloudevents-batch+json": many}},
		Errors: []int{400, 401, 403, 413, 415, 422, 503, 507},
	}
	huma.Register(a, op, s.append)
}

// append checks every event before it stores any.
func (s *server) append(ctx context.Context, in *appendInput) (*appendAnswer, error) {
	if s.Appender == nil {
		return nil, huma.Error503ServiceUnavailable("this appliance's log takes no events from outside")
	}
	if err := need(ctx, access.Append); err != nil {
		return nil, err
	}
	texts, err := split(in.ContentType, in.RawBody)
	if err != nil {
		return nil, err
	}
	events, err := s.admit(identity(ctx), texts)
	if err != nil {
		return nil, err
	}
	stored, err := s.Appender.Append(ctx, events)
	if err != nil {
		return nil, s.unstored(err)
	}
	out := &appendAnswer{Appended{Events: make([]Place, 0, len(stored))}}
	for _, e := range stored {
		out.Body.Events = append(out.Body.Events, Place{e.ID, decimal(e.Seq)})
	}
	return out, nil
}

// split cuts a body into the texts of its events.
func split(kind string, body []byte) ([]json.RawMessage, error) {
	kind, _, _ = strings.Cut(kind, ";")
	body = bytes.TrimSpace(body)
	array := len(body) > 0 && body[0] == '['
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case kind == "application/json":
	case kind == "application/cloudevents+json" && !array:
	case kind == "application/cloudevents-batch+json" && array:
	case kind == "application/cloudevents+json" || kind == "application/cloudevents-batch+json":
		return nil, huma.Error400BadRequest("Content-Type " + kind + " does not fit the body: one event is application/cloudevents+json, an array application/cloudevents-batch+json, both are application/json")
	default:
		return nil, huma.Error415UnsupportedMediaType(fmt.Sprintf("Content-Type %.60q: want application/json, application/cloudevents+json or application/cloudevents-batch+json", kind))
	}
	if !array {
		if len(body) == 0 {
			return nil, huma.Error400BadRequest("the body is empty: want one event or an array of them")
		}
		return []json.RawMessage{body}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if _, err := dec.Token(); err != nil {
		return nil, huma.Error400BadRequest("the body is no JSON: " + err.Error())
	}
	var out []json.RawMessage
	for dec.More() {
		if len(out) == appendEvents {
			return nil, huma.NewError(http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d events: send the rest in another call", appendEvents))
		}
		var text json.RawMessage
		if err := dec.Decode(&text); err != nil {
			return nil, huma.Error400BadRequest(fmt.Sprintf("event %d: the body is no JSON: %v", len(out), err))
		}
		out = append(out, text)
	}
	if _, err := dec.Token(); err != nil {
		return nil, huma.Error400BadRequest("the body is no JSON: its array does not end")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, huma.Error400BadRequest("something follows the array of events")
	}
	if len(out) == 0 {
		return nil, huma.Error400BadRequest("the array is empty: want one event or more")
	}
	return out, nil
}

// refusal says why an event is not taken: which field, and why.
type refusal struct {
	status int
	field  string // "data.line"
	why    string
}

// admit reads and checks events; one that is refused refuses all.
func (s *server) admit(who access.Identity, texts []json.RawMessage) ([]event.Event, error) {
	out := make([]event.Event, len(texts))
	seen := make(map[string]int, len(texts))
	for i, text := range texts {
		no := s.admitOne(who, text, &out[i])
		if first, twice := seen[out[i].ID]; no == nil && twice {
			no = &refusal{http.StatusUnprocessableEntity, "id", fmt.Sprintf("event %d of this call has the same", first)}
		}
		seen[out[i].ID] = i
		if no == nil {
			continue
		}
		place, why := fmt.Sprintf("events[%d]", i), no.why
		if no.field != "" {
			place, why = place+"."+no.field, no.field+": "+why
		}
		id := idOf(text)
		return nil, huma.NewError(no.status, fmt.Sprintf("event %d (id %.36q): %s; nothing was stored", i, id, why),
			&huma.ErrorDetail{Location: place, Message: no.why, Value: id})
	}
	return out, nil
}

// ours begins the types whose payloads this product defines; foreign is how a
// module names a type of its own.
const ours = "linesman."

var foreign = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+\.v[1-9][0-9]*$`)

func (s *server) admitOne(who access.Identity, text json.RawMessage, e *event.Event) *refusal {
	no := func(field, format string, a ...any) *refusal {
		return &refusal{http.StatusUnprocessableEntity, field, fmt.Sprintf(format, a...)}
	}
	if err := json.Unmarshal(text, e); err != nil {
		return no("", "%v", err)
	}
	kind := string(e.Type)
	switch {
	case e.ID == "":
		return no("id", "missing: make a UUIDv7, so that the call may be sent again")
	case e.Seq != 0:
		return no("seq", "given: the log alone gives it")
	case e.Actor != "" && e.Actor != who.Actor && !who.May(access.Users): // the appliance's own commands say who gave them
		return no("actor", "%.80q given, but the token is %s's: leave it away", e.Actor, who.Actor)
	case strings.HasPrefix(kind, "linesman.log."), strings.HasPrefix(kind, "linesman.ring."):
		return &refusal{http.StatusForbidden, "type", kind + " is said by the log of itself and appended by nobody else"}
	case e.Type == labelType && !who.May(access.Users): // an import brings them as they are
		return &refusal{http.StatusForbidden, "type", kind + " is said by POST /api/v1/parts/{id}/label, which holds the part's pictures"}
	case e.Type == acceptedType && !who.May(access.Users):
		return &refusal{http.StatusForbidden, "type", kind + " is said by POST /api/v1/lines/{line}/eyes/origin, which has the line look anew"}
	case e.Type == viewType && !who.May(access.Users):
		return &refusal{http.StatusForbidden, "type", kind + " is said by POST /api/v1/watches/{camera}/view, which has the camera learn its scene anew"}
	case !who.MayAppend(e.Type):
		return &refusal{http.StatusForbidden, "type", fmt.Sprintf("%s may not append %.80s: an admin gives a token that scope (linesman token add)", who.Actor, kind)}
	case !who.OnSource(e.Source):
		return &refusal{http.StatusForbidden, "source", fmt.Sprintf("%s is not for the line of %.80q", who.Actor, e.Source)}
	}
	if e.Actor == "" {
		e.Actor = who.Actor
	}
	if strings.HasPrefix(kind, ours) {
		if field, err := s.forms.check(e.Type, e.Data); err != nil {
			return no(field, "%v", err)
		}
		return nil
	}
	if !foreign.MatchString(kind) {
		return no("type", "%.80q: want words in lower case with dots, and a version: example.rejects.v1", kind)
	}
	if data := bytes.TrimSpace(e.Data); len(data) == 0 || data[0] != '{' {
		return no("data", "want an object")
	}
	return nil
}

// idOf finds the id of an event that may be refused for anything.
func idOf(text json.RawMessage) string {
	var e struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(text, &e) != nil {
		return ""
	}
	return e.ID
}

// unstored says why the log took nothing of what was in order.
func (s *server) unstored(err error) error {
	later := func(err error) error {
		return huma.ErrorWithHeaders(err, http.Header{"Retry-After": {"2"}})
	}
	switch {
	case errors.Is(err, event.ErrFull):
		return later(huma.NewError(http.StatusInsufficientStorage, "the log's disk is full, and nothing was stored: make room (linesman doctor says what takes it), then send the same again"))
	case errors.Is(err, event.ErrClosed):
		return later(huma.Error503ServiceUnavailable("the log is closing: send the same again"))
	case errors.Is(err, event.ErrInvalid):
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return later(s.broken("storing", err))
}
