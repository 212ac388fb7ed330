package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"linesman/event"
)

// Header stands above lines of Text.
const Header = "     seq  time                     severity  type                subject                               what"

// Text writes an event as one line for a person, its time in a zone. Nothing in
// it can steer the terminal it is shown on, whoever wrote the event. width
// bounds it in characters; 0 does not.
func Text(e event.Event, zone *time.Location, width int) string {
	severity := ""
	if e.Severity > event.Info {
		severity = e.Severity.String()
	}
	subject := e.Subject
	if subject == "" {
		subject = e.Part
	}
	line := fmt.Sprintf("%8d  %s  %-8s  %-18s  %-36s  %s", e.Seq, e.Time.In(zone).Format("2006-01-02 15:04:05.000"),
		severity, Plain(ShortType(e.Type)), Plain(subject), what(e))
	line = strings.TrimRight(line, " ")
	if runes := []rune(line); width > 0 && len(runes) > width {
		return string(runes[:max(width-1, 0)]) + "…"
	}
	return line
}

// ShortType is a type of ours without what all have in common.
func ShortType(t event.Type) string {
	short, ours := strings.CutPrefix(string(t), "linesman.")
	if !ours {
		return string(t)
	}
	return strings.TrimSuffix(short, ".v1")
}

// LongTypes returns the types that a short one may mean: itself, and the one of
// ours. A star at its end stays.
func LongTypes(short string) []event.Type {
	if strings.HasPrefix(short, "linesman.") || short == "*" {
		return []event.Type{event.Type(short)}
	}
	long := "linesman." + short
	if !strings.HasSuffix(short, "*") {
		long += ".v1"
	}
	return []event.Type{event.Type(short), event.Type(long)}
}

// what tells an event's data in the order it has, without what is empty.
func what(e event.Event) string {
	var b strings.Builder
	say := func(name, value string) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name + "=" + value)
	}
	if e.Batch != "" {
		say("batch", word(e.Batch))
	}
	if e.Actor != "" && e.Actor != "system" {
		say("actor", word(e.Actor))
	}
	dec := json.NewDecoder(bytes.NewReader(e.Data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return strings.TrimSpace(b.String() + " " + Plain(string(e.Data)))
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			break
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			break
		}
		if value := short(raw); value != "" {
			say(Plain(fmt.Sprint(name)), value)
		}
	}
	return b.String()
}

// short is a value as a person reads it; empty for one that says nothing.
func short(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if text == "" {
			return ""
		}
		return word(text)
	}
	var tight bytes.Buffer
	if err := json.Compact(&tight, raw); err != nil {
		return Plain(string(raw))
	}
	switch s := tight.String(); {
	case s == "null", s == "[]", s[0] == '{' && idle(raw):
		return ""
	case s[0] == '{':
		var tick struct{ Epoch, Count *int64 }
		if json.Unmarshal(raw, &tick) == nil && tick.Epoch != nil && tick.Count != nil {
			return fmt.Sprintf("%d:%d", *tick.Epoch, *tick.Count)
		}
		return Plain(s)
	case s[0] == '[':
		return texts(raw, Plain(s))
	default:
		return Plain(s)
	}
}

// texts is a list of things that each have a text, as reasons do; otherwise it
// is the list as it stands.
func texts(raw json.RawMessage, asItStands string) string {
	var list []struct{ Text string }
	if json.Unmarshal(raw, &list) != nil {
		return asItStands
	}
	var out []string
	for _, l := range list {
		if l.Text == "" {
			return asItStands
		}
		out = append(out, l.Text)
	}
	return word(strings.Join(out, "; "))
}

// idle reports whether an object says nothing: all in it is empty or zero.
func idle(raw json.RawMessage) bool {
	var in map[string]json.RawMessage
	if json.Unmarshal(raw, &in) != nil {
		return false
	}
	for _, v := range in {
		switch string(v) {
		case "null", `""`, "0", "false", "{}", "[]", `"0001-01-01T00:00:00Z"`:
		default:
			return false
		}
	}
	return true
}

// word is a text that ends where it ends: in quotes if it has blanks.
func word(s string) string {
	if s = Plain(s); strings.ContainsAny(s, " \"") {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return s
}

// Plain replaces whatever a terminal might take for an order, and what turns
// the direction of writing.
func Plain(s string) string {
	ok := func(r rune) bool { return unicode.IsPrint(r) }
	if strings.IndexFunc(s, func(r rune) bool { return !ok(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if ok(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
