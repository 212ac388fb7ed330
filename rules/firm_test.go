package rules

import (
	"strings"
	"testing"
	"time"

	"linesman/part"
	"linesman/scene"
	"linesman/vision"
)

// TestFirm says of which rules an alert may be kept back and of which never.
func TestFirm(t *testing.T) {
	for _, c := range []struct {
		name, when, more string
		firm             string // a word of why; "" for one that may be kept back
	}{
		{"somebody in a zone", `person in zone("dock")`, "", ""},
		{"somebody without a helmet", `without(person in zone("dock"), "helmet")`, "", ""},
		{"somebody elsewhere", `person not in zone("dock")`, "", ""},
		{"somebody near a forklift", `near(person, forklift, "3 m")`, "", ""},
		{"more than so many", `number(person) > 0 and runs("caps-1")`, "", ""},
		{"at least so many", `number(person) >= 1`, "", ""},
		{"one of two", `number(forklift) > 2 or person in zone("dock")`, "", "an or"},
		{"nobody", `not (person in zone("cell")) and person in zone("dock")`, "", "not there"},
		{"fewer than so many", `number(person) < 2`, "", "not there"},
		{"just so many", `number(person) == 1`, "", "not there"},
		{"not so many", `number(person) != 3`, "", "not there"},
		{"more here than there", `number(person) > number(forklift)`, "", "not there"},
		{"many, said the other way", `0 < number(person)`, "", "not there"},
		{"heads", `headcount("hall") > 0 and person in zone("dock")`, "", "not there"},
		{"what the log says", `last("plc.state", "plc-1", "state") == "lost" and person in zone("dock")`, "", "not there"},
		{"a held line", `person in zone("dock")`, ", then: [hold caps-1]", "line"},
		{"suspect parts", `person in zone("dock")`, ", then: [suspect caps-1]", "line"},
		{"a beacon", `person in zone("dock")`, ", then: [beacon lamp]", ""},
		{"fire", `fire`, "", "fire"},
		{"fire and people", `fire and person in zone("dock")`, "", "fire"},
		{"something critical", `person in zone("dock")`, ", severity: critical", "critical"},
	} {
		t.Run(c.name, func(t *testing.T) {
			severity := ", severity: high"
			if strings.Contains(c.more, "severity") {
				severity = ""
			}
			set := &scene.Settings{Zones: map[string]scene.Zone{"dock": {Polygon: [][]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, "cell": {Polygon: [][]float64{{0, 0}, {.1, 0}, {.1, .1}}}}}
			if err := set.Validate(); err != nil {
				t.Fatal(err)
			}
			e, err := Load([]byte("rules: [{name: r, say: go, when: '"+c.when+"'"+severity+c.more+"}]"), Site{Cameras: map[part.CameraID]*scene.Settings{"yard": set}, Spaces: []string{"hall"}, Lines: []part.LineID{"caps-1"}})
			if err != nil {
				t.Fatal(err)
			}
			now := time.Unix(1000, 0)
			box := vision.Box{X0: 10, Y0: 10, X1: 30, Y1: 70}
			one := scene.Track{Number: 7, Label: "person", State: scene.Confirmed, Score: 0.7, Box: box, First: now, Last: now, Stays: []scene.Stay{{Zone: "dock"}},
				Dress: []scene.Dress{{Item: "helmet", Worn: scene.No}}}
			if strings.HasPrefix(c.name, "somebody elsewhere") {
				one.Stays = nil
			}
			s := &scene.Scene{Camera: "yard", At: now, Width: 100, Height: 100, Tracks: []scene.Track{one}, Sights: []scene.Sight{{Label: "fire", Confirmed: true, Box: box}}}
			changes := e.Step(Moment{At: now, Camera: "yard", Scene: s})
			if c.name == "somebody without a helmet" && len(changes) == 0 {
				t.Fatal("nothing was raised")
			}
			if len(changes) == 0 { // the rule itself, then
				if got := string(e.rules[0].firm); !strings.Contains(got, c.firm) || (got == "") != (c.firm == "") {
					t.Errorf("%s: firm is %q, want a word of %q", c.when, got, c.firm)
				}
				return
			}
			a := changes[0].Alert
			if !strings.Contains(a.Firm, c.firm) || (a.Firm == "") != (c.firm == "") {
				t.Errorf("%s: firm is %q, want a word of %q", c.when, a.Firm, c.firm)
			}
			if len(a.Things) != len(a.Boxes) {
				t.Errorf("%d things and %d boxes", len(a.Things), len(a.Boxes))
			}
			if a.Firm == "" && (a.Things[0] != Thing{Label: "person", Track: 7, Score: 0.7, Box: box}) {
				t.Errorf("it is about %+v, want person 7", a.Things[0])
			}
		})
	}
}
