package config

import (
	"strings"
	"testing"

	"linesman/alarm"
	"linesman/rules"
)

// What a rule holds a line for, or marks its parts for, is never silent by design.
func TestHoldsAreNotSuppressed(t *testing.T) {
	calls := rules.Rule{Name: "in", Then: []rules.Action{{Do: "beacon", What: "lamp"}}}
	holds := rules.Rule{Name: "in", Then: []rules.Action{{Do: "suspect", What: "caps-1"}, {Do: "hold", What: "caps-1"}}}
	marks := rules.Rule{Name: "in", Then: []rules.Action{{Do: "suspect", What: "caps-1"}}}
	for name, c := range map[string]struct {
		key  string
		rule rules.Rule
		want string
	}{
		"a rule that calls": {"watch/in/gate", calls, ""},
		"one that holds":    {"watch/in/gate", holds, `keeps key "watch/in/gate" silent, and with it rule "in", which holds a line`},
		"all of them":       {"watch/*", holds, "which holds a line"},
		"one that marks":    {"watch/in*", marks, `rule "in", which marks the parts of a line`},
		"another":           {"watch/out/*", holds, ""},
	} {
		s := &Site{Alarms: alarm.Settings{Suppress: []alarm.Suppression{{Name: "maintenance", Keys: []string{c.key}}}}}
		err := s.keepsHolds([]rules.Rule{c.rule})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
