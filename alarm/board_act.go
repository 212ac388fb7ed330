package alarm

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"linesman/event"
)

// tellRepeats is how often a standing alarm tells that it is still being raised.
const tellRepeats = time.Minute

// mostAlarms is how many alarms a board holds.
const mostAlarms = 10_000

// Raise takes what somebody sees wrong and returns the alarm's id. While the
// key's alarm stands this is the same one, counted; so it is within the
// chattering time after it cleared.
func (b *Board) Raise(now time.Time, r Raise) (id string, err error) {
	if err := r.check(); err != nil {
		return "", err
	}
	a := b.byKey[r.Key]
	switch {
	case a != nil && a.Active:
		return a.ID, b.raiseAgain(now, a, r)
	case a != nil && (!a.closed || now.Sub(a.Cleared) < b.set.Chattering):
		b.say(now, a.ID, r.Actor, r.Cause, b.payload(r, a.Again+1))
		return a.ID, nil
	}
	if len(b.alarms) >= mostAlarms {
		return "", fmt.Errorf("%w: %d alarms are on the board; is a key of %s made of something that never comes again?", ErrRefused, len(b.alarms), r.From)
	}
	id = event.MakeID(now).String()
	b.say(now, id, r.Actor, r.Cause, b.payload(r, 0))
	return id, nil
}

func (b *Board) payload(r Raise, again uint64) event.AlarmRaised {
	return event.AlarmRaised{
		Key: r.Key, From: r.From, Camera: r.Camera, Zone: r.Zone, Line: r.Line, Object: r.Object, Severity: r.Severity.String(),
		Text: r.Text, WhatTo: r.WhatTo, Latched: r.Severity >= b.set.latch, Again: again, Lamps: r.Lamps,
	}
}

// raiseAgain counts; the log hears of it once a minute, or at once when it got
// worse or asks for other lamps.
func (b *Board) raiseAgain(now time.Time, a *standing, r Raise) error {
	a.untold++
	a.Last = now
	p := event.AlarmRepeated{Key: a.Key, Count: a.Count + a.untold, Last: now.UTC(), Severity: a.Severity.String()}
	worse, other := r.Severity > a.Severity, len(r.Lamps) > 0 && !slices.Equal(r.Lamps, a.asked)
	if worse {
		p.Severity, p.Text, p.Worse = r.Severity.String(), r.Text, true
	}
	if other {
		p.Lamps = r.Lamps
	}
	if worse || other {
		b.say(now, a.ID, r.Actor, r.Cause, p)
	}
	return nil
}

// tellRepeated tells of the repeats that nobody has been told of.
func (b *Board) tellRepeated(now time.Time) {
	for _, a := range b.sorted() {
		if a.untold > 0 && now.Sub(a.told) >= tellRepeats {
			b.say(now, a.ID, "", "", event.AlarmRepeated{Key: a.Key, Count: a.Count + a.untold, Last: a.Last.UTC(), Severity: a.Severity.String()})
		}
	}
}

// Clear says that the cause behind a key is gone. A key that is not active
// needs none; that is no error.
func (b *Board) Clear(now time.Time, key, why, actor, cause string) error {
	a := b.byKey[key]
	if a == nil || !a.Active {
		return nil
	}
	p := event.AlarmCleared{Key: key, Why: why, Seconds: seconds(a.Opened, now), Waits: a.Latched && a.Acked.By == "" && !a.Drill, Drill: a.Drill}
	if n := a.Count + a.untold; n > 1 {
		p.Count = n
	}
	b.say(now, a.ID, actor, cause, p)
	return nil
}

// Acknowledge takes an alarm over. One that was acknowledged before stays its
// first taker's; that is no error.
func (b *Board) Acknowledge(now time.Time, id, actor, note string) error {
	a := b.alarms[id]
	switch {
	case a == nil:
		return fmt.Errorf("%w: there is no alarm %.60q", ErrUnknown, id)
	case a.Drill:
		return fmt.Errorf("%w: alarm %s is a drill and ends by itself", ErrRefused, id)
	case note != "" && checkLine("note", note, 500) != nil:
		return checkLine("note", note, 500)
	}
	b.acknowledge(now, a, actor, "", note, "")
	return nil
}

func (b *Board) acknowledge(now time.Time, a *standing, by, channel, note, cause string) {
	if a.closed || a.Acked.By != "" {
		return
	}
	b.say(now, a.ID, by, cause, event.AlarmAcked{Key: a.Key, By: by, Channel: channel, Note: note, Seconds: seconds(a.Opened, now)})
}

