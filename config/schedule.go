package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linesman/part"
)

// Scheduled is a change of a line's recipe by the clock.
type Scheduled struct {
	At     string      `yaml:"at"`     // 06:00, in the site's zone
	Days   []string    `yaml:"days"`   // mon, tue, wed, thu, fri, sat, sun; default all
	Line   part.LineID `yaml:"line"`   // whose recipe changes
	Recipe string      `yaml:"recipe"` // NAME@VERSION, or NAME for its version last active on the line
}

// Schedule are all changes by the clock.
type Schedule []Scheduled

// days are the names of the week's days, by time.Weekday.
var days = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Validate refuses what can not be meant. lines are those of the site.
func (s Schedule) Validate(lines []part.LineID) error {
	var errs []error
	taken := map[string]int{}
	for i, e := range s {
		refuse := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("schedule, entry %d: %w", i+1, fmt.Errorf(format, args...)))
		}
		if _, err := time.Parse("15:04", e.At); err != nil {
			refuse("at %q: want a time of the day, such as 06:00", e.At)
		}
		if !slices.Contains(lines, e.Line) {
			refuse("line %q is not among lines: %v", e.Line, lines)
		}
		if e.Recipe == "" {
			refuse("recipe: names no recipe; want NAME@VERSION on the shelf, or NAME for its version last active on the line")
		}
		for _, day := range e.Days {
			if !slices.Contains(days, day) {
				refuse("days %q: want some of mon, tue, wed, thu, fri, sat, sun", day)
			}
		}
		for _, day := range days {
			key := string(e.Line) + " " + day + " " + e.At
			if other := taken[key]; other != 0 && e.on(day) {
				refuse("line %s changes at %s on %s by entry %d already", e.Line, e.At, day, other)
				break
			}
			if e.on(day) {
				taken[key] = i + 1
			}
		}
	}
	return errors.Join(errs...)
}

func (e *Scheduled) on(day string) bool { return len(e.Days) == 0 || slices.Contains(e.Days, day) }

// Text says when it is due: "06:00 on mon, tue".
func (e *Scheduled) Text() string {
	if len(e.Days) == 0 {
		return e.At + " each day"
	}
	return e.At + " on " + strings.Join(e.Days, ", ")
}

// due is when the entry is due on a day; false on days that are not its own.
func (e *Scheduled) due(day time.Time, zone *time.Location) (time.Time, bool) {
	clock, err := time.Parse("15:04", e.At)
	if err != nil || !e.on(days[day.Weekday()]) {
		return time.Time{}, false
	}
	return time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, zone), true
}

// Last returns the entry of a line that was due last at a time, and when; false if
// none was in the week before.
func (s Schedule) Last(line part.LineID, now time.Time, zone *time.Location) (Scheduled, time.Time, bool) {
	return s.nearest(line, now, zone, -1)
}

// Next returns the entry of a line that is due next after a time, and when; false
// if the line has none.
func (s Schedule) Next(line part.LineID, now time.Time, zone *time.Location) (Scheduled, time.Time, bool) {
	return s.nearest(line, now, zone, 1)
}

// nearest looks a week and a day back (way -1) or ahead (way 1).
func (s Schedule) nearest(line part.LineID, now time.Time, zone *time.Location, way int) (found Scheduled, at time.Time, ok bool) {
	today := now.In(zone)
	for n := range 9 {
		for i := range s {
			if s[i].Line != line {
				continue
			}
			noon := time.Date(today.Year(), today.Month(), today.Day()+way*n, 12, 0, 0, 0, zone)
			due, is := s[i].due(noon, zone)
			if !is || due.After(now) != (way > 0) {
				continue
			}
			if !ok || due.After(at) == (way < 0) {
				found, at, ok = s[i], due, true
			}
		}
	}
	return found, at, ok
}
