package draw

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"linesman/sim"
)

var products = sim.Products()

// lay returns all parts of a feed that ends.
func lay(spec Spec) []sim.Part { return NewFeed(spec).Until(math.Inf(1)) }

func TestFeedLaysWhatTheSpecSays(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			spec := Spec{Layout: product.Layout(), Seed: 9, Good: 1001, Defective: 700, Shuffle: true}
			f := NewFeed(spec)
			var parts []sim.Part
			for mm := 0.0; !f.Done(); mm += 37 {
				parts = append(parts, f.Until(mm)...)
			}
			if again := lay(spec); !reflect.DeepEqual(parts, again) {
				t.Error("the same seed laid other parts when asked in other steps")
			}
			count := map[sim.Kind]int{}
			early := 0
			for i, p := range parts {
				count[p.Kind]++
				if p.N != i || i > 0 && p.MM < parts[i-1].MM {
					t.Fatalf("part %d: N %d at %.2f mm after %.2f", i, p.N, p.MM, parts[i-1].MM)
				}
				if i < len(parts)/2 && p.Defective() {
					early++
				}
			}
			if count[sim.Good] != 1001 || len(parts) != 1701 {
				t.Errorf("%d parts with %d good, want 1701 with 1001", len(parts), count[sim.Good])
			}
			kinds := product.Kinds()
			for _, k := range kinds {
				if n := count[k]; n < 700/len(kinds) || n > 700/len(kinds)+1 {
					t.Errorf("%d of kind %s among 700, want %d or one more", n, k, 700/len(kinds))
				}
			}
			if early < 300 || early > 400 {
				t.Errorf("%d of 700 defective in the first half: not shuffled", early)
			}
		})
	}
}

func TestFlawsHaveTheSizesOfTheSpec(t *testing.T) {
	for _, product := range products {
		for _, p := range lay(Spec{Layout: product.Layout(), Seed: 4, Defective: 1400, Kinds: slices.Concat(product.Kinds(), product.MoreKinds())}) {
			least, sized := smallest[p.Kind]
			switch {
			case p.Kind == sim.NotClosed && (p.SizeMM < least || p.SizeMM > 3*least):
				t.Fatalf("%s by %.3f mm: want %g to %g mm", p.Kind, p.SizeMM, least, 3*least)
			case p.Kind == sim.NotClosed: // its contrast is that of the halves
			case sized && (p.SizeMM < least || p.SizeMM > 3*least || p.Contrast < 0.15 || p.Contrast > 0.40):
				t.Fatalf("%s of %.3f mm, contrast %.3f: want %g to %g mm, 0.15 to 0.40", p.Kind, p.SizeMM, p.Contrast, least, 3*least)
			case p.Kind == sim.WrongColour && (p.DeltaE < 6 || p.DeltaE > 18):
				t.Fatalf("wrong colour by delta E %.2f, want 6 to 18", p.DeltaE)
			case (p.Kind == sim.MissingPrint || p.Kind == sim.WrongPrint) && (p.Contrast < 0.15 || p.Contrast > 0.40):
				t.Fatalf("%s of contrast %.3f, want 0.15 to 0.40", p.Kind, p.Contrast)
			}
		}
	}
}

// Sizes are log-uniform: half of them lie below the square root of three
// times the least.
func TestSizesAreLogUniform(t *testing.T) {
	below, n := 0, 0
	for _, p := range lay(Spec{Layout: sim.Tablets.Layout(), Seed: 6, Defective: 4000, Kinds: []sim.Kind{sim.Spot, sim.Crack}}) {
		n++
		if p.SizeMM < smallest[p.Kind]*math.Sqrt(3) {
			below++
		}
	}
	if share := float64(below) / float64(n); share < 0.46 || share > 0.54 {
		t.Errorf("%.3f of the sizes lie in the lower half of the logarithm, want a half", share)
	}
}

