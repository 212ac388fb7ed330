package main

import (
	"fmt"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/line"
)

// lineHolds knows from the log which lines are held, since when and why, so that people
// are called over a hold that lasts. It has no clock but the events'.
type lineHolds struct {
	delay time.Duration // a hold that is longer calls
	same  time.Duration // held again for the same reason within this after a release it is the same hold
	lines map[string]*lineHold
}

// lineHold is what the log says of one line's holds.
type lineHold struct {
	state    string    // of the newest line.state
	gates    bool      // of the newest line.held
	stood    bool      // the belt stood before, and nothing shows that anybody wants to produce
	since    time.Time // from when its time runs; zero: it is not held
	released time.Time // end of the hold before, which had the same cause if why is the same
	began    time.Time // of that one
	why      string
	whatTo   string
	cause    string // id of the event that says so
	said     bool   // people were called over this one
}

// holdKey is the key of a line's alarm over a hold.
func holdKey(line string) string { return lineKeys + line + "/held" }

func (h *lineHold) held() bool { return !h.since.IsZero() }

// calls reports whether people are to be called now.
func (h *lineHold) calls(now time.Time, delay time.Duration) bool {
	return h.held() && !h.stood && !h.said && now.Sub(h.since) >= delay
}

// next is how long it is until the next hold calls, an hour where none will.
func (l *lineHolds) next(now time.Time) time.Duration {
	next := time.Hour
	for _, h := range l.lines {
		if h.held() && !h.stood && !h.said {
			if left := l.delay - now.Sub(h.since); left > 0 {
				next = min(next, left)
			}
		}
	}
	return next
}

// word is the alarm over the hold.
func (h *lineHold) word(line string) word {
	return word{cause: h.cause, raise: alarm.Raise{Key: holdKey(line), From: lineKeys + line, Line: line, Cause: h.cause,
		// Medium calls, and is normal again by itself once the line runs.
		Severity: event.Medium,
		Text:     onOneLine(fmt.Sprintf("%s is held: %s", line, h.why), 500), WhatTo: onOneLine(h.whatTo, 500)}}
}

// hear takes in an event, and returns that an alarm ends, if one may. Heard twice it
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
			return h.end(e, s.Line, "it was released")
		}
	case event.LineMinute{}.EventType():
		m, err := event.As[event.LineMinute](e)
		if h := l.of(m.Line); err == nil && h.held() && h.stood && m.SpeedMMs > 0 {
			h.stood, h.since = false, e.Time
		}
	}
	return nil
}

func (l *lineHolds) of(line string) *lineHold {
	if l.lines == nil {
		l.lines = map[string]*lineHold{}
	}
	if l.lines[line] == nil {
		l.lines[line] = &lineHold{}
	}
	return l.lines[line]
}

// stated takes in what the line does now. Blind is no end of a hold, as long as nobody
// released it: the controller that does not answer rests in reject.
func (h *lineHold) stated(e event.Event, s event.LineState, same time.Duration) []word {
	h.state = s.State
	switch s.State {
	case "held":
		if h.held() {
			return nil
		}
		h.since = e.Time
		if !h.released.IsZero() && s.Why == h.why && e.Time.Sub(h.released) <= same {
			h.since = h.began
		}
		h.why, h.whatTo, h.cause, h.said = s.Why, s.WhatTo, e.ID, false
	case "blind":
		if !h.gates {
			return h.end(e, s.Line, "it was released")
		}
	case "running":
		h.stood = false
		return h.end(e, s.Line, "the line runs")
	case "stopped":
		h.stood = s.Why == line.BeltStands
		return h.end(e, s.Line, s.Why)
	}
	return nil
}

// end says that the line is not held any more.
func (h *lineHold) end(e event.Event, line, why string) []word {
	if h.held() {
		h.began, h.released, h.since = h.since, e.Time, time.Time{}
	}
	return []word{{clear: why, cause: e.ID, raise: alarm.Raise{Key: holdKey(line), Line: line}}}
}
