package rules

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/scene"
	"linesman/vision"
)

var monday = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

func second(s float64) time.Time { return monday.Add(time.Duration(s * float64(time.Second))) }

// engine makes one of a single rule.
func engine(t *testing.T, r Rule) *Engine {
	t.Helper()
	r.Name, r.Severity, r.Say = "r", "high", "x"
	e, err := NewEngine([]Rule{r}, plant(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// one is a person in the dock at a place of the picture.
func one(number uint64, x float64, born float64, at float64, state scene.State) scene.Track {
	return scene.Track{Number: number, Label: "person", State: state, First: second(born), Last: second(at),
		Box: vision.Box{X0: x - 30, Y0: 300, X1: x + 30, Y1: 460}, Foot: vision.Point{X: x, Y: 460},
		Stays: []scene.Stay{{Zone: "dock", Since: second(born), For: second(at).Sub(second(born))}},
		Dress: []scene.Dress{{Item: scene.Helmet, Worn: scene.No, Votes: 9, Seconds: 3}}}
}

func see(e *Engine, at float64, tracks ...scene.Track) []Change {
	return e.Step(Moment{At: second(at), Camera: "yard", Scene: &scene.Scene{At: second(at), Width: 1280, Height: 720, Tracks: tracks}})
}

func kinds(changes []Change) string {
	var words []string
	for _, c := range changes {
		words = append(words, c.Kind.String())
	}
	return strings.Join(words, " ")
}

// TestNumberChanges holds that one person under a second number is one alert, and
// two people are two.
func TestNumberChanges(t *testing.T) {
	rule := Rule{When: `without(person in zone("dock"), "helmet")`, Each: "person"}
	for _, tt := range []struct {
		name   string
		second func(at float64) scene.Track
		raised int
	}{
		{"a new number beside the old one that is not seen", func(at float64) scene.Track { return one(2, 460, 5, at, scene.Confirmed) }, 1},
		{"a new number across the picture", func(at float64) scene.Track { return one(2, 1200, 5, at, scene.Confirmed) }, 2},
		{"one who stood beside all the time", func(at float64) scene.Track { return one(2, 460, 1, at, scene.Confirmed) }, 2},
		{"a far smaller one", func(at float64) scene.Track {
			tr := one(2, 460, 5, at, scene.Confirmed)
			tr.Box.Y0 = 400
			return tr
		}, 2},
	} {
		e := engine(t, rule)
		raised, standing := 0, 0
		for n := range 60 {
			at := float64(n) / 5
			first := one(1, 400, 0, min(at, 4.8), scene.Confirmed)
			if at >= 5 {
				first.State = scene.Coasting
			}
			var tracks []scene.Track
			if at < 8 {
				tracks = append(tracks, first)
			}
			if s := tt.second(at); !s.First.After(second(at)) {
				tracks = append(tracks, s)
			}
			for _, c := range see(e, at, tracks...) {
				if c.Kind == Raised {
					raised++
				}
			}
			standing = len(e.Standing())
		}
		if raised != tt.raised || standing > tt.raised {
			t.Errorf("%s: raised %d times, %d stand at the end; want %d", tt.name, raised, standing, tt.raised)
		}
	}
}

// TestForAndKeep walks one alert through its life.
func TestForAndKeep(t *testing.T) {
	keep := 3 * time.Second
	e := engine(t, Rule{When: `person in zone("dock")`, For: 2 * time.Second, Keep: &keep, Then: []Action{{"hold", "caps-1"}}})
	var story []string
	for n := range 100 {
		at := float64(n) / 5
		var tracks []scene.Track
		if at < 1 || at >= 2 && at < 6 || at >= 8 && at < 10 { // a second is too short; the gap from 6 to 8 is kept over
			tracks = append(tracks, one(1, 400, 0, at, scene.Confirmed))
		}
		for _, c := range see(e, at, tracks...) {
			story = append(story, fmt.Sprintf("%v %s", at, c.Kind))
			a := c.Alert
			if a.Key != "r/yard" || a.Severity != event.High || a.Zone != "dock" || a.Subject != "yard/dock" || a.Object != "person" || a.Actions[0].String() != "hold caps-1" || !a.Began.Equal(second(2)) || !a.Raised.Equal(second(4)) {
				t.Errorf("%+v", a)
			}
			if c.Kind == Raised && a.Text != "r: person 1 in zone dock for 4s" {
				t.Errorf("says %q", a.Text)
			}
		}
	}
	if got := strings.Join(story, ", "); got != "4 raised, 13 cleared" {
		t.Errorf("got %s", got)
	}
}

// TestBlind holds that what cannot be seen is neither raised nor cleared.
func TestBlind(t *testing.T) {
	e := engine(t, Rule{When: `person in zone("dock")`, For: 2 * time.Second})
	blind := func(at float64) []Change {
		return e.Step(Moment{At: second(at), Camera: "yard", Blind: "frozen"})
	}
	here := func(at float64) []Change { return see(e, at, one(1, 400, 0, at, scene.Confirmed)) }
	for _, tt := range []struct {
		at   float64
		step func(float64) []Change
		want string
	}{
		{0, here, ""}, {1, blind, ""}, {2.5, here, ""}, // the two seconds begin anew
		{4, here, ""}, {4.5, here, "raised"}, {5, blind, "updated"}, {6, blind, ""}, {60, blind, ""},
		{61, here, "updated"},
		{62, func(at float64) []Change { return see(e, at) }, ""},
		{63, blind, "updated"}, {80, blind, ""},
		{81, func(at float64) []Change { return see(e, at) }, "updated"},
		{86, func(at float64) []Change { return see(e, at) }, "cleared"},
	} {
		if got := kinds(tt.step(tt.at)); got != tt.want {
			t.Errorf("at %v s: %q, want %q", tt.at, got, tt.want)
		}
	}
	// A moment of another camera, or of the site, says nothing of this one.
	here(100)
	here(103)
	if got := kinds(e.Step(Moment{At: second(200), Camera: "hall", Scene: &scene.Scene{}})) + kinds(e.Step(Moment{At: second(200)})); got != "" || len(e.Standing()) != 1 {
		t.Errorf("another camera's moment: %q, %d stand", got, len(e.Standing()))
	}
}

// TestBlindScene holds that a scene that is blind itself counts as no sight.
func TestBlindScene(t *testing.T) {
	e := engine(t, Rule{When: `not (person in zone("dock"))`})
	got := kinds(e.Step(Moment{At: second(0), Camera: "yard", Scene: &scene.Scene{Blind: "a picture of 0 x 0 pixels shows nothing"}}))
	if got != "" {
		t.Errorf("a rule that nobody is there, of a picture that shows nothing: %q", got)
	}
}

// TestRestore holds that a process that ends and begins again neither loses nor
// doubles an alert.
func TestRestore(t *testing.T) {
	here := func(e *Engine, at float64) []Change { return see(e, at, one(7, 400, 0, at, scene.Confirmed)) }
	for _, tt := range []struct {
		name, each string
		still      bool
		want       string // what happens after the start
	}{
		{name: "of all, and still so", still: true, want: ""},
		{name: "of all, and no longer so", want: "cleared"},
		{name: "of each, and still so: number 7 is not who it was", each: "person", still: true, want: "raised cleared"},
	} {
		rule := Rule{When: `person in zone("dock")`, Each: tt.each}
		before := engine(t, rule)
		here(before, 0)
		stood := before.Standing()
		if len(stood) != 1 {
			t.Fatal(stood)
		}
		after := engine(t, rule)
		gone := Alert{Rule: "another", Key: "another/yard", Camera: "yard"}
		if orphans := after.Restore(append(stood, gone)); len(orphans) != 1 || orphans[0].Rule != "another" {
			t.Errorf("%s: orphans %+v", tt.name, orphans)
		}
		var changes []Change
		for n := range 60 {
			at := 100 + float64(n)/5
			if tt.still {
				changes = append(changes, here(after, at)...)
			} else {
				changes = append(changes, see(after, at)...)
			}
		}
		if got := kinds(changes); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		keys := map[string]bool{}
		for _, c := range changes {
			if c.Kind == Raised && c.Alert.Key == stood[0].Key {
				t.Errorf("%s: %s is raised again while it stands", tt.name, c.Alert.Key)
			}
			keys[c.Alert.Key] = true
		}
		if tt.want != "" && !keys[stood[0].Key] {
			t.Errorf("%s: nothing is said of %s", tt.name, stood[0].Key)
		}
		if n := len(after.Standing()); (n == 1) != tt.still {
			t.Errorf("%s: %d stand at the end", tt.name, n)
		}
	}
}

func TestHears(t *testing.T) {
	running := engine(t, Rule{When: `runs("caps-1")`})
	say := func(state string) event.Event {
		return event.New("/demo/line/caps-1", "caps-1", second(0), event.LineState{Line: "caps-1", State: state})
	}
	keep := time.Duration(0)
	running.rules[0].keep = keep
	for i, tt := range []struct {
		state string
		want  string
	}{{"", "raised"}, {"stopped", "cleared"}, {"running", "raised"}, {"held", ""}, {"blind", ""}, {"stopped", "cleared"}} {
		if tt.state != "" {
			running.Hear(say(tt.state))
		}
		if got := kinds(running.Step(Moment{At: second(float64(i))})); got != tt.want {
			t.Errorf("%d: the log says %q: %q, want %q", i, tt.state, got, tt.want)
		}
	}
	last := engine(t, Rule{When: `last("plc.state", "plc-1", "state") == "lost"`})
	for i, tt := range []struct{ controller, state, want string }{{"plc-2", "lost", ""}, {"plc-1", "connected", ""}, {"plc-1", "lost", "raised"}} {
		last.Hear(event.New("/demo/line/caps-1", tt.controller, second(0), event.PLCState{Controller: tt.controller, State: tt.state}))
		if got := kinds(last.Step(Moment{At: second(float64(i))})); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.controller, tt.state, got, tt.want)
		}
	}
	if len(last.heard) != 1 {
		t.Errorf("%d events are kept, only one is asked for", len(last.heard))
	}
}

// TestSameAnswer holds that the same moments give the same changes, whatever
// happens.
func TestSameAnswer(t *testing.T) {
	play := func(seed uint64) (all []Change) {
		var rules []Rule
		for i, when := range []string{`person in zone("dock")`, `without(person, "helmet")`, `number(person) > 2 and runs("caps-1")`, `near(person, zone("dock"), "1 m")`, `person not in zone("dock")`, `headcount("cell") > 1`} {
			r := Rule{Name: fmt.Sprint(i), When: when, Severity: "low", Say: "x", For: time.Duration(i%3) * time.Second}
			if i%2 == 1 && i < 4 {
				r.Each = "person"
			}
			rules = append(rules, r)
		}
		e, err := NewEngine(rules, plant(t))
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		raised := map[string]bool{}
		for n := range 500 {
			at := float64(n) / 5
			m := Moment{At: second(at), Camera: "yard", Scene: &scene.Scene{At: second(at), Width: 1280, Height: 720}, Heads: []scene.Heads{{Space: "cell", Now: rng.IntN(4)}}}
			for k := range rng.IntN(5) {
				tr := one(uint64(1+(n/40+k)%9), 100+float64(rng.IntN(1000)), max(at-float64(k), 0), at, scene.State(1+rng.IntN(2)))
				if rng.IntN(2) == 0 {
					tr.Stays = nil
				}
				m.Scene.Tracks = append(m.Scene.Tracks, tr)
			}
			if rng.IntN(10) == 0 {
				m.Blind = "dark"
			}
			for _, c := range e.Step(m) {
				// An alert is raised, then perhaps updated, then cleared: nothing else.
				if (c.Kind == Raised) == raised[c.Alert.Key] {
					t.Fatalf("seed %d: %s %s twice, or before it was raised", seed, c.Alert.Key, c.Kind)
				}
				raised[c.Alert.Key] = c.Kind != Cleared
				all = append(all, c)
			}
		}
		for key, is := range raised {
			stands := false
			for _, a := range e.Standing() {
				stands = stands || a.Key == key
			}
			if is != stands {
				t.Fatalf("seed %d: %s stands: %v, by its changes %v", seed, key, stands, is)
			}
		}
		return all
	}
	for seed := range uint64(20) {
		if a, b := play(seed), play(seed); !reflect.DeepEqual(a, b) || len(a) == 0 {
			t.Errorf("seed %d: two plays differ (%d and %d changes)", seed, len(a), len(b))
		}
	}
}

func TestHours(t *testing.T) {
	h := NewHours()
	alert := func(key, zone, object string) Alert {
		return Alert{Rule: "rule", Key: key, Camera: "yard", Zone: zone, Object: object}
	}
	at := func(minutes float64) time.Time { return monday.Add(time.Duration(minutes * float64(time.Minute))) }
	h.Take(Change{Raised, at(50), alert("a", "dock", "person")})
	h.Take(Change{Raised, at(55), alert("b", "dock", "person")})
	h.Take(Change{Cleared, at(70), alert("a", "dock", "person")})
	h.Take(Change{Raised, at(90), alert("c", "", "")})
	h.Take(Change{Cleared, at(91), alert("unknown", "dock", "person")})
	rows := h.Rows(monday, at(125)) // b and c still stand
	type row struct {
		hour            int
		zone, object    string
		raised, minutes int
	}
	var got []row
	for _, r := range rows {
		got = append(got, row{r.Hour.Hour(), r.Zone, r.Object, r.Raised, int(r.Seconds / 60)})
	}
	want := []row{{7, "dock", "person", 2, 15}, {8, "", "rule", 1, 30}, {8, "dock", "person", 0, 70}, {9, "", "rule", 0, 5}, {9, "dock", "person", 0, 5}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	day := ByHourOfDay(rows, time.FixedZone("x", 3600))
	if len(day) != 2 || day[1].Raised[8] != 2 || day[1].Seconds[9] != 70*60 {
		t.Errorf("%+v", day)
	}
	h.Forget(at(60))
	if rows := h.Rows(monday, at(61)); len(rows) != 2 || rows[1].Raised != 0 || rows[1].Seconds != 660 {
		t.Errorf("after forgetting the first hour: %+v", rows)
	}
}

// What is withheld has a figure of its own, and is raised by nothing but Raised.
func TestHoursOfWhatIsWithheld(t *testing.T) {
	begin := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return begin.Add(time.Duration(minutes) * time.Minute) }
	a := Alert{Rule: "rule", Key: "a", Camera: "yard", Zone: "dock", Object: "person"}
	h := NewHours()
	for _, c := range []struct {
		name             string
		do               func()
		raised, withheld int
		minutes          float64
	}{
		{"kept back", func() { h.Withhold(&a, at(0)) }, 0, 1, 0},
		{"and over", func() { h.Take(Change{Kind: Cleared, At: at(5), Alert: a}) }, 0, 1, 0},
		{"kept back again", func() { h.Withhold(&a, at(10)) }, 0, 2, 0},
		{"raised after all", func() { h.Take(Change{Kind: Raised, At: at(12), Alert: a}) }, 1, 2, 18},
		{"and over", func() { h.Take(Change{Kind: Cleared, At: at(15), Alert: a}) }, 1, 2, 3},
	} {
		c.do()
		rows := h.Rows(begin, at(30))
		if len(rows) != 1 || rows[0].Raised != c.raised || rows[0].Withheld != c.withheld || rows[0].Seconds != 60*c.minutes {
			t.Errorf("%s: %+v, want one hour with %d raised, %d withheld, %g min", c.name, rows, c.raised, c.withheld, c.minutes)
		}
	}
}

func BenchmarkEngine(b *testing.B) {
	site := Site{Cameras: map[part.CameraID]*scene.Settings{"yard": {Zones: map[string]scene.Zone{"dock": {Polygon: [][]float64{{0, 0}, {1, 0}, {1, 1}}}}}}}
	if err := site.Cameras["yard"].Validate(); err != nil {
		b.Fatal(err)
	}
	var rules []Rule
	for i := range 10 {
		rules = append(rules, Rule{Name: fmt.Sprint("a", i), When: `person in zone("dock") and number(person) > 30`, Severity: "low", Say: "x"},
			Rule{Name: fmt.Sprint("b", i), When: `without(person in zone("dock"), "helmet")`, Each: "person", Severity: "low", Say: "x"})
	}
	e, err := NewEngine(rules, site)
	if err != nil {
		b.Fatal(err)
	}
	var tracks []scene.Track
	for i := range 20 {
		tracks = append(tracks, one(uint64(i+1), float64(60*i), 0, 10, scene.Confirmed))
	}
	n := 0.0
	b.ReportAllocs()
	for b.Loop() {
		n += 0.2
		see(e, n, tracks...)
	}
}

// TestCanNotBeTold holds that a rule that breaks while it is judged is not taken
// for one that holds.
func TestCanNotBeTold(t *testing.T) {
	e := engine(t, Rule{When: `number(person) % number(fire) == 1`})
	changes := see(e, 0, one(1, 400, 0, 0, scene.Confirmed))
	if kinds(changes) != "raised" || !strings.Contains(changes[0].Alert.Text, "the rule can not be told: ") {
		t.Errorf("%+v", changes)
	}
}

// TestBeside holds that one who is near a zone is not said to be in it.
func TestBeside(t *testing.T) {
	e := engine(t, Rule{When: `near(person, zone("dock"), "3 m")`})
	outside := one(1, 1060, 0, 2, scene.Confirmed) // the dock ends at 1024
	outside.Stays = nil
	changes := see(e, 2, outside)
	if kinds(changes) != "raised" || changes[0].Alert.Zone != "dock" || strings.Contains(changes[0].Alert.Text, "in zone") || !strings.Contains(changes[0].Alert.Text, "m from zone dock") {
		t.Errorf("%+v", changes)
	}
}
