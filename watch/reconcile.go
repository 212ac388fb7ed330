package watch

import (
	"fmt"
	"strings"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/scene"
)

// countedLately is how long before a time of reconcile somebody may have counted so
// that nobody is asked to.
const countedLately = 30 * time.Minute

// headsKey is what the keys of alarms begin with that ask for a count.
const headsKey = "heads/"

// second looks whether a time has come at which somebody has to count.
func (h *heads) second(now time.Time) {
	if h.spaces == nil || h.reading {
		return
	}
	if h.looked.Sub(now) > time.Hour { // the clock was set back by more than winter time does
		h.looked = now
	}
	if !now.After(h.looked) {
		return
	}
	after := h.looked
	h.looked = now
	for _, was := range h.spaces.Heads() {
		if due, ok := h.spaces.Due(was.Space, after, now, h.g.cfg.Zone); ok && toCount(was, due) {
			h.ask(was, due)
		}
	}
}

// toCount reports whether somebody has to count a space at a time: it is not empty, and
// nobody has counted it lately.
func toCount(was scene.Heads, due time.Time) bool {
	return (was.Now != 0 || was.Unknown != "") && (was.Since.IsZero() || due.Sub(was.Since) > countedLately)
}

// missed asks for the counts that were due while no process was there to ask.
func (h *heads) missed(past *pastHeads) {
	for _, was := range h.spaces.Heads() {
		d, ok := past.due[was.Space]
		_, stands := h.asked[was.Space]
		if ok && !stands && d.heads.Unknown == "" && was.Unknown == "" && was.Since.Before(d.at) && toCount(d.heads, d.at) {
			h.ask(d.heads, d.at)
		}
	}
}

// ask raises the alarm that asks for a count. It stands until somebody counts.
func (h *heads) ask(was scene.Heads, due time.Time) {
	h.asked[was.Space] = due
	clock := due.In(h.g.cfg.Zone).Format("15:04")
	text := fmt.Sprintf("%d in %s by the head count at %s, and nobody has counted", was.Now, was.Space, clock)
	if was.Unknown != "" {
		text = fmt.Sprintf("how many are in %s at %s is not known (%s)", was.Space, clock, was.Unknown)
	}
	h.errand.add(errand{raise: &alarm.Raise{Key: headsKey + was.Space, From: "watch", Zone: was.Space, Severity: event.Medium, Text: text,
		WhatTo: "Go and count who is in " + was.Space + ", then set its head count on the page of the safety cameras."}})
}

// answered clears the alarm that asks for a count.
func (h *heads) answered(space, why, actor string) {
	if _, stands := h.asked[space]; !stands {
		return
	}
	delete(h.asked, space)
	h.errand.add(errand{key: headsKey + space, why: why, actor: actor})
}

// restore takes up an alarm of the process before; one of a space that nobody asks to
// be counted any more is cleared.
func (h *heads) restore(a alarm.Alarm) {
	space, ok := strings.CutPrefix(a.Key, headsKey)
	if !ok || !a.Active || a.Drill {
		return
	}
	if h.spaces == nil || !h.spaces.Reconciled(space) {
		h.errand.add(errand{key: a.Key, why: "the site file does not ask for a count of it any more"})
		return
	}
	h.asked[space] = a.Opened
}
