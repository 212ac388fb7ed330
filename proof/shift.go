package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Shifts are the site's shifts by name, each as "06:00-14:00" in the site's time
// zone. One that ends before it begins goes past midnight and is of the day on
// which it began.
type Shifts map[string]string

// UsualShifts are those of a site that names none.
var UsualShifts = Shifts{"early": "06:00-14:00", "late": "14:00-22:00", "night": "22:00-06:00"}

// Validate refuses what is no shift.
func (s Shifts) Validate() error {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if _, _, err := s.clock(name); err != nil {
			return err
		}
	}
	return nil
}

// clock returns when a shift begins and ends, as minutes after midnight.
func (s Shifts) clock(name string) (from, to time.Duration, err error) {
	begin, end, ok := strings.Cut(s[name], "-")
	a, errA := time.Parse("15:04", strings.TrimSpace(begin))
	b, errB := time.Parse("15:04", strings.TrimSpace(end))
	if !ok || errA != nil || errB != nil || a.Equal(b) {
		return 0, 0, fmt.Errorf("shift %s %q: want its beginning and end, such as 06:00-14:00", name, s[name])
	}
	midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	return a.Sub(midnight), b.Sub(midnight), nil
}

// Find returns when the shift of a name was that began on a day; a zero day
// means the last one that had begun at now. Days and clocks are the zone's.
func (s Shifts) Find(name string, day, now time.Time, zone *time.Location) (from, to time.Time, err error) {
	if len(s) == 0 {
		s = UsualShifts
	}
	if _, ok := s[name]; !ok {
		return from, to, fmt.Errorf("shift %q is not among %s; the site file's shifts: names them", name, strings.Join(slices.Sorted(maps.Keys(s)), ", "))
	}
	begin, end, err := s.clock(name)
	if err != nil {
		return from, to, err
	}
	on := func(day time.Time) (from, to time.Time) {
		from = atClock(day, begin, zone)
		if to = atClock(day, end, zone); end < begin {
			to = atClock(day.AddDate(0, 0, 1), end, zone)
		}
		return from, to
	}
	if !day.IsZero() {
		from, to = on(day.In(zone))
		return from, to, nil
	}
	today := now.In(zone)
	if from, to = on(today); from.After(now) {
		from, to = on(today.AddDate(0, 0, -1))
	}
	return from, to, nil
}

// atClock returns a day's clock time, whatever the day's length.
func atClock(day time.Time, after time.Duration, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), int(after/time.Hour), int(after%time.Hour/time.Minute), 0, 0, zone)
}
