package module_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/bench/module"
)

// python returns the interpreter of the Python modules.
func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Fatalf("%v: install python3 (Debian: apt-get install python3-minimal); scripts/setup.sh tests does", err)
	}
	return path
}

// TestExamples holds the modules that people start from against the contract.
func TestExamples(t *testing.T) {
	for _, c := range []struct {
		dir     string
		command []string
	}{
		{"python", []string{python(t), "module.py"}},
	} {
		t.Run(c.dir, func(t *testing.T) {
			t.Parallel()
			r, err := module.Try(t.Context(), module.Settings{Dir: filepath.Join("..", "..", "examples", "modules", c.dir), Command: c.command, Patience: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			for _, clause := range r.Clauses {
				if !clause.Met {
					t.Errorf("%s: %s", clause.Name, clause.Why)
				} else {
					t.Logf("%s: %s", clause.Name, clause.Why)
				}
			}
			if len(r.Clauses) != 10 {
				t.Errorf("%d clauses were tried, want 10", len(r.Clauses))
			}
		})
	}
}

// TestShort keeps the examples short enough to be read at one go.
func TestShort(t *testing.T) {
	for _, name := range []string{"python/module.py"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "examples", "modules", name))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n >= 80 {
			t.Errorf("%s has %d lines, want fewer than 80", name, n)
		}
	}
}

// TestWrong wants each kind of wrong module caught, by the clause that is about
// it.
func TestWrong(t *testing.T) {
	for wrong, clause := range map[string]string{
		"cause":     "names the cause",
		"ids":       "before it was told",
		"forgets":   "killed in the middle",
		"hammers":   "it waits",
		"elsewhere": "outside its scope",
		"leaves":    "goes on by itself",
	} {
		t.Run(wrong, func(t *testing.T) {
			t.Parallel()
			r, err := module.Try(t.Context(), module.Settings{Dir: "testdata/wrong", Command: []string{python(t), "module.py", wrong}, Patience: 5 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.Clauses {
				if strings.Contains(c.Name, clause) && c.Met {
					t.Errorf("%q was met (%s) by a module that is wrong there; the report: %+v", c.Name, c.Why, r.Clauses)
				}
			}
			if r.Unmet() == 0 {
				t.Errorf("all %d clauses were met", len(r.Clauses))
			}
		})
	}
}
