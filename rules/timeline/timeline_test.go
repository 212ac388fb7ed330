package timeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTimelines plays every script that ships.
func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("../testdata/timelines/*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("found %d scripts: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Read(data, nil)
			if err != nil {
				t.Fatal(err)
			}
			results, err := f.Play()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				for _, w := range r.Wrong {
					t.Errorf("%s: %s\n%s", r.Case, w, strings.Join(r.Story, "\n"))
				}
			}
		})
	}
}

const fair = `
scene: {zones: {dock: {polygon: [[0, 0], [1, 0], [1, 1], [0, 1]]}}}
rules: [{name: r, when: person in zone("dock"), severity: low, say: Leave.}]
cases:
  - case: comes
    play: [{who: person 1, from: 0s, to: 5s, at: [0.5, 0.8]}]
    expect: [{rule: r, is: raised}]
`

// TestRefused holds that a script that can not be played says why.
func TestRefused(t *testing.T) {
	for _, tt := range []struct{ from, to, says string }{
		{"case: comes", "case: ''", "case 1 has no name"},
		{"who: person 1", "who: ghost 1", `who is "ghost 1"`},
		{"who: person 1", "what: bread", `what is "bread"`},
		{"who: person 1", "camera: coverd", `did you mean covered?`},
		{"who: person 1", "log: line.stat", `there is no event "line.stat"`},
		{"who: person 1", "heads: cell", `there is no space "cell"`},
		{"who: person 1", "who: person 1, what: fire", "want one of who, what"},
		{"who: person 1, from: 0s, to: 5s", "who: person 1, from: 5s, to: 5s", "want a beginning and a later end"},
		{"to: 5s", "to: 100h", "want at most"},
		{"at: [0.5, 0.8]", "at_m: [0.5, 0.8]", "scene has no floor"},
		{"at: [0.5, 0.8]", "at: [0.5]", "want x and y"},
		{"at: [0.5, 0.8]", "at: [0.5, 0.8], wears: [hat]", `wears "hat"`},
		{"at: [0.5, 0.8]", "at: [0.5, 0.8], height: 9", "height is 9"},
		{"rule: r, is", "rule: q, is", `there is no rule "q"; there are r`},
		{"is: raised", "is: up", `is is "up"`},
		{"is: raised", "is: raised, alerts: 1", "need at:"},
		{"is: raised", "is: raised, at: 2s, times: 1", "times is of the whole case"},
		{"expect: [{rule: r, is: raised}]", "expect: []", "it expects nothing"},
		{`zone("dock")`, `zone("dok")`, "did you mean dock?"},
		{"[[0, 0], [1, 0], [1, 1], [0, 1]]", "[[0, 0], [1, 0]]", "scene: zones.dock: the polygon has 2 corners"},
		{"scene:", "pictures: 90\nscene:", "pictures is 90"},
		{"scene:", "zone: Mars\nscene:", `zone is "Mars"`},
		{"scene:", "start: noon\nscene:", `start is "noon"`},
		{"scene:", "colour: red\nscene:", "unknown field"},
		{"scene:", "rules_file: x\nscene:", "not both"},
		{"cases:", "casses:", "unknown field"},
	} {
		text := strings.Replace(fair, tt.from, tt.to, 1)
		if text == fair {
			t.Fatalf("%q is not in the script", tt.from)
		}
		_, err := Read([]byte(text), func(string) ([]byte, error) { return nil, errors.New("no file") })
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, want %q", tt.to, err, tt.says)
		}
	}
}

// TestFails holds that a case that is not as expected says so.
func TestFails(t *testing.T) {
	for _, tt := range []struct{ expect, says string }{
		{"{rule: r, is: not raised}", `"r" should be not raised at some time and was raised 1 times`},
		{"{rule: r, is: raised, times: 2}", `should be raised 2 times and was raised 1 times`},
		{"{at: 3s, rule: r, is: not raised}", `at 3s: "r" should be not raised and is raised`},
		{"{at: 0s, rule: r, is: raised}", `at 0s: "r" should be raised and is not raised`},
		{"{at: 3s, rule: r, is: raised, alerts: 2}", `should stand as 2 alerts and stands as 1`},
		{"{at: 3s, rule: r, is: raised, asks: hold caps-1}", `should ask for hold caps-1 and does not`},
		{"{at: 3s, rule: r, is: raised, unseen: true}", `unseen should be true and is false`},
	} {
		f, err := Read([]byte(strings.Replace(fair, "{rule: r, is: raised}", tt.expect, 1)), nil)
		if err != nil {
			t.Fatal(err)
		}
		results, err := f.Play()
		if err != nil {
			t.Fatal(err)
		}
		if len(results[0].Wrong) != 1 || !strings.Contains(results[0].Wrong[0], tt.says) || len(results[0].Story) == 0 {
			t.Errorf("%s: %+v, want %q", tt.expect, results[0], tt.says)
		}
	}
}

// FuzzRead holds that no script brings the reader down, and that a short one that
// is read can be played.
func FuzzRead(f *testing.F) {
	f.Add([]byte(fair))
	files, _ := filepath.Glob("../testdata/timelines/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		script, err := Read(data, func(string) ([]byte, error) { return nil, errors.New("no file") })
		if err != nil {
			return
		}
		for i := range script.Cases {
			if script.Cases[i].end().Seconds()*script.Pictures > 100 {
				return
			}
		}
		if _, err := script.Play(); err != nil {
			t.Fatal(err)
		}
	})
}
