package scene

import (
	"math"
	"strings"
	"testing"
	"time"

	"linesman/models/detect"
	"linesman/vision"
)

// yard has a zone in the middle third of the picture and a door on its right.
func yard() Settings {
	return Settings{
		Zones: map[string]Zone{"middle": {Polygon: [][]float64{{0.33, 0.2}, {0.66, 0.2}, {0.66, 0.95}, {0.33, 0.95}}}},
		Lines: map[string]Line{"door": {Points: [][]float64{{0.8, 0.2}, {0.8, 0.95}}, In: "right"}},
	}
}

func TestZonesAndLines(t *testing.T) {
	trembling := func(x float64) actor {
		return actor{label: Person, at: func(s float64) (float64, float64, float64, bool) {
			return x + 10*math.Sin(9*s), 500, 160, true
		}}
	}
	turns := actor{label: Person, at: func(s float64) (float64, float64, float64, bool) {
		return 1030 + 150*math.Sin(s/2), 500, 160, true // over the door and back
	}}
	for _, tt := range []struct {
		name           string
		actor          actor
		miss           float64
		seconds        float64
		entered, left  int
		in, out        int
		dwell, heading string
	}{
		{name: "walks through zone and door", actor: walker(50, 500, 1250, 500, 160, 0, 8), seconds: 9, entered: 1, left: 1, in: 1, heading: "right"},
		{name: "walks back", actor: walker(1250, 500, 50, 500, 160, 0, 8), seconds: 9, entered: 1, left: 1, out: 1, heading: "left"},
		{name: "walks through with sights missing", actor: walker(50, 500, 1250, 500, 160, 0, 8), miss: 0.3, seconds: 9, entered: 1, left: 1, in: 1, heading: "right"},
		{name: "trembles on the zone's edge", actor: trembling(1280 * 0.33), seconds: 60, entered: 1},
		{name: "trembles on the door", actor: trembling(1280 * 0.8), seconds: 60},
		{name: "stands with the head in the zone, the feet below it", actor: walker(640, 719, 640, 719, 300, 0, 60), seconds: 20},
		{name: "goes in and out at the door", actor: turns, seconds: 2 * 4 * math.Pi, in: 1, out: 2},
		{name: "passes beside the door's end", actor: walker(900, 110, 1200, 110, 90, 0, 4), seconds: 4},
	} {
		for _, fps := range []float64{5, 15} {
			entered, left, in, out, heading := 0, 0, 0, 0, ""
			w := newWorld(t, yard(), fps, 5, tt.actor)
			w.miss, w.tremor = tt.miss, 0.02
			w.run(tt.seconds, func(s float64, sc Scene) {
				for _, p := range sc.Passages {
					if p.Entered {
						entered++
						heading = p.Heading
					} else {
						left++
					}
				}
				for _, c := range sc.Crossings {
					if c.In {
						in++
					} else {
						out++
					}
				}
			})
			if entered != tt.entered || left != tt.left || in != tt.in || out != tt.out || heading != tt.heading {
				t.Errorf("%s, %v/s: entered %d left %d in %d out %d heading %q, want %d %d %d %d %q", tt.name, fps, entered, left, in, out, heading, tt.entered, tt.left, tt.in, tt.out, tt.heading)
			}
		}
	}
}

func TestDwellAndCounts(t *testing.T) {
	stand := func(x, from, to float64) actor {
		return actor{label: Person, at: func(s float64) (float64, float64, float64, bool) { return x, 500, 160, s >= from && s <= to }}
	}
	w := newWorld(t, yard(), 5, 1, stand(500, 0, 30), stand(700, 10, 30), stand(100, 0, 30))
	w.run(20, func(s float64, sc Scene) {
		want := 1
		if s >= 10.4 {
			want = 2
		}
		if s >= 1 && sc.Counts[0].People != want {
			t.Errorf("at %v s %d people in the zone, want %d", s, sc.Counts[0].People, want)
		}
		if s == 20 {
			longest := 0.0
			for _, tr := range sc.Tracks {
				if st := tr.In("middle"); st != nil {
					longest = max(longest, st.For.Seconds())
				}
			}
			if longest != 20 {
				t.Errorf("the first one stayed %v s, want 20", longest)
			}
		}
	})
}

// TestStaysWhileUnseen holds that one who is hidden in a zone has not left it.
func TestStaysWhileUnseen(t *testing.T) {
	a := actor{label: Person, at: func(s float64) (float64, float64, float64, bool) { return 640, 500, 160, s < 5 || s > 7 }}
	w := newWorld(t, yard(), 5, 1, a)
	w.run(10, func(s float64, sc Scene) {
		if s > 1 && (len(sc.Passages) > 0 || sc.Counts[0].People != 1) {
			t.Errorf("at %v s: %+v, %+v", s, sc.Passages, sc.Counts)
		}
	})
}

