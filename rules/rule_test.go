package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/part"
	"linesman/scene"
)

// plant has two cameras: the yard with a floor, the hall without.
func plant(t *testing.T) Site {
	t.Helper()
	square := [][]float64{{0.2, 0.2}, {0.8, 0.2}, {0.8, 0.9}, {0.2, 0.9}}
	yard := &scene.Settings{Zones: map[string]scene.Zone{"dock": {Polygon: square}},
		Lines: map[string]scene.Line{"gate": {Points: [][]float64{{0.5, 0}, {0.5, 1}}, In: "right"}},
		Floor: &scene.Floor{Picture: square, Metres: [][]float64{{0, 10}, {8, 10}, {8, 0}, {0, 0}}}}
	hall := &scene.Settings{Zones: map[string]scene.Zone{"ejector": {Polygon: square}}}
	for _, s := range []*scene.Settings{yard, hall} {
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return Site{Cameras: map[part.CameraID]*scene.Settings{"yard": yard, "hall": hall}, Spaces: []string{"cell"}, Lines: []part.LineID{"caps-1"}, Beacons: []string{"horn", "lamp"}, Zone: berlin}
}

// TestRefused holds every mistake that can be made in a rule against the words in
// which it is refused.
func TestRefused(t *testing.T) {
	for _, tt := range []struct{ when, says string }{
		{`persn in zone("dock")`, `column 1: nobody knows what "persn" is, did you mean person?`},
		{`person in zone("dokc")`, `column 16: no camera has a zone "dokc", did you mean dock?`},
		{`person in zone("moon")`, `no camera has a zone "moon"`},
		{`person in "dock"`, `in stands between people or things and a zone`},
		{`person in dock`, `nobody knows what "dock" is`},
		{`crossed(person, "gat", "in")`, `no camera has a line "gat", did you mean gate?`},
		{`crossed(person, "gate", "inn")`, `there is no way over a line "inn", did you mean in?`},
		{`person in zone("dock") and person in zone("ejector")`, `camera hall has no zone "dock"`},
		{`without(person, "helmt")`, `there is no item of dress "helmt", did you mean helmet?`},
		{`withut(person, "helmet")`, `nobody knows what "withut" is, did you mean without?`},
		{`without("helmet", person)`, `without wants people or things first`},
		{`without(person)`, `without takes 2 things in its brackets, not 1: without(person in zone("hall"), "helmet")`},
		{`longer(person, "1 minute")`, `"1 minute" is no time: want such as 30s or 5m`},
		{`longer(person, 60)`, `longer wants this in quotes`},
		{`heading(person, "north")`, `there is no way "north"`},
		{`near(person, forklift, "3")`, `"3": want a number and its unit, m, such as 2 m`},
		{`near(person, 3, "3 m")`, `near wants people, things or zone("...") second`},
		{`faster(forklift, "9 km/h")`, `want a number and its unit, m/s or heights/s`},
		{`headcount("cel") > 1`, `there is no closed space "cel", did you mean cell?`},
		{`runs("caps-2")`, `there is no line "caps-2", did you mean caps-1?, and no such machine: there are caps-1; for another machine, say under machines: in the site file`},
		{`last("plc.stat", "plc-1", "state") == "x"`, `there is no event "plc.stat", did you mean plc.state?`},
		{`last("part.judged", "caps-1", "outcome") == "fail"`, `"part.judged" is said of single parts, which are many, and is not heard by rules`},
		{`last("mes.mode", "press-1", "mode") == "x"`, `there is no event "mes.mode": a module's is written whole, with its version, such as mes.mode.v1`},
		{`last("plc.state.v1", "plc-1", "state") == "x"`, `did you mean plc.state?`},
		{`last("linesman.mes.mode.v1", "press-1", "mode") == "x"`, `there is no event "linesman.mes.mode.v1"`},
		{`camera.coverd`, `a camera is not "coverd", did you mean covered?`},
		{`person.x`, `only camera has something after a dot`},
		{`camera.covered and person`, `do not go into one rule`},
		{`number(person)`, `is a int, not something that is the case or not`},
		{`person > 3`, `people can not be compared by >; number(...) counts them`},
		{`person and`, `column 10`},
		{`(person`, `column`},
		{`now() > date("2026-01-01")`, `nobody knows what "now" is`},
		{`any(person, true)`, `column 1: nobody knows what "any" is`},
		{`1 + 1`, `not something that is the case`},
		{`zone("dock")`, `not something that is the case`},
		{`"person"`, `not something that is the case`},
		{``, `when is empty`},
	} {
		_, err := NewEngine([]Rule{{Name: "r", When: tt.when, Severity: "low", Say: "x"}}, plant(t))
		if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), `rule "r": `) {
			t.Errorf("%s: got %v, want %q", tt.when, err, tt.says)
		}
	}
	minute := -time.Minute
	for says, r := range map[string]Rule{
		`rule "1": it has no name`:                              {When: "person", Severity: "low", Say: "x"},
		`severity is "hgh", did you mean high?`:                 {Name: "r", When: "person", Severity: "hgh", Say: "x"},
		`say is empty`:                                          {Name: "r", When: "person", Severity: "low"},
		`for is -1m0s`:                                          {Name: "r", When: "person", Severity: "low", Say: "x", For: minute},
		`keep is -1m0s`:                                         {Name: "r", When: "person", Severity: "low", Say: "x", Keep: &minute},
		`each is "persons", did you mean person?`:               {Name: "r", When: "person", Severity: "low", Say: "x", Each: "persons"},
		`each is forklift, but when does not speak of forklift`: {Name: "r", When: "person", Severity: "low", Say: "x", Each: "forklift"},
		`a line is crossed in an instant: leave for out`:        {Name: "r", When: `crossed(person, "gate", "in")`, Severity: "low", Say: "x", For: time.Second},
		`there is no camera "yrd", did you mean yard?`:          {Name: "r", When: "person", Severity: "low", Say: "x", Cameras: []part.CameraID{"yrd"}},
		`camera hall has no zone "dock"`:                        {Name: "r", When: `person in zone("dock")`, Severity: "low", Say: "x", Cameras: []part.CameraID{"hall"}},
		`camera hall has no floor, so m/s are not to be had`:    {Name: "r", When: `faster(person, "3 m/s")`, Severity: "low", Say: "x", Cameras: []part.CameraID{"hall"}},
		`nothing that a camera shows; leave cameras out`:        {Name: "r", When: `headcount("cell") > 2`, Severity: "low", Say: "x", Cameras: []part.CameraID{"hall"}},
		`then: beacon lmp: there is no beacon "lmp", did you mean lamp?: alarms.channels with driver beacon are horn, lamp`: {Name: "r", When: "person", Severity: "low", Say: "x", Then: []Action{{"beacon", "lmp"}}},
		`then: hold caps-2: there is no line "caps-2", did you m`:                                                           {Name: "r", When: "person", Severity: "low", Say: "x", Then: []Action{{"hold", "caps-2"}}},
	} {
		if _, err := NewEngine([]Rule{r}, plant(t)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
	twice := Rule{Name: "r", When: "person", Severity: "low", Say: "x"}
	if _, err := NewEngine([]Rule{twice, twice}, plant(t)); err == nil || !strings.Contains(err.Error(), "the name is used twice") {
		t.Errorf("one name for two rules: %v", err)
	}
}

// TestRefusedFiles holds that a file's mistakes are told with their line.
func TestRefusedFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/refused/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		want := strings.TrimPrefix(first, "# ")
		if _, err := Load(text, plant(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", file, err, want)
		}
	}
}

