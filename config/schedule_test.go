package config

import (
	"testing"
	"time"

	"linesman/part"
)

// TestSchedule finds what was due last and what is due next, in the site's zone.
func TestSchedule(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s := Schedule{
		{At: "06:00", Days: []string{"mon", "tue", "wed", "thu", "fri"}, Line: "caps-1", Recipe: "cap-28@2"},
		{At: "14:00", Days: []string{"mon", "tue", "wed", "thu", "fri"}, Line: "caps-1", Recipe: "cap-30"},
		{At: "02:30", Days: []string{"sun"}, Line: "caps-2", Recipe: "cap-28"},
		{At: "09:00", Line: "caps-3", Recipe: "cap-28"},
	}
	lines := []part.LineID{"caps-1", "caps-2", "caps-3"}
	if err := s.Validate(lines); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		line       part.LineID
		now        string // in the zone
		last, next string
	}{
		"in the morning":        {"caps-1", "2026-03-02 07:00", "2026-03-02 06:00 cap-28@2", "2026-03-02 14:00 cap-30"},
		"just then":             {"caps-1", "2026-03-02 06:00", "2026-03-02 06:00 cap-28@2", "2026-03-02 14:00 cap-30"},
		"a minute before":       {"caps-1", "2026-03-03 05:59", "2026-03-02 14:00 cap-30", "2026-03-03 06:00 cap-28@2"},
		"over the weekend":      {"caps-1", "2026-03-08 12:00", "2026-03-06 14:00 cap-30", "2026-03-09 06:00 cap-28@2"},
		"once a week":           {"caps-2", "2026-03-07 12:00", "2026-03-01 02:30 cap-28", "2026-03-08 02:30 cap-28"},
		"each day":              {"caps-3", "2026-03-01 08:59", "2026-02-28 09:00 cap-28", "2026-03-01 09:00 cap-28"},
		"after the clock went":  {"caps-3", "2026-03-29 10:00", "2026-03-29 09:00 cap-28", "2026-03-30 09:00 cap-28"},
		"a line without entry":  {"caps-9", "2026-03-01 08:59", "", ""},
		"on the turn of a year": {"caps-1", "2027-01-01 05:00", "2026-12-31 14:00 cap-30", "2027-01-01 06:00 cap-28@2"},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", c.now, zone)
		if err != nil {
			t.Fatal(err)
		}
		tell := func(e Scheduled, at time.Time, ok bool) string {
			if !ok {
				return ""
			}
			return at.Format("2006-01-02 15:04 ") + e.Recipe
		}
		if got := tell(s.Last(c.line, now.UTC(), zone)); got != c.last {
			t.Errorf("%s: last %q, want %q", name, got, c.last)
		}
		if got := tell(s.Next(c.line, now.UTC(), zone)); got != c.next {
			t.Errorf("%s: next %q, want %q", name, got, c.next)
		}
	}
}
