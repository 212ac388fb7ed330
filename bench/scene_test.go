package bench

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"linesman/scene"
	"linesman/vision"
)

// walkHand is two people who go over a line from both sides, and one who stands.
const walkHand = `
[video hall.mp4 1000 1000 10 100]
[line door 0.5 0.1 0.5 0.9 in=right]
[zone pit 0.6 0.1 0.9 0.1 0.9 0.9 0.6 0.9]
[people]
A 1 100
B 1 100
C 1 30
[crossings]
door A 41 in
door B 41 out
[stays]
pit A 51 81
pit B - 31
[heads]
1 picture 3
51 picture 2
51 pit 1
91 picture 2
[sightings]
1 A 0.10 0.5
11 A 0.20 0.5
21 A 0.30 0.5
31 A 0.40 0.5
41 A 0.50 0.5
51 A 0.60 0.5
61 A 0.70 0.5
71 A 0.80 0.5
81 A 0.90 0.5
1 B 0.90 0.7
11 B 0.80 0.7
21 B 0.70 0.7
31 B 0.60 0.7
41 B 0.50 0.7
51 B 0.40 0.7
61 B 0.30 0.7
71 B 0.20 0.7
1 C 0.10 0.9
21 C 0.11 0.9
[dress]
A yes no unclear
B no no unclear
`

