package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTestRules(t *testing.T) {
	good := "../../rules/testdata/timelines/goods.yaml"
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := write("bad.yaml", strings.Replace(string(text), "is: raised, alerts: 1", "is: raised, alerts: 2", 1))
	odd := write("odd.yaml", strings.Replace(string(text), `zone("walkway")`, `zone("walkways")`, 1))
	beside := write("beside.yaml", `
rules_file: my-rules.yaml
cases:
  - case: somebody comes
    play: [{who: person 1, from: 0s, to: 5s, at: [0.5, 0.8]}]
    expect: [{rule: nobody may be here, is: raised}]
`)
	write("my-rules.yaml", "rules:\n  - {name: nobody may be here, when: person, severity: low, say: Leave.}\n")
	for _, tt := range []struct {
		file  string
		fails string
		says  []string
	}{
		{good, "", []string{"ok   goods.yaml: carried through", "5 of 5 cases"}},
		{bad, errNotAsExpected.Error(), []string{"FAIL bad.yaml: somebody puts a box down and goes", `at 50s: "goods left in the walkway" should stand as 2 alerts and stands as 1`, "raised", "4 of 5 cases"}},
		{odd, `when, column 22: no camera has a zone "walkways", did you mean walkway?`, nil},
		{beside, "", []string{"1 of 1 cases"}},
	} {
		var out strings.Builder
		err := (&TestRulesCmd{Files: []string{tt.file}}).play(&out)
		if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("%s: %v, want %q", tt.file, err, tt.fails)
		}
		for _, s := range tt.says {
			if !strings.Contains(out.String(), s) {
				t.Errorf("%s: does not say %q:\n%s", tt.file, s, out.String())
			}
		}
	}
}
