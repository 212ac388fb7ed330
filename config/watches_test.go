package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"linesman/config"
	"linesman/rules"
)

// The sample of docs/safety.md is a site.
func TestSampleOfSafetyPage(t *testing.T) {
	text, err := os.ReadFile("../docs/safety.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	sample, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/safety.md has no sample")
	}
	s, err := config.Parse([]byte("site: south\n" + sample))
	if err != nil {
		t.Fatal(err)
	}
	w := s.Watches["gate"]
	if w == nil || len(w.Scene.Zones) != 2 || len(w.Scene.DrawnZones()[0].Points) != 4 || !w.Detector.Far {
		t.Errorf("the sample's watch is %+v", w)
	}
}

func TestWatchesRefused(t *testing.T) {
	const cameras = "site: south\ncameras:\n  gate: {driver: rtsp, url: \"rtsp://192.168.1.20/1\"}\n"
	for name, c := range map[string]struct{ site, want string }{
		"nothing":           {"site: south\n", "lines and watches are empty"},
		"no such camera":    {cameras + "watches: {yard: {}}\n", `camera "yard" is not among cameras`},
		"a zone of a point": {cameras + "watches: {gate: {zones: {cell: {polygon: [[0, 0]]}}}}\n", "want 3 and more"},
		"metres, no floor":  {cameras + "watches: {gate: {zones: {cell: {polygon_m: [[0, 0], [1, 0], [1, 1]]}}}}\n", "no floor is given"},
		"no such door":      {cameras + "watches: {gate: {}}\nspaces: {hall: {lines: [gate.door]}}\n", `has no line "door"`},
		"no time of a day":  {cameras + "watches: {gate: {lines: {door: {points: [[0, 0], [1, 1]], in: up}}}}\nspaces: {hall: {lines: [gate.door], reconcile: ['25:00']}}\n", `spaces.hall: reconcile "25:00": want times of the day`},
		"a time twice":      {cameras + "watches: {gate: {lines: {door: {points: [[0, 0], [1, 1]], in: up}}}}\nspaces: {hall: {lines: [gate.door], reconcile: ['14:00', '14:00']}}\n", `spaces.hall: reconcile "14:00" stands there twice`},
		"rules of nobody":   {cameras + "rules: rules.yaml\n", "watches names none"},
		"a silent machine":  {cameras + "watches: {gate: {}}\nmachines: {press-1: {event: mes.mode, field: mode, running: [auto]}}\n", `machines.press-1.event: there is no event "mes.mode": a module's is written whole`},
		"unknown key":       {cameras + "watches: {gate: {zone: {}}}\n", "unknown field"},
		"channel by nobody": {cameras + "watches: {gate: {}}\nalarms: {latch: loud}\n", "alarms.latch"},
	} {
		if _, err := config.Parse([]byte(c.site)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestSafetyRules(t *testing.T) {
	dir := t.TempDir()
	site := dir + "/site.yaml"
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const sound = "site: south\ncameras:\n  gate: {driver: rtsp, url: \"rtsp://192.168.1.20/1\"}\nwatches: {gate: {zones: {cell: {polygon: [[0, 0], [1, 0], [1, 1]]}}}}\nrules: rules.yaml\n"
	write(site, sound)
	s, err := config.Load(site)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SafetyRules(); err == nil || !strings.Contains(err.Error(), "rules.yaml") {
		t.Errorf("no file of rules: %v", err)
	}
	write(dir+"/rules.yaml", "rules: [{name: in, when: 'person in zone(\"cel\")', severity: high, say: Out.}]\n")
	if _, err := s.SafetyRules(); err == nil || !strings.Contains(err.Error(), "did you mean cell") {
		t.Errorf("a zone that is not there: %v", err)
	}
	write(dir+"/rules.yaml", "rules: [{name: in, when: 'person in zone(\"cell\")', severity: high, say: Out.}]\n")
	if e, err := s.SafetyRules(); err != nil || len(e.Rules()) != 1 {
		t.Errorf("a sound file: %v", err)
	}
	write(dir+"/rules.yaml", "rules: [{name: in, when: 'person in zone(\"cell\") and runs(\"press-1\")', severity: high, say: Out.}]\n")
	if _, err := s.SafetyRules(); err == nil || !strings.Contains(err.Error(), `no line and no machine "press-1": say under machines: in the site file`) {
		t.Errorf("a machine that the site does not have: %v", err)
	}
	for alarms, want := range map[string]string{
		"": `then: beacon lamp: alarms.channels has no beacon: add lamp: {driver: beacon`,
		"{channels: {page: {driver: page}, horn: {driver: beacon, controller: plc-1, point: horn}}, rosters: [{name: all, steps: [{call: [page]}]}]}": `there is no beacon "lamp": alarms.channels with driver beacon are horn`,
		"{channels: {page: {driver: page}, lamp: {driver: beacon, controller: plc-1, point: lamp}}, rosters: [{name: all, steps: [{call: [page]}]}]}": "",
	} {
		write(dir+"/lit.yaml", "rules: [{name: in, when: 'person in zone(\"cell\")', severity: high, say: Out., then: [beacon lamp]}]\n")
		s, err := config.Parse([]byte(strings.Replace(sound, "rules: rules.yaml", "rules: "+dir+"/lit.yaml\nalarms: "+alarms, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SafetyRules(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("alarms %s: %v, want %q", alarms, err, want)
		}
	}
	if s, err = config.Parse([]byte(strings.Replace(sound, "rules: ", "machines: {press-1: {event: mes.mode.v1, field: mode, running: [auto]}}\nrules: "+dir+"/", 1))); err != nil {
		t.Fatal(err)
	}
	e, err := s.SafetyRules()
	if err != nil || !slices.Contains(e.Facts(), rules.Fact{Type: "mes.mode.v1", Subject: "press-1"}) {
		t.Errorf("a machine of a safety-only site: %v", err)
	}
}