func TestSpeed(t *testing.T) {
	set := Settings{SizePx: []int{1280, 720}, Floor: &Floor{PicturePx: [][]float64{{340, 300}, {940, 300}, {1240, 700}, {40, 700}}, Metres: [][]float64{{0, 12}, {8, 12}, {8, 0}, {0, 0}}}}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, metres := range []float64{0, 1.4, 4} {
		a := actor{label: Person, at: func(s float64) (float64, float64, float64, bool) {
			p, _ := set.Floor.Seen(vision.Point{X: 0.5 + metres*s, Y: 4})
			return p.X * 1280, p.Y * 720, 170, true
		}}
		w := newWorld(t, set, 8, 2, a)
		w.tremor = 0.01
		var got Motion
		w.run(1.75, func(_ float64, sc Scene) {
			if len(sc.Tracks) == 1 {
				got = sc.Tracks[0].Motion
			}
		})
		if !got.MetresKnown || math.Abs(got.Metres-metres) > 0.25 || (got.Heading == "right") != (metres > 0) {
			t.Errorf("walks at %v m/s: %+v", metres, got)
		}
	}
	cut := newWorld(t, set, 8, 2, walker(600, 719, 700, 719, 400, 0, 4))
	cut.run(3, func(s float64, sc Scene) {
		if len(sc.Tracks) == 1 && (sc.Tracks[0].OnFloor || sc.Tracks[0].Motion.MetresKnown || !sc.Tracks[0].Cut) {
			t.Fatalf("feet below the picture, and yet %+v", sc.Tracks[0])
		}
	})
}

