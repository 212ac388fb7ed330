package watch

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/event/eventtest"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
)

// cell is a guard over one closed space with a door, in the bubble's time, before a
// log that outlives it.
type cell struct {
	t     *testing.T
	log   *eventtest.Memory
	desk  *desk
	guard *Guard
	stop  func()
}

const cellRules = `rules:
  - {name: nobody in the cell, when: headcount("cell") < 1, severity: low, keep: 0s, say: Go in.}
  - {name: too many, when: headcount("cell") > 2, severity: high, keep: 0s, say: One has to leave.}
`

var cellSpace = scene.Space{Lines: []string{"yard.door"}, Reconcile: []string{"14:00", "14:50"}}

func openCell(t *testing.T, log *eventtest.Memory, standing ...alarm.Alarm) *cell {
	t.Helper()
	engine, err := rules.Load([]byte(cellRules), rules.Site{Cameras: map[part.CameraID]*scene.Settings{}, Spaces: []string{"cell"}})
	if err != nil {
		t.Fatal(err)
	}
	c := &cell{t: t, log: log, desk: &desk{}}
	if c.guard, err = NewGuard(GuardConfig{Source: "/test", Rules: engine, Spaces: scene.NewSpaces(map[string]scene.Space{"cell": cellSpace}), Past: log, Events: log, Desk: c.desk,
		Standing: func(context.Context) ([]alarm.Alarm, error) { return standing, nil }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = c.guard.Run(ctx) })
	c.stop = func() { cancel(); work.Wait() }
	synctest.Wait()
	return c
}

// pass has people go over the door.
func (c *cell) pass(ways ...string) {
	for _, way := range ways {
		s := &scene.Scene{Camera: "yard", At: time.Now(), Crossings: []scene.Crossing{{Line: "door", Label: scene.Person, In: way == "in", At: time.Now()}}}
		c.guard.moment(c.t.Context(), rules.Moment{At: s.At, Camera: "yard", Scene: s})
		time.Sleep(time.Second)
	}
	synctest.Wait()
}

func (c *cell) now() scene.Heads {
	c.t.Helper()
	all := c.guard.Heads()
	if len(all) != 1 {
		c.t.Fatalf("heads are %+v", all)
	}
	return all[0]
}

func (c *cell) set(people int, actor string) event.ZoneCount {
	c.t.Helper()
	said, err := c.guard.SetHeads("cell", people, actor)
	if err != nil {
		c.t.Fatal(err)
	}
	synctest.Wait()
	return said
}

// standing are the keys of the alarms that stand at the desk.
func (c *cell) standing() (out []string) {
	raised, cleared := c.desk.told()
	for _, r := range raised {
		if n := slices.Index(cleared, r.Key); n >= 0 {
			cleared = slices.Delete(cleared, n, n+1)
			continue
		}
		out = append(out, r.Key)
	}
	return out
}

// A count that a person puts right is in the log with who and by how much, and is what
// the next process goes on from: no rule speaks falsely in between.
func TestHeadsOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := eventtest.NewMemory()
		c := openCell(t, log)
		time.Sleep(3 * time.Second)
		if h := c.now(); h.Unknown == "" || len(c.standing()) != 0 {
			t.Fatalf("nobody has counted yet, but the count is %+v and %q stand", h, c.standing())
		}
		c.pass("in", "in", "in")
		if got := c.standing(); !slices.Equal(got, []string{"watch/too many"}) {
			t.Errorf("at least three are in: %q stand", got)
		}
		if said := c.set(4, "user:li"); !said.Unknown || said.Off != 0 || said.In != 3 {
			t.Errorf("the first count: %+v", said)
		}
		c.pass("out", "out")
		said := c.set(1, "user:wang")
		if said.Off != 1 || said.Out != 2 || said.Most != 4 || said.Unknown || !said.SetTo || said.People != 1 {
			t.Errorf("the second count: %+v", said)
		}
		events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{said.EventType()}, Subject: "cell", Newest: true})
		if err != nil || len(events) != 2 || events[0].Actor != "user:wang" || events[1].Actor != "user:li" || events[0].Severity != event.Low {
			t.Fatalf("the log keeps %+v, %v", events, err)
		}
		if kept, err := event.As[event.ZoneCount](events[0]); err != nil || kept != said {
			t.Errorf("the log keeps %+v, the answer was %+v", kept, said)
		}
		c.pass("in")
		c.stop()

		time.Sleep(time.Minute)
		c = openCell(t, log)
		defer c.stop()
		if h := c.now(); h.Unknown != "" || h.Now != 2 || h.In != 1 || !h.Since.Equal(events[0].Time) {
			t.Errorf("after the restart the count is %+v, want 2", h)
		}
		c.pass("in")
		time.Sleep(3 * time.Second)
		if got := c.standing(); !slices.Equal(got, []string{"watch/too many"}) {
			t.Errorf("a third came in after the restart: %q stand", got)
		}
	})
}

