package scene

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"linesman/models/detect"
	"linesman/vision"
)

// start is when every test begins.
var start = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func after(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

// upright is a person of a height whose feet are at a place.
func upright(x, y, height float64) vision.Box {
	return vision.Box{X0: x - 0.18*height, Y0: y - height, X1: x + 0.18*height, Y1: y}
}

func found(label string, score float64, b vision.Box) detect.Found {
	return detect.Found{Label: label, Score: score, Box: b}
}

// actor is one of a world: where its feet are at a second, and how tall it is.
type actor struct {
	label string
	at    func(s float64) (x, y, height float64, there bool)
}

// walker goes straight from a place to a place between two seconds, and is not
// there before and after.
func walker(x0, y0, x1, y1, height, from, to float64) actor {
	return actor{label: Person, at: func(s float64) (float64, float64, float64, bool) {
		k := (s - from) / (to - from)
		return x0 + k*(x1-x0), y0 + k*(y1-y0), height, s >= from && s <= to
	}}
}

// world draws what a detector would find: with misses, tremor, and of two who
// overlap much only the nearer one.
type world struct {
	actors         []actor
	fps            float64
	miss, tremor   float64 // share of sights; share of the height
	hides          []vision.Box
	rng            *rand.Rand
	width, height  int
	detections     int
	follower       *Follower
	switches, seen int
	names          map[int]uint64 // actor -> last number
	numbers        map[uint64]bool
}

func newWorld(t *testing.T, set Settings, fps float64, seed uint64, actors ...actor) *world {
	t.Helper()
	f, err := NewFollower(set)
	if err != nil {
		t.Fatal(err)
	}
	return &world{actors: actors, fps: fps, rng: rand.New(rand.NewPCG(seed, 7)), width: 1280, height: 720, follower: f, names: map[int]uint64{}, numbers: map[uint64]bool{}}
}

// run steps through some seconds and hands every scene out.
func (w *world) run(seconds float64, each func(s float64, sc Scene)) {
	for n := 0; float64(n)/w.fps <= seconds; n++ {
		s := float64(n) / w.fps
		sc := w.follower.Step(Observation{Camera: "yard", Seq: uint64(n + 1), At: after(s), Width: w.width, Height: w.height, Detections: w.draw(s)})
		w.identify(s, &sc)
		if each != nil {
			each(s, sc)
		}
	}
}

func (w *world) draw(s float64) (out []detect.Found) {
	for i, a := range w.actors {
		x, y, h, there := a.at(s)
		if !there || w.rng.Float64() < w.miss {
			continue
		}
		b := upright(x, y, h)
		if w.hidden(i, s, b) {
			continue
		}
		j := func() float64 { return w.rng.NormFloat64() * w.tremor * h }
		b = vision.Box{X0: b.X0 + j(), Y0: b.Y0 + j(), X1: b.X1 + j(), Y1: b.Y1 + j()}
		out = append(out, found(a.label, 0.55+0.4*w.rng.Float64(), b))
	}
	w.detections += len(out)
	return out
}

// hidden reports whether somebody nearer, or a pillar, covers most of a box.
func (w *world) hidden(i int, s float64, b vision.Box) bool {
	for _, p := range w.hides {
		if within(b, p) > 0.6 {
			return true
		}
	}
	for k, a := range w.actors {
		if x, y, h, there := a.at(s); k != i && there && y > b.Y1 && within(b, upright(x, y, h)) > 0.6 {
			return true
		}
	}
	return false
}

// identify counts how often somebody's number changes, after CLEAR MOT
// (Bernardin and Stiefelhagen, 2008): who still fits the number held keeps it,
// and no number is two people's.
func (w *world) identify(s float64, sc *Scene) {
	taken := map[uint64]bool{}
	overlap := func(i int, t *Track) float64 {
		x, y, h, there := w.actors[i].at(s)
		if !there || t.State != Confirmed || taken[t.Number] {
			return 0
		}
		return t.Box.Overlap(upright(x, y, h))
	}
	held := make([]bool, len(w.actors))
	for i := range w.actors {
		if t := sc.Track(w.names[i]); t != nil && overlap(i, t) > 0.35 {
			held[i], taken[t.Number] = true, true
			w.seen++
		}
	}
	for i := range w.actors {
		best, number := 0.35, uint64(0)
		for k := range sc.Tracks {
			if o := overlap(i, &sc.Tracks[k]); !held[i] && o > best {
				best, number = o, sc.Tracks[k].Number
			}
		}
		if number == 0 {
			continue
		}
		w.seen++
		taken[number], w.numbers[number] = true, true
		if was := w.names[i]; was != 0 && was != number {
			w.switches++
		}
		w.names[i] = number
	}
}

// crowd are people who walk about a yard and turn round at its edges.
func crowd(n int, seed uint64) (out []actor) {
	rng := rand.New(rand.NewPCG(seed, 11))
	for range n {
		x, y, h := 100+1080*rng.Float64(), 250+420*rng.Float64(), 110+60*rng.Float64()
		vx, vy := (rng.Float64()-0.5)*1.6*h, (rng.Float64()-0.5)*0.5*h
		out = append(out, actor{label: Person, at: func(s float64) (float64, float64, float64, bool) {
			return bounce(x+vx*s, 60, 1220), bounce(y+vy*s, 240, 700), h, true
		}})
	}
	return out
}

// bounce reflects a place between two walls.
func bounce(v, lo, hi float64) float64 {
	span := hi - lo
	k := math.Mod(v-lo, 2*span)
	if k < 0 {
		k += 2 * span
	}
	if k > span {
		k = 2*span - k
	}
	return lo + k
}
