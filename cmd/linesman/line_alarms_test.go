package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/event/sqlite"
)

// lineDesk is a log on disk, the desk that keeps its alarms there and what has it call.
type lineDesk struct {
	t    *testing.T
	log  *sqlite.Log
	desk *alarm.Desk
	stop func()
}

// openLog opens the log alone, as if nobody followed it.
func openLog(t *testing.T, dir string) *lineDesk {
	log, err := sqlite.Open(sqlite.Settings{Dir: dir})
	must(t, err)
	return &lineDesk{t: t, log: log}
}

func openLineDesk(t *testing.T, dir string) *lineDesk {
	set := &alarm.Settings{}
	must(t, set.Validate())
	d := openLog(t, dir)
	log := d.log
	var err error
	d.desk, err = alarm.New(alarm.Config{Settings: set, Site: "hall", Log: log, Key: make([]byte, 32)})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	over := &lineAlarms{log: log, desk: d.desk, logger: slog.Default(), holds: lineHolds{delay: 20 * time.Millisecond}, has: func(line string) bool { return line == "caps-1" }}
	ended := make(chan error, 2)
	go func() { ended <- d.desk.Run(ctx) }()
	go func() { ended <- over.run(ctx) }()
	d.stop = func() {
		cancel()
		for range 2 {
			must(t, <-ended)
		}
		must(t, log.Close())
	}
	return d
}

func (d *lineDesk) append(payloads ...event.Payload) {
	d.t.Helper()
	for _, p := range payloads {
		_, err := d.log.Append(context.Background(), []event.Event{event.New("/hall/line/caps-1", "line", time.Now(), p)})
		must(d.t, err)
	}
}

// stands waits until these keys, and no others, are active on the board.
func (d *lineDesk) stands(want ...string) {
	d.t.Helper()
	until(d.t, "the board shows "+strings.Join(want, ", "), func() bool {
		p, err := d.desk.Look(context.Background(), 0)
		must(d.t, err)
		var keys []string
		for _, a := range p.Alarms {
			if a.Active {
				keys = append(keys, a.Key)
			}
		}
		slices.Sort(keys)
		slices.Sort(want)
		return slices.Equal(keys, want)
	})
}

func drift(view, what, state string) event.EyesDrift {
	return event.EyesDrift{Line: "caps-1", View: view, Camera: "top", What: what, State: state, Unit: "%", Why: "the light has fallen by 14 %", WhatTo: "clean the lamps"}
}

// Drift, limit samples judged wrong and refused recipes call people, and what ended does
// not stand on: while it is followed, over a restart, and what changed in between.
func TestLineAlarms(t *testing.T) {
	dir := t.TempDir()
	d := openLineDesk(t, dir)
	const light, focus, bad, good, rec = "line/caps-1/eyes/top/light", "line/caps-1/eyes/top/focus", "line/caps-1/samples/bad", "line/caps-1/samples/good", "line/caps-1/recipe"
	d.append(drift("top", "light", "warning"), drift("top", "focus", "limit"))
	d.stands(light, focus)
	p, err := d.desk.Look(t.Context(), 0)
	must(t, err)
	for _, a := range p.Alarms {
		if a.Key == focus && a.Severity != event.High || a.Key == light && a.Severity != event.Medium || !strings.Contains(a.Text, "caps-1, camera top: the light has fallen") || a.Line != "caps-1" || a.WhatTo != "clean the lamps" {
			t.Errorf("raised %+v", a)
		}
	}
	d.append(drift("top", "light", "ended"))
	d.stands(focus)
	d.append(event.SamplesJudged{Line: "caps-1", Recipe: "cap@2", Why: "activation", Bad: event.SampleTally{Parts: 9, Wrong: 1}, Good: event.SampleTally{Parts: 4, Wrong: 2}},
		event.RecipeRefused{Line: "caps-1", Recipe: "cap-30", Judges: "cap@2", Cause: "cap-30@1 is tested and not signed:\n\tsign it"})
	d.stands(focus, bad, good, rec)
	d.stop()

	// While it was off nothing ended: the same alarms, nobody called anew.
	d = openLineDesk(t, dir)
	d.stands(focus, bad, good, rec)
	d.append(event.SamplesJudged{Line: "caps-1", Recipe: "cap@2", Why: "operator", Bad: event.SampleTally{Parts: 9}, Good: event.SampleTally{Parts: 4, Wrong: 1}})
	d.stands(focus, good, rec)
	raised, err := d.log.Read(t.Context(), event.Filter{Types: []event.Type{event.AlarmRaised{}.EventType()}, Limit: 100})
	must(t, err)
	if len(raised) != 5 {
		t.Errorf("%d alarms were raised, want 5, none of them twice", len(raised))
	}
	d.stop()

	// What ended while nobody followed is cleared at the start, what began is raised.
	off := openLog(t, dir)
	off.append(event.RecipeChanged{Line: "caps-1", Recipe: "cap-30@1", State: "active", Why: "operator"}, drift("top", "light", "limit"),
		event.RecipeRefused{Line: "caps-0", Recipe: "cap-9", Judges: "cap-8@1", Cause: "a line that the site has no more"})
	must(t, off.log.Close())
	d = openLineDesk(t, dir)
	d.stands(focus, good, light)
	// A minute that was measured without it clears what no drift event ended.
	d.append(event.EyesMinute{Line: "caps-1", View: "top", Camera: "top", Frames: 40, Drifted: []string{"light"}})
	d.stands(good, light)
	d.append(event.EyesReference{Line: "caps-1", View: "top", Camera: "top", Carried: true})
	d.append(event.SamplesJudged{Line: "caps-1", Recipe: "cap-30@1", Unjudged: 4}, event.EyesMinute{Line: "caps-1", View: "top", Camera: "top"})
	d.append(event.SamplesJudged{Line: "caps-1", Recipe: "cap-30@1", Good: event.SampleTally{Parts: 4}})
	d.stands(light)
	d.append(event.EyesReference{Line: "caps-1", View: "top", Camera: "top"})
	d.stands()
	d.stop()
}

// refusing is a desk that refuses for a while.
type refusing struct {
	left   int
	raised []string
}

func (r *refusing) Raise(_ context.Context, a alarm.Raise) (string, error) {
	if r.left--; r.left >= 0 {
		return "", alarm.ErrBehind
	}
	r.raised = append(r.raised, a.Key)
	return "1", nil
}
func (*refusing) Clear(context.Context, string, string, string, string) error { return nil }
func (*refusing) Look(context.Context, int) (alarm.Picture, error)            { return alarm.Picture{}, nil }

// replayed is a log that holds one drift and then nothing more.
type replayed struct{ e event.Event }

func (l replayed) Read(context.Context, event.Filter) ([]event.Event, error) { return nil, nil }
func (l replayed) Follow(ctx context.Context, after uint64, fn func(event.Event) error) error {
	if after < l.e.Seq {
		if err := fn(l.e); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// What the desk does not take is said again until it does, and then once.
func TestLineAlarmsSaidAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data, err := json.Marshal(drift("top", "light", "limit"))
		must(t, err)
		desk := &refusing{left: 3}
		over := &lineAlarms{log: replayed{event.Event{Seq: 7, Type: event.EyesDrift{}.EventType(), Data: data}}, desk: desk, logger: slog.New(slog.DiscardHandler), has: func(string) bool { return true }}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- over.run(ctx) }()
		time.Sleep(time.Hour)
		stop()
		must(t, <-ended)
		if !slices.Equal(desk.raised, []string{"line/caps-1/eyes/top/light"}) {
			t.Errorf("raised %v, want the one", desk.raised)
		}
	})
}
