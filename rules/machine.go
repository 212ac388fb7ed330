package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"linesman/part"
)

// Machine says how the log tells whether a machine that is no inspection line
// runs, for runs("press-1"): what the newest event of a type about a subject says
// in one field. Until such an event was heard, and where it lacks the field, the
// machine is taken to run.
type Machine struct {
	Event   string        `yaml:"event"`             // a module's type, written whole, or a short one of ours: plc.state
	Subject string        `yaml:"subject,omitempty"` // whom the event is about; default the machine's own name
	Field   string        `yaml:"field"`             // of its data
	Running []string      `yaml:"running,flow"`      // what it says while the machine may move; whatever else it says, it stands
	AtMost  time.Duration `yaml:"at_most,omitempty"` // what was said longer ago is not believed: it is taken to run; default: it is, until the next word

	about heardKey // the event meant, once valid
}

// Bounds of a machine's at_most.
const (
	leastBelieved = time.Second
	mostBelieved  = 7 * 24 * time.Hour
)

// Validate fills defaults and refuses what can not be meant. name is the machine's.
func (m *Machine) Validate(name string) error {
	var errs []error
	refuse := func(setting, format string, args ...any) {
		errs = append(errs, fmt.Errorf("machines.%s.%s: %w", name, setting, fmt.Errorf(format, args...)))
	}
	if m.Subject == "" {
		m.Subject = name
	}
	if m.Event == "" {
		refuse("event", "is empty: say which event of the log tells whether it runs, such as mes.mode.v1")
	} else if t, err := EventType(m.Event); err != nil {
		refuse("event", "%w", err)
	} else {
		m.about = heardKey{t, m.Subject}
	}
	if m.Field == "" {
		refuse("field", "is empty: say which field of the event's data tells it, such as mode")
	}
	if len(m.Running) == 0 || slices.ContainsFunc(m.Running, func(s string) bool { return strings.TrimSpace(s) == "" }) {
		refuse("running", "is empty: list what the field says while the machine may move, such as [auto, setup]")
	}
	if m.AtMost != 0 && (m.AtMost < leastBelieved || m.AtMost > mostBelieved) {
		refuse("at_most", "%v: want %v to %v, or leave it out if the module speaks only when something changes", m.AtMost, leastBelieved, mostBelieved)
	}
	return errors.Join(errs...)
}

// runs reports whether the machine may move at a time, by what the log said last,
// and says why in notes. What is not known is no word that it stands.
func (m *Machine) runs(name string, last said, now time.Time) (is bool, note string) {
	value, ok := last.data[m.Field]
	switch {
	case last.data == nil:
		return true, "the log has not said whether " + name + " runs: it is taken to"
	case !ok || value == nil:
		return true, fmt.Sprintf("%s of %s does not say whether it runs (it has no %s): it is taken to", m.Event, name, m.Field)
	case m.AtMost > 0 && now.Sub(last.at) > m.AtMost:
		return true, fmt.Sprintf("the log has not said for %v whether %s runs: it is taken to", m.AtMost, name)
	case slices.Contains(m.Running, fmt.Sprint(value)):
		return true, fmt.Sprintf("%s is in %s %v", name, m.Field, value)
	}
	return false, ""
}

// checkBelt refuses what runs can not tell: neither line nor machine.
func (s *Site) checkBelt(name string) error {
	if s.Lines == nil {
		return nil // any
	}
	names := texts(s.Lines)
	for machine := range s.Machines {
		names = append(names, machine)
	}
	slices.Sort(names)
	cure := fmt.Sprintf("say under machines: in the site file which event tells whether %s runs", name)
	switch {
	case slices.Contains(names, name):
		return nil
	case len(names) == 0:
		return fmt.Errorf("the site has no line and no machine %q: %s", name, cure)
	}
	return fmt.Errorf("there is no line %q%s, and no such machine: there are %s; for another machine, %s", name, meant(name, names), strings.Join(names, ", "), cure)
}

// ValidMachines returns a site's machines with defaults filled. A name that a line
// has is refused: the log says of the line itself whether it runs.
func ValidMachines(machines map[string]Machine, lines []part.LineID) (map[string]Machine, error) {
	var errs []error
	out := make(map[string]Machine, len(machines))
	for _, name := range slices.Sorted(maps.Keys(machines)) {
		m := machines[name]
		if slices.Contains(texts(lines), name) {
			errs = append(errs, fmt.Errorf("machines.%s: lines has that name, too, and the log says of the line itself whether it runs: leave the machine out, or name it otherwise", name))
		}
		errs = append(errs, m.Validate(name))
		out[name] = m
	}
	return out, errors.Join(errs...)
}
