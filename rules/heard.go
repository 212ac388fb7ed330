package rules

import (
	"encoding/json"
	"fmt"
	"slices"

	"linesman/event"
)

// Hear takes an event of the log: what it says of lines, and what rules read by
// last(...). Other events are passed over.
func (e *Engine) Hear(ev event.Event) {
	if l, err := event.As[event.LineState](ev); err == nil {
		e.running[l.Line] = l.State
	}
	key := heardKey{ev.Type, ev.Subject}
	if !slices.ContainsFunc(e.rules, func(r Rule) bool { return slices.Contains(r.uses.heard, key) }) {
		return
	}
	var data map[string]any
	if json.Unmarshal(ev.Data, &data) == nil {
		e.heard[key] = data
	}
}

// runs reports whether a line's belt may run. Only the log's word that it has
// stopped makes it stand still.
func (e *Engine) runs(line string, t *terms) bool {
	switch state := e.running[line]; state {
	case "":
		t.notes = append(t.notes, "the log has not said whether "+line+" runs: it is taken to")
	case "stopped":
		return false
	default:
		t.notes = append(t.notes, line+" is "+state)
	}
	return true
}

// last is what the newest event of a type about a subject said in one field, ""
// if there was none.
func (e *Engine) last(typ, subject, field string) string {
	v, ok := e.heard[heardKey{event.Type("linesman." + typ + ".v1"), subject}][field]
	if !ok {
		return ""
	}
	return fmt.Sprint(v)
}
