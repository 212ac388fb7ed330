package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"linesman/alarm"
	"linesman/event"
)

// lineAlarms has the desk call people over what the log says of the lines' eyes, limit
// samples and recipes, and over what keeps a line from producing. It only follows the log:
// a line waits for none of it. What stands when the appliance starts is raised again under
// the same key, which is the same alarm; what ended while it was off is cleared.
type lineAlarms struct {
	log      alarmLog
	desk     alarmDesk
	has      func(line string) bool    // of the site; what an earlier site file's lines said calls nobody at a start
	standing map[string]event.Severity // keys that were raised
	holds    lineHolds
	logger   *slog.Logger
}

type alarmLog interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
	Follow(ctx context.Context, after uint64, fn func(event.Event) error) error
}

type alarmDesk interface {
	Raise(ctx context.Context, r alarm.Raise) (id string, err error)
	Clear(ctx context.Context, key, why, actor, cause string) error
	Look(ctx context.Context, ended int) (alarm.Picture, error)
}

// word is what one event says of one alarm: that it is to be raised, or to be cleared.
type word struct {
	raise alarm.Raise // its key says which
	clear string      // why; "" to raise
	cause string      // id of the event
}

// lineAlarmTypes are the events that say something of a line's alarms.
var lineAlarmTypes = []event.Type{
	event.EyesDrift{}.EventType(), event.EyesMinute{}.EventType(), event.EyesReference{}.EventType(),
	event.SamplesJudged{}.EventType(), event.RecipeRefused{}.EventType(), event.RecipeChanged{}.EventType(),
	event.RecipeActivated{}.EventType(), event.LineState{}.EventType(), event.LineHeld{}.EventType(), event.LineMinute{}.EventType(),
}

// lookBack is how many of the newest events of each type are read at a start.
const lookBack = 200

// run follows the log until ctx ends. A log that can not be read is read again.
func (l *lineAlarms) run(ctx context.Context) error {
	var heard uint64
	for {
		err := l.follow(ctx, &heard)
		if ctx.Err() != nil || errors.Is(err, alarm.ErrClosed) {
			return nil
		}
		l.logger.Error("nobody is called over drift, limit samples, refused recipes, holds and blind lines; the log is read again", "err", err)
		select {
		case <-time.After(hearAgain):
		case <-ctx.Done():
			return nil
		}
	}
}

