package part

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const frameStep = 33 * time.Millisecond

// reel is what frames show, one list of sightings a frame.
type reel [][]Sighting

// count runs a reel through a tracker, its frames numbered from 1.
func count(t testing.TB, set TrackSettings, r reel) (*Tracker, []Crossing) {
	t.Helper()
	k, err := NewTracker(set)
	if err != nil {
		t.Fatal(err)
	}
	var all []Crossing
	at := time.Unix(1000, 0)
	for i, seen := range r {
		all = append(all, k.See(uint64(i+1), at, seen)...)
		at = at.Add(frameStep)
	}
	return k, all
}

// walk is a part of 40 x 60 pixels seen at each of the given x; a NaN is a
// frame in which it is missed.
func walk(y, score float64, xs ...float64) reel {
	r := make(reel, len(xs))
	for i, x := range xs {
		if !math.IsNaN(x) {
			r[i] = []Sighting{{X: x, Y: y, Width: 40, Height: 60, Score: score}}
		}
	}
	return r
}

// steps are n places from x on, by dx.
func steps(x, dx float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x + dx*float64(i)
	}
	return out
}

func (r reel) with(o reel) reel {
	out := make(reel, max(len(r), len(o)))
	for i := range out {
		if i < len(r) {
			out[i] = append(out[i], r[i]...)
		}
		if i < len(o) {
			out[i] = append(out[i], o[i]...)
		}
	}
	return out
}