func TestDuring(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) } // the 2nd is a Monday
	for _, tt := range []struct {
		text     string
		in, out  []time.Time
		mistaken string
	}{
		{text: "Mo-Fr 06:00-22:00", in: []time.Time{at(2, 6, 0), at(6, 21, 59)}, out: []time.Time{at(2, 5, 59), at(2, 22, 0), at(7, 12, 0)}},
		{text: "22:00-06:00", in: []time.Time{at(2, 22, 0), at(3, 5, 59), at(8, 0, 0)}, out: []time.Time{at(2, 6, 0), at(2, 21, 59)}},
		{text: "Fr 22:00-06:00", in: []time.Time{at(6, 23, 0), at(7, 5, 0)}, out: []time.Time{at(6, 5, 0), at(7, 22, 0)}},
		{text: "Sa-Su", in: []time.Time{at(7, 0, 0), at(8, 23, 59)}, out: []time.Time{at(6, 23, 59), at(9, 0, 0)}},
		{text: "Fr-Mo 06:00-24:00, We", in: []time.Time{at(6, 7, 0), at(2, 7, 0), at(4, 0, 0), at(8, 23, 59)}, out: []time.Time{at(3, 7, 0), at(5, 7, 0), at(8, 5, 0)}},
		{text: "mo 6:00-7:30; tu 06:00-07:30", in: []time.Time{at(2, 7, 29), at(3, 6, 0)}, out: []time.Time{at(2, 7, 30), at(4, 7, 0)}},
		{text: "", mistaken: "is empty"},
		{text: "Mon", mistaken: `"Mon" is no day`},
		{text: "Mo-Xx 06:00-07:00", mistaken: `"Xx" is no day`},
		{text: "06:00", mistaken: "want hours from and to"},
		{text: "06:00-25:00", mistaken: `"25:00" is no time of the day`},
		{text: "06:00-6", mistaken: "is no time of the day"},
		{text: "06:00-06:00", mistaken: "begins when it ends"},
		{text: "Mo Tu 06:00-07:00", mistaken: "want days, hours or both"},
		{text: "06:00-07:00 Mo", mistaken: "want days, hours or both"},
	} {
		d, err := ParseDuring(tt.text)
		if tt.mistaken != "" {
			if err == nil || !strings.Contains(err.Error(), tt.mistaken) {
				t.Errorf("%q: got %v, want %q", tt.text, err, tt.mistaken)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		for _, when := range tt.in {
			if !d.Covers(when) {
				t.Errorf("%q does not cover %v", tt.text, when.Format("Mon 15:04"))
			}
		}
		for _, when := range tt.out {
			if d.Covers(when) {
				t.Errorf("%q covers %v", tt.text, when.Format("Mon 15:04"))
			}
		}
	}
	if !(During{}).Covers(at(2, 3, 0)) {
		t.Error("no schedule is not always")
	}
}

func FuzzParseDuring(f *testing.F) {
	for _, s := range []string{"Mo-Fr 06:00-22:00", "22:00-06:00", "Sa-Su, We", "Mo 6:00-7:00; Tu", "24:00-00:00", "-", ":-:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuring(s)
		if err != nil {
			return
		}
		covered := false
		for n := range 7 * 24 * 60 {
			covered = covered || d.Covers(time.Date(2026, 3, 2, 0, n, 0, 0, time.UTC))
		}
		if !covered {
			t.Errorf("%q never applies", s)
		}
	})
}

// FuzzWhen holds that no sentence brings a load down, and that one that is taken
// can be judged.
func FuzzWhen(f *testing.F) {
	for _, s := range []string{`person in zone("dock")`, `longer(person in zone("dock"), "5s") and not running(person)`, `person not in zone("dock") or camera.dark`, `near(person, zone("dock"), "1 m")`, `headcount("cell") > 2 and runs("caps-1")`, `number(person) % 0 == 1`, `last("plc.state", "a", "b") == "c"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, when string) {
		e, err := NewEngine([]Rule{{Name: "r", When: when, Severity: "low", Say: "x"}}, plant(t))
		if err != nil {
			return
		}
		e.Step(Moment{At: time.Unix(1, 0), Camera: "yard", Scene: &scene.Scene{Width: 10, Height: 10, Tracks: []scene.Track{{Number: 1, Label: "person", State: scene.Confirmed}}}})
	})
}
