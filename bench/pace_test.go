package bench

import (
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/sim"
)

func TestPace(t *testing.T) {
	for _, c := range []struct {
		name string
		line Line
		rate float64 // parts an hour
		want string  // in the error
	}{
		{"three times tablets", Line{Product: sim.Tablets, Pace: 3}, 1200000, ""},
		{"five times caps", Line{Product: sim.Caps, Pace: 5}, 210000, ""},
		{"half of capsules", Line{Product: sim.Capsules, Pace: 0.5}, 27000, ""},
		{"a rate", Line{Product: sim.Capsules, RatePerHour: 1000}, 1000, ""},
		{"backwards", Line{Product: sim.Caps, Pace: -1}, 0, "pace -1"},
		{"and a rate", Line{Product: sim.Caps, Pace: 3, RatePerHour: 42000}, 0, "--rate"},
		{"without pace", Line{Product: sim.Caps, Pace: 3, NoPace: true}, 0, "--no-pace"},
		{"a recording", Line{Recording: "dir", Pace: 3}, 0, "--recording"},
		{"too far ahead", Line{Product: sim.Tablets, Pace: 3, Ahead: 10 * time.Minute, Room: 4e9}, 0, "8.6 GB of pictures, and 4.0 GB of memory are free"},
		{"far ahead with room", Line{Product: sim.Tablets, Pace: 3, Ahead: 10 * time.Minute, Room: 20e9}, 1200000, ""},
		{"caps far ahead", Line{Product: sim.Caps, Pace: 3, Ahead: 10 * time.Minute, Room: 4e9}, 0, "10.1 GB"},
	} {
		err := c.line.defaults()
		switch {
		case c.want == "" && (err != nil || c.line.RatePerHour != c.rate):
			t.Errorf("%s: %v, %g an hour; want %g", c.name, err, c.line.RatePerHour, c.rate)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want it to say %q", c.name, err, c.want)
		}
	}
}

// A faster belt is exposed for a shorter time, so that no site is refused for
// its smear, up to five times every product's pace.
func TestFasterBeltsAreExposedShorter(t *testing.T) {
	for _, product := range sim.Products() {
		for _, pace := range []float64{1, 3, 5} {
			l := product.Layout()
			site, dir := benchSite, t.TempDir()
			site.SpeedMMs = l.SpeedMMs(pace * Rates[product])
			if err := site.Write(dir, l); err != nil {
				t.Fatal(err)
			}
			s, err := loadSite(dir)
			if err != nil {
				t.Errorf("%s at %g times their pace, %.0f mm/s: %v", product, pace, site.SpeedMMs, err)
				continue
			}
			if s.settings.MaxSpeed < site.SpeedMMs {
				t.Errorf("%s: the site allows %.0f mm/s, the belt has %.0f", product, s.settings.MaxSpeed, site.SpeedMMs)
			}
			if smear := exposureAt(site.SpeedMMs).Seconds() * site.SpeedMMs / l.MMPerPx; smear > 0.41 {
				t.Errorf("%s at %.0f mm/s: the picture is smeared over %.2f pixels", product, site.SpeedMMs, smear)
			}
		}
	}
}

// The foremost part of a picture has what is left of the way to its gate.
func TestToGate(t *testing.T) {
	for _, c := range []struct {
		product sim.Product
		pace    float64
		want    time.Duration
	}{
		{sim.Tablets, 1, 4043 * time.Millisecond}, // 850-120-50-4 mm at 166.7 mm/s, less 12 ms
		{sim.Tablets, 3, 1340 * time.Millisecond},
		{sim.Capsules, 3, 2292 * time.Millisecond}, // 850-120-52-4 mm at 292.5 mm/s
		{sim.Caps, 3, 447 * time.Millisecond},      // 850-120-7 mm at 1,575 mm/s: each cap triggers in the picture's middle
		{sim.Caps, 5, 263 * time.Millisecond},
	} {
		l, dir := c.product.Layout(), t.TempDir()
		if err := benchSite.Write(dir, l); err != nil {
			t.Fatal(err)
		}
		s, err := loadSite(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := toGate(l, l.SpeedMMs(c.pace*Rates[c.product]), &s.settings.Gates[0]); (got - c.want).Abs() > time.Millisecond {
			t.Errorf("%s at %g times their pace: %v, want %v", c.product, c.pace, got, c.want)
		}
	}
}

// Pictures drawn ahead cover the belt time asked for, in one block.
func TestDrawnAhead(t *testing.T) {
	l := sim.Caps.Layout()
	c := drawn(l, Rates[sim.Caps], 20, 1, 3) // 1.8 s of belt
	b := newBlocks(c, camera.NewPool(8), 500*time.Millisecond)
	defer b.stop()
	pictures, blocks := 0, 0
	for {
		block, err := b.paint()
		if err != nil {
			t.Fatal(err)
		}
		if len(block) == 0 {
			break
		}
		blocks++
		pictures += len(block)
		if span := (block[len(block)-1].travelled - block[0].travelled) / c.speed; !b.done && (span < 0.5 || span > 0.65) {
			t.Errorf("block %d covers %.2f s, want half a second", blocks, span)
		}
		for _, p := range block {
			p.frame.Release()
		}
	}
	if pictures != 21 || blocks < 3 {
		t.Errorf("%d pictures in %d blocks, want 21 in 3 or 4", pictures, blocks)
	}
}
