package bench

import (
	"testing"

	"linesman/sim"
	"linesman/vision"
)

// TestTaughtPartsAreSpread: parts are taught from all lanes alike, though a frame's are
// found lane by lane and only some of each frame are taken.
func TestTaughtPartsAreSpread(t *testing.T) {
	const seed, n = 3, 80
	t.Logf("seed %d", seed)
	l := sim.Tablets.Layout()
	set := vision.LocateSettings{MMPerPx: l.MMPerPx, DiameterMM: l.DiameterMM, Lanes: l.Lanes, LaneMM: l.LaneMM, Belt: "+x"}
	good, err := cut(goodFrames(l, l.SpeedMMs(Rates[l.Product]), seed), set, n, perFrame)
	if err != nil {
		t.Fatal(err)
	}
	by, seen := make([]int, l.Lanes+1), map[vision.Point]bool{}
	for _, c := range good {
		by[c.Lane]++
		seen[c.Centre] = true
	}
	for lane := 1; lane <= l.Lanes; lane++ {
		if fair := n / l.Lanes; by[lane] < fair/2 || by[lane] > 2*fair {
			t.Errorf("%d of %d taught parts are of lane %d, want about %d: %v", by[lane], n, lane, fair, by[1:])
		}
	}
	if len(seen) != n {
		t.Errorf("%d different parts, want %d", len(seen), n)
	}
}
