package bench

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const sceneHead = `
# a hall
[video hall.mp4 640 360 10 50]
[line door 0.5 0.2 0.5 0.9 in=left]
[zone pit 0.1 0.1 0.4 0.1 0.4 0.4]
[people]
A 1 40
`

func TestReadSceneHand(t *testing.T) {
	got, err := ReadSceneHand(strings.NewReader(sceneHead + `B 3 50 # comes later
[crossings]
door A 7 in
door B 9 out ?
[stays]
pit A - 20
pit B 8 - ?
[heads]
1 picture 1
9 pit 1 2
[sightings]
7 A 0.49 0.8
[dress]
A yes no unclear
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &SceneHand{
		Video: "hall.mp4", Width: 640, Height: 360, Rate: 10, Frames: 50,
		Lines:     []HandLine{{"door", HandPoint{0.5, 0.2}, HandPoint{0.5, 0.9}, "left"}},
		Zones:     []HandZone{{"pit", []HandPoint{{0.1, 0.1}, {0.4, 0.1}, {0.4, 0.4}}}},
		People:    []HandPerson{{"A", 1, 40}, {"B", 3, 50}},
		Crossings: []HandLineCrossing{{"door", "A", 7, true, false}, {"door", "B", 9, false, true}},
		Stays:     []HandStay{{"pit", "A", 0, 20, false}, {"pit", "B", 8, 0, true}},
		Heads:     []HandHeads{{1, "", 1, 1}, {9, "pit", 1, 2}},
		Sightings: []HandSighting{{7, "A", HandPoint{0.49, 0.8}}},
		Dress:     []HandDress{{"A", "yes", "no", "unclear"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v, want\n%+v", got, want)
	}
}

func TestReadSceneHandRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "no video named"},
		{"no video first", "[people]", "line 1: \"[people]\": begin with [video"},
		{"a size of nothing", "[video a 0 1 1 1]", "all above 0"},
		{"a rate that is no number", "[video a 1 1 NaN 1]", "all above 0"},
		{"two videos", sceneHead + "[video b 1 1 1 1]", "a file for each"},
		{"nobody", "[video a 1 1 1 1]", "nobody in it"},
		{"an open bracket", sceneHead + "[people", "in brackets"},
		{"another section", sceneHead + "[cars]", "no such section"},
		{"an entry of no section", "[video a 1 1 1 1]\nA 1 1", "line 2: \"A 1 1\": belongs to no section"},
		{"a line that leads nowhere", sceneHead + "[line b 0.5 0.5 0.5 0.5 in=up]", "no length"},
		{"a line without a way in", sceneHead + "[line b 0 0 1 1]", "in=up|down|left|right"},
		{"a line called as another", sceneHead + "[line door 0 0 1 1 in=up]", `"door" is taken`},
		{"a zone outside", sceneHead + "[zone b 0 0 1 1 0 1.2]", "from 0 to 1"},
		{"a zone of two corners", sceneHead + "[zone b 0 0 1 1]", "three corners"},
		{"a zone called picture", sceneHead + "[zone picture 0 0 1 1 0 1]", "is taken"},
		{"a person twice", sceneHead + "A 2 3", "line 8: \"A 2 3\": \"A\" is there already"},
		{"a person after the end", sceneHead + "B 2 51", "from 1 to 50"},
		{"a person backwards", sceneHead + "B 3 2", "ends before it begins"},
		{"a crossing of no line", sceneHead + "[crossings]\nwall A 3 in", `no line "wall"`},
		{"a crossing nowhere to", sceneHead + "[crossings]\ndoor A 3 over", "in or out"},
		{"a crossing by nobody", sceneHead + "[crossings]\ndoor B 3 in", `no person "B"`},
		{"a crossing out of sight", sceneHead + "[crossings]\ndoor A 41 in", "A is seen from frame 1 to 40"},
		{"a stay in no zone", sceneHead + "[stays]\nyard A 3 4", `no zone "yard"`},
		{"a stay of nobody", sceneHead + "[stays]\npit B - -", `no person "B"`},
		{"a stay backwards", sceneHead + "[stays]\npit A 4 3", "out before in"},
		{"heads in no zone", sceneHead + "[heads]\n1 yard 1", `no zone "yard"`},
		{"fewer at most than at least", sceneHead + "[heads]\n1 pit 2 1", "at least"},
		{"a sighting outside", sceneHead + "[sightings]\n1 A 0.5 -0.1", "from 0 to 1"},
		{"dress half seen", sceneHead + "[dress]\nA yes no perhaps", "yes, no or unclear"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ReadSceneHand(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to say %q", err, c.want)
			}
		})
	}
}

// TestSceneHands reads the scenes that were counted, and holds what they say
// in one section against the others.
func TestSceneHands(t *testing.T) {
	files, err := filepath.Glob("testdata/safety/*.hand.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scenes, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s, err := ReadSceneHand(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range s.Heads {
				n := 0
				if h.Zone == "" {
					for _, p := range s.People {
						if p.First <= h.Frame && h.Frame <= p.Last {
							n++
						}
					}
				}
				for _, z := range s.Stays {
					if z.Zone == h.Zone && z.In <= h.Frame && (z.Out == 0 || h.Frame < z.Out) {
						n++
					}
				}
				if n < h.Low || n > h.High {
					t.Errorf("frame %d, place %q: %d to %d heads, but %d people are there", h.Frame, h.Zone, h.Low, h.High, n)
				}
			}
		})
	}
}
