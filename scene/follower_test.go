package scene

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"linesman/models/detect"
	"linesman/vision"
)

// TestFollows holds that people keep their numbers at every frame rate a camera
// may have.
func TestFollows(t *testing.T) {
	pillar := vision.Box{X0: 600, Y0: 0, X1: 780, Y1: 720}
	stands := actor{label: Person, at: func(float64) (float64, float64, float64, bool) { return 900, 500, 160, true }}
	for _, tt := range []struct {
		name     string
		actors   []actor
		hides    []vision.Box
		miss     float64
		seconds  float64
		people   int
		switches int // at most
	}{
		{name: "one walks through", actors: []actor{walker(0, 500, 1280, 500, 160, 0, 8)}, seconds: 10, people: 1},
		{name: "one runs through", actors: []actor{walker(50, 500, 1280, 520, 160, 0, 2.5)}, seconds: 4, people: 1},
		{name: "one stands, with a third of the sights missing", actors: []actor{stands}, miss: 0.33, seconds: 20, people: 1},
		{name: "behind a pillar for a second and a half", actors: []actor{walker(100, 500, 1200, 500, 160, 0, 9.2)}, hides: []vision.Box{pillar}, seconds: 9, people: 1},
		{name: "two cross", actors: []actor{walker(100, 500, 1200, 500, 160, 0, 8), walker(1200, 540, 100, 540, 170, 0, 8)}, seconds: 8, people: 2},
		{name: "two cross before one who stands", actors: []actor{stands, walker(100, 540, 1200, 540, 160, 0, 8), walker(1200, 580, 100, 580, 170, 0, 8)}, miss: 0.1, seconds: 8, people: 3},
		{name: "two side by side", actors: []actor{walker(100, 500, 1200, 500, 160, 0, 8), walker(190, 505, 1290, 505, 160, 0, 8)}, miss: 0.1, seconds: 7, people: 2},
		{name: "one leaves and one comes elsewhere", actors: []actor{walker(300, 500, -100, 500, 160, 0, 4), walker(1280, 500, 900, 500, 160, 6, 9)}, seconds: 9, people: 2},
	} {
		for _, fps := range []float64{5, 8, 15} {
			t.Run(fmt.Sprintf("%s, %v/s", tt.name, fps), func(t *testing.T) {
				for seed := range uint64(20) {
					w := newWorld(t, Settings{}, fps, seed, tt.actors...)
					w.hides, w.miss, w.tremor = tt.hides, tt.miss, 0.03
					w.run(tt.seconds, nil)
					if w.switches > tt.switches || len(w.numbers) != tt.people {
						t.Errorf("seed %d: %d numbers for %d people, %d switches (at most %d)", seed, len(w.numbers), tt.people, w.switches, tt.switches)
					}
				}
			})
		}
	}
}

// TestCrowd counts identity switches of twelve people who walk through each
// other for a minute.
func TestCrowd(t *testing.T) {
	for _, fps := range []float64{5, 8, 15} {
		switches, seen := 0, 0
		for seed := range uint64(5) {
			w := newWorld(t, Settings{}, fps, seed, crowd(12, seed)...)
			w.miss, w.tremor = 0.08, 0.03
			w.run(60, nil)
			switches, seen = switches+w.switches, seen+w.seen
		}
		per := float64(switches) / (5 * 12)
		t.Logf("%v/s: %d switches among 60 people in a minute (%.2f a person), %d sights", fps, switches, per, seen)
		if per > 0.8 {
			t.Errorf("%v/s: %.2f switches a person and minute, want at most 0.8", fps, per)
		}
	}
}

func TestDoubtfulDetectionsContinueButDoNotBegin(t *testing.T) {
	f, _ := NewFollower(Settings{})
	step := func(s, score float64) Scene {
		return f.Step(Observation{At: after(s), Width: 1280, Height: 720, Detections: []detect.Found{found(Person, score, upright(400, 500, 160))}})
	}
	for n := range 20 {
		if sc := step(float64(n)/5, 0.3); len(sc.Tracks) != 0 {
			t.Fatalf("a score of 0.3 began a track")
		}
	}
	for n := range 5 {
		step(4+float64(n)/5, 0.8)
	}
	for n := range 20 {
		if sc := step(5+float64(n)/5, 0.4); len(sc.Tracks) != 1 || sc.Tracks[0].State != Confirmed {
			t.Fatalf("doubtful sight %d: %+v", n, sc.Tracks)
		}
	}
	for n := range 14 {
		if sc := step(9+float64(n)/5, 0.2); len(sc.Tracks) != 1 || sc.Tracks[0].State != Confirmed {
			t.Fatalf("faint sight %d: %+v", n, sc.Tracks)
		}
	}
	for n := range 10 { // longer than Patience nobody is held by what is that faint
		step(11.8+float64(n)/5, 0.2)
	}
	if sc := step(14, 0.2); len(sc.Tracks) != 0 {
		t.Fatalf("faint sights alone hold somebody after %v: %+v", f.set.Follow.Patience, sc.Tracks)
	}
}

