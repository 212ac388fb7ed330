package rules

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/part"
)

// press is a machine of which a module tells.
var press = Machine{Event: "mes.mode.v1", Field: "mode", Running: []string{"auto", "setup", "1"}}

// mode is what the module says of a machine, as it stands in the log.
func mode(subject, data string, seq uint64, at time.Time) event.Event {
	return event.Event{Type: "mes.mode.v1", Subject: subject, Seq: seq, Time: at, Data: json.RawMessage(data)}
}

// TestMachine holds that a machine stands only by the log's own word: what is not
// known, not said, or said too long ago is none.
func TestMachine(t *testing.T) {
	patient, brief, other := press, press, press
	brief.AtMost, other.Subject = time.Minute, "hall/press 1"
	for name, c := range map[string]struct {
		machine Machine
		subject string
		said    []string
		after   time.Duration
		runs    bool
		note    string
	}{
		"never heard of":              {patient, "press-1", nil, 0, true, "the log has not said whether press-1 runs: it is taken to"},
		"in a mode that moves":        {patient, "press-1", []string{`{"mode":"auto"}`}, 0, true, "press-1 is in mode auto"},
		"in another":                  {patient, "press-1", []string{`{"mode":"auto"}`, `{"mode":"maintenance"}`}, 0, false, ""},
		"a number":                    {patient, "press-1", []string{`{"mode":1}`}, 0, true, "press-1 is in mode 1"},
		"another number":              {patient, "press-1", []string{`{"mode":0}`}, 0, false, ""},
		"without the field":           {patient, "press-1", []string{`{"mode":"stopped"}`, `{"state":"stopped"}`}, 0, true, "it has no mode"},
		"a field that is null":        {patient, "press-1", []string{`{"mode":"stopped"}`, `{"mode":null}`}, 0, true, "it has no mode"},
		"no object":                   {patient, "press-1", []string{`{"mode":"stopped"}`, `"stopped"`}, 0, true, "it has no mode"},
		"said of another":             {patient, "press-2", []string{`{"mode":"stopped"}`}, 0, true, "has not said"},
		"a subject of its own":        {other, "hall/press 1", []string{`{"mode":"stopped"}`}, 0, false, ""},
		"said long ago, and believed": {patient, "press-1", []string{`{"mode":"stopped"}`}, 90 * time.Hour, false, ""},
		"said a minute ago":           {brief, "press-1", []string{`{"mode":"stopped"}`}, time.Minute, false, ""},
		"said longer ago than meant":  {brief, "press-1", []string{`{"mode":"stopped"}`}, time.Minute + time.Second, true, "the log has not said for 1m0s whether press-1 runs"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := NewEngine([]Rule{{Name: "r", When: `runs("press-1")`, Severity: "low", Say: "x"}}, Site{Lines: []part.LineID{}, Machines: map[string]Machine{"press-1": c.machine}})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.said {
				e.Hear(mode(c.subject, s, 0, second(0)))
			}
			e.Step(Moment{At: second(0).Add(c.after)})
			stands := e.Standing()
			if len(stands) == 1 != c.runs {
				t.Fatalf("%d stand, want that it runs: %v", len(stands), c.runs)
			}
			if c.runs && !strings.Contains(stands[0].Text, c.note) {
				t.Errorf("the alert says %q, want %q", stands[0].Text, c.note)
			}
		})
	}
}

// TestOlderIsNotHeard holds that what is read again of the log never puts back
// what was said since.
func TestOlderIsNotHeard(t *testing.T) {
	e, err := NewEngine([]Rule{{Name: "r", When: `runs("press-1") or runs("caps-1")`, Severity: "low", Say: "x"}}, Site{Lines: []part.LineID{"caps-1"}, Machines: map[string]Machine{"press-1": press}})
	if err != nil {
		t.Fatal(err)
	}
	line := func(state string, seq uint64) event.Event {
		ev := event.New("/demo/line/caps-1", "line", second(0), event.LineState{Line: "caps-1", State: state})
		ev.Seq = seq
		return ev
	}
	for i, c := range []struct {
		say  []event.Event
		runs bool
	}{
		{[]event.Event{mode("press-1", `{"mode":"stopped"}`, 7, second(0)), line("stopped", 8)}, false},
		{[]event.Event{mode("press-1", `{"mode":"auto"}`, 5, second(0)), line("running", 6)}, false},
		{[]event.Event{mode("press-1", `{"mode":"auto"}`, 9, second(0))}, true},
		{[]event.Event{mode("press-1", `{"mode":"stopped"}`, 10, second(0)), line("running", 11)}, true},
		{[]event.Event{line("stopped", 8)}, true},
		{[]event.Event{line("stopped", 12)}, false},
	} {
		for _, ev := range c.say {
			e.Hear(ev)
		}
		e.env.notes, e.env.moment = nil, &Moment{At: second(float64(i))}
		if is := e.runs("press-1", e.env) || e.runs("caps-1", e.env); is != c.runs {
			t.Errorf("%d: runs is %v, want %v", i, is, c.runs)
		}
	}
}

func TestMachineRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Machine)
		want   string
	}{
		"no event":        {func(m *Machine) { m.Event = "" }, "machines.press-1.event: is empty: say which event"},
		"a short one":     {func(m *Machine) { m.Event = "plc.stat" }, `machines.press-1.event: there is no event "plc.stat", did you mean plc.state?`},
		"of parts":        {func(m *Machine) { m.Event = "part.seen" }, "single parts"},
		"no field":        {func(m *Machine) { m.Field = "" }, "machines.press-1.field: is empty"},
		"never running":   {func(m *Machine) { m.Running = nil }, "machines.press-1.running: is empty: list what the field says"},
		"running nothing": {func(m *Machine) { m.Running = []string{" "} }, "machines.press-1.running: is empty"},
		"for ever":        {func(m *Machine) { m.AtMost = 1000 * time.Hour }, "machines.press-1.at_most: 1000h0m0s: want 1s to 168h0m0s"},
		"backwards":       {func(m *Machine) { m.AtMost = -time.Hour }, "machines.press-1.at_most"},
		"ours":            {func(m *Machine) { m.Event = "plc.state" }, ""},
		"ours, whole":     {func(m *Machine) { m.Event = "linesman.plc.state.v1" }, ""},
	} {
		m := press
		c.change(&m)
		_, err := ValidMachines(map[string]Machine{"press-1": m}, nil)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := NewEngine(nil, Site{Lines: []part.LineID{"press-1"}, Machines: map[string]Machine{"press-1": press}}); err == nil || !strings.Contains(fmt.Sprint(err), "machines.press-1: lines has that name, too") {
		t.Errorf("a line of the same name: %v", err)
	}
}
