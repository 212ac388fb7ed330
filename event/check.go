package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrInvalid is wrapped by the error for an event that no log takes: another
// try with the same event will fail again.
var ErrInvalid = errors.New("invalid event")

// MaxData is the largest payload a log takes, in bytes. Pictures and clips do
// not belong into an event but into evidence, by hash.
const MaxData = 256 << 10

// maxText bounds every other field of the envelope, in bytes.
const maxText = 1024

// DefaultLimit is how many events Read returns when the filter names no Limit.
const DefaultLimit = 1000

// Check says why no log takes the event, or nil. An empty ID is allowed: the
// log gives one.
func (e Event) Check() error {
	bad := func(format string, a ...any) error {
		return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, a...))
	}
	if e.ID != "" {
		if _, ok := ParseID(e.ID); !ok {
			return bad("id %.40q is no UUIDv7 in lower case", e.ID)
		}
	}
	if e.Type == "" || e.Source == "" {
		return bad("type %.40q from source %.40q: both are needed", e.Type, e.Source)
	}
	for _, f := range [...]struct{ name, text string }{
		{"type", string(e.Type)}, {"source", e.Source}, {"subject", e.Subject}, {"part", e.Part},
		{"batch", e.Batch}, {"cause", e.Cause}, {"actor", e.Actor},
	} {
		if len(f.text) > maxText || !utf8.ValidString(f.text) {
			return bad("%s of %s has %d bytes or is no UTF-8; at most %d", f.name, e.Type, len(f.text), maxText)
		}
	}
	if y := e.Time.UTC().Year(); y < 1970 || y > 2261 {
		return bad("time %s of %s: want a year from 1970 to 2261", e.Time, e.Type)
	}
	if e.Severity > Critical {
		return bad("severity %d of %s: want 0 to %d", e.Severity, e.Type, Critical)
	}
	if len(e.Data) > MaxData {
		return bad("data of %s has %d bytes; at most %d, larger things are evidence", e.Type, len(e.Data), MaxData)
	}
	if !json.Valid(e.Data) || !utf8.Valid(e.Data) {
		return bad("data of %s is no JSON", e.Type)
	}
	return nil
}

// Pass reports whether the event is one of the many that follow a part which
// passes: part.seen, and part.judged, part.gated and part.confirmed with the
// outcome pass. They are kept short; everything else is the record.
func (e Event) Pass() bool {
	switch e.Type {
	case "linesman.part.seen.v1":
		return e.Severity == Info
	case "linesman.part.judged.v1", "linesman.part.gated.v1", "linesman.part.confirmed.v1":
		var p struct {
			Outcome string `json:"outcome"`
		}
		return e.Severity == Info && json.Unmarshal(e.Data, &p) == nil && p.Outcome == "pass"
	}
	return false
}

// Match reports whether the event is one the filter selects. Limit and Newest
// are the reader's business.
func (f Filter) Match(e Event) bool {
	return e.Seq > f.After && (f.Before == 0 || e.Seq < f.Before) && f.MatchType(e.Type) &&
		(f.Subject == "" || f.Subject == e.Subject) &&
		(f.Part == "" || f.Part == e.Part) &&
		(f.Batch == "" || f.Batch == e.Batch) &&
		(f.From.IsZero() || !e.Time.Before(f.From)) &&
		(f.To.IsZero() || e.Time.Before(f.To))
}

// MatchType reports whether the filter's types include t.
func (f Filter) MatchType(t Type) bool {
	for _, want := range f.Types {
		if prefix, ok := strings.CutSuffix(string(want), "*"); want == t || ok && strings.HasPrefix(string(t), prefix) {
			return true
		}
	}
	return len(f.Types) == 0
}

// As reads an event's payload. It refuses an event of another type.
func As[P Payload](e Event) (P, error) {
	var p P
	if e.Type != p.EventType() {
		return p, fmt.Errorf("event %s: type is %s, not %s", e.ID, e.Type, p.EventType())
	}
	if err := json.Unmarshal(e.Data, &p); err != nil {
		return p, fmt.Errorf("event %s: %s: %w", e.ID, e.Type, err)
	}
	return p, nil
}

// Payloads returns an empty payload of every type there is, in the order the
// types are documented.
func Payloads() []Payload {
	return []Payload{
		CameraState{},
		PartSeen{}, PartJudged{}, PartGated{}, PartConfirmed{}, PartLost{}, PartSuspect{},
		LineState{}, LineHeld{}, LineMinute{},
		BatchOpened{}, BatchClosed{}, LedgerMismatch{},
		RecipeActivated{}, ModelActivated{}, PLCState{},
		EvidenceDropped{}, RingLost{},
	}
}

// encode writes a payload as JSON. A number that is none (NaN) or infinite is
// written as the largest there is, so that it can never read as within a limit.
func encode(p Payload) (json.RawMessage, error) {
	data, err := json.Marshal(p)
	var odd *json.UnsupportedValueError
	if !errors.As(err, &odd) {
		return data, err
	}
	v := reflect.New(reflect.TypeOf(p)).Elem()
	v.Set(reflect.ValueOf(p))
	return json.Marshal(finite(v).Interface())
}

// finite returns a copy of v in which every float is a number.
func finite(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		limit := math.MaxFloat64
		if v.Kind() == reflect.Float32 {
			limit = math.MaxFloat32
		}
		out := reflect.New(v.Type()).Elem()
		switch f := v.Float(); {
		case math.IsInf(f, -1):
			out.SetFloat(-limit)
		case math.IsNaN(f) || math.IsInf(f, 1):
			out.SetFloat(limit)
		default:
			out.SetFloat(f)
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(finite(v.Index(i)))
		}
		return out
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			out.Field(i).Set(finite(v.Field(i)))
		}
		return out
	}
	return v
}
