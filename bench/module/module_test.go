package module_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
		t.Fatalf("%v: make setup installs python3 (Debian: apt-get install python3)", err)
	}
	return path
}

// node returns the interpreter of the TypeScript modules: the one that make
// setup brings, or another that strips types by itself (22.18 or newer).
func node(t *testing.T) string {
	t.Helper()
	ours, err := filepath.Abs(filepath.Join("..", "..", ".tools", "bin", "node"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ours); err == nil {
		return ours
	}
	path, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("%v: make setup brings node to .tools/bin", err)
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
		{"typescript", []string{node(t), "module.ts"}},
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
	for _, name := range []string{"python/module.py", "typescript/module.ts"} {
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
			caught := slices.ContainsFunc(r.Clauses, func(c module.Clause) bool { return strings.Contains(c.Name, clause) && !c.Met })
			if !caught || r.Unmet() == 0 {
				t.Errorf("want the clause about %q unmet, got %+v", clause, r.Clauses)
			}
		})
	}
}
