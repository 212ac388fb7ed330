package module_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"linesman/bench/module"
)

const good = `name: rejects
reads: [linesman.part.*]
writes: [example.rejects.v1]
trial:
  - {type: linesman.part.judged.v1, data: {lane: 1}, answers: [example.rejects.v1]}
`

// TestManifest wants each mistake named with its setting.
func TestManifest(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"good":            {"", "", ""},
		"no name":         {"name: rejects", "name: ", `name ""`},
		"name of a path":  {"name: rejects", "name: ../x", `name "../x"`},
		"unknown key":     {"name: rejects", "name: rejects\ncolour: red", `unknown field "colour"`},
		"no reads":        {"[linesman.part.*]", "[]", "reads: name at least one"},
		"star inside":     {"[linesman.part.*]", `["linesman.*.v1", "linesman.part.*"]`, `reads "linesman.*.v1"`},
		"no writes":       {"writes: [example.rejects.v1]", "writes: []", "writes: name at least one"},
		"type not read":   {"part.judged", "line.held", `trial 1: type "linesman.line.held.v1" is not among reads`},
		"answer unknown":  {"answers: [example.rejects.v1]", "answers: [example.other.v1]", `trial 1: answers "example.other.v1"`},
		"no answers":      {"answers: [example.rejects.v1]", "times: 2", "at least one has answers"},
		"too many times":  {"answers: [", "times: 5000, answers: [", "times 5000"},
		"not yaml at all": {good, "\tx", "module.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "module.yaml"), []byte(strings.Replace(good, c.old, c.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			m, err := module.ReadManifest(dir)
			switch {
			case c.want == "" && (err != nil || m.Name != "rejects" || len(m.Trial) != 1):
				t.Errorf("got %+v, %v; want it read", m, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got error %v, want one that says %s", err, c.want)
			}
		})
	}
	if _, err := module.ReadManifest(t.TempDir()); err == nil || !strings.Contains(err.Error(), "docs/modules.md") {
		t.Errorf("no module.yaml: got error %v, want the cure", err)
	}
}
