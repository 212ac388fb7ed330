package event

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// AppendLine appends the event's canonical form to dst: CloudEvents 1.0 as one
// line of JSON without a line end, attributes in a fixed order, data byte for
// byte as it was stored. It is the leaf of the log's Merkle tree, a line of an
// export, and what MarshalJSON writes; so it must stay as it is for ever.
func AppendLine(dst []byte, e Event) []byte {
	dst = append(dst, `{"specversion":"1.0","id":`...)
	dst = appendText(dst, e.ID)
	text := func(name, value string) {
		if value != "" {
			dst = append(append(append(dst, ',', '"'), name...), '"', ':')
			dst = appendText(dst, value)
		}
	}
	dst = append(dst, `,"source":`...)
	dst = appendText(dst, e.Source)
	dst = append(dst, `,"type":`...)
	dst = appendText(dst, string(e.Type))
	dst = append(dst, `,"time":"`...)
	dst = append(e.Time.UTC().AppendFormat(dst, time.RFC3339Nano), '"')
	text("subject", e.Subject)
	if strings.HasPrefix(string(e.Type), ours) {
		dst = append(dst, `,"dataschema":`...)
		dst = appendText(dst, SchemaID(e.Type))
	}
	dst = append(dst, `,"datacontenttype":"application/json"`...)
	if e.Seq > 0 {
		dst = append(strconv.AppendUint(append(dst, `,"seq":"`...), e.Seq, 10), '"')
	}
	text("part", e.Part)
	text("batch", e.Batch)
	text("cause", e.Cause)
	text("actor", e.Actor)
	text("severity", e.Severity.String())
	dst = append(dst, `,"data":`...)
	if len(e.Data) == 0 {
		return append(dst, "null}"...)
	}
	return append(append(dst, e.Data...), '}')
}

// ours begins every type of this product; the others are modules'.
const ours = "linesman."

// appendText appends a JSON string.
func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, err := json.Marshal(s)
			if err != nil { // a string can always be written
				panic("event: " + err.Error())
			}
			return append(dst, text...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}
