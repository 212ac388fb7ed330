package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"linesman/event"
)

// ours begins every type of this product; whole is how a module names its own.
const ours = "linesman."

var (
	whole     = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+\.v[1-9][0-9]*$`)
	versioned = regexp.MustCompile(`\.v[0-9]+$`)
)

// EventType returns the type that people mean by a name in a rule, a script or the
// site file, as alarms.suppress reads it: "line.state" is ours,
// linesman.line.state.v1; a module's is written whole, "mes.mode.v1". It refuses
// what nothing in the log can be called, and what is said of single parts.
func EventType(name string) (event.Type, error) {
	names := eventTypes()
	short := shortType(event.Type(name))
	if strings.HasPrefix(short, "part.") || short == "sample.labelled" {
		return "", fmt.Errorf("%q is said of single parts, which are many, and is not heard by rules: take what is said of the line, such as line.state or ledger.mismatch", name)
	}
	switch {
	case slices.Contains(names, short) && (short == name || strings.HasPrefix(name, ours)):
		return event.Type(ours + short + ".v1"), nil
	case slices.Contains(names, short):
		return "", fmt.Errorf("%q is no event of ours, and modules name theirs otherwise: did you mean %s?", name, short)
	case whole.MatchString(name) && !strings.HasPrefix(name, ours):
		return event.Type(name), nil
	case strings.Contains(name, ".") && !versioned.MatchString(name) && meant(name, names) == "":
		return "", fmt.Errorf("there is no event %q: a module's is written whole, with its version, such as mes.mode.v1; of ours there are %s", name, strings.Join(names, ", "))
	}
	return "", fmt.Errorf("there is no event %q%s: there are %s, and those of modules, such as mes.mode.v1", name, meant(short, names), strings.Join(names, ", "))
}

// eventTypes are our own types of events by the names that people use, but for
// those of single parts.
func eventTypes() (names []string) {
	for _, p := range event.Payloads() {
		if short := shortType(p.EventType()); !strings.HasPrefix(short, "part.") && short != "sample.labelled" {
			names = append(names, short)
		}
	}
	return names
}

func shortType(t event.Type) string {
	return strings.TrimSuffix(strings.TrimPrefix(string(t), ours), ".v1")
}