// What the log can not tell is unknown and not 0.
func TestHeadsThatTheLogCanNotTell(t *testing.T) {
	set := func(log *eventtest.Memory, people int) {
		e := event.New("/test", "cell", time.Now(), event.ZoneCount{Zone: "cell", People: people, SetTo: true})
		e.Actor = "user:li"
		log.Emit(e)
	}
	for _, c := range []struct {
		name string
		past func(log *eventtest.Memory)
		want string
		now  int
	}{
		{"an empty log", func(*eventtest.Memory) {}, "nobody has counted", 0},
		{"counted too long ago", func(log *eventtest.Memory) { set(log, 2); time.Sleep(32 * 24 * time.Hour) }, "nobody has counted", 0},
		{"events were lost", func(log *eventtest.Memory) {
			set(log, 2)
			log.Emit(event.New("/test", "ring", time.Now(), event.RingLost{Why: "power cut"}))
		}, "power cut", 0},
		{"counted after they were lost", func(log *eventtest.Memory) {
			log.Emit(event.New("/test", "ring", time.Now(), event.RingLost{Why: "power cut"}))
			set(log, 2)
		}, "", 2},
		{"a minute of a zone is no count", func(log *eventtest.Memory) {
			log.Emit(event.New("/test", "cell", time.Now(), event.ZoneCount{Camera: "yard", Zone: "cell", People: 3}))
		}, "nobody has counted", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			log := eventtest.NewMemory()
			c.past(log)
			time.Sleep(time.Hour)
			y := openCell(t, log)
			defer y.stop()
			time.Sleep(5 * time.Second)
			h := y.now()
			if h.Now != c.now || (h.Unknown == "") != (c.want == "") || !strings.Contains(h.Unknown, c.want) {
				t.Errorf("%s: the count is %+v, want %d, unknown %q", c.name, h, c.now, c.want)
			}
			if got := y.standing(); len(got) != 0 {
				t.Errorf("%s: %q stand", c.name, got)
			}
		})
	}
}

// At the end of a shift somebody has to count who is in, unless nobody is.
func TestReconcile(t *testing.T) {
	at := func(t *testing.T, clock string) { // the bubble begins at midnight UTC
		want, err := time.Parse("15:04", clock)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().UTC()
		d := time.Date(now.Year(), now.Month(), now.Day(), want.Hour(), want.Minute(), 0, 0, time.UTC).Sub(now)
		if d < 0 {
			d += 24 * time.Hour
		}
		time.Sleep(d)
		synctest.Wait()
	}
	for _, c := range []struct {
		name  string
		story func(t *testing.T, y *cell) *cell
		want  bool // somebody is asked to count
	}{
		{"two are in", func(t *testing.T, y *cell) *cell { at(t, "13:10"); y.set(2, "user:li"); at(t, "14:01"); return y }, true},
		{"before the time", func(t *testing.T, y *cell) *cell { at(t, "13:10"); y.set(2, "user:li"); at(t, "13:59"); return y }, false},
		{"nobody is in", func(t *testing.T, y *cell) *cell { at(t, "13:10"); y.set(0, "user:li"); at(t, "14:01"); return y }, false},
		{"counted lately", func(t *testing.T, y *cell) *cell { at(t, "13:45"); y.set(2, "user:li"); at(t, "14:01"); return y }, false},
		{"nobody has ever counted", func(t *testing.T, y *cell) *cell { at(t, "14:01"); return y }, true},
		{"counted then", func(t *testing.T, y *cell) *cell {
			at(t, "13:10")
			y.set(2, "user:li")
			at(t, "14:10")
			y.set(1, "user:li")
			return y
		}, false},
		{"counted then, and asked by the next shift", func(t *testing.T, y *cell) *cell {
			at(t, "13:10")
			y.set(2, "user:li")
			at(t, "14:10")
			y.set(1, "user:li")
			at(t, "14:51")
			return y
		}, true},
		{"off at the time", func(t *testing.T, y *cell) *cell {
			at(t, "13:10")
			y.set(2, "user:li")
			at(t, "13:30")
			y.stop()
			at(t, "14:30")
			return openCell(t, y.log)
		}, true},
		{"off at the time, nobody in", func(t *testing.T, y *cell) *cell {
			at(t, "13:10")
			y.set(1, "user:li")
			y.pass("out")
			at(t, "13:30")
			y.stop()
			at(t, "14:30")
			return openCell(t, y.log)
		}, false},
		{"empty at the time, and a restart later", func(t *testing.T, y *cell) *cell {
			at(t, "13:10")
			y.set(0, "user:li")
			at(t, "14:30")
			y.pass("in")
			y.stop()
			at(t, "14:40")
			return openCell(t, y.log)
		}, false},
		{"it stands over a restart", func(t *testing.T, y *cell) *cell {
			at(t, "13:10")
			y.set(2, "user:li")
			at(t, "14:30")
			y.stop()
			y = openCell(t, y.log, alarm.Alarm{Key: "heads/cell", Active: true, Opened: time.Now().Add(-20 * time.Minute)})
			time.Sleep(time.Minute)
			if raised, _ := y.desk.told(); len(raised) != 0 {
				t.Errorf("what stands is raised again: %+v", raised)
			}
			y.set(1, "user:li")
			if _, cleared := y.desk.told(); !slices.Equal(cleared, []string{"heads/cell"}) {
				t.Errorf("what stood was not cleared: %q", cleared)
			}
			return y
		}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			at(t, "13:00")
			y := c.story(t, openCell(t, eventtest.NewMemory()))
			time.Sleep(5 * time.Second)
			synctest.Wait()
			asks := slices.Contains(y.standing(), "heads/cell")
			if asks != c.want {
				t.Errorf("%s: somebody is asked to count: %v, want %v; %q stand", c.name, asks, c.want, y.standing())
			}
			if raised, _ := y.desk.told(); asks {
				n := slices.IndexFunc(raised, func(r alarm.Raise) bool { return r.Key == "heads/cell" })
				if r := raised[n]; r.Severity != event.Medium || !strings.Contains(r.Text, "cell") || !strings.Contains(r.Text, "at 14:") || !strings.Contains(r.WhatTo, "count") {
					t.Errorf("%s: the alarm says %+v", c.name, r)
				}
			}
			y.stop()
		})
	}
}