// TestFaintThingTakesNobody has somebody walk away from a table that faintly looks
// like a person in every picture.
func TestFaintThingTakesNobody(t *testing.T) {
	f, _ := NewFollower(Settings{})
	table := found(Person, 0.25, upright(640, 520, 200))
	for n := range 60 {
		s := float64(n) / 5
		seen := []detect.Found{table}
		x := 600 + 120*s
		if x < 1200 {
			seen = append(seen, found(Person, 0.8, upright(x, 560, 260)))
		}
		sc := f.Step(Observation{At: after(s), Width: 1280, Height: 720, Detections: seen})
		for _, tr := range sc.Tracks {
			if x := tr.Foot.X; tr.State == Confirmed && s > 4 && math.Abs(x-640) < 60 {
				t.Fatalf("at %.1f s the table is track %d", s, tr.Number)
			}
		}
		if s > 9 && len(sc.Tracks) > 0 {
			t.Fatalf("at %.1f s, after he left, %+v", s, sc.Tracks)
		}
	}
	if f.totals.Tracks != 1 {
		t.Errorf("%d people, want 1", f.totals.Tracks)
	}
}

// TestPiecesAreNobody has a detector find one worker whole and in pieces.
func TestPiecesAreNobody(t *testing.T) {
	whole := upright(400, 500, 200)
	legs, chest := whole, whole
	legs.Y0, chest.Y1 = 400, 400
	behind := upright(395, 470, 120) // stands further away, beside the shoulder
	for _, c := range []struct {
		name string
		box  vision.Box
		want int
	}{
		{"legs", legs, 1},
		{"chest", chest, 1},
		{"him and who stands behind, as one", vision.Box{X0: whole.X0 - 10, X1: whole.X1 + 10, Y0: whole.Y0 - 200, Y1: whole.Y1}, 1},
		{"somebody further away", behind, 2},
	} {
		f, _ := NewFollower(Settings{})
		var sc Scene
		for n := range 20 {
			sc = f.Step(Observation{At: after(float64(n) / 5), Width: 1280, Height: 720, Detections: []detect.Found{found(Person, 0.8, whole), found(Person, 0.7, c.box)}})
		}
		if len(sc.Tracks) != c.want {
			t.Errorf("%s: %d people, want %d", c.name, len(sc.Tracks), c.want)
		}
	}
}

// TestComesInFromBelow has somebody come in over the picture's lower edge: the box
// grows from picture to picture, and its lower edge is no foot until it has left
// the picture's.
func TestComesInFromBelow(t *testing.T) {
	f, _ := NewFollower(Settings{Zones: map[string]Zone{
		"above": {Polygon: [][]float64{{0.2, 0.7}, {0.8, 0.7}, {0.8, 0.95}, {0.2, 0.95}}},
		"edge":  {Polygon: [][]float64{{0.2, 0.7}, {0.8, 0.7}, {0.8, 0.98}, {0.2, 0.98}}},
	}})
	entered := map[string]float64{}
	for n := range 30 {
		s := float64(n) / 5
		b := upright(640, 720+300-100*s, 400) // the feet are in the picture from 3 s on, in "above" from 3.4 s
		b.Y1 = min(b.Y1, 720)
		for _, p := range f.Step(Observation{At: after(s), Width: 1280, Height: 720, Detections: []detect.Found{found(Person, 0.8, b)}}).Passages {
			if p.Entered {
				entered[p.Zone] = s
			}
		}
	}
	if at := entered["above"]; at < 3.2 || at > 3.8 {
		t.Errorf("came into the zone at %.1f s, want 3.4", at)
	}
	if at, ok := entered["edge"]; !ok || at > 1 {
		t.Errorf("a zone down to the edge holds who is cut off by it: entered at %.1f s (%v)", at, ok)
	}
}

func TestLife(t *testing.T) {
	w := newWorld(t, Settings{}, 5, 1, walker(400, 500, 430, 500, 160, 0, 2))
	var first, coasting, gone float64
	w.run(10, func(s float64, sc Scene) {
		switch {
		case len(sc.Tracks) == 1 && first == 0:
			first = s
		case len(sc.Tracks) == 1 && sc.Tracks[0].State == Coasting:
			coasting = s
		case len(sc.Ended) == 1:
			gone = s
		}
	})
	if first != 0.4 || coasting != 5 || gone != 5.2 {
		t.Errorf("believed at %v s, last coasting at %v s, gone at %v s; want 0.4, 5, 5.2", first, coasting, gone)
	}
}

