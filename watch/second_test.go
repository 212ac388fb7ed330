package watch

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"linesman/alarm"
	"linesman/camera"
	"linesman/event"
	"linesman/models/secondlook"
	"linesman/rules"
	"linesman/vision"
)

// colourEye tells crops apart by the colour of their middle.
type colourEye struct {
	mu  sync.Mutex
	err error
	n   int
}

func (e *colourEye) Look(crop []byte) ([]float32, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.n++
	at := 3 * (secondlook.Side/2*secondlook.Side + secondlook.Side/2)
	switch r, b := crop[at], crop[at+2]; {
	case e.err != nil:
		return nil, e.err
	case r > 200 && b < 100:
		return []float32{1, 0, 0}, nil
	case b > 200 && r < 100:
		return []float32{0, 1, 0}, nil
	}
	return []float32{0, 0, 1}, nil
}

// learned knows that what is red at x, y, 60 pixels tall, is mistaken, and that
// what is blue is real.
func learned(x, y float64) *Judge {
	b := person(x, y).Box
	box := vision.Box{X0: b.X0 / 320, Y0: b.Y0 / 240, X1: b.X1 / 320, Y1: b.Y1 / 240}
	m := &secondlook.Model{Version: "test", Mistaken: []secondlook.Mistaken{{Sight: secondlook.Sight{Camera: "yard", Label: "person", Box: box, Alarm: "false-1", Features: []float32{1, 0, 0}}, Limit: 0.1}}}
	for i := range 3 {
		m.Real = append(m.Real, secondlook.Sight{Camera: "gate", Label: "person", Alarm: fmt.Sprintf("real-%d", i), Features: []float32{0, 1, 0}})
	}
	return &Judge{Model: m, Hash: "abc"}
}

// paint has everything that is seen painted in a colour.
func (y *yard) paint(r, g, b byte) func(*camera.Frame) {
	return func(f *camera.Frame) {
		y.eyes.mu.Lock()
		defer y.eyes.mu.Unlock()
		for _, found := range y.eyes.found {
			for row := int(found.Box.Y0); row < int(found.Box.Y1); row++ {
				for col := int(found.Box.X0); col < int(found.Box.X1); col++ {
					f.Pix[row*f.Stride+3*col], f.Pix[row*f.Stride+3*col+1], f.Pix[row*f.Stride+3*col+2] = r, g, b
				}
			}
		}
	}
}

const plainRules = `rules:
  - {name: somebody in the cell, when: 'person in zone("cell")', for: 1s, keep: 2s, severity: high, say: Leave the cell.}
`