func TestFloor(t *testing.T) {
	square := [][]float64{{0, 0}, {10, 0}, {10, 10}, {0, 10}}
	for _, tt := range []struct {
		name            string
		picture, metres [][]float64
		says            string
	}{
		{"a bay", [][]float64{{0.1, 0.9}, {0.9, 0.9}, {0.7, 0.3}, {0.3, 0.3}}, square, ""},
		{"seen from above", [][]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}}, square, ""},
		{"five points", [][]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0.5, 0.5}}, append(square[:4:4], []float64{5, 5}), ""},
		{"five points, one wrong", [][]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0.5, 0.5}}, append(square[:4:4], []float64{9, 5}), "measure it again"},
		{"three points", [][]float64{{0, 0}, {1, 0}, {1, 1}}, square[:3], "want four or more"},
		{"on a line", [][]float64{{0.1, 0.1}, {0.2, 0.2}, {0.3, 0.3}, {0.4, 0.4}}, square, "on one line"},
		{"three on a line", [][]float64{{0.1, 0.1}, {0.2, 0.2}, {0.3, 0.301}, {0.9, 0.1}}, square, "on one line"},
		{"two the same", [][]float64{{0.1, 0.1}, {0.1, 0.1}, {0.9, 0.9}, {0.1, 0.9}}, square, "on one line"},
		{"crossed over", [][]float64{{0.1, 0.9}, {0.9, 0.9}, {0.3, 0.3}, {0.7, 0.3}}, square, "behind the horizon"},
		{"no number", [][]float64{{0.1, math.NaN()}, {0.9, 0.9}, {0.7, 0.3}, {0.3, 0.3}}, square, "want x and y"},
	} {
		s := Settings{Floor: &Floor{Picture: tt.picture, Metres: tt.metres}}
		err := s.Validate()
		if tt.says != "" {
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "floor: ") {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for i, p := range tt.picture {
			m, ok := s.Floor.At(vision.Point{X: p[0], Y: p[1]})
			if !ok || math.Hypot(m.X-tt.metres[i][0], m.Y-tt.metres[i][1]) > 1e-9 {
				t.Errorf("%s: point %d is at %v m, want %v", tt.name, i, m, tt.metres[i])
			}
			back, ok := s.Floor.Seen(m)
			if !ok || math.Hypot(back.X-p[0], back.Y-p[1]) > 1e-9 {
				t.Errorf("%s: point %d comes back as %v", tt.name, i, back)
			}
		}
	}
	s := Settings{Floor: &Floor{Picture: [][]float64{{0.1, 0.9}, {0.9, 0.9}, {0.7, 0.3}, {0.3, 0.3}}, Metres: square}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if m, ok := s.Floor.At(vision.Point{X: 0.5, Y: -0.5}); ok {
		t.Errorf("a place above the horizon is at %v m", m)
	}
}

func TestSettingsRefuse(t *testing.T) {
	tri := [][]float64{{0, 0}, {1, 0}, {1, 1}}
	for says, s := range map[string]Settings{
		"zones.a: want one of polygon":                   {Zones: map[string]Zone{"a": {}}},
		"zones.a: the polygon has 2 corners":             {Zones: map[string]Zone{"a": {Polygon: tri[:2]}}},
		"zones.a: the polygon covers nothing":            {Zones: map[string]Zone{"a": {Polygon: [][]float64{{0, 0}, {0.5, 0.5}, {1, 1}}}}},
		"zones.a: polygon_px is in pixels of which":      {Zones: map[string]Zone{"a": {PolygonPx: tri}}},
		"zones.a: polygon_m is in metres, but no floor":  {Zones: map[string]Zone{"a": {PolygonM: tri}}},
		"zones.a: want one of polygon, polygon_px and p": {Zones: map[string]Zone{"a": {PolygonM: tri, Polygon: tri}}},
		"zones.a: polygon[0] is [300 4]":                 {Zones: map[string]Zone{"a": {Polygon: [][]float64{{300, 4}, {1, 0}, {1, 1}}}}},
		"lines.l: the line has 3 points":                 {Lines: map[string]Line{"l": {Points: tri, In: "up"}}},
		"lines.l: in is \"north\"":                       {Lines: map[string]Line{"l": {Points: tri[:2], In: "north"}}},
		"lines.l: the line itself runs left":             {Lines: map[string]Line{"l": {Points: tri[:2], In: "left"}}},
		"lines.l: the line's ends lie on each other":     {Lines: map[string]Line{"l": {Points: [][]float64{{1, 1}, {1, 1}}, In: "left"}}},
		"follow: scores of 0.7":                          {Follow: FollowSettings{Doubtful: 0.7}},
		"follow: birth is -1s":                           {Follow: FollowSettings{Birth: -1e9}},
		"dress: votes is 1":                              {Dress: DressSettings{Votes: 1}},
		"dress: span of 1.5s in a window of 1s":          {Dress: DressSettings{Window: 1e9}},
		"dress: share is 0.5":                            {Dress: DressSettings{Share: 0.5}},
		"fire: seen in 6 of 5 seconds":                   {Fire: SightSettings{Seen: 6}},
		"left: near is 20":                               {Left: LeftSettings{Near: 20}},
	} {
		if _, err := NewFollower(s); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

// TestFloorZones holds that a zone in metres is where its corners are seen.
func TestFloorZones(t *testing.T) {
	set := Settings{Floor: &Floor{Picture: [][]float64{{0.1, 0.9}, {0.9, 0.9}, {0.7, 0.3}, {0.3, 0.3}}, Metres: [][]float64{{0, 0}, {10, 0}, {10, 20}, {0, 20}}},
		Zones: map[string]Zone{"bay": {PolygonM: [][]float64{{2, 2}, {4, 2}, {4, 6}, {2, 6}}}}}
	f, err := NewFollower(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		x, y float64
		in   bool
	}{{3, 4, true}, {1.5, 4, false}, {3, 7, false}, {4.5, 4, false}} {
		p, _ := f.set.Floor.Seen(vision.Point{X: tt.x, Y: tt.y})
		var sc Scene
		for n := range 5 {
			sc = f.Step(Observation{At: after(float64(n) / 5), Width: 1280, Height: 720, Detections: []detect.Found{found(Person, 0.9, upright(p.X*1280, p.Y*720, 120))}})
		}
		if got := sc.Tracks[len(sc.Tracks)-1].In("bay") != nil; got != tt.in {
			t.Errorf("at %v, %v m: in the zone is %v", tt.x, tt.y, got)
		}
		f, _ = NewFollower(set)
	}
}

func TestSpaces(t *testing.T) {
	s := NewSpaces(map[string]Space{"cell": {Lines: []string{"yard.door", "hall.door"}}, "hall": {Lines: []string{"hall.door"}}})
	in, out := Crossing{Line: "door", Label: Person, In: true}, Crossing{Line: "door", Label: Person}
	s.Take("yard", []Crossing{in, in, {Line: "door", Label: "forklift", In: true}})
	s.Take("hall", []Crossing{out})
	s.Take("roof", []Crossing{in})
	got := s.Heads()
	if got[0].Now != 1 || got[0].In != 2 || got[0].Out != 1 || got[0].Short != 0 || got[1].Now != 0 || got[1].Short != 1 {
		t.Errorf("%+v", got)
	}
	if was, err := s.Set("cell", 0, start); was.Off(0) != 1 || was.Most != 2 || err != nil || s.Heads()[0].Now != 0 || s.Heads()[0].Since != start {
		t.Errorf("set: it was %+v, %v, now %+v", was, err, s.Heads()[0])
	}
	dark := s.Fresh("nobody counted")
	dark.Take("yard", []Crossing{out, in})
	dark.Put(s.Heads()[1])
	if got := dark.Heads(); got[0].Unknown != "nobody counted" || got[0].Now != 1 || got[1].Unknown != "" || got[1].Short != 1 {
		t.Errorf("of which nothing is known: %+v", got)
	}
	if was, _ := dark.Set("cell", 4, start); was.Off(4) != 0 || dark.Heads()[0].Unknown != "" {
		t.Errorf("a count that nobody knew was off by %d; then %+v", was.Off(4), dark.Heads()[0])
	}
	if _, err := s.Set("attic", 0, start); err == nil || !strings.Contains(err.Error(), "there are cell, hall") {
		t.Errorf("an unknown space: %v", err)
	}
	if _, err := s.Set("cell", -1, start); err == nil {
		t.Error("-1 people were taken")
	}
}

func TestDue(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04:05", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	s := Space{Reconcile: []string{"14:00", "22:00"}}
	for _, c := range []struct{ after, until, want string }{
		{"2026-11-28 13:59:59", "2026-11-28 14:00:00", "2026-11-28 14:00:00"},
		{"2026-11-28 14:00:00", "2026-11-28 14:00:01", ""},
		{"2026-11-28 10:00:00", "2026-11-28 13:00:00", ""},
		{"2026-11-28 10:00:00", "2026-11-28 23:00:00", "2026-11-28 22:00:00"},
		{"2026-11-27 21:00:00", "2026-11-28 03:00:00", "2026-11-27 22:00:00"},
		{"2026-03-28 23:00:00", "2026-03-29 14:00:00", "2026-03-29 14:00:00"}, // the night is an hour shorter
	} {
		got, ok := s.Due(at(c.after), at(c.until), berlin)
		if ok != (c.want != "") || ok && !got.Equal(at(c.want)) {
			t.Errorf("after %s up to %s: %v, %v; want %s", c.after, c.until, got, ok, c.want)
		}
	}
	if _, ok := (Space{}).Due(at("2026-11-27 21:00:00"), at("2026-11-28 23:00:00"), berlin); ok {
		t.Error("a space without times is due")
	}
}

func TestGap(t *testing.T) {
	set := Settings{SizePx: []int{1280, 720}, Floor: &Floor{PicturePx: [][]float64{{340, 300}, {940, 300}, {1240, 700}, {40, 700}}, Metres: [][]float64{{0, 12}, {8, 12}, {8, 0}, {0, 0}}},
		Zones: map[string]Zone{"press": {PolygonM: [][]float64{{5, 3}, {7, 3}, {7, 5}, {5, 5}}}}}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	on := func(label string, x, y, width float64) *Track {
		p, _ := set.Floor.Seen(vision.Point{X: x, Y: y})
		p = vision.Point{X: p.X * 1280, Y: p.Y * 720}
		h := 150.0
		return &Track{Label: label, Foot: p, Box: vision.Box{X0: p.X - width/2, Y0: p.Y - h, X1: p.X + width/2, Y1: p.Y}}
	}
	man := on(Person, 3, 4, 0)
	for _, tt := range []struct {
		name string
		gap  Gap
		want float64
	}{
		{"to a man", set.Between(man, on(Person, 5, 4, 0), 1280, 720), 2},
		{"to one nearer", set.Between(man, on(Person, 3, 1, 0), 1280, 720), 3},
		{"to a zone", set.ToZone(man, "press", 1280, 720), 2},
		{"within the zone", set.ToZone(on(Person, 6, 4, 0), "press", 1280, 720), 0},
		{"to a corner", set.ToZone(on(Person, 2, 7, 0), "press", 1280, 720), math.Hypot(3, 2)},
	} {
		if !tt.gap.MetresKnown || math.Abs(tt.gap.Metres-tt.want) > 0.05 || tt.gap.Within(tt.want-0.1) || !tt.gap.Within(tt.want+0.1) {
			t.Errorf("%s: %+v, want %v m", tt.name, tt.gap, tt.want)
		}
	}
	lift := on("forklift", 6, 4, 200)
	wide := set.Between(man, lift, 1280, 720)
	if wide.Metres > 2.2 || wide.Metres < 0.5 {
		t.Errorf("to a wide forklift: %+v", wide)
	}
	var blind Settings
	if g := blind.Between(man, on(Person, 5, 4, 0), 1280, 720); g.MetresKnown || !g.Within(3) || g.Within(0.5) {
		t.Errorf("without a floor: %+v", g)
	}
	man.Cut = true
	if g := set.ToZone(man, "press", 1280, 720); g.MetresKnown {
		t.Errorf("feet not seen: %+v", g)
	}
}
