package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseWhen reads a time as people write it, in a zone where it names none. A
// duration is so long ago, with a minus before it or not.
func parseWhen(text string, now time.Time, zone *time.Location) (time.Time, error) {
	now = now.In(zone)
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	switch text {
	case "now":
		return now, nil
	case "today":
		return day, nil
	case "yesterday":
		return day.AddDate(0, 0, -1), nil
	}
	ago := strings.TrimPrefix(text, "-")
	if days, ok := strings.CutSuffix(ago, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	}
	if d, err := time.ParseDuration(ago); err == nil && ago[0] != '-' && ago[0] != '+' && ago != "0" {
		return now.Add(-d), nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; want 2026-03-01, 2026-03-01T14:30, 14:30, now, today, yesterday, or how long ago: 2h, 3d", text)
}
