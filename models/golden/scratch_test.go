package golden

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"linesman/vision"
)

// soil leaves in a scratch what another part, much larger and dark all over, could
// have left there.
func (s *scratch) soil() {
	for i := range s.inside {
		s.inside[i] = true
	}
	for _, p := range append([]plane{s.diff}, s.smoothed[:]...) {
		for i := range p.v {
			p.v[i] = -0.5
		}
	}
	for j := range s.chords {
		s.chords[j] = chord{0, s.grey.size}
	}
}

// TestNoPartKnowsOfTheOneBefore: a part judged with a scratch that another one has used
// reads as with a fresh one, to the last bit.
func TestNoPartKnowsOfTheOneBefore(t *testing.T) {
	m := taught(t, printed)
	const seed = 11
	t.Logf("seed %d", seed)
	// At the rim, so that what hangs together with it could reach beyond.
	flaws := []flaw{{}, {x: testRadius - 5, r: 4, contrast: -0.3}, {y: 5 - testRadius, r: 5, contrast: -0.2}, {x: -20, y: -20, r: 6, contrast: -0.2}}
	for i, f := range flaws {
		crop := part(rand.New(rand.NewPCG(seed, uint64(i))), true, f)
		read := func(s *scratch) (all []Reading) {
			if err := m.examine(&crop, s); err != nil {
				t.Fatal(err)
			}
			return append(all, m.surfaceReading(&crop, s), m.outlineReading(&crop, s), m.sizeReading(&crop, s), m.colourReading(&crop, s))
		}
		used := newScratch(m)
		used.soil()
		if got, want := read(used), read(newScratch(m)); !reflect.DeepEqual(got, want) {
			t.Errorf("part %d with a scratch that was used:\n%+v, with a fresh one\n%+v", i, got, want)
		}
	}
}

// TestSpreadIsOfThePartsAlone: what good parts teach does not depend on what the scratch
// held before them.
func TestSpreadIsOfThePartsAlone(t *testing.T) {
	const seed = 13
	t.Logf("seed %d", seed)
	learned := func(before func(*scratch)) [widths]field {
		s, err := beforeSpread(good(seed, 30, false), 0.1)
		if err != nil {
			t.Fatal(err)
		}
		before(s.s)
		s.learnSpread()
		return s.spread
	}
	clean := learned(func(*scratch) {})
	if soiled := learned((*scratch).soil); !reflect.DeepEqual(soiled, clean) {
		t.Error("the spread of good parts depends on what the scratch held before them")
	}
}

// beforeSpread teaches as far as learnSpread.
func beforeSpread(crops []vision.Crop, mmPerPx float64) (*teaching, error) {
	t := newTeaching(crops, mmPerPx, func(int, int) {})
	return t, t.learnGolden()
}
