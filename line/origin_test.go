package line

import (
	"math"
	"strings"
	"testing"
	"time"

	"linesman/event"
)

// accepted has the eyes of b take a person's word, as their goroutine does.
func (b *watched) accepted(t *testing.T, view string) error {
	t.Helper()
	answer := make(chan error, 1)
	go func() { answer <- b.AcceptOrigin(view, " new lamps ", "user:q") }()
	select {
	case a := <-b.eyes.accepts:
		for _, v := range a.views {
			b.eyes.accept(v, a.reason, a.actor)
		}
		b.eyes.show()
		close(a.done)
		return <-answer
	case err := <-answer:
		return err
	}
}

// TestAcceptOrigin: what a person accepts is the new origin at once and after a
// restart, a drift that stood ends, and the log says who and why.
func TestAcceptOrigin(t *testing.T) {
	b := newWatched(t, Watch{Learn: 40, Memory: 16})
	look := func(b *watched, light float64) {
		for range 600 {
			b.frame(light)
		}
	}
	look(b, 1)
	if s := b.Eyes(); len(s) != 1 || !s[0].Learned || s[0].View != "top" || s[0].Recipe != "disc@1" || len(s[0].Measures) != len(measures) || b.at.Sub(s[0].At) > 300*time.Millisecond {
		t.Fatalf("eyes that have learned: %+v", s)
	}
	look(b, 0.75)
	dark := b.Eyes()[0].Measures[light]
	if dark.What != "light" || dark.State != "limit" || dark.Now > -22 || dark.Now < -28 || dark.WarnAt != 13 || dark.Limit != 20 || dark.Why == "" || dark.WhatTo == "" {
		t.Fatalf("light by a quarter down: %+v", dark)
	}
	if err := b.accepted(t, "side"); err == nil || !strings.Contains(err.Error(), `no view "side"`) {
		t.Errorf("a view that there is not: %v", err)
	}
	before := len(b.q.said)
	if err := b.accepted(t, "top"); err != nil {
		t.Fatal(err)
	}
	if s := b.Eyes()[0]; s.Learned || s.Frames != 0 || s.Learn != 40 || s.Measures != nil {
		t.Errorf("just accepted: %+v", s)
	}
	look(b, 0.75)
	said := b.q.said[before:]
	words, ends, refs := of[event.EyesAccepted](t, said), of[event.EyesDrift](t, said), of[event.EyesReference](t, said)
	if len(words) != 1 || words[0].Reason != "new lamps" || words[0].View != "top" || len(words[0].Drifted) != 1 || words[0].Drifted[0] != "light" {
		t.Fatalf("accepted: %+v", words)
	}
	if len(ends) != 1 || ends[0].What != "light" || ends[0].State != "ended" || !strings.HasPrefix(ends[0].Why, "accepted") {
		t.Errorf("drifts: %+v; want the light's end", ends)
	}
	if len(refs) != 1 || refs[0].Carried || refs[0].Part[1] > 140 {
		t.Fatalf("references: %+v; want one of the dark", refs)
	}
	var word string
	for _, e := range said {
		switch e.Type {
		case words[0].EventType():
			if word = e.ID; word == "" || e.Actor != "user:q" {
				t.Errorf("accepted by %q, id %q", e.Actor, e.ID)
			}
		case refs[0].EventType():
			if e.Cause != word {
				t.Errorf("the reference's cause is %q, want %q", e.Cause, word)
			}
		}
	}
	if now := b.Eyes()[0].Measures[light]; now.State != "steady" || math.Abs(now.Now) > 3 {
		t.Errorf("light against the new origin: %+v", now)
	}

	again := newWatched(t, Watch{Learn: 40, Memory: 16}, refs...)
	look(again, 0.75)
	if got := of[event.EyesDrift](t, again.q.said); len(got) != 0 {
		t.Errorf("after a restart: %+v", got)
	}
	close(b.done)
	if err := b.AcceptOrigin("", "late", "user:q"); err == nil {
		t.Error("a line that has ended takes a new origin")
	}
}
