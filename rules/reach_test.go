package rules

import (
	"strings"
	"testing"
	"time"

	"linesman/part"
	"linesman/scene"
)

func TestReach(t *testing.T) {
	yard := &scene.Settings{Zones: map[string]scene.Zone{"dock": {Polygon: [][]float64{{0, 0}, {1, 0}, {1, 1}}}}}
	gate := &scene.Settings{}
	for _, s := range []*scene.Settings{yard, gate} {
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, when    string
		wait          time.Duration
		back          time.Duration
		lack, came    bool
		never, silent string
	}{
		{"a person", "person", 2 * time.Second, 2*time.Second + Settle, false, false, "", ""},
		{"who has been there long", `longer(person in zone("dock"), "60s")`, 0, 60*time.Second + Settle, false, false, "", ""},
		{"dress", `without(person in zone("dock"), "helmet")`, 0, 8 * time.Second, false, false, "", ""},
		{"fire", "fire", time.Second, 6 * time.Second, false, false, "", ""},
		{"nobody there", `not (person in zone("dock"))`, 10 * time.Second, 10*time.Second + Settle, true, false, "", ""},
		{"fewer than", `number(person in zone("dock")) < 2`, 0, Settle, true, false, "", ""},
		{"more than", `number(person in zone("dock")) > 2`, 0, Settle, false, false, "", ""},
		{"who nobody can tell of", `unsure(person, "vest")`, 0, 8 * time.Second, true, false, "", ""},
		{"the way they came", `came(person in zone("dock"), "up")`, 0, Settle, false, true, "", ""},
		{"goods", `longer(goods in zone("dock"), "60s")`, 0, 60*time.Second + Settle, false, false, "", "left behind"},
		{"the camera", "camera.covered", 0, Settle, false, false, "camera itself", ""},
		{"heads", `headcount("hall") > 3`, 0, 0, false, false, "heads are counted", ""},
		{"heads and a person", `person and headcount("hall") > 3`, 0, Settle, false, false, "heads are counted", ""},
		{"a line", `runs("caps-1")`, 0, 0, false, false, "nothing that a camera shows", ""},
	} {
		e, err := NewEngine([]Rule{{Name: "r", When: c.when, For: c.wait, Severity: "low", Say: "Go."}}, Site{Cameras: map[part.CameraID]*scene.Settings{"yard": yard, "gate": gate}, Spaces: []string{"hall"}})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		r, ok := e.Reach("r", "yard")
		if !ok || r.Back != c.back || r.For != c.wait || r.Lack != c.lack || r.Came != c.came {
			t.Errorf("%s: %+v (%v), want back %v, lack %v, came %v", c.name, r, ok, c.back, c.lack, c.came)
		}
		if (r.Never == "") != (c.never == "") || !strings.Contains(r.Never, c.never) || (r.Silent == "") != (c.silent == "") || !strings.Contains(r.Silent, c.silent) {
			t.Errorf("%s: never %q, silent %q", c.name, r.Never, r.Silent)
		}
		if _, ok := e.Reach("another", "yard"); ok {
			t.Errorf("%s: a rule that is not there", c.name)
		}
		if _, ok := e.Reach("r", "gate"); ok && strings.Contains(c.when, "zone") {
			t.Errorf("%s: it holds at a camera without the zone", c.name)
		}
	}
}

func TestWaitingAndFacts(t *testing.T) {
	e, err := NewEngine([]Rule{
		{Name: "blocked", When: `last("plc.state", "plc-1", "state") == "lost"`, For: 10 * time.Second, Severity: "low", Say: "Go."},
	}, Site{Cameras: map[part.CameraID]*scene.Settings{"yard": {}}})
	if err != nil {
		t.Fatal(err)
	}
	facts := e.Facts()
	if len(facts) != 2 || facts[0].Type != "linesman.line.state.v1" || facts[1] != (Fact{"linesman.plc.state.v1", "plc-1"}) {
		t.Errorf("facts %+v", facts)
	}
	e.heard[heardKey{facts[1].Type, "plc-1"}] = said{data: map[string]any{"state": "lost"}}
	at := time.Unix(1_800_000_000, 0)
	e.Step(Moment{At: at})
	e.Step(Moment{At: at.Add(9 * time.Second)})
	if w := e.Waiting(); len(w) != 1 || w[0].Rule != "blocked" || !w[0].Began.Equal(at) {
		t.Errorf("waiting after 9 s of 10: %+v", w)
	}
	if c := e.Step(Moment{At: at.Add(10 * time.Second)}); len(c) != 1 || c[0].Kind != Raised {
		t.Errorf("after 10 s: %+v", c)
	}
	if w := e.Waiting(); len(w) != 0 {
		t.Errorf("still waiting once raised: %+v", w)
	}
}