func TestTrackerCounts(t *testing.T) {
	miss := math.NaN()
	back := slices.Concat(steps(60, 8, 10), steps(132, -8, 10))
	for _, c := range []struct {
		name   string
		set    TrackSettings // the line is at x = 100 unless set
		reel   reel
		parts  int
		ways   string // one letter a crossing: f forward, b back, F and B again
		unsure int
	}{
		{name: "nothing"},
		{name: "one forward", reel: walk(50, 0.9, steps(40, 8, 15)...), parts: 1, ways: "f"},
		{name: "one back", reel: walk(50, 0.9, steps(160, -8, 15)...), parts: 1, ways: "b"},
		{name: "stands before the line", reel: walk(50, 0.9, steps(80, 0, 50)...)},
		{name: "trembles on the line", reel: walk(50, 0.9, 99, 101, 99.5, 100.5, 99, 101, 100, 101.5, 99, 100)},
		{name: "over, back and over again is one part", reel: walk(50, 0.9, slices.Concat(back, steps(60, 8, 12))...), parts: 1, ways: "fBF"},
		{name: "seen too seldom to be believed", reel: walk(50, 0.9, 90, 110)},
		{name: "seen thrice, across the line", reel: walk(50, 0.9, 90, 100, 110), parts: 1, ways: "f"},
		{name: "missed while on the line", reel: walk(50, 0.9, 60, 68, 76, 84, 92, miss, miss, miss, 124, 132), parts: 1, ways: "f"},
		{name: "lost before the line for good", reel: walk(50, 0.9, slices.Concat(steps(52, 8, 6), slices.Repeat([]float64{miss}, 60))...), unsure: 1},
		{name: "gone for longer than patience is a new part", reel: walk(50, 0.9, slices.Concat(steps(60, 8, 8), slices.Repeat([]float64{miss}, 60), steps(60, 8, 8))...), parts: 2, ways: "ff"},
		{name: "doubtful alone", reel: walk(50, 0.3, steps(40, 8, 15)...)},
		{name: "doubtful after sure", reel: append(walk(50, 0.9, steps(40, 8, 4)...), walk(50, 0.2, steps(72, 8, 8)...)...), parts: 1, ways: "f"},
		{name: "below doubtful is nothing", reel: append(walk(50, 0.9, steps(40, 8, 4)...), walk(50, 0.05, steps(72, 8, 60)...)...), unsure: 1},
		{name: "two lanes at once", reel: walk(50, 0.9, steps(40, 8, 15)...).with(walk(150, 0.9, steps(40, 8, 15)...)), parts: 2, ways: "ff"},
		{name: "two meet in passing", reel: walk(50, 0.9, steps(40, 8, 15)...).with(walk(90, 0.9, steps(160, -8, 15)...)), parts: 2, ways: "fb"},
		{name: "a piece of a part is no part", reel: walk(50, 0.9, steps(40, 8, 15)...).with(reel{
			2: {{X: 56, Y: 60, Width: 36, Height: 30, Score: 0.6}}, 3: {{X: 64, Y: 60, Width: 36, Height: 30, Score: 0.6}},
			4: {{X: 72, Y: 60, Width: 36, Height: 30, Score: 0.6}}, 14: nil}), parts: 1, ways: "f"},
		{name: "faster than half its length a frame, at a known speed", set: TrackSettings{VX: 1000}, reel: walk(50, 0.9, steps(10, 33, 6)...), parts: 1, ways: "f"},
		{name: "down the picture", set: TrackSettings{Line: CountingLine{AlongY: true, At: 200}}, reel: reel{
			{{X: 9, Y: 150, Width: 20, Height: 80, Score: 0.9}}, {{X: 9, Y: 175, Width: 20, Height: 80, Score: 0.9}},
			{{X: 9, Y: 195, Width: 20, Height: 80, Score: 0.9}}, {{X: 9, Y: 215, Width: 20, Height: 80, Score: 0.9}}}, parts: 1, ways: "f"},
		{name: "boxes that are none", reel: reel{{{X: math.NaN(), Y: 1, Width: 4, Height: 4, Score: 1}, {X: 1, Y: 1, Width: 0, Height: 4, Score: 1},
			{X: 1, Y: 1, Width: math.Inf(1), Height: 4, Score: 1}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.set.Line == (CountingLine{}) {
				c.set.Line.At = 100
			}
			k, crossings := count(t, c.set, c.reel)
			ways := ""
			for _, x := range crossings {
				way := "b"
				if x.Forward {
					way = "f"
				}
				if x.Again {
					way = strings.ToUpper(way)
				}
				ways += way
			}
			if k.Counted() != c.parts || ways != c.ways || k.Unsure() != c.unsure {
				t.Errorf("%d parts, crossings %q, %d unsure; want %d, %q, %d", k.Counted(), ways, k.Unsure(), c.parts, c.ways, c.unsure)
			}
		})
	}
}

// TestCrossingFrame holds that a crossing is dated to the frame that shows the
// centre beyond the line, however much later it became certain.
func TestCrossingFrame(t *testing.T) {
	_, all := count(t, TrackSettings{Line: CountingLine{At: 100}}, walk(50, 0.9, 95, 97, 98, 99, 100.5, 101, 101.5, 102, 102.5, 103, 104, 106))
	if len(all) != 1 || all[0].Frame < 5 || all[0].Frame > 6 {
		t.Errorf("crossings %+v, want one at frame 5 or 6", all)
	}
}

func TestTracksTellWhereThingsAre(t *testing.T) {
	k, all := count(t, TrackSettings{Line: CountingLine{At: 100}}, walk(50, 0.9, append(steps(60, 8, 10), math.NaN(), math.NaN())...))
	tracks := k.Tracks()
	if len(tracks) != 1 || len(all) != 1 {
		t.Fatalf("%d tracks, %d crossings, want 1 and 1", len(tracks), len(all))
	}
	g := tracks[0]
	if g.ID != all[0].Part || g.ID == "" || g.Number != 1 || g.First != 1 || g.Last != 10 || g.Hits != 10 || g.Seen {
		t.Errorf("track %+v, crossing %+v", g, all[0])
	}
	if want := 60 + 8*11.; math.Abs(g.Box.X-want) > 4 {
		t.Errorf("two frames unseen it is put at x = %.1f, want about %.0f", g.Box.X, want)
	}
	if want := 8 / frameStep.Seconds(); math.Abs(g.VX-want) > want/10 {
		t.Errorf("speed %.0f pixels a second, want about %.0f", g.VX, want)
	}
}

func TestTrackSettingsRefused(t *testing.T) {
	for _, c := range []struct {
		set  TrackSettings
		want string
	}{
		{TrackSettings{Birth: -1}, "birth"},
		{TrackSettings{Patience: -time.Second}, "patience"},
		{TrackSettings{Sure: 0.2, Doubtful: 0.4}, "scores"},
		{TrackSettings{Sure: 1.5}, "scores"},
		{TrackSettings{Band: 0.7}, "band"},
		{TrackSettings{VX: math.Inf(1)}, "velocity"},
		{TrackSettings{Line: CountingLine{At: math.NaN()}}, "line"},
	} {
		if _, err := NewTracker(c.set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want it to name %q", c.set, err, c.want)
		}
	}
}

// lane is a drawn belt: parts of one size pass a line at 320 in a picture 640
// pixels wide, unlike each other in pace and gap.
func lane(r *rand.Rand, parts int, speed, missed, jitter float64) (reel, int) {
	const width = 40.
	type mover struct{ x, y float64 }
	var movers []mover
	x := -width
	for i := range parts {
		movers = append(movers, mover{x, 60 + 90*float64(i%3)})
		x -= width * (0.5 + r.Float64()) // with lanes 90 apart, 4.5 to 13 sizes in one lane of three
	}
	var out reel
	for movers[parts-1].x < 640+width {
		var seen []Sighting
		for i := range movers {
			m := &movers[i]
			m.x += speed * width
			if m.x < width/2 || m.x > 640-width/2 || r.Float64() < missed {
				continue
			}
			seen = append(seen, Sighting{
				X: m.x + jitter*width*r.NormFloat64(), Y: m.y + jitter*width*r.NormFloat64(),
				Width: width * (1 + jitter*r.NormFloat64()), Height: width * (1 + jitter*r.NormFloat64()), Score: 0.3 + 0.65*r.Float64(),
			})
		}
		if r.Float64() < 0.02 { // a ghost between the lanes
			seen = append(seen, Sighting{X: 640 * r.Float64(), Y: 105 + 90*float64(r.IntN(2)), Width: 30, Height: 30, Score: 0.9})
		}
		out = append(out, seen)
	}
	return out, parts
}

// FuzzTracker holds that every part that crosses a drawn belt is counted once,
// with missed and trembling sightings, and that no id is given twice.
func FuzzTracker(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, uint8(seed*6), uint8(seed*37), uint8(seed*11), seed%2 == 0)
	}
	f.Fuzz(func(t *testing.T, seed uint64, pace, missed, jitter uint8, known bool) {
		r := rand.New(rand.NewPCG(seed, 1))
		// 0.02 to 0.27 of a part's length a frame, twice that at a known speed;
		// up to a quarter of the sightings missed; trembling by up to 4 %.
		speed := 0.02 + 0.25*float64(pace)/255
		set := TrackSettings{Line: CountingLine{At: 320}}
		if known {
			speed *= 2
			set.VX = 0.8 * speed * 40 / frameStep.Seconds()
		}
		reel, parts := lane(r, 12, speed, 0.25*float64(missed)/255, 0.04*float64(jitter)/255)
		k, all := count(t, set, reel)
		ids, numbers := map[ID]int{}, map[uint64]ID{}
		for _, c := range all {
			if ids[c.Part]++; !c.Forward || c.Again {
				t.Errorf("crossing %+v on a belt that only goes forward", c)
			}
			if id, known := numbers[c.Track]; known && id != c.Part {
				t.Errorf("track %d has ids %s and %s", c.Track, id, c.Part)
			}
			numbers[c.Track] = c.Part
		}
		if len(ids) != parts || len(all) != parts || k.Counted() != parts {
			t.Errorf("speed %.2f: %d crossings with %d ids, %d counted, %d passed", speed, len(all), len(ids), k.Counted(), parts)
		}
	})
}

