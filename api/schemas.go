package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	english "golang.org/x/text/message"

	"linesman/event"
)

// forms are the compiled schemas of all types of ours. They are made once and
// read by many.
type forms map[event.Type]*jsonschema.Schema

var compileForms = sync.OnceValues(makeForms)

func makeForms() (forms, error) {
	out := forms{}
	for _, p := range event.Payloads() {
		kind := p.EventType()
		text, ok := event.Schema(kind)
		if !ok {
			return nil, fmt.Errorf("api: %s has no schema", kind)
		}
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("api: schema of %s: %w", kind, err)
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(event.SchemaID(kind), parsed); err != nil {
			return nil, fmt.Errorf("api: schema of %s: %w", kind, err)
		}
		if out[kind], err = c.Compile(event.SchemaID(kind)); err != nil {
			return nil, fmt.Errorf("api: schema of %s: %w", kind, err)
		}
	}
	return out, nil
}

// check holds data against its type's schema. The error says what is wrong
// with the field that is named.
func (f forms) check(kind event.Type, data []byte) (field string, err error) {
	schema, known := f[kind]
	if !known {
		return "type", fmt.Errorf("%.80q is not known here; /api/v1/schemas lists those that are, and types of modules do not begin with linesman", kind)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return "data", err
	}
	err = schema.Validate(value)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return "data", err
	}
	for len(invalid.Causes) > 0 {
		invalid = invalid.Causes[0]
	}
	why := invalid.ErrorKind.LocalizedString(english.NewPrinter(language.English))
	return strings.Join(append([]string{"data"}, invalid.InstanceLocation...), "."), errors.New(why + "; see /api/v1/schemas/" + string(kind))
}

type schemasAnswer struct{ Body Schemas }

// Schemas are the types that the log knows.
type Schemas struct {
	Schemas []SchemaName `json:"schemas" doc:"in the order they are documented"`
}

// SchemaName names one type's schema.
type SchemaName struct {
	Type string `json:"type"`
	ID   string `json:"id" doc:"the dataschema of its events"`
	Href string `json:"href"`
}

type schemaAnswer struct {
	ContentType string `header:"Content-Type"`
	Body        json.RawMessage
}

func (s *server) registerSchemas(a huma.API) {
	huma.Register(a, get("/schemas", "schemas", "The types of events"), func(context.Context, *struct{}) (*schemasAnswer, error) {
		out := &schemasAnswer{}
		for _, p := range event.Payloads() {
			kind := p.EventType()
			out.Body.Schemas = append(out.Body.Schemas, SchemaName{string(kind), event.SchemaID(kind), "/api/v1/schemas/" + string(kind)})
		}
		return out, nil
	})
	op := get("/schemas/{type}", "schema", "The JSON Schema (2020-12) of one type's data")
	op.Responses = map[string]*huma.Response{"200": {Description: "The schema", Content: map[string]*huma.MediaType{
		"application/schema+json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}}}
	huma.Register(a, op, func(_ context.Context, q *struct {
		Type string `path:"type" maxLength:"1024"`
	}) (*schemaAnswer, error) {
		text, ok := event.Schema(event.Type(q.Type))
		if !ok {
			return nil, huma.Error404NotFound(fmt.Sprintf("no type %.80q; see /api/v1/schemas", q.Type))
		}
		return &schemaAnswer{"application/schema+json", text}, nil
	})
}
