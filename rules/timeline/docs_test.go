package timeline

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"linesman/part"
	"linesman/rules"
	"linesman/scene"
)

// TestPage holds docs/rules.md: its zones, rules, terms and script are read as a
// site's would be, and the script is played.
func TestPage(t *testing.T) {
	data, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	var set scene.Settings
	var files, scripts []string
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page, -1) {
		switch text := m[1]; {
		case strings.HasPrefix(text, "zones:"):
			if err := yaml.UnmarshalWithOptions([]byte(text), &set, yaml.Strict()); err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(text, "follow:"):
			checkDefaults(t, text)
		case strings.HasPrefix(text, "rules:"):
			files = append(files, text)
		default:
			scripts = append(scripts, text)
		}
	}
	if len(files) != 2 || len(scripts) != 1 || len(set.Zones) != 2 {
		t.Fatalf("found %d files of rules, %d scripts and %d zones", len(files), len(scripts), len(set.Zones))
	}
	for _, name := range []string{"ejector", "hall", "ramp", "walkway", "welding", "post"} { // of other cameras
		set.Zones[name] = set.Zones["dock"]
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	site := rules.Site{Cameras: map[part.CameraID]*scene.Settings{"yard": &set}, Spaces: []string{"cell"}}
	for _, text := range files {
		if _, err := rules.Load([]byte(text), site); err != nil {
			t.Error(err)
		}
	}
	script, err := Read([]byte(scripts[0]), nil)
	if err != nil {
		t.Fatal(err)
	}
	results, err := script.Play()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, w := range r.Wrong {
			t.Errorf("%s: %s", r.Case, w)
		}
	}
	checkTerms(t, page, site)
}

// checkDefaults holds the page's values equal to those of an empty file.
func checkDefaults(t *testing.T, text string) {
	var said, empty scene.Settings
	if err := yaml.UnmarshalWithOptions([]byte(text), &said, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if err := empty.Validate(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(said, empty) {
		t.Errorf("the page says %+v\nand it is %+v", said, empty)
	}
}

// checkTerms reads every term of the page's tables.
func checkTerms(t *testing.T, page string, site rules.Site) {
	terms := 0
	for _, line := range strings.Split(page, "\n") {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		for _, term := range strings.Split(first, "`, `") {
			term = strings.Trim(term, "`")
			if !strings.ContainsAny(term, "(.") || strings.Contains(term, ":") {
				continue
			}
			terms++
			if _, err := rules.NewEngine([]rules.Rule{{Name: "r", When: term, Severity: "low", Say: "x"}}, site); err != nil {
				t.Errorf("%s: %v", term, err)
			}
		}
	}
	if terms < 20 {
		t.Errorf("found %d terms in the tables", terms)
	}
}