func TestSecondLook(t *testing.T) {
	type state struct {
		*yard
		eye    *colourEye
		second *Second
		use    func(*Judge)
	}
	open := func(t *testing.T, text string) *state {
		s := &state{eye: &colourEye{}}
		s.second = NewSecond(func() (LookingEye, error) { return s.eye, nil })
		s.yard = openYardOf(t, text, nil, func(c *GuardConfig) {
			c.Second = s.second
			n := 0
			c.Keep = func([]byte) string { n++; return fmt.Sprintf("%064d", n) }
		})
		return s
	}
	// stands checks what the page is told: how many alerts stand, how many of them are
	// withheld, and the alarm hours.
	stands := func(s *state, all, kept, raised, withheld int, seconds float64) {
		s.t.Helper()
		synctest.Wait()
		n, now := 0, s.guard.Standing()
		for _, a := range now {
			if w := a.Withheld; w != nil {
				n++
				if w.ID == "" || w.Model != "test" || w.Since.IsZero() || len(w.Sights) == 0 {
					s.t.Errorf("of a withheld alert it says %+v", w)
				}
			}
		}
		if len(now) != all || n != kept {
			s.t.Errorf("%d alerts stand and %d of them are withheld, want %d and %d", len(now), n, all, kept)
		}
		var hour rules.HourCell
		hours, _ := s.guard.Hours()
		for _, c := range hours {
			hour.Raised, hour.Withheld, hour.Seconds = hour.Raised+c.Raised, hour.Withheld+c.Withheld, hour.Seconds+c.Seconds
		}
		if hour.Raised != raised || hour.Withheld != withheld || math.Abs(hour.Seconds-seconds) > 1.5 {
			s.t.Errorf("the alarm hours have %d raised and %d withheld and %.1f s, want %d and %d and %.1f s", hour.Raised, hour.Withheld, hour.Seconds, raised, withheld, seconds)
		}
	}
	counts := func(s *state) (raised, withheld int) {
		all, _ := s.desk.told()
		return len(all), s.book.of(event.AlarmWithheld{}.EventType())
	}
	for name, c := range map[string]struct {
		rules            string
		do               func(s *state)
		raised, withheld int
	}{
		"nothing is learned: raised": {plainRules, func(s *state) {
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(6 * time.Second)
			if s.eye.n != 0 {
				s.t.Errorf("without anything to judge by %d looks were taken", s.eye.n)
			}
		}, 1, 0},
		"mistaken: withheld": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(6 * time.Second)
			stands(s, 1, 1, 0, 1, 0)
		}, 0, 1},
		"withheld and over: nobody is told of its end": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(6 * time.Second)
			s.eyes.see(nil)
			s.show(12 * time.Second)
			if _, cleared := s.desk.told(); len(cleared) != 0 {
				s.t.Errorf("cleared %q", cleared)
			}
			stands(s, 0, 0, 0, 1, 0)
		}, 0, 1},
		"called real while it stands: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(6 * time.Second)
			id := s.guard.Standing()[0].Withheld.ID
			for _, label := range []alarm.Label{alarm.NothingThere, alarm.NotWanted} {
				s.guard.Hear(event.New("/demo/camera/yard", id, time.Now(), event.AlarmLabelled{Alarm: id, Label: string(label), Withheld: true}))
			}
			s.show(2 * time.Second)
			stands(s, 1, 1, 0, 1, 0)
			s.guard.Hear(event.New("/demo/camera/yard", id, time.Now(), event.AlarmLabelled{Alarm: id, Label: string(alarm.Real), Withheld: true}))
			s.show(3 * time.Second)
			stands(s, 1, 0, 1, 1, 3)
		}, 1, 1},
		"doubted too shortly: raised, and counted from its beginning": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(1800 * time.Millisecond)
			s.eyes.see(nil)
			s.show(10 * time.Second)
			stands(s, 0, 0, 1, 0, 5)
		}, 1, 0},
		"somebody real at the place: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(0, 0, 250)
			s.eyes.see(nil, person(240, 200))
			s.show(4 * time.Second)
		}, 1, 0},
		"as red elsewhere: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(200, 200))
			s.show(4 * time.Second)
		}, 1, 0},
		"like nothing that anybody spoke of: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(0, 250, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(4 * time.Second)
		}, 1, 0},
		"somebody real comes to what is withheld: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(6 * time.Second)
			s.eyes.see(nil, person(240, 200), person(300, 200))
			s.show(4 * time.Second)
		}, 1, 1},
		"it turns out to be real: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(6 * time.Second)
			s.painted = s.paint(0, 0, 250)
			s.show(4 * time.Second)
		}, 1, 1},
		"one look of three disagrees: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			n := 0
			red, blue := s.paint(250, 0, 0), s.paint(0, 0, 250)
			s.painted = func(f *camera.Frame) {
				if n++; n < 11 {
					red(f)
				} else {
					blue(f)
				}
			}
			s.eyes.see(nil, person(240, 200))
			s.show(5 * time.Second)
		}, 1, 0},
		"the network fails: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.eye.err = errors.New("out of memory")
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(4 * time.Second)
		}, 1, 0},
		"the camera goes blind in between: raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(1500 * time.Millisecond)
			time.Sleep(5 * time.Second)
			synctest.Wait()
		}, 1, 0},
		"a step back: what is withheld is raised": {plainRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(6 * time.Second)
			if raised, withheld := counts(s); raised != 0 || withheld != 1 {
				s.t.Errorf("before the step back %d raised and %d withheld, want 0 and 1", raised, withheld)
			}
			s.use(nil)
			s.show(2 * time.Second)
			stands(s, 1, 0, 1, 1, 2)
		}, 1, 1},
		"a rule that holds a line: raised": {yardRules, func(s *state) {
			s.use(learned(240, 200))
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(4 * time.Second)
		}, 1, 0},
		"in shadow: raised and counted": {plainRules, func(s *state) {
			if _, _, err := s.second.Shadow(learned(240, 200), time.Now()); err != nil {
				s.t.Fatal(err)
			}
			s.painted = s.paint(250, 0, 0)
			s.eyes.see(nil, person(240, 200))
			s.show(6 * time.Second)
			s.eyes.see(nil)
			s.show(12 * time.Second)
			s.painted = s.paint(0, 0, 250)
			s.eyes.see(nil, person(240, 200))
			s.show(4 * time.Second)
			j := s.second.Judging(time.Now())
			if j.Beside.Looked != 2 || j.Beside.Withheld != 1 || len(j.Beside.Examples) != 1 || j.Beside.Examples[0].Camera != "yard" {
				s.t.Errorf("the shadow tells %+v, want 2 looked at and 1 of them withheld", j.Beside)
			}
		}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, c.rules)
				defer s.stop()
				s.use = func(j *Judge) {
					if err := s.second.Use(j); err != nil {
						t.Fatal(err)
					}
				}
				c.do(s)
				if raised, withheld := counts(s); raised != c.raised || withheld != c.withheld {
					all, _ := s.desk.told()
					t.Errorf("%d raised and %d withheld, want %d and %d: %+v", raised, withheld, c.raised, c.withheld, all)
				}
			})
		})
	}
}
