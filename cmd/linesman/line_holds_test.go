package main

import (
	"cmp"
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
	"linesman/line"
)

// script is a log whose events come at their time.
type script struct {
	start  time.Time
	events []event.Event
}

// at says something of line caps-1 so long after the test's begin.
func (s *script) at(after time.Duration, p event.Payload) {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	n := uint64(len(s.events) + 1)
	s.events = append(s.events, event.Event{ID: string(rune('a' + n)), Seq: n, Type: p.EventType(), Time: s.start.Add(after), Data: data})
}

func (s *script) Read(_ context.Context, f event.Filter) (out []event.Event, err error) {
	for _, e := range s.events {
		if !e.Time.After(time.Now()) && (len(f.Types) == 0 || slices.Contains(f.Types, e.Type)) {
			out = append(out, e)
		}
	}
	return out[max(0, len(out)-max(f.Limit, 1)):], nil
}

func (s *script) Follow(ctx context.Context, after uint64, fn func(event.Event) error) error {
	for _, e := range s.events {
		if e.Seq <= after {
			continue
		}
		select {
		case <-time.After(time.Until(e.Time)):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// pad is a desk that writes down when it was told what; it may refuse for a while.
type pad struct {
	start  time.Time
	refuse int
	said   []string
	texts  []alarm.Raise
}

func (p *pad) Raise(_ context.Context, r alarm.Raise) (string, error) {
	if p.refuse--; p.refuse >= 0 {
		return "", alarm.ErrBehind
	}
	p.said, p.texts = append(p.said, time.Since(p.start).String()+" raised "+r.Key), append(p.texts, r)
	return "1", nil
}

func (p *pad) Clear(_ context.Context, key, why, _, cause string) error {
	p.said = append(p.said, time.Since(p.start).String()+" cleared "+key+": "+why)
	return nil
}
func (*pad) Look(context.Context, int) (alarm.Picture, error) { return alarm.Picture{}, nil }

func stated(state, why string) event.LineState {
	return event.LineState{Line: "caps-1", State: state, Why: why, WhatTo: "then release: linesman line release"}
}

// A hold that lasts calls once, whatever the operator does to it, and its alarm ends with
// it. So does a line that is blind.
func TestLineHolds(t *testing.T) {
	const key, blind = "line/caps-1/held", "line/caps-1/blind"
	s, standing := time.Second, stated("stopped", line.BeltStands)
	jam, heart := stated("held", "gates in reject: ejection not confirmed"), stated("held", "gates in reject: heartbeat lost")
	runs, stalled := stated("running", ""), stated("blind", "camera top is stalled")
	type said struct {
		at time.Duration
		p  event.Payload
	}
	for name, c := range map[string]struct {
		says   []said
		delay  time.Duration
		refuse int
		want   []string
	}{
		"it lasts":                  {says: []said{{0, runs}, {10 * s, jam}, {100 * s, runs}}, want: []string{"40s raised " + key, "1m40s cleared " + key + ": the line runs"}},
		"another delay":             {delay: 5 * time.Minute, says: []said{{0, runs}, {10 * s, jam}}, want: []string{"5m10s raised " + key}},
		"released in time":          {says: []said{{0, runs}, {10 * s, jam}, {39 * s, runs}}},
		"stopped on purpose":        {says: []said{{0, runs}, {0, jam}, {60 * s, standing}}, want: []string{"30s raised " + key, "1m0s cleared " + key + ": the belt stands"}},
		"the appliance was stopped": {says: []said{{0, runs}, {0, jam}, {20 * s, stated("stopped", "the appliance was stopped")}, {50 * s, stated("blind", "no answer")}, {51 * s, heart}}, want: []string{"1m21s raised " + key}},
		"released and held again for the same": {says: []said{{0, runs}, {0, jam}, {10 * s, runs}, {15 * s, jam}, {20 * s, runs}, {21 * s, jam}, {90 * s, runs}, {95 * s, jam}, {97 * s, runs}},
			want: []string{"30s raised " + key, "1m30s cleared " + key + ": the line runs", "1m35s raised " + key, "1m37s cleared " + key + ": the line runs"}},
		"held again for something else": {says: []said{{0, runs}, {0, jam}, {10 * s, runs}, {15 * s, heart}}, want: []string{"45s raised " + key}},
		"held again much later":         {says: []said{{0, runs}, {0, jam}, {10 * s, runs}, {50 * s, jam}}, want: []string{"1m20s raised " + key}},
		"blind meanwhile": {says: []said{{0, runs}, {0, jam}, {0, event.LineHeld{Line: "caps-1", Held: true}}, {20 * s, stated("blind", "no answer")}, {50 * s, jam}, {60 * s, runs}},
			want: []string{"30s raised " + key, "1m0s cleared " + key + ": the line runs"}},
		"released, then blind":                                 {says: []said{{0, runs}, {0, jam}, {0, event.LineHeld{Line: "caps-1", Held: true}}, {20 * s, event.LineHeld{Line: "caps-1"}}, {20 * s, stalled}}, want: []string{"50s raised " + blind}},
		"blind, then released":                                 {says: []said{{0, runs}, {0, jam}, {0, event.LineHeld{Line: "caps-1", Held: true}}, {20 * s, stalled}, {25 * s, event.LineHeld{Line: "caps-1"}}}, want: []string{"50s raised " + blind}},
		"its camera is pulled":                                 {says: []said{{0, runs}, {10 * s, stalled}, {100 * s, runs}}, want: []string{"40s raised " + blind, "1m40s cleared " + blind + ": the line runs"}},
		"its camera is slow":                                   {says: []said{{0, runs}, {10 * s, stalled}, {39 * s, runs}}},
		"its camera comes and goes":                            {says: []said{{0, runs}, {10 * s, stalled}, {20 * s, runs}, {30 * s, stalled}}, want: []string{"40s raised " + blind}},
		"blind, and held by it":                                {says: []said{{0, runs}, {0, stated("blind", "no answer")}, {40 * s, heart}, {50 * s, runs}}, want: []string{"30s raised " + blind, "40s cleared " + blind + ": the line is held"}},
		"its camera is pulled while nobody produces":           {says: []said{{0, standing}, {10 * s, stalled}, {600 * s, event.LineMinute{Line: "caps-1", SpeedMMs: 200}}}, want: []string{"10m30s raised " + blind}},
		"switched off for the night, and the box started anew": {says: []said{{0, standing}, {10 * s, stated("blind", "no answer")}, {20 * s, stated("stopped", "the appliance was stopped")}, {50 * s, stated("blind", "no answer")}}},
		"nobody wants to produce":                              {says: []said{{0, standing}, {10 * s, stated("blind", "no answer")}, {20 * s, heart}, {60 * s, event.LineMinute{Line: "caps-1"}}}},
		"nobody did, then the belt moves": {says: []said{{0, standing}, {20 * s, heart}, {600 * s, event.LineMinute{Line: "caps-1", SpeedMMs: 200}}},
			want: []string{"10m30s raised " + key}},
		"a product is asked for while the belt stands": {says: []said{{0, standing}, {20 * s, event.LineHeld{Line: "caps-1", Held: true, By: "us"}}, {20 * s, jam}}, want: []string{"50s raised " + key}},
		"nothing is known of before":                   {says: []said{{0, stated("blind", "no answer")}, {1 * s, heart}}, want: []string{"31s raised " + key}},
		"a line of an earlier site file":               {says: []said{{0, event.LineState{Line: "caps-0", State: "held"}}}},
		"the desk is behind":                           {refuse: 3, says: []said{{0, runs}, {0, jam}}, want: []string{"1m0s raised " + key}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, desk := &script{start: time.Now()}, &pad{start: time.Now(), refuse: c.refuse}
				for _, x := range c.says {
					log.at(x.at, x.p)
				}
				over := &lineAlarms{log: log, desk: desk, logger: slog.New(slog.DiscardHandler), holds: lineHolds{delay: cmp.Or(c.delay, 30*time.Second), same: 30 * time.Second}, has: func(line string) bool { return line == "caps-1" }}
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- over.run(ctx) }()
				time.Sleep(3 * time.Hour)
				stop()
				must(t, <-ended)
				if !slices.Equal(desk.said, c.want) {
					t.Errorf("the desk was told\n%s\nwant\n%s", strings.Join(desk.said, "\n"), strings.Join(c.want, "\n"))
				}
				for _, r := range desk.texts {
					if r.Line != "caps-1" || r.Severity != event.Medium || !strings.HasPrefix(r.Text, "caps-1 is held: gates in reject: ") && !strings.HasPrefix(r.Text, "caps-1 is blind: ") || !strings.Contains(r.WhatTo, "release") || r.Cause == "" {
						t.Errorf("raised %+v", r)
					}
				}
			})
		})
	}
}

