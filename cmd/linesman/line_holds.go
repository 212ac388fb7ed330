package main

import (
	"fmt"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/line"
)

// lineHolds knows from the log which lines are held or blind, since when and why, so that
// people are called over what lasts. It has no clock but the events'.
type lineHolds struct {
	delay time.Duration // what is longer calls
	same  time.Duration // back for the same reason within this it is the same hold
	lines map[string]*lineHold
}

// lineHold is what the log says of one line's holds and of what blinded it.
type lineHold struct {
	state string // of the newest line.state
	gates bool   // of the newest line.held
	stood bool   // the belt stood before, and nothing shows that anybody wants to produce
	hold  lasting
	blind lasting
}

// lasting is something that keeps a line from producing.
type lasting struct {
	what   string    // "held"
	since  time.Time // from when its time runs; zero: it is not so
	over   time.Time // end of the time before, which had the same cause if why is the same
	began  time.Time // of that one
	why    string
	whatTo string
	cause  string // id of the event that says so
	said   bool   // people were called over this one
}

// holdKey and blindKey are the keys of a line's alarms over what lasts.
func holdKey(line string) string  { return lineKeys + line + "/held" }
func blindKey(line string) string { return lineKeys + line + "/blind" }

func (t *lasting) on() bool { return !t.since.IsZero() }

// mayCall is what people may be called over now, nil for nothing: of a line that is
// blind while it is held the hold tells.
func (h *lineHold) mayCall() *lasting {
	for _, t := range []*lasting{&h.hold, &h.blind} {
		if !t.on() {
			continue
		}
		if h.stood || t.said {
			return nil
		}
		return t
	}
	return nil
}

// calls is what people are to be called over now, nil for nothing.
func (h *lineHold) calls(now time.Time, delay time.Duration) *lasting {
	if t := h.mayCall(); t != nil && now.Sub(t.since) >= delay {
		return t
	}
	return nil
}

// next is how long it is until the next line calls, an hour where none will.
func (l *lineHolds) next(now time.Time) time.Duration {
	next := time.Hour
	for _, h := range l.lines {
		if t := h.mayCall(); t != nil {
			if left := l.delay - now.Sub(t.since); left > 0 {
				next = min(next, left)
			}
		}
	}
	return next
}

// word is the alarm over it.
func (t *lasting) word(line string) word {
	return word{cause: t.cause, raise: alarm.Raise{Key: lineKeys + line + "/" + t.what, From: lineKeys + line, Line: line, Cause: t.cause,
		// Medium calls, and is normal again by itself once the line runs.
		Severity: event.Medium,
		Text:     onOneLine(fmt.Sprintf("%s is %s: %s", line, t.what, t.why), 500), WhatTo: onOneLine(t.whatTo, 500)}}
}

// begin takes in that a line is so; what is so already goes on.
func (t *lasting) begin(e event.Event, s event.LineState, same time.Duration) {
	if t.on() {
		return
	}
	t.since = e.Time
	if !t.over.IsZero() && s.Why == t.why && e.Time.Sub(t.over) <= same {
		t.since = t.began
	}
	t.why, t.whatTo, t.cause, t.said = s.Why, s.WhatTo, e.ID, false
}

// end says that it is not so any more.
func (t *lasting) end(e event.Event, line, why string) word {
	if t.on() {
		t.began, t.over, t.since = t.since, e.Time, time.Time{}
	}
	return word{clear: why, cause: e.ID, raise: alarm.Raise{Key: lineKeys + line + "/" + t.what, Line: line}}
}

// hear takes in an event, and returns that alarms end, if they may. Heard twice it
// says the same.
func (l *lineHolds) hear(e event.Event) []word {
	switch e.Type {
	case event.LineState{}.EventType():
		if s, err := event.As[event.LineState](e); err == nil {
			return l.of(s.Line).stated(e, s, l.same)
		}
	case event.LineHeld{}.EventType():
		s, err := event.As[event.LineHeld](e)
		if err != nil {
			return nil
		}
		h := l.of(s.Line)
		if h.gates = s.Held; s.Held && s.By == "us" { // a product was asked for
			h.stood = false
		}
		if !s.Held && h.state == "blind" {
			return []word{h.hold.end(e, s.Line, "it was released")}
		}
	case event.LineMinute{}.EventType():
		m, err := event.As[event.LineMinute](e)
		if err != nil || m.SpeedMMs <= 0 {
			return nil
		}
		h := l.of(m.Line)
		for _, t := range []*lasting{&h.hold, &h.blind} {
			if h.stood && t.on() {
				t.since = e.Time
			}
		}
		if h.hold.on() || h.blind.on() {
			h.stood = false
		}
	}
	return nil
}

func (l *lineHolds) of(line string) *lineHold {
	if l.lines == nil {
		l.lines = map[string]*lineHold{}
	}
	if l.lines[line] == nil {
		l.lines[line] = &lineHold{hold: lasting{what: "held"}, blind: lasting{what: "blind"}}
	}
	return l.lines[line]
}

// stated takes in what the line does now. Blind is no end of a hold, as long as nobody
// released it: the controller that does not answer rests in reject.
func (h *lineHold) stated(e event.Event, s event.LineState, same time.Duration) (words []word) {
	h.state = s.State
	switch s.State {
	case "held":
		h.hold.begin(e, s, same)
		return []word{h.blind.end(e, s.Line, "the line is held")}
	case "blind":
		h.blind.begin(e, s, same)
		if h.gates {
			return nil
		}
		return []word{h.hold.end(e, s.Line, "it was released")}
	case "running":
		h.stood = false
		return h.ends(e, s.Line, "the line runs")
	case "stopped":
		if s.Why == line.BeltStands { // an appliance that stops tells nothing of the belt
			h.stood = true
		}
		return h.ends(e, s.Line, s.Why)
	}
	return nil
}

func (h *lineHold) ends(e event.Event, line, why string) []word {
	return []word{h.hold.end(e, line, why), h.blind.end(e, line, why)}
}