// TestComesBack holds that one who is lost for longer than a track coasts keeps
// the number, unless it may be another.
func TestComesBack(t *testing.T) {
	away := func(x, from, to float64) actor {
		return actor{label: Person, at: func(s float64) (float64, float64, float64, bool) { return x, 500, 160, s < from || s > to }}
	}
	late := func(x, from float64) actor {
		return actor{label: Person, at: func(s float64) (float64, float64, float64, bool) { return x, 500, 160, s >= from }}
	}
	for _, tt := range []struct {
		name   string
		actors []actor
		want   int // numbers
	}{
		{"one, gone for six seconds", []actor{away(400, 5, 11)}, 1},
		{"one, gone for twenty", []actor{away(400, 5, 25)}, 2},
		{"two at once near where one was lost", []actor{away(400, 5, 11), late(500, 11.1)}, 3},
		{"one who walks out, and one who comes in there", []actor{walker(300, 500, -100, 500, 160, 0, 4), walker(-100, 500, 300, 500, 160, 6, 10)}, 2},
		{"one far off", []actor{away(400, 5, 99), late(1000, 11)}, 2},
	} {
		w := newWorld(t, Settings{}, 5, 1, tt.actors...)
		w.run(35, nil)
		if len(w.numbers) != tt.want {
			t.Errorf("%s: %d numbers, want %d", tt.name, len(w.numbers), tt.want)
		}
	}
}

// TestFewPictures holds that people are believed and followed where a box that
// has no cores left sees a picture or two a second.
func TestFewPictures(t *testing.T) {
	for _, fps := range []float64{1, 2, 3} {
		w := newWorld(t, Settings{}, fps, 1, walker(300, 500, 900, 500, 160, 0, 8), walker(100, 650, 101, 650, 200, 0, 30))
		w.run(30, nil)
		if len(w.numbers) != 2 || w.switches > 0 {
			t.Errorf("%v/s: %d numbers for 2 people, %d switches", fps, len(w.numbers), w.switches)
		}
	}
}

// TestAway holds that nobody is the same after a camera was away for an hour, and
// that one who stood in a zone is told to have left when the picture becomes
// another one.
func TestAway(t *testing.T) {
	f, err := NewFollower(yard())
	if err != nil {
		t.Fatal(err)
	}
	see := func(s float64, width int) Scene {
		return f.Step(Observation{At: after(s), Width: width, Height: 720, Detections: []detect.Found{found(Person, 0.9, upright(0.5*float64(width), 500, 160))}})
	}
	for n := range 10 {
		see(float64(n)/5, 1280)
	}
	away := see(3600, 1280)
	if len(away.Tracks) != 0 || len(away.Ended) != 1 || len(away.Passages) != 1 || !away.Passages[0].Lost {
		t.Errorf("after an hour: %+v, passages %+v", away.Tracks, away.Passages)
	}
	for n := range 10 {
		see(3601+float64(n)/5, 1280)
	}
	if sc := see(3603, 640); len(sc.Ended) != 1 || len(sc.Passages) != 1 || sc.Passages[0].Entered {
		t.Errorf("in a picture of another size: ended %+v, passages %+v", sc.Ended, sc.Passages)
	}
}

func TestOneThingByTwoNames(t *testing.T) {
	f, _ := NewFollower(Settings{})
	b := vision.Box{X0: 400, Y0: 300, X1: 640, Y1: 520}
	var sc Scene
	for n := range 30 {
		d := []detect.Found{found("forklift", 0.8, b)}
		if n%3 == 0 { // a second detector, or another mood of the same
			d = []detect.Found{found("truck", 0.6, b)}
		}
		if n%5 == 0 {
			d = append(d, found("vehicle", 0.5, b))
		}
		sc = f.Step(Observation{At: after(float64(n) / 8), Width: 1280, Height: 720, Detections: d})
	}
	if len(sc.Tracks) != 1 || sc.Tracks[0].Label != "forklift" || sc.Totals.Tracks != 1 {
		t.Errorf("got %+v, want one forklift", sc.Tracks)
	}
}

// TestBounds holds that nothing grows without end, and that what is refused is
// counted.
func TestBounds(t *testing.T) {
	f, _ := NewFollower(Settings{Follow: FollowSettings{MaxTracks: 5}})
	var many []detect.Found
	for i := range 300 {
		many = append(many, found(Person, 0.9, upright(float64(10+i*4), 500, 40)), found("fire", 0.9, upright(float64(10+i*40), 300, 20)), found("suitcase", 0.9, upright(float64(10+i*40), 600, 20)))
	}
	many = append(many, found(Person, math.NaN(), upright(1, 2, 3)), found(Person, 0.9, vision.Box{X0: 5, X1: 5, Y1: 9}), found(Person, 0.9, vision.Box{X0: math.Inf(-1), X1: 5, Y1: 9}))
	var sc Scene
	for n := range 40 {
		sc = f.Step(Observation{At: after(float64(n) / 5), Width: 1280, Height: 720, Detections: many})
	}
	if len(sc.Tracks) != 5 || len(sc.Sights) > maxSights || len(sc.Left) > maxLeft || sc.Totals.Refused == 0 || sc.Totals.Ignored != 40*(300-128+3) {
		t.Errorf("%d tracks, %d sights, %d things, %+v", len(sc.Tracks), len(sc.Sights), len(sc.Left), sc.Totals)
	}
}

