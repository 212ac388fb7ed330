package watch

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"linesman/event"
)

// Too few frames are told of with who is behind it, once when it begins and once when
// it is over: a box whose eyes are slow, and a camera that sends too few.
func TestShort(t *testing.T) {
	type during struct {
		every  time.Duration // from one frame to the next
		slow   time.Duration // that a look takes
		length time.Duration
	}
	well := during{every: 200 * time.Millisecond, length: 15 * time.Second}
	for name, c := range map[string]struct {
		then     during
		by       string
		least    float64 // seen, a second
		most     float64
		why      string
		unspoken bool // nothing is told at all
	}{
		"slow eyes":              {then: during{200 * time.Millisecond, 900 * time.Millisecond, 25 * time.Second}, by: "box", least: 0.9, most: 1.2, why: "has not the cores"},
		"very slow eyes":         {then: during{200 * time.Millisecond, 3 * time.Second, 60 * time.Second}, by: "box", least: 0.2, most: 0.5, why: "has not the cores"},
		"a slow camera":          {then: during{500 * time.Millisecond, 0, 25 * time.Second}, by: "camera", least: 1.9, most: 2.1, why: "the camera sends"},
		"both":                   {then: during{500 * time.Millisecond, 900 * time.Millisecond, 25 * time.Second}, by: "camera", least: 0.9, most: 1.2, why: "the camera sends"},
		"a rate that fits badly": {then: during{150 * time.Millisecond, 0, 25 * time.Second}, by: "camera", least: 3.2, most: 3.5, why: "lie far enough apart"},
		"a little slow":          {then: during{235 * time.Millisecond, 0, 25 * time.Second}, unspoken: true, least: 4.1, most: 4.4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				y := openYard(t, nil)
				defer y.stop()
				y.eyes.see(nil, person(60, 200)) // so that none is left out
				run := func(d during) {
					y.eyes.slow.Store(int64(d.slow))
					for end := time.Now().Add(d.length); time.Now().Before(end); time.Sleep(d.every) {
						y.station.Sink().Frame(y.frame())
					}
				}
				run(well)
				if st := y.station.Status(); st.Short != "" {
					t.Fatalf("it is short while all is well: %+v", st)
				}
				run(c.then)
				st := y.station.Status()
				if st.Short != c.by || st.SeenFPS < c.least || st.SeenFPS > c.most {
					t.Errorf("short by %q, %.2f a second seen; want by %q, %g to %g", st.Short, st.SeenFPS, c.by, c.least, c.most)
				}
				run(well)
				if st := y.station.Status(); st.Short != "" {
					t.Errorf("it is short by %q after all is well again", st.Short)
				}
				var told []event.CameraShort
				y.book.mu.Lock()
				for _, e := range y.book.events {
					if s, err := event.As[event.CameraShort](e); err == nil {
						told = append(told, s)
						if (e.Severity == event.Medium) != s.Short {
							t.Errorf("%+v is of severity %v", s, e.Severity)
						}
					}
				}
				y.book.mu.Unlock()
				switch {
				case c.unspoken && len(told) == 0:
				case c.unspoken || len(told) < 2 || !told[0].Short || told[len(told)-1].Short || told[len(told)-1].By != "":
					t.Fatalf("the log says %+v", told)
				case name != "both" && len(told) != 2:
					t.Errorf("the log says it %d times, want that it began and that it is over: %+v", len(told), told)
				case name != "both" && (told[0].By != c.by || !strings.Contains(told[0].Why, c.why) || told[0].WhatTo == "" || told[0].WantedFPS != 5):
					t.Errorf("the log says %+v, want by %q and %q", told[0], c.by, c.why)
				}
			})
		})
	}
}