func (l *lineAlarms) follow(ctx context.Context, heard *uint64) error {
	if l.standing == nil {
		if err := l.begin(ctx, heard); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	events, ended := make(chan event.Event), make(chan error, 1)
	go func() {
		ended <- l.log.Follow(ctx, *heard, func(e event.Event) error {
			select {
			case events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	err := l.hear(ctx, heard, events, ended)
	stop()
	return err
}

// hear takes what the log says, and what time alone brings about, until the log ends or
// the desk refuses: what was not said then is said again from there.
func (l *lineAlarms) hear(ctx context.Context, heard *uint64, events <-chan event.Event, ended <-chan error) error {
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case e := <-events:
			for _, w := range append(wordsOf(e), l.holds.hear(e)...) {
				if err := l.say(ctx, w); err != nil {
					return err
				}
			}
			*heard = e.Seq
		case <-due.C:
		case err := <-ended:
			return err
		}
		next, err := l.overlong(ctx)
		if err != nil {
			return err
		}
		due.Reset(next)
	}
}

// overlong calls over the lines that were held or blind for too long, and returns in how
// long the next is.
func (l *lineAlarms) overlong(ctx context.Context) (next time.Duration, err error) {
	now := time.Now()
	for line, h := range l.holds.lines {
		t := h.calls(now, l.holds.delay)
		if t == nil || !l.has(line) {
			continue
		}
		if err := l.say(ctx, t.word(line)); err != nil {
			return 0, err
		}
		t.said = true
	}
	return l.holds.next(now), nil
}

// begin reads how everything stands: of each alarm the newest word counts.
func (l *lineAlarms) begin(ctx context.Context, heard *uint64) error {
	newest, err := l.log.Read(ctx, event.Filter{Newest: true, Limit: 1})
	if err != nil {
		return err
	}
	var events []event.Event
	for _, t := range lineAlarmTypes {
		some, err := l.log.Read(ctx, event.Filter{Types: []event.Type{t}, Newest: true, Limit: lookBack})
		if err != nil {
			return err
		}
		events = append(events, some...)
	}
	slices.SortFunc(events, func(a, b event.Event) int { return int(int64(a.Seq) - int64(b.Seq)) })
	last := map[string]word{}
	l.holds.lines = map[string]*lineHold{}
	for _, e := range events {
		for _, w := range append(wordsOf(e), l.holds.hear(e)...) {
			last[w.raise.Key] = w
		}
	}
	on, err := l.desk.Look(ctx, 0)
	if err != nil {
		return err
	}
	l.standing = map[string]event.Severity{}
	for _, a := range on.Alarms {
		if !strings.HasPrefix(a.Key, lineKeys) || !a.Active {
			continue
		}
		l.standing[a.Key] = a.Severity
		h, t := l.holds.of(a.Line), (*lasting)(nil)
		switch a.Key {
		case holdKey(a.Line):
			t = &h.hold
		case blindKey(a.Line):
			t = &h.blind
		default:
			continue
		}
		switch {
		case t.on() && l.has(a.Line) && t.word(a.Line).raise.Text == a.Text:
			t.said = true
			delete(last, a.Key) // an earlier one's end
		case last[a.Key].clear == "":
			last[a.Key] = word{clear: "the line is not " + t.what + " for this any more", raise: alarm.Raise{Key: a.Key, Line: a.Line}}
		}
	}
	for key, w := range last {
		if at, on := l.standing[key]; w.clear == "" && (on && at >= w.raise.Severity || !l.has(w.raise.Line)) {
			continue // as it is on the board
		}
		if err := l.say(ctx, w); err != nil {
			l.standing = nil
			return err
		}
	}
	if len(newest) > 0 {
		*heard = newest[0].Seq
	}
	return nil
}

// say tells the desk, but for what it knows.
func (l *lineAlarms) say(ctx context.Context, w word) error {
	key := w.raise.Key
	if w.clear != "" {
		if _, on := l.standing[key]; !on {
			return nil
		}
		if err := l.desk.Clear(ctx, key, w.clear, "", w.cause); err != nil && !errors.Is(err, alarm.ErrUnsaved) {
			return err
		}
		delete(l.standing, key)
		return nil
	}
	if w.raise.Text == "" { // a minute, which says only that it stands
		return nil
	}
	if _, err := l.desk.Raise(ctx, w.raise); err != nil && !errors.Is(err, alarm.ErrUnsaved) {
		if errors.Is(err, alarm.ErrRefused) {
			l.logger.Error("an alarm of a line was refused", "key", key, "err", err)
			return nil
		}
		return err
	}
	l.standing[key] = w.raise.Severity
	return nil
}

// lineKeys begins every key of these alarms.
const lineKeys = "line/"

// eyesMeasures are what an eyes.drift can be of.
var eyesMeasures = []string{"light", "cast", "balance", "focus", "position", "scale", "dirt", "score"}

// onOneLine brings a text onto one line of so many characters at most.
func onOneLine(text string, most int) string {
	if r := []rune(strings.Join(strings.Fields(text), " ")); len(r) > most {
		return string(r[:most-1]) + "…"
	} else {
		return string(r)
	}
}

// wordsOf is what an event says of alarms; nothing for most.
func wordsOf(e event.Event) (words []word) {
	read := func(p any) bool { return json.Unmarshal(e.Data, p) == nil }
	one := func(line, key string, r alarm.Raise, clear string) {
		r.Text, r.WhatTo = onOneLine(r.Text, 500), onOneLine(r.WhatTo, 500)
		r.Key, r.From, r.Line, r.Cause = lineKeys+line+"/"+key, "line/"+line, line, e.ID
		words = append(words, word{r, clear, e.ID})
	}
	switch e.Type {
	case event.EyesDrift{}.EventType():
		var d event.EyesDrift
		if !read(&d) {
			return nil
		}
		clear := ""
		if d.State == "ended" {
			clear = "it is back within its warning"
		}
		one(d.Line, "eyes/"+d.View+"/"+d.What, alarm.Raise{Camera: d.Camera, Severity: d.EventSeverity(),
			Text: fmt.Sprintf("%s, camera %s: %s", d.Line, d.Camera, d.Why), WhatTo: d.WhatTo}, clear)
	case event.EyesMinute{}.EventType():
		var m event.EyesMinute
		if !read(&m) || m.Frames == 0 {
			return nil
		}
		for _, what := range eyesMeasures {
			if !slices.Contains(m.Drifted, what) {
				one(m.Line, "eyes/"+m.View+"/"+what, alarm.Raise{}, "a minute was measured without it")
			}
		}
	case event.EyesReference{}.EventType():
		var r event.EyesReference
		if !read(&r) || r.Carried {
			return nil
		}
		for _, what := range eyesMeasures {
			one(r.Line, "eyes/"+r.View+"/"+what, alarm.Raise{}, "drift is measured from a new origin")
		}
	case event.SamplesJudged{}.EventType():
		var s event.SamplesJudged
		if !read(&s) {
			return nil
		}
		clear := ""
		if s.Bad.Wrong == 0 {
			clear = fmt.Sprintf("all %d known-bad parts were rejected", s.Bad.Parts)
		}
		if s.Bad.Parts > 0 { // else none could be judged, which proves nothing
			one(s.Line, "samples/bad", alarm.Raise{Severity: event.High,
				Text:   fmt.Sprintf("%s: recipe %s lets %d of %d known-bad parts through", s.Line, s.Recipe, s.Bad.Wrong, s.Bad.Parts),
				WhatTo: "look at what passed since; take the version back (linesman recipe back) or make a candidate that knows these parts"}, clear)
		}
		if clear = ""; s.Good.Wrong == 0 {
			clear = fmt.Sprintf("all %d known-good parts passed", s.Good.Parts)
		}
		if s.Good.Parts > 0 {
			one(s.Line, "samples/good", alarm.Raise{Severity: event.Low,
				Text:   fmt.Sprintf("%s: recipe %s rejects %d of %d known-good parts", s.Line, s.Recipe, s.Good.Wrong, s.Good.Parts),
				WhatTo: "look at the parts that linesman sample judge names; make a candidate that knows them"}, clear)
		}
	case event.RecipeRefused{}.EventType():
		var r event.RecipeRefused
		if !read(&r) {
			return nil
		}
		one(r.Line, "recipe", alarm.Raise{Severity: event.High,
			Text:   fmt.Sprintf("%s goes on by %s: %s was refused", r.Line, r.Judges, r.Recipe),
			WhatTo: r.Cause}, "")
	case event.RecipeChanged{}.EventType():
		var c event.RecipeChanged
		if read(&c) && c.State == "active" {
			one(c.Line, "recipe", alarm.Raise{}, c.Recipe+" was made active")
		}
	case event.RecipeActivated{}.EventType():
		var a event.RecipeActivated
		if read(&a) && a.Why != "start" {
			one(a.Line, "recipe", alarm.Raise{}, "the line judges by "+a.Recipe)
		}
	}
	return words
}