func walkScene(t *testing.T) *SceneHand {
	t.Helper()
	h, err := ReadSceneHand(strings.NewReader(walkHand))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func followed(number uint64, x, y float64, dress ...scene.Dress) seenTrack {
	return seenTrack{number: number, foot: HandPoint{x, y}, dress: dress, box: vision.Box{X0: 1000*x - 50, X1: 1000*x + 50, Y0: 1000*y - 200, Y1: 1000 * y}}
}

// walked is what a station would have seen of walkHand at 5 pictures a second: both
// walkers are kept, but at frame 51 they change numbers; C is never found, and from
// frame 71 on something is found where nobody is.
func walked() *sceneSeen {
	s := &sceneSeen{}
	helmet := func(w scene.Worn) scene.Dress { return scene.Dress{Item: scene.Helmet, Worn: w, Votes: 3} }
	for frame := 1; frame <= 99; frame += 2 {
		x := 0.1 + float64(frame-1)/100
		a, b := uint64(1), uint64(2)
		if frame >= 51 {
			a, b = b, a
		}
		p := seenPicture{frame: frame, counts: []scene.Count{{Zone: "pit", People: 1}}, tracks: []seenTrack{followed(a, x, 0.5, helmet(scene.Yes)), followed(b, 1-x, 0.7, helmet(scene.Unknown))}}
		if frame >= 71 {
			p.tracks = append(p.tracks, followed(9, 0.95, 0.2))
		}
		switch frame {
		case 1:
			p.passages = []scene.Passage{{Zone: "pit", Track: 2, Label: scene.Person, Entered: true}}
		case 43:
			p.crossings = []scene.Crossing{{Line: "door", Track: 1, Label: scene.Person, In: true}, {Line: "door", Track: 2, Label: scene.Person, In: true}}
		case 53:
			p.passages = []scene.Passage{{Zone: "pit", Track: 2, Label: scene.Person, Entered: true}, {Zone: "pit", Track: 3, Label: "forklift", Entered: true}}
		case 75:
			p.passages = []scene.Passage{{Zone: "pit", Track: 9, Label: scene.Person, Entered: true}}
		}
		s.pictures = append(s.pictures, p)
	}
	s.alerts = []seenAlert{
		{rule: ruleZone + "pit", zone: "pit", at: 61, began: 53},
		{rule: ruleZone + "pit", zone: "pit", at: 99, began: 95},
		{rule: ruleDress + "helmet", at: 61, tracks: []uint64{1}}, // B by then, who wears none
		{rule: ruleDress + "helmet", at: 31, tracks: []uint64{1}}, // A, who wears one
		{rule: ruleDress + "vest", at: 75, tracks: []uint64{9}},
		{rule: ruleFire, at: 30},
	}
	return s
}

func TestScoreScene(t *testing.T) {
	v := walked().score(walkScene(t))
	if e := v.Entries; e.Hand != 2 || e.Counted != 3 || e.Matched != 2 || !reflect.DeepEqual(e.Extra, []string{"pit track 9 at 75"}) || math.Abs(e.OffMost-0.2) > 1e-9 {
		t.Errorf("entries %+v", e)
	}
	if c := v.Crossings; c.Matched != 1 || !reflect.DeepEqual(c.Missed, []string{"door out B at 41"}) || !reflect.DeepEqual(c.Extra, []string{"door in track 2 at 43"}) {
		t.Errorf("crossings %+v", c)
	}
	if h := v.Heads; h != (HeadCount{Counts: 2, Within: 1, Many: 1, Off: 1, Heads: 4}) {
		t.Errorf("heads %+v", h)
	}
	if h := v.InZones; h != (HeadCount{Counts: 1, Within: 1, Heads: 1}) {
		t.Errorf("heads in zones %+v", h)
	}
	d := v.Identity
	if d.People != 3 || d.Tracks != 3 || len(d.Nobody) != 1 || !reflect.DeepEqual(d.Unfollowed, []string{"C"}) {
		t.Errorf("identity %+v", d)
	}
	if want := []string{"A from track 1 to 2 at 51", "B from track 2 to 1 at 51"}; !sameStrings(d.Switches, want) || len(d.Mixed) != 2 {
		t.Errorf("switches %q, mixed %q", d.Switches, d.Mixed)
	}
	if a := v.Alarms; a.True != 2 || len(a.False) != 4 || math.Abs(a.PerHour-4*360) > 1e-6 || !(a.Upper95 > a.PerHour) {
		t.Errorf("alarms %+v", a)
	}
	helmet, vest := v.Dress.of(scene.Helmet), v.Dress.of(scene.Vest)
	// A's track says worn, rightly; B has the number of A's track later, and no verdict.
	if helmet.People != 2 || helmet.Right != 1 || len(helmet.Wrong) != 0 || len(helmet.Undecided) != 1 || vest.People != 2 || len(vest.Undecided) != 2 {
		t.Errorf("helmet %+v, vest %+v", helmet, vest)
	}
}

func sameStrings(a, b []string) bool {
	in := map[string]int{}
	for _, s := range a {
		in[s]++
	}
	for _, s := range b {
		in[s]--
	}
	for _, n := range in {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestPairTimedUnsure holds that what the hand is unsure of is neither missed nor
// extra.
func TestPairTimedUnsure(t *testing.T) {
	at := func(s float64, unsure bool) timed { return timed{what: "door in", seconds: s, unsure: unsure} }
	for _, c := range []struct {
		name                   string
		hand, counted          []timed
		matched, missed, extra int
	}{
		{"nothing", nil, nil, 0, 0, 0},
		{"unsure, found", []timed{at(1, true)}, []timed{at(1.2, false)}, 0, 0, 0},
		{"unsure, not found", []timed{at(1, true)}, nil, 0, 0, 0},
		{"beside a sure one", []timed{at(1, true), at(1.5, false)}, []timed{at(1.4, false)}, 1, 0, 0},
		{"too late", []timed{at(1, false)}, []timed{at(2.1, false)}, 0, 1, 1},
		{"in a row", []timed{at(1, false), at(1.8, false)}, []timed{at(1.7, false), at(2.6, false)}, 2, 0, 0},
	} {
		p := pairTimed(c.hand, c.counted)
		if p.Matched != c.matched || len(p.Missed) != c.missed || len(p.Extra) != c.extra {
			t.Errorf("%s: %+v, want %d matched, %d missed, %d extra", c.name, p, c.matched, c.missed, c.extra)
		}
	}
}

// TestDressVerdictIsStrict holds that a wrong verdict counts as wrong however short
// it stood.
func TestDressVerdictIsStrict(t *testing.T) {
	for _, c := range []struct {
		name  string
		stood []scene.Worn
		want  [3]int // right, wrong, undecided
	}{
		{"never followed", nil, [3]int{0, 0, 1}},
		{"never decided", []scene.Worn{scene.Unknown}, [3]int{0, 0, 1}},
		{"right after a while", []scene.Worn{scene.Unknown, scene.Yes}, [3]int{1, 0, 0}},
		{"wrong for a moment", []scene.Worn{scene.Yes, scene.No, scene.Yes}, [3]int{0, 1, 0}},
	} {
		b, d := dressBook{}, DressScore{}
		for _, w := range c.stood {
			b.see("A", []scene.Dress{{Item: scene.Helmet, Worn: w}})
		}
		d.of(scene.Helmet).take(b.said("A", scene.Helmet), scene.Yes, "A")
		_, right, wrong, undecided := d.All()
		if got := [3]int{right, wrong, undecided}; got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