// TestOddTimes holds that a clock that stands or steps breaks nothing.
func TestOddTimes(t *testing.T) {
	f, _ := NewFollower(Settings{})
	for _, s := range []float64{0, 0.2, 0.2, 0.4, -5, 0.6, 0.8, 3600, 3600.2, 3600.4, 3600.8} {
		sc := f.Step(Observation{At: after(s), Width: 1280, Height: 720, Detections: []detect.Found{found(Person, 0.9, upright(400, 500, 160))}})
		for _, tr := range sc.Tracks {
			if !sound(tr.Box.X0, tr.Box.Y0, tr.Box.X1, tr.Box.Y1) {
				t.Fatalf("at %v s: %+v", s, tr)
			}
		}
	}
	if sc := f.Step(Observation{At: after(3601)}); sc.Blind == "" || len(sc.Tracks) != 0 {
		t.Errorf("a picture without size: %+v", sc)
	}
}

// TestSame holds that the same observations give the same scenes.
func TestSame(t *testing.T) {
	play := func() (out []Scene) {
		w := newWorld(t, Settings{}, 8, 3, crowd(8, 3)...)
		w.miss, w.tremor = 0.1, 0.04
		w.run(20, func(_ float64, sc Scene) { out = append(out, sc) })
		return out
	}
	if a, b := play(), play(); !reflect.DeepEqual(a, b) {
		t.Error("two runs over the same observations differ")
	}
}

func FuzzStep(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 200, 100, 0, 255}, uint8(3))
	labels := []string{Person, "forklift", "helmet", "no-helmet", "vest", "fire", "smoke", "suitcase", "cone", "nonsense"}
	f.Fuzz(func(t *testing.T, data []byte, dt uint8) {
		fw, err := NewFollower(Settings{Zones: map[string]Zone{"a": {Polygon: [][]float64{{0, 0}, {0.5, 0}, {0.5, 1}}}},
			Lines: map[string]Line{"l": {Points: [][]float64{{0.5, 0}, {0.5, 1}}, In: "right"}}})
		if err != nil {
			t.Fatal(err)
		}
		at := start
		for len(data) >= 6 {
			var d []detect.Found
			for n := int(data[0] % 8); n > 0 && len(data) >= 6; n-- {
				x, y := float64(data[1])*5, float64(data[2])*3
				d = append(d, found(labels[int(data[0]/8)%len(labels)], float64(data[5])/255, vision.Box{X0: x, Y0: y, X1: x + float64(data[3]), Y1: y + float64(data[4])}))
				data = data[6:]
			}
			at = at.Add(time.Duration(dt) * 10 * time.Millisecond)
			sc := fw.Step(Observation{At: at, Width: 1280, Height: 720, Detections: d})
			for _, tr := range sc.Tracks {
				if tr.Number == 0 || tr.State == Tentative || !sound(tr.Box.X0, tr.Box.Y1, tr.Foot.X) || !(tr.Box.X1 > tr.Box.X0) {
					t.Fatalf("%+v", tr)
				}
			}
			if len(data) > 0 && len(data) < 6 {
				break
			}
			if len(d) == 0 && len(data) > 0 {
				data = data[1:]
			}
		}
	})
}

func BenchmarkStep(b *testing.B) {
	w := &world{actors: crowd(20, 1), fps: 8, width: 1280, height: 720}
	f, _ := NewFollower(Settings{Zones: map[string]Zone{"a": {Polygon: [][]float64{{0.1, 0.4}, {0.5, 0.4}, {0.5, 0.9}, {0.1, 0.9}}}},
		Lines: map[string]Line{"l": {Points: [][]float64{{0.5, 0}, {0.5, 1}}, In: "right"}}})
	var d []detect.Found
	for _, a := range w.actors {
		x, y, h, _ := a.at(0)
		d = append(d, found(Person, 0.9, upright(x, y, h)), found("helmet", 0.8, upright(x, y-0.9*h, 0.12*h)))
	}
	o := Observation{Width: 1280, Height: 720}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		s := float64(n) / 8
		for i, a := range w.actors {
			x, y, h, _ := a.at(s)
			d[2*i].Box, d[2*i+1].Box = upright(x, y, h), upright(x, y-0.9*h, 0.12*h)
		}
		o.At, o.Detections = after(s), d
		f.Step(o)
	}
}
