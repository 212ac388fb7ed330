package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
		if e.Severity != Info || !bytes.Contains(e.Data, []byte(`"pass"`)) { // most often enough to know
			return false
		}
		if from, said := bytes.CutPrefix(e.Data, []byte(`{"line":"`)); said { // as our own are written
			if i := bytes.IndexByte(from, '"'); i >= 0 && from[max(i-1, 0)] != '\\' {
				rest := from[i:]
				if bytes.HasPrefix(rest, []byte(`","outcome":"pass",`)) && bytes.Count(e.Data, []byte(`"outcome"`)) == 1 {
					return true
				}
			}
		}
		var p struct {
			Outcome string `json:"outcome"`
		}
		return e.Severity == Info && json.Unmarshal(e.Data, &p) == nil && p.Outcome == "pass"
	}
	return false
}
