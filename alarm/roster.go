package alarm

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// Roster says who is called for which alarms, and in which order. The first one
// that fits an alarm is its roster.
type Roster struct {
	Name  string `yaml:"name"`
	For   Scope  `yaml:"for"`   // default all alarms
	Duty  []Duty `yaml:"duty"`  // who is called by steps that name nobody
	Steps []Step `yaml:"steps"` // one after the other until somebody acknowledges
}

// Scope selects alarms. Empty lists do not restrict.
type Scope struct {
	From     []string `yaml:"from"`     // who raised it, exact or a prefix ending in *
	Zones    []string `yaml:"zones"`    // exact or a prefix ending in *
	Lines    []string `yaml:"lines"`    // exact or a prefix ending in *
	Severity string   `yaml:"severity"` // at least; default every

	least event.Severity
}

// Duty says who is there when, in the site's zone.
type Duty struct {
	Who   []string `yaml:"who"`   // of people
	Days  []string `yaml:"days"`  // mon to sun; default each day
	Hours string   `yaml:"hours"` // "22:00-06:00" goes past midnight and is of the day on which it begins; default always
}

// Step is one stage of escalation.
type Step struct {
	By     []string      `yaml:"by"`     // channels by which those on duty are called
	Who    []string      `yaml:"who"`    // these instead of those on duty
	Call   []string      `yaml:"call"`   // channels that call nobody in particular: a group chat, a beacon
	Within time.Duration `yaml:"within"` // to be acknowledged by then, or the next step follows; default 60s
}

var (
	nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

func (s *Settings) checkRosters() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf("alarms."+format, args...)) }
	if len(s.Rosters) == 0 && len(s.Channels) > 0 {
		refuse("rosters is empty: there are channels, but nobody would ever be called; give one roster with its steps")
	}
	seen := map[string]bool{}
	for i := range s.Rosters {
		r := &s.Rosters[i]
		if !nameForm.MatchString(r.Name) || seen[r.Name] {
			refuse("rosters[%d].name %.40q: want a name of its own in lower-case letters, digits, . _ or -", i, r.Name)
		}
		seen[r.Name] = true
		var err error
		if r.For.least, err = event.ParseSeverity(r.For.Severity); err != nil {
			refuse("rosters.%s.for: %w", r.Name, err)
		}
		if len(r.Steps) == 0 {
			refuse("rosters.%s.steps is empty: nobody would be called", r.Name)
		}
		for j, d := range r.Duty {
			errs = append(errs, s.checkWho(fmt.Sprintf("rosters.%s.duty[%d].who", r.Name, j), d.Who), checkDays(fmt.Sprintf("alarms.rosters.%s.duty[%d].days", r.Name, j), d.Days))
			if len(d.Who) == 0 {
				refuse("rosters.%s.duty[%d].who is empty", r.Name, j)
			}
			if _, _, err := clock(d.Hours); err != nil {
				refuse("rosters.%s.duty[%d].%w", r.Name, j, err)
			}
		}
		for j := range r.Steps {
			errs = append(errs, s.checkStep(r, j))
		}
	}
	if n := len(s.Rosters); n > 0 && !s.Rosters[n-1].For.all() {
		refuse("rosters.%s.for: the last roster must be for all alarms, so that none is without one: leave its for: away", s.Rosters[n-1].Name)
	}
	return errors.Join(errs...)
}

