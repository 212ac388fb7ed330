package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Action is something that an alert asks for while it stands. Who receives the
// alert carries it out, lines what is asked of them and the alarm desk what is
// asked of a lamp; a rule only says it.
type Action struct {
	Do   string `json:"do"`   // "hold", "suspect" or "beacon"
	What string `json:"what"` // the line, or the beacon's channel
}

// The actions there are: hold asks a line to hold, suspect marks the parts that
// pass it meanwhile, beacon lights a lamp.
var actions = []string{"beacon", "hold", "suspect"}

// String writes the action as in the file.
func (a Action) String() string { return a.Do + " " + a.What }

// UnmarshalText reads "hold caps-1".
func (a *Action) UnmarshalText(text []byte) error {
	words := strings.Fields(string(text))
	if len(words) != 2 {
		return fmt.Errorf("then: %q: want an action and its object, such as hold caps-1", text)
	}
	if !slices.Contains(actions, words[0]) {
		return fmt.Errorf("then: there is no action %q%s; there are %s", words[0], meant(words[0], actions), strings.Join(actions, ", "))
	}
	a.Do, a.What = words[0], words[1]
	return nil
}

func (a Action) check(site Site) error {
	if a.Do == "beacon" {
		return a.checkBeacon(site.Beacons)
	}
	if site.Lines == nil {
		return nil
	}
	names := make([]string, len(site.Lines))
	for i, l := range site.Lines {
		names[i] = string(l)
	}
	if !slices.Contains(names, a.What) {
		return fmt.Errorf("then: %s: there is no line %q%s", a, a.What, meant(a.What, names))
	}
	return nil
}

// checkBeacon refuses a lamp that the site does not have; nil: it may have any.
func (a Action) checkBeacon(beacons []string) error {
	switch {
	case beacons == nil || slices.Contains(beacons, a.What):
		return nil
	case len(beacons) == 0:
		return fmt.Errorf("then: %s: alarms.channels has no beacon: add %s: {driver: beacon, controller: NAME, point: NAME} to it", a, a.What)
	}
	return fmt.Errorf("then: %s: there is no beacon %q%s: alarms.channels with driver beacon are %s", a, a.What, meant(a.What, beacons), strings.Join(beacons, ", "))
}