// TestPair compares with all assignments tried one by one.
func TestPair(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		rows, columns := 1+r.IntN(5), r.IntN(5)
		cost := make([][]float64, rows)
		for i := range cost {
			cost[i] = make([]float64, columns)
			for j := range cost[i] {
				if cost[i][j] = 2*r.Float64() - 1; r.IntN(3) == 0 {
					cost[i][j] = math.Inf(1)
				}
			}
		}
		got := Assign(cost)
		n, sum := 0, 0.
		used := map[int]bool{}
		for i, j := range got {
			if j < 0 {
				continue
			}
			if used[j] || math.IsInf(cost[i][j], 1) {
				t.Fatalf("%v: %v pairs what may not be", cost, got)
			}
			used[j] = true
			n, sum = n+1, sum+cost[i][j]
		}
		wantN, wantSum := best(cost, 0, 0, map[int]bool{})
		if n != wantN || math.Abs(sum-wantSum) > 1e-9 {
			t.Fatalf("%v: %v pairs %d at %v, best is %d at %v", cost, got, n, sum, wantN, wantSum)
		}
	}
	if got := Assign(nil); len(got) != 0 {
		t.Errorf("nobody was paired: %v", got)
	}
}

// best tries all: the most pairs, of those the least cost.
func best(cost [][]float64, i int, sum float64, used map[int]bool) (int, float64) {
	if i == len(cost) {
		return len(used), sum
	}
	n, s := best(cost, i+1, sum, used)
	for j, c := range cost[i] {
		if used[j] || math.IsInf(c, 1) {
			continue
		}
		used[j] = true
		if m, z := best(cost, i+1, sum+c, used); m > n || m == n && z < s {
			n, s = m, z
		}
		delete(used, j)
	}
	return n, s
}
