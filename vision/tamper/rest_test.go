package tamper_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/vision/tamper"
)

// coded is a camera behind a coder: by picture, five a second, in how many of the 48
// places it changed. K is a key picture: all of it changes.
type coded struct {
	detect  *tamper.Detector
	sight   tamper.Sight
	at      time.Time
	since   time.Time
	told    time.Duration // after since; 0 if it was not
	reading tamper.Reading
}

func newCoded(t *testing.T) *coded {
	t.Helper()
	d, err := tamper.New(tamper.Settings{})
	must(t, err)
	c := &coded{detect: d, at: time.Unix(1_800_000_000, 0)}
	c.sight.Height, c.sight.Stream = 90, true
	for i := range 160 * 90 {
		c.sight.Grey = append(c.sight.Grey, byte(60+i%50+i/160))
	}
	return c
}

// show shows groups of pictures, times over.
func (c *coded) show(times int, groups string) {
	c.since, c.told = c.at, 0
	for range times {
		for _, word := range strings.Fields(groups) {
			changed := 0
			if c.sight.Key = word == "K"; c.sight.Key {
				changed = 48
			} else {
				changed = slices.Index([]string{"0", "few", "half", "most", "all"}, word)
				changed = []int{0, 3, 24, 40, 48}[changed]
			}
			for i := range changed {
				c.sight.Sum[i]++
			}
			c.at = c.at.Add(200 * time.Millisecond)
			c.sight.At = c.at
			c.reading = c.detect.See(&c.sight)[tamper.Frozen]
			if c.reading.Raised && c.told == 0 {
				c.told = c.at.Sub(c.since)
			}
		}
	}
}

// Groups of pictures, two seconds each.
const (
	noisy    = "K all all most all all all all most all "
	thrifty  = "K half most half most half all most half most " // noise at times
	stopped  = "K 0 0 half half few few 0 0 0 "                 // the coder mends, then has nothing to tell
	stillish = "K 0 0 few 0 0 0 few 0 0 "                       // a night without noise
	passing  = "K most all all most all all most all most "     // somebody before it, all over
	wandered = "K half 0 half few half half 0 half half "       // never at rest
)

func TestRests(t *testing.T) {
	for _, c := range []struct {
		name   string
		play   func(c *coded)
		within time.Duration // 0: not told
	}{
		{"a camera with noise stops", func(c *coded) { c.show(30, noisy); c.show(5, stopped) }, 6 * time.Second},
		{"one that is coded thriftily stops", func(c *coded) { c.show(30, thrifty); c.show(5, stopped) }, 6 * time.Second},
		{"it stops before it was known to be alive", func(c *coded) { c.show(5, noisy); c.show(5, stopped) }, 0},
		{"a still night", func(c *coded) { c.show(200, stillish) }, 0},
		{"somebody passes in a still night", func(c *coded) { c.show(60, stillish); c.show(6, passing); c.show(60, stillish) }, 0},
		{"it is never at rest", func(c *coded) { c.show(30, noisy); c.show(60, wandered) }, 0},
		{"a belt that fills the picture stops", func(c *coded) {
			for range 150 {
				for i := range c.sight.Grey {
					c.sight.Grey[i] ^= 0x10
				}
				c.show(1, "most all")
			}
			c.show(60, stillish)
		}, 0},
		{"the lamps go out", func(c *coded) { c.show(30, noisy); c.dim(); c.show(60, stillish) }, 0},
		{"what is at rest is another thing each time", func(c *coded) {
			c.show(30, noisy)
			for i := range 30 {
				for k := range 400 {
					c.sight.Grey[(i*400+k)%len(c.sight.Grey)] ^= 0x40
				}
				c.show(1, stopped)
			}
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newCoded(t)
			c.play(p)
			if told := p.told > 0; told != (c.within > 0) || p.told > c.within {
				t.Fatalf("told after %v, want %v: %+v", p.told, c.within, p.reading)
			}
			if c.within == 0 {
				return
			}
			if !strings.Contains(p.reading.Text, "pictures") {
				t.Errorf("it says %q", p.reading.Text)
			}
			p.show(20, stopped)
			if !p.reading.Raised {
				t.Error("it is not raised any more, and is still stopped")
			}
			p.show(6, noisy)
			if p.reading.Raised {
				t.Errorf("it is still raised though it moves again: %+v", p.reading)
			}
		})
	}
}

// TestRestsOnceTaken holds that a camera taken for stuck, which then moved, shows anew
// that it is alive: a night must not be told of again and again.
func TestRestsOnceTaken(t *testing.T) {
	p := newCoded(t)
	p.show(30, noisy)
	p.show(5, stillish)
	if p.told == 0 {
		t.Fatal("it was not told once")
	}
	p.show(5, passing)
	if p.reading.Raised {
		t.Errorf("it is still raised though somebody passed for 10 s: %+v", p.reading)
	}
	p.show(3, stillish+passing)
	p.show(100, stillish)
	if p.told != 0 {
		t.Errorf("told again: %+v", p.reading)
	}
}

// dim takes the light away, at once.
func (c *coded) dim() {
	for i := range c.sight.Grey {
		c.sight.Grey[i] -= 30
	}
}
