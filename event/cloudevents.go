package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// envelope is CloudEvents 1.0 in JSON, as it is read. seq is a decimal string,
// since the integers of CloudEvents have 32 bits; severity is a word.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            Type            `json:"type"`
	Time            string          `json:"time"`
	Subject         string          `json:"subject,omitempty"`
	DataSchema      string          `json:"dataschema,omitempty"`
	DataContentType string          `json:"datacontenttype,omitempty"`
	Seq             string          `json:"seq,omitempty"`
	Part            string          `json:"part,omitempty"`
	Batch           string          `json:"batch,omitempty"`
	Cause           string          `json:"cause,omitempty"`
	Actor           string          `json:"actor,omitempty"`
	Severity        string          `json:"severity,omitempty"`
	Data            json.RawMessage `json:"data"`
}

// MarshalJSON writes the event as CloudEvents 1.0 (application/cloudevents+json).
func (e Event) MarshalJSON() ([]byte, error) { return AppendLine(nil, e), nil }

// UnmarshalJSON reads what MarshalJSON writes, and nothing that would be read
// in two ways: unknown and repeated attributes are refused, and so are texts
// where numbers belong. Events from elsewhere need an id that is a UUIDv7.
func (e *Event) UnmarshalJSON(text []byte) error {
	bad := func(format string, a ...any) error {
		return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, a...))
	}
	if err := checkNames(text); err != nil {
		return bad("envelope: %v", err)
	}
	var in envelope
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return bad("envelope: %v", err)
	}
	if in.SpecVersion != "1.0" {
		return bad("specversion %.20q: want \"1.0\"", in.SpecVersion)
	}
	if in.DataContentType != "" && in.DataContentType != "application/json" {
		return bad("datacontenttype %.40q: want application/json", in.DataContentType)
	}
	if in.DataSchema != "" && in.DataSchema != SchemaID(in.Type) {
		return bad("dataschema %.80q: type %.40q has %q", in.DataSchema, in.Type, SchemaID(in.Type))
	}
	at, err := time.Parse(time.RFC3339Nano, in.Time)
	if err != nil {
		return bad("time %.40q: want RFC 3339", in.Time)
	}
	out := Event{
		ID: in.ID, Source: in.Source, Type: in.Type, Time: at.UTC(), Subject: in.Subject,
		Part: in.Part, Batch: in.Batch, Cause: in.Cause, Actor: in.Actor, Data: in.Data,
	}
	if in.Seq != "" {
		if out.Seq, err = strconv.ParseUint(in.Seq, 10, 63); err != nil || out.Seq == 0 || in.Seq[0] == '0' || in.Seq[0] == '+' {
			return bad("seq %.40q: want a decimal number from 1", in.Seq)
		}
	}
	if out.Severity, err = ParseSeverity(in.Severity); err != nil {
		return bad("%v", err)
	}
	if err := out.Check(); err != nil {
		return err
	}
	*e = out
	return nil
}

// ParseSeverity reads a severity's word; the empty word is info.
func ParseSeverity(word string) (Severity, error) {
	if word == "" {
		return Info, nil
	}
	for s := Info; s <= Critical; s++ {
		if s.String() == word {
			return s, nil
		}
	}
	return Info, fmt.Errorf("severity %.20q: want info, low, medium, high or critical", word)
}

// attributes are the names an envelope may have, written exactly so.
var attributes = map[string]bool{
	"specversion": true, "id": true, "source": true, "type": true, "time": true, "subject": true,
	"dataschema": true, "datacontenttype": true, "seq": true, "part": true, "batch": true,
	"cause": true, "actor": true, "severity": true, "data": true,
}

// checkNames refuses an envelope in which a name comes twice or is not spelt as
// it should be: encoding/json would take the last of them, in any case.
func checkNames(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("want an object")
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		switch {
		case !attributes[name]:
			return fmt.Errorf("unknown attribute %.40q", name)
		case seen[name]:
			return fmt.Errorf("attribute %q comes twice", name)
		}
		seen[name] = true
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		if name != "data" && value[0] != '"' {
			return fmt.Errorf("attribute %q is no text", name)
		}
	}
	if _, err := dec.Token(); err != nil && err != io.EOF {
		return err
	}
	return nil
}