func TestPartsNeverOverlap(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			l := product.Layout()
			parts := lay(Spec{Layout: l, Seed: 2, Good: 2000, Defective: 2000, Shuffle: true, Touching: 0.2})
			outlines := make([]outline, len(parts))
			for i, p := range parts {
				outlines[i] = lookOf(l, p).outline
				reach := outlines[i].reach(0, 1)
				if p.AcrossMM-reach < 0.05 || p.AcrossMM+reach > l.FrameYMM-0.05 {
					t.Fatalf("part %d in lane %d reaches beyond the picture: %.2f +- %.2f mm", i, p.Lane, p.AcrossMM, reach)
				}
			}
			for i, p := range parts {
				for j := i + 1; j < len(parts) && parts[j].MM < p.MM+2*l.DiameterMM; j++ {
					q := parts[j]
					if g := gap(outlines[i], outlines[j], p.MM-q.MM, q.AcrossMM-p.AcrossMM); !(g > -1e-3) {
						t.Fatalf("parts %d and %d overlap by %.4f mm", i, j, -g)
					}
				}
			}
		})
	}
}

func TestTouching(t *testing.T) {
	l := sim.Tablets.Layout()
	for _, c := range []struct {
		name     string
		touching float64
		lo, hi   float64
	}{{"default", 0, 0.02, 0.04}, {"none", -1, 0, 0}, {"many", 0.2, 0.13, 0.23}} {
		parts := lay(Spec{Layout: l, Seed: 8, Good: 6000, Touching: c.touching})
		along, across := 0, 0
		touches := map[int]bool{}
		var outlines []outline
		for _, p := range parts {
			outlines = append(outlines, lookOf(l, p).outline)
		}
		for i, p := range parts {
			for j := i + 1; j < len(parts) && parts[j].MM < p.MM+10; j++ {
				q := parts[j]
				if gap(outlines[i], outlines[j], p.MM-q.MM, q.AcrossMM-p.AcrossMM) < 1e-3 {
					touches[i], touches[j] = true, true
					if p.Lane == q.Lane {
						along++
					} else {
						across++
					}
				}
			}
		}
		share := float64(len(touches)) / float64(len(parts))
		t.Logf("%s: %.3f of the parts touch, %d pairs in a lane, %d across", c.name, share, along, across)
		if share < c.lo || share > c.hi {
			t.Errorf("%s: %.3f of the parts touch, want %g to %g", c.name, share, c.lo, c.hi)
		}
		if c.touching >= 0 && (along == 0 || across == 0) {
			t.Errorf("%s: %d pairs in a lane and %d across, want some of each", c.name, along, across)
		}
	}
}

func TestEndlessFeed(t *testing.T) {
	f := NewFeed(Spec{Layout: sim.Tablets.Layout(), Seed: 1, DefectRate: 0.25})
	parts := f.Until(12 * 1000)
	bad := 0
	for _, p := range parts {
		if p.Defective() {
			bad++
		}
	}
	if f.Done() {
		t.Error("an endless feed is done")
	}
	if share := float64(bad) / float64(len(parts)); share < 0.23 || share > 0.27 {
		t.Errorf("%.3f of %d parts defective, want a quarter", share, len(parts))
	}
}

// Every part is new in one picture, and that picture shows all of it.
func TestWalkShowsEveryPartOnceWhole(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			l := product.Layout()
			p := NewPainter(l, 1, Options{})
			spec := Spec{Layout: l, Seed: 3, Good: 300, Defective: 300, Shuffle: true}
			var seen []int
			cut := 0
			last := uint64(0)
			for trigger, s := range Walk(l, NewFeed(spec), 100, time.Unix(0, 0)) {
				if trigger.N != last+1 {
					t.Fatalf("trigger %d after %d", trigger.N, last)
				}
				last = trigger.N
				for _, part := range s.New {
					seen = append(seen, part.N)
					if !p.Whole(trigger.Travelled, part) {
						t.Fatalf("part %d is new in picture %d, which cuts it: %+v", part.N, trigger.N, p.Box(trigger.Travelled, part))
					}
				}
				for _, part := range s.Visible {
					if !p.Whole(trigger.Travelled, part) {
						cut++
					}
				}
				if l.StepMM == 0 && (len(s.New) != 1 || len(s.Visible) != 1) {
					t.Fatalf("a cap's picture shows %d parts, %d new", len(s.Visible), len(s.New))
				}
			}
			slices.Sort(seen)
			if len(seen) != 600 || seen[0] != 0 || seen[599] != 599 {
				t.Errorf("%d parts were new, want each of 600 once", len(seen))
			}
			if l.StepMM > 0 && cut == 0 {
				t.Error("no part stands across two pictures")
			}
		})
	}
}
