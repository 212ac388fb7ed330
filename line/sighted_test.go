package line

import (
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
	"linesman/part"
	"linesman/plc"
	"linesman/recipe"
	"linesman/vision"
)

// TestSightedByEitherSetup shows one part near a changeover's place, in a frame that
// one setup looked at, or both, each with its own idea of where the part lies: it is
// one part, judged by the setup of its place, and inconclusive where that one never
// looked.
func TestSightedByEitherSetup(t *testing.T) {
	const turn = 1000.0 // the changeover's place, in ticks; a tick is a tenth of a millimetre
	at := func(places ...float64) []float64 { return append([]float64{}, places...) }
	for name, c := range map[string]struct {
		old, new []float64 // places where each setup saw a part; nil: it did not look
		want     string    // recipe
		outcome  part.Outcome
	}{
		"before, by both":                      {at(980), at(980), "disc@1", part.Pass},
		"after, by both":                       {at(1020), at(1020), "disc@2", part.Pass},
		"before, by the old alone":             {at(980), nil, "disc@1", part.Pass},
		"after, by the new alone":              {nil, at(1020), "disc@2", part.Pass},
		"before, by the new alone":             {nil, at(980), "disc@1", part.Inconclusive},
		"after, by the old alone":              {at(1020), nil, "disc@2", part.Inconclusive},
		"each says it is its own":              {at(999), at(1001), "disc@1", part.Pass},
		"each says it is the other's":          {at(1001), at(999), "disc@2", part.Pass},
		"long before, and the old saw no part": {at(), at(980), "", 0},
		"after, and the new saw no part":       {at(1020), at(), "", 0},
		"nothing":                              {at(), at(), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newWatched(t, Watch{})
			o := newOwner(b.Station)
			o.set.Encoder = Encoder{PerMM: 10, Bits: 32}
			o.set.Gates[0].AtMM, o.set.Deadline, o.set.MaxSpeed = 200, Duration(time.Second), 1000
			two, err := recipe.Parse([]byte("recipe: disc\nversion: 2\npart: {diameter_mm: 4.8}\nmodel: none\n"))
			if err != nil {
				t.Fatal(err)
			}
			next, err := newSetup(Setup{Recipe: two, Detector: content{}, Locator: b.cfg.Locator}, "l", o.set)
			if err != nil {
				t.Fatal(err)
			}
			o.ctl.known, o.ctl.status = true, plc.Status{Now: part.Tick{Epoch: 1, Count: turn}}
			o.terms = append(o.terms, &term{setup: next, from: part.Tick{Epoch: 1, Count: turn}, batch: o.batches[0]})
			b.plan.Store(&plan{now: b.first, next: next, from: o.terms[1].from})

			f := b.pool.Get(middlePx, middlePx, camera.RGB)
			f.Camera, f.At, f.Position = "cam", b.at, part.Position{Tick: part.Tick{Count: turn}, Source: part.Latched}
			saw := func(by *setup, places []float64) *look {
				k := &look{by: by, quality: vision.Quality{Focus: 100}}
				for _, place := range places {
					k.parts = append(k.parts, sighting{aheadMM: (turn - place) / 10, lane: 1})
				}
				return k
			}
			l := looked{job: job{frame: f}}
			switch {
			case c.new == nil:
				l.look = *saw(b.first, c.old)
			case c.old == nil:
				l.look = *saw(next, c.new)
			default:
				l.look, l.also = *saw(b.first, c.old), saw(next, c.new)
			}
			o.frame(l)
			found := o.lanes[0].expected
			if c.want == "" {
				if len(found) != 0 {
					t.Errorf("%d parts, the first %+v; want none", len(found), found[0].Part)
				}
				return
			}
			if len(found) != 1 || o.batches[0].ledger.Found != 1 {
				t.Fatalf("%d parts, the ledger has %d; want one", len(found), o.batches[0].ledger.Found)
			}
			if p := found[0]; p.Recipe != c.want || p.setup.id != c.want || p.Outcome != c.outcome {
				t.Errorf("the part is of %s and %v (%v), want %s and %v", p.Recipe, p.Outcome, p.verdict.Reasons, c.want, c.outcome)
			}
			if c.want == "disc@2" && len(of[event.RecipeActivated](t, b.q.said)) != 1 {
				t.Error("a part of the new recipe was seen, and nobody was told that it judges")
			}
		})
	}
}

// TestFrameByPlan: far from a changeover's place a frame is looked at once.
func TestFrameByPlan(t *testing.T) {
	b := newWatched(t, Watch{})
	set := &b.cfg.Settings
	set.Encoder, set.Views[0].AtMM = Encoder{PerMM: 10, Bits: 32}, 50
	old, next := b.first, &setup{}
	p := &plan{now: old, next: next, from: part.Tick{Epoch: 2, Count: 1000}}
	half := halfLength(&camera.Frame{Width: middlePx}, &set.Views[0]) * 10
	for name, c := range map[string]struct {
		epoch         int64
		place         float64 // of the picture's middle
		first, second *setup
	}{
		"far before":         {2, 1000 - 2*half, old, nil},
		"its edge before":    {2, 1000 - half + 5, old, next},
		"in the middle":      {2, 1000, old, next},
		"its edge after":     {2, 1000 + half - 5, old, next},
		"far after":          {2, 1000 + 2*half, next, nil},
		"of an epoch before": {1, 5000, old, nil},
		"after a restart":    {3, 10, next, nil},
		"nobody knows where": {0, 0, old, next},
	} {
		if c.epoch > 0 {
			b.belt.Store(&whereabouts{now: part.Tick{Epoch: c.epoch, Count: int64(c.place) + 520}, at: b.at})
		} else {
			b.belt.Store(nil)
		}
		f := &camera.Frame{Width: middlePx, Height: middlePx, At: b.at, Position: part.Position{Source: part.Latched, Tick: part.Tick{Count: int64(c.place) + 500}}}
		if first, second := p.by(b.Station, f, &set.Views[0]); first != c.first || second != c.second {
			t.Errorf("%s: by the old %v and %v, by the new %v and %v", name, first == old, second == old, first == next, second == next)
		}
	}
	if one, other := (&plan{now: old}).by(b.Station, &camera.Frame{}, &set.Views[0]); one != old || other != nil {
		t.Error("between changeovers a frame is looked at twice")
	}
}