func (s *Settings) checkStep(r *Roster, j int) error {
	var errs []error
	st, at := &r.Steps[j], fmt.Sprintf("rosters.%s.steps[%d]", r.Name, j)
	fill(&st.Within, time.Minute)
	if st.Within < time.Second || st.Within > 24*time.Hour {
		errs = append(errs, fmt.Errorf("alarms.%s.within %s: want 1s to 24h", at, st.Within))
	}
	if len(st.By)+len(st.Call) == 0 {
		errs = append(errs, fmt.Errorf("alarms.%s: want by: or call: with a channel", at))
	}
	if len(st.By) > 0 && len(st.Who) == 0 && len(r.Duty) == 0 {
		errs = append(errs, fmt.Errorf("alarms.%s.by: nobody is ever on duty in this roster; give duty or who", at))
	}
	errs = append(errs, s.checkWho(at+".who", st.Who))
	for _, c := range slices.Concat(st.By, st.Call) {
		if _, ok := s.Channels[c]; !ok {
			errs = append(errs, fmt.Errorf("alarms.%s: channel %q is not among channels", at, c))
		}
	}
	for _, who := range st.Who {
		if p := s.People[who]; p != nil && !slices.ContainsFunc(st.By, func(c string) bool { _, ok := p.Reach[c]; return ok }) {
			errs = append(errs, fmt.Errorf("alarms.%s: %s can be reached by none of %v", at, who, st.By))
		}
	}
	return errors.Join(errs...)
}

func (s *Settings) checkWho(at string, who []string) error {
	for _, name := range who {
		if s.People[name] == nil {
			return fmt.Errorf("alarms.%s: %q is not among people", at, name)
		}
	}
	return nil
}

func checkDays(at string, days []string) error {
	for _, d := range days {
		if !slices.Contains(dayNames, d) {
			return fmt.Errorf("%s: %q is no day; want some of mon, tue, wed, thu, fri, sat, sun", at, d)
		}
	}
	return nil
}

// clock reads "22:00-06:00" as minutes after midnight; empty is the whole day.
func clock(hours string) (from, to int, err error) {
	if hours == "" {
		return 0, 24 * 60, nil
	}
	begin, end, ok := strings.Cut(hours, "-")
	a, errA := time.Parse("15:04", strings.TrimSpace(begin))
	b, errB := time.Parse("15:04", strings.TrimSpace(end))
	if !ok || errA != nil || errB != nil || a.Equal(b) {
		return 0, 0, fmt.Errorf("hours %q: want beginning and end, such as 06:00-14:00", hours)
	}
	return a.Hour()*60 + a.Minute(), b.Hour()*60 + b.Minute(), nil
}

// on says whether the duty holds at a time in the site's zone.
func (d Duty) on(at time.Time) bool {
	from, to, err := clock(d.Hours)
	if err != nil { // Validate let none of these through
		return false
	}
	minute, day := at.Hour()*60+at.Minute(), at.Weekday()
	if to <= from && minute < to { // still of the day before
		day, minute = (day+6)%7, minute+24*60
	}
	if to <= from {
		to += 24 * 60
	}
	return minute >= from && minute < to && (len(d.Days) == 0 || slices.Contains(d.Days, dayNames[day]))
}

// OnDuty returns who is on duty at a time, each once, in the roster's order.
func (r *Roster) OnDuty(at time.Time, zone *time.Location) []string {
	var out []string
	for _, d := range r.Duty {
		if !d.on(at.In(zone)) {
			continue
		}
		for _, who := range d.Who {
			if !slices.Contains(out, who) {
				out = append(out, who)
			}
		}
	}
	return out
}

func (s Scope) all() bool {
	return len(s.From)+len(s.Zones)+len(s.Lines) == 0 && s.least == event.Info
}

func (s Scope) fits(a *Alarm) bool {
	return a.Severity >= s.least && among(s.From, a.From) && among(s.Zones, a.Zone) && among(s.Lines, a.Line)
}

func among(patterns []string, text string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return fits(p, text) })
}

// fits compares with a pattern: exact, or a prefix ending in "*".
func fits(pattern, text string) bool {
	prefix, open := strings.CutSuffix(pattern, "*")
	return pattern == text || open && strings.HasPrefix(text, prefix)
}

// roster returns the first roster that fits an alarm; nil where there are none.
func (s *Settings) roster(a *Alarm) *Roster {
	for i := range s.Rosters {
		if s.Rosters[i].For.fits(a) {
			return &s.Rosters[i]
		}
	}
	return nil
}
