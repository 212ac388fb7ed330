package recipe

import (
	"math"
	"slices"
	"strings"
	"testing"

	"linesman/models"
	"linesman/part"
	"linesman/rules"
	"linesman/vision"
)

const good = `recipe: cap-28
version: 3
part: {diameter_mm: 28}
model: model
limits: {anomaly: 1.1}
`

func TestParse(t *testing.T) {
	r, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if r.ID() != "cap-28@3" || len(r.Hash()) != 64 || r.Keep.OnePassIn != 1000 || r.Limits.Anomaly != 1.1 {
		t.Errorf("got %+v", r)
	}
	other, err := Parse([]byte(good + "# a comment is a change too\n"))
	if err != nil {
		t.Fatal(err)
	}
	if other.Hash() == r.Hash() {
		t.Error("two files with one hash")
	}
}

// spots excuses spots by size and place.
const spots = `recipe: cap-28
version: 4
part: {diameter_mm: 28}
model: model
limits:
  guided: true
  zones:
    rim: {ring_mm: [12.5, 14]}
    mark: {polygon_mm: [[-4, -2], [4, -2], [4, 2], [-4, 2]]}
  classes:
    spot:
      min_mm: 0.3
      min_area_mm2: 0.2
      zones:
        - {zone: mark, ignore: true}
        - {zone: rim, factor: 1.5}
    print place: {zones: [{zone: rim, outside: true, factor: 0.5}]}
`

func TestParseClasses(t *testing.T) {
	r, err := Parse([]byte(spots))
	if err != nil {
		t.Fatal(err)
	}
	spot := r.Limits.Classes["spot"]
	if spot.MinMM != 0.3 || spot.MinAreaMM2 != 0.2 || len(spot.Zones) != 2 || spot.Zones[0].Factor != 1 || spot.Zones[1].Factor != 1.5 ||
		len(r.Limits.Zones["mark"].PolygonMM) != 4 || r.Limits.Lowest() != 0.5 {
		t.Errorf("got %+v", r.Limits)
	}
	for says, change := range map[string][2]string{
		"unknown field \"min\"":                 {"min_mm", "min"},
		"limits.classes.spot: zones[1] names":   {"zone: rim, factor", "zone: rum, factor"},
		"limits.zones.rim: ring_mm is [12.5 4]": {"14]", "4]"},
		"limits.guided: true":                   {"  guided: true\n", ""},
	} {
		text := strings.Replace(spots, change[0], change[1], 1)
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: got %v, want an error with %q", change, err, says)
		}
	}
}

func TestDiffOfClasses(t *testing.T) {
	after := strings.NewReplacer("version: 4", "version: 5", "min_mm: 0.3", "min_mm: 0.4", "14]", "13.5]", "      min_area_mm2: 0.2\n", "", "factor: 1.5", "factor: 1.5, outside: true").Replace(spots)
	rows, err := Diff([]byte(spots), []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"- limits.classes.spot.min_area_mm2: 0.2",
		"  limits.classes.spot.min_mm: 0.3 -> 0.4",
		"+ limits.classes.spot.zones[1].outside: true",
		"  limits.zones.rim.ring_mm[1]: 14 -> 13.5",
		"  version: 4 -> 5",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, from, to, says string }{
		{"unknown key", "model:", "modle:", "[4:1]"},
		{"unknown nested key", "diameter_mm", "diametre_mm", "[3:8]"},
		{"no version", "version: 3\n", "", "version is 0"},
		{"no size", "{diameter_mm: 28}", "{lanes: 1}", "part.diameter_mm is 0"},
		{"no model", "model: model\n", "", "linesman teach"},
		{"limit", "anomaly: 1.1", "anomaly: -1", "limits.anomaly is -1"},
		{"not yaml", "recipe:", "\t:", "[1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.from, tt.to, 1)
			if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error with %q", err, tt.says)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(spots))
	f.Add([]byte(strings.Replace(spots, "[-4, 2]]", "[-4, .nan]]", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data)
		if err != nil {
			return
		}
		if r.Name == "" || r.Version < 1 {
			t.Errorf("taken without a name or version: %q", data)
		}
		// What was taken can be judged by, and passes nothing of which nobody knows
		// where it is.
		for class := range r.Limits.Classes {
			f := models.Finding{Class: class, Score: 2 * max(1, r.Limits.Anomaly)}
			in := rules.Input{Views: []rules.View{{Quality: vision.Quality{Focus: math.MaxFloat64},
				Result: models.Result{Anomaly: f.Score, Findings: []models.Finding{f}, Listed: r.Limits.Places()}}}}
			if v := rules.Judge(in, r.Limits, r.Hash()); v.Outcome != part.Fail {
				t.Errorf("%v of what lies nobody knows where, by %q", v.Outcome, data)
			}
		}
	})
}

// Models that were trained elsewhere stand beside a taught one, or alone.
func TestModels(t *testing.T) {
	for _, c := range []struct {
		name, models, says string
		taught             string
		others             []string
	}{
		{"beside", "model: model\nmodels: [stains, /srv/scratches]", "", "model", []string{"stains", "/srv/scratches"}},
		{"alone", "models: [stains]", "", "", []string{"stains"}},
		{"none", "models: []", `"model:" names no folder`, "", nil},
		{"a folder twice", "models: [stains, stains]", "models[1]", "", nil},
		{"the taught one again", "model: model\nmodels: [model]", "models[0]", "", nil},
		{"no name", "model: model\nmodels: ['']", "models[0]", "", nil},
	} {
		r, err := Parse([]byte(strings.Replace(good, "model: model", c.models, 1)))
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want it to say %q", c.name, err, c.says)
			continue
		}
		if err == nil && (r.ModelDir() != c.taught || !slices.Equal(r.OtherDirs(), c.others)) {
			t.Errorf("%s: folders %q and %q", c.name, r.ModelDir(), r.OtherDirs())
		}
	}
}
