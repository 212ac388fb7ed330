package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"linesman/event"
)

// said is what the newest event of a kind said.
type said struct {
	data map[string]any // nil: there was none
	at   time.Time
	seq  uint64 // of the log; 0 where there is none
}

// Hear takes an event of the log: what it says of lines, and what rules read by
// last(...) and of machines. Other events are passed over, and so is one that is
// older in the log than what was heard of the same.
func (e *Engine) Hear(ev event.Event) {
	if l, err := event.As[event.LineState](ev); err == nil && newer(ev, e.running[l.Line].seq) {
		e.running[l.Line] = ran{l.State, ev.Seq}
	}
	key := heardKey{ev.Type, ev.Subject}
	if !newer(ev, e.heard[key].seq) || !slices.ContainsFunc(e.rules, func(r Rule) bool { return slices.Contains(r.uses.heard, key) }) {
		return
	}
	data := map[string]any{} // of one that is no object every field is not known
	if json.Unmarshal(ev.Data, &data) != nil || data == nil {
		data = map[string]any{}
	}
	e.heard[key] = said{data, ev.Time, ev.Seq}
}

// newer reports whether an event is not older than what was heard.
func newer(ev event.Event, than uint64) bool { return ev.Seq == 0 || ev.Seq >= than }

// ran is what the log last said of a line.
type ran struct {
	state string
	seq   uint64
}

// runs reports whether a line's belt, or a machine, may run. Only the log's word
// that it has stopped makes it stand still.
func (e *Engine) runs(name string, t *terms) bool {
	if m, ok := e.site.Machines[name]; ok {
		is, note := m.runs(name, e.heard[m.about], t.moment.At)
		if note != "" {
			t.notes = append(t.notes, note)
		}
		return is
	}
	switch state := e.running[name].state; state {
	case "":
		t.notes = append(t.notes, "the log has not said whether "+name+" runs: it is taken to")
	case "stopped":
		return false
	default:
		t.notes = append(t.notes, name+" is "+state)
	}
	return true
}

// last is what the newest event of a type, written whole, about a subject said in
// one field, "" if there was none.
func (e *Engine) last(typ, subject, field string) string {
	v, ok := e.heard[heardKey{event.Type(typ), subject}].data[field]
	if !ok || v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