// Shelve keeps the alarms of a key silent until a time. It wants a reason and
// an end within the site's limit.
func (b *Board) Shelve(now time.Time, key string, until time.Time, reason, actor string) error {
	if _, ok := b.byKey[key]; !ok {
		return fmt.Errorf("%w: no alarm has the key %.80q", ErrUnknown, key)
	}
	if err := checkLine("reason", reason, 500); err != nil {
		return err
	}
	if most := now.Add(b.set.ShelveAtMost); !until.After(now) || until.After(most) {
		return fmt.Errorf("%w: shelved until %s: want an end after now and within %s (alarms.shelve_at_most)", ErrRefused, until.UTC().Format(time.RFC3339), b.set.ShelveAtMost)
	}
	b.say(now, b.byKey[key].ID, actor, "", event.AlarmShelved{Key: key, Shelved: true, Until: until.UTC(), Reason: reason, By: actor})
	return nil
}

// Unshelve lets a key be heard again.
func (b *Board) Unshelve(now time.Time, key, reason, actor string) error {
	if _, ok := b.shelves[key]; !ok {
		return fmt.Errorf("%w: the key %.80q is not shelved", ErrUnknown, key)
	}
	id := ""
	if a := b.byKey[key]; a != nil {
		id = a.ID
	}
	b.say(now, id, actor, "", event.AlarmShelved{Key: key, Reason: reason, By: actor})
	return nil
}

// Suppress keeps alarms silent by design while a condition of the plant holds.
// Keys are exact, or a prefix ending in "*". It replaces what the same
// condition said before.
func (b *Board) Suppress(now time.Time, condition string, keys []string, reason, actor, cause string) error {
	if err := checkLine("condition", condition, 200); err != nil {
		return err
	}
	if len(keys) == 0 || len(keys) > 100 {
		return fmt.Errorf("%w: condition %q suppresses %d keys: want 1 to 100", ErrRefused, condition, len(keys))
	}
	for _, key := range keys {
		if err := checkLine("key", key, 200); err != nil {
			return err
		}
	}
	if slices.Equal(b.silenced[condition].What.Keys, keys) {
		return nil
	}
	b.say(now, "", actor, cause, event.AlarmSuppressed{Keys: keys, Condition: condition, Suppressed: true, Reason: reason})
	return nil
}

// EndSuppression says that a condition does not hold any more; that it did not
// is no error.
func (b *Board) EndSuppression(now time.Time, condition, actor, cause string) error {
	if s, ok := b.silenced[condition]; ok {
		b.say(now, "", actor, cause, event.AlarmSuppressed{Keys: s.What.Keys, Condition: condition})
	}
	return nil
}

// TakeOut takes a key, or a prefix ending in "*", out of service.
func (b *Board) TakeOut(now time.Time, key, reason, actor string) error {
	if err := checkLine("key", key, 200); err != nil {
		return err
	}
	if err := checkLine("reason", reason, 500); err != nil {
		return err
	}
	b.say(now, "", actor, "", event.AlarmService{Key: key, Out: true, Reason: reason, By: actor})
	return nil
}

// PutBack puts a key back into service.
func (b *Board) PutBack(now time.Time, key, reason, actor string) error {
	if _, ok := b.out[key]; !ok {
		return fmt.Errorf("%w: the key %.80q is not out of service", ErrUnknown, key)
	}
	b.say(now, "", actor, "", event.AlarmService{Key: key, Reason: reason, By: actor})
	return nil
}

func (r Raise) check() error {
	for _, f := range []struct {
		name, text string
		most       int
	}{{"key", r.Key, 200}, {"text", r.Text, 500}} {
		if err := checkLine(f.name, f.text, f.most); err != nil {
			return err
		}
	}
	if r.Key == drillKey {
		return fmt.Errorf("%w: the key %q is that of drills", ErrRefused, r.Key)
	}
	if r.Severity > event.Critical {
		return fmt.Errorf("%w: severity %d", ErrRefused, r.Severity)
	}
	if len(r.Lamps) > mostLamps {
		return fmt.Errorf("%w: it asks for %d lamps: want at most %d", ErrRefused, len(r.Lamps), mostLamps)
	}
	for _, text := range append([]string{r.From, r.Camera, r.Zone, r.Line, r.WhatTo}, r.Lamps...) {
		if !utf8.ValidString(text) || len(text) > 1000 {
			return fmt.Errorf("%w: %.40q has more than 1000 bytes, or is no text", ErrRefused, text)
		}
	}
	return nil
}

// checkLine refuses what can not be shown on one line.
func checkLine(what, text string, most int) error {
	if text == "" || strings.TrimSpace(text) != text || !utf8.ValidString(text) || utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%w: %s %.60q: want 1 to %d characters on one line, without blanks around", ErrRefused, what, text, most)
	}
	return nil
}

func seconds(from, to time.Time) float64 { return max(to.Sub(from).Seconds(), 0) }
