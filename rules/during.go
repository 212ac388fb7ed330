package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// During is when a rule applies: "Mo-Fr 06:00-22:00, Sa 06:00-14:00". Days alone
// are whole days, hours alone every day; hours over midnight belong to the day on
// which they begin. The zero value is always.
type During struct {
	spans []span
	text  string
}

// span is hours on some days, in minutes since midnight.
type span struct {
	days     [7]bool // from Sunday, as time.Weekday
	from, to int     // to <= from runs over midnight; 0 to 1440 is the whole day
}

var weekdays = []string{"Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"}

const wantDuring = "want days, hours or both, such as Mo-Fr 06:00-22:00, Sa 22:00-06:00"

// ParseDuring reads a schedule.
func ParseDuring(text string) (During, error) {
	d := During{text: text}
	for _, piece := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' }) {
		s, err := parseSpan(strings.Fields(piece))
		if err != nil {
			return During{}, fmt.Errorf("during: %q: %w", strings.TrimSpace(piece), err)
		}
		d.spans = append(d.spans, s)
	}
	if len(d.spans) == 0 {
		return During{}, fmt.Errorf("during: %q is empty: %s", text, wantDuring)
	}
	return d, nil
}

func parseSpan(words []string) (s span, err error) {
	s.to = 24 * 60
	for i := range s.days {
		s.days[i] = true
	}
	if len(words) == 0 || len(words) > 2 {
		return s, fmt.Errorf("%s", wantDuring)
	}
	if hours := words[len(words)-1]; strings.Contains(hours, ":") {
		if s.from, s.to, err = parseHours(hours); err != nil {
			return s, err
		}
		words = words[:len(words)-1]
	}
	switch len(words) {
	case 0:
		return s, nil
	case 1:
		s.days, err = parseDays(words[0])
		return s, err
	}
	return s, fmt.Errorf("%s", wantDuring)
}

func parseHours(text string) (from, to int, err error) {
	a, b, ok := strings.Cut(text, "-")
	if !ok {
		return 0, 0, fmt.Errorf("%q: want hours from and to, such as 06:00-22:00", text)
	}
	if from, err = parseClock(a); err != nil {
		return 0, 0, err
	}
	if to, err = parseClock(b); err != nil {
		return 0, 0, err
	}
	if from == to || from == 24*60 {
		return 0, 0, fmt.Errorf("%q begins when it ends; leave the hours out for the whole day", text)
	}
	return from, to, nil
}

func parseClock(text string) (minutes int, err error) {
	h, m, ok := strings.Cut(text, ":")
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || len(m) != 2 || hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return 0, fmt.Errorf("%q is no time of the day: want 00:00 to 24:00", text)
	}
	return hour*60 + minute, nil
}

func parseDays(text string) (days [7]bool, err error) {
	a, b, ranged := strings.Cut(text, "-")
	if !ranged {
		b = a
	}
	from, err := parseDay(a)
	if err != nil {
		return days, err
	}
	to, err := parseDay(b)
	if err != nil {
		return days, err
	}
	for i := from; ; i = (i + 1) % 7 {
		days[i] = true
		if i == to {
			return days, nil
		}
	}
}

func parseDay(text string) (int, error) {
	for i, d := range weekdays {
		if strings.EqualFold(d, text) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%q is no day: want Mo, Tu, We, Th, Fr, Sa or Su", text)
}

// Covers reports whether a time, in the site's zone, is within the schedule.
func (d During) Covers(at time.Time) bool {
	if len(d.spans) == 0 {
		return true
	}
	today := int(at.Weekday())
	minute := at.Hour()*60 + at.Minute()
	for _, s := range d.spans {
		switch {
		case s.from < s.to:
			if s.days[today] && minute >= s.from && minute < s.to {
				return true
			}
		case s.days[today] && minute >= s.from, s.days[(today+6)%7] && minute < s.to:
			return true
		}
	}
	return false
}

// String returns the schedule as it was written.
func (d During) String() string { return d.text }

// UnmarshalText reads a schedule.
func (d *During) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuring(string(text))
	return err
}
