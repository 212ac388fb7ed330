package alarm

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// room holds what it has, and says who holds it.
type room map[string]string

func (r room) Hold(who string, shas ...string) error {
	for _, sha := range shas {
		if sha == "gone" {
			return fs.ErrNotExist
		}
		r[sha] = who
	}
	return nil
}

func (r room) Release(who string, _ ...string) error {
	for sha, by := range r {
		if by == who {
			delete(r, sha)
		}
	}
	return nil
}

func TestLabels(t *testing.T) {
	log, held := eventtest.NewMemory(), room{}
	book := &Labels{Log: log, Source: "/test", Holds: held}
	born := time.Now().Add(-time.Minute)
	tell := func(p event.Payload) (id string) {
		id = event.MakeID(born).String()
		e := event.New("/test/camera/yard", id, born, p)
		e.ID = event.NewID()
		if _, err := log.Append(t.Context(), []event.Event{e}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	sight := func(sha string) []event.AlarmSight { return []event.AlarmSight{{Label: "person", Crop: sha}} }
	seen := tell(event.AlarmRecorded{Camera: "yard", Rule: "cell", Key: "watch/cell", Sights: sight("aa")})
	firm := tell(event.AlarmRecorded{Camera: "yard", Rule: "press", Key: "watch/press", Firm: "its rule is critical", Sights: sight("bb")})
	bare := tell(event.AlarmRecorded{Camera: "yard", Rule: "dock", Key: "watch/dock", Sights: sight("gone")})
	kept := tell(event.AlarmWithheld{Camera: "yard", Rule: "cell", Key: "watch/cell", Severity: "high", Sights: sight("cc"), Like: []event.AlarmLike{}})
	other := tell(event.AlarmRaised{Key: "line/caps-1/held", Severity: "high"})

	for _, c := range []struct {
		name      string
		say       Saying
		err       error
		word      string // of the error, or of why nothing can be learned
		learnable bool
		severity  event.Severity
	}{
		{"a mistake", Saying{Alarm: seen, Label: NothingThere, Actor: "user:li"}, nil, "", true, event.Info},
		{"the same, meant otherwise", Saying{Alarm: seen, Label: Real, Note: "it was Bo", Actor: "user:eva"}, nil, "", true, event.Info},
		{"a mistake of a critical rule", Saying{Alarm: firm, Label: NothingThere}, nil, "always raised", false, event.Info},
		{"a real one of it", Saying{Alarm: firm, Label: Real}, nil, "", true, event.Info},
		{"one whose picture made room", Saying{Alarm: bare, Label: NothingThere}, nil, "no picture", false, event.Info},
		{"withheld and real", Saying{Alarm: kept, Label: Real}, nil, "", true, event.High},
		{"no label", Saying{Alarm: seen, Label: "false"}, ErrRefused, "want", false, 0},
		{"two lines", Saying{Alarm: seen, Label: Real, Note: "a\nb"}, ErrRefused, "note", false, 0},
		{"about nothing seen", Saying{Alarm: other, Label: Real}, ErrRefused, "nothing that a camera saw", false, 0},
		{"an alarm that never was", Saying{Alarm: event.MakeID(born).String(), Label: Real}, ErrUnknown, "has expired", false, 0},
		{"no id", Saying{Alarm: "somewhere", Label: Real}, ErrUnknown, "no alarm's id", false, 0},
		{"nothing to take back", Saying{Alarm: other, Label: NoLabel}, ErrRefused, "taken back", false, 0},
	} {
		c.say.Actor = cmp.Or(c.say.Actor, "user:li")
		l, err := book.Say(t.Context(), c.say)
		if c.err != nil {
			if !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.word) {
				t.Errorf("%s: %v, want %q", c.name, err, c.word)
			}
			continue
		}
		if err != nil || (l.Unlearned == "") != c.learnable || !strings.Contains(l.Unlearned, c.word) || l.EventSeverity() != c.severity || l.By != c.say.Actor {
			t.Errorf("%s: %+v, %v: want learnable %t (%q), severity %v", c.name, l, err, c.learnable, c.word, c.severity)
		}
	}
	all, err := book.List(context.Background())
	if err != nil || len(all) != 4 {
		t.Fatalf("%d labels stand, %v, want 4: %+v", len(all), err, all)
	}
	if all[0].Alarm != seen || all[0].Label != string(Real) || all[0].By != "user:eva" {
		t.Errorf("the last label does not count: %+v", all[0])
	}
	if held["aa"] == "" || held["bb"] == "" || held["cc"] == "" {
		t.Errorf("held are %v, want the crops of what is labelled", held)
	}
	if _, err := book.Say(t.Context(), Saying{Alarm: seen, Label: NoLabel}); err != nil || held["aa"] != "" {
		t.Errorf("taken back: %v, and held are %v", err, held)
	}
	if all, err := book.List(t.Context()); err != nil || len(all) != 3 {
		t.Errorf("%d labels stand after one was taken back, %v, want 3", len(all), err)
	}
}
