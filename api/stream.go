package api

import (
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
)

// stream is one answer of Server-Sent Events. It belongs to one goroutine.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	text    []byte // scratch
}

// writeWithin is how long a viewer may take to accept one message before it is
// given up; its browser comes back by itself.
const writeWithin = 5 * time.Second

// open begins the answer.
func open(ctx huma.Context) *stream {
	w := humagin.Unwrap(ctx).Writer
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy in between must not collect
	w.WriteHeader(http.StatusOK)
	s := &stream{w: w, control: http.NewResponseController(w)}
	// The request is read; its deadline would end the stream. An error says that
	// the writer knows none (a test's recorder).
	_ = s.control.SetReadDeadline(time.Time{})
	return s
}

// send writes one message and pushes it out. id and name may be empty. data is
// one line, as JSON always is.
func (s *stream) send(id, name string, data []byte) error {
	if err := s.put(id, name, data); err != nil {
		return err
	}
	return s.flush()
}

// put writes one message, which goes out with the next flush at the latest.
func (s *stream) put(id, name string, data []byte) error {
	s.text = s.text[:0]
	if id != "" {
		s.text = append(append(append(s.text, "id: "...), id...), '\n')
	}
	if name != "" {
		s.text = append(append(append(s.text, "event: "...), name...), '\n')
	}
	s.text = append(append(append(s.text, "data: "...), data...), "\n\n"...)
	return s.write(s.text)
}

// comment keeps the connection known to be alive; no reader sees it.
func (s *stream) comment(text string) error {
	if err := s.write([]byte(": " + text + "\n\n")); err != nil {
		return err
	}
	return s.flush()
}

func (s *stream) write(text []byte) error {
	// An error says that the writer knows no deadlines (a test's recorder).
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	_, err := s.w.Write(text)
	return err
}

func (s *stream) flush() error { return s.control.Flush() }

// streaming adds to an operation what its messages look like: by name, one
// type each. Names are sorted, so that the document does not change by itself.
func streaming(a huma.API, op huma.Operation, messages map[string]any) huma.Operation {
	names := make([]string, 0, len(messages))
	for name := range messages {
		names = append(names, name)
	}
	slices.Sort(names)
	oneOf := make([]*huma.Schema, 0, len(names))
	for _, name := range names {
		oneOf = append(oneOf, &huma.Schema{
			Title: name, Type: huma.TypeObject, Required: []string{"event", "data"},
			Properties: map[string]*huma.Schema{
				"id":    {Type: huma.TypeString},
				"event": {Type: huma.TypeString, Enum: []any{name}},
				"data":  a.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(messages[name]), true, name),
			},
		})
	}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Server-Sent Events",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{OneOf: oneOf}}},
	}}
	return op
}