// What stands over a restart is the same alarm; a hold that ended meanwhile is cleared,
// one that began is raised, one of another cause is told as such.
func TestLineHoldsRestart(t *testing.T) {
	dir := t.TempDir()
	const key = "line/caps-1/held"
	text := func(d *lineDesk, want string) {
		t.Helper()
		until(t, "the alarm says "+want, func() bool {
			p, err := d.desk.Look(t.Context(), 0)
			must(t, err)
			return len(p.Alarms) == 1 && p.Alarms[0].Active && strings.Contains(p.Alarms[0].Text, want)
		})
	}
	raised := func(d *lineDesk) int {
		events, err := d.log.Read(t.Context(), event.Filter{Types: []event.Type{event.AlarmRaised{}.EventType()}, Limit: 100})
		must(t, err)
		return len(events)
	}
	d := openLineDesk(t, dir)
	d.append(stated("running", ""), event.LineHeld{Line: "caps-1", Held: true}, stated("held", "gates in reject: ejection not confirmed"))
	text(d, "ejection not confirmed")
	d.stop()

	d = openLineDesk(t, dir) // killed, and started anew
	d.append(stated("blind", "no answer"), event.LineHeld{Line: "caps-1", Held: true}, stated("held", "gates in reject: ejection not confirmed"), drift("top", "light", "limit"))
	d.stands(key, "line/caps-1/eyes/top/light")
	if n := raised(d); n != 2 {
		t.Errorf("%d alarms were raised, want the hold once and the drift", n)
	}
	d.append(drift("top", "light", "ended"))
	d.stands(key)
	d.stop()

	d = openLog(t, dir)
	d.append(stated("running", ""))
	must(t, d.log.Close())
	d = openLineDesk(t, dir)
	d.stands()
	d.stop()

	d = openLog(t, dir)
	d.append(stated("held", "gates in reject: heartbeat lost"))
	must(t, d.log.Close())
	d = openLineDesk(t, dir)
	d.stands(key)
	d.stop()

	d = openLog(t, dir)
	d.append(stated("running", ""), stated("held", "gates in reject: part at the exit that was not passed"))
	must(t, d.log.Close())
	d = openLineDesk(t, dir)
	until(t, "the hold's own cause is told", func() bool {
		p, err := d.desk.Look(t.Context(), 0)
		must(t, err)
		return slices.ContainsFunc(p.Alarms, func(a alarm.Alarm) bool { return a.Active && strings.Contains(a.Text, "part at the exit") })
	})
	d.stands(key)
	d.stop()
}
