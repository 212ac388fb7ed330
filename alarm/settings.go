package alarm

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// Settings is the site file's part alarms: how alarms are kept, and who is told
// of them by which way. Without channels alarms are kept and shown, and nobody
// is called.
type Settings struct {
	Link         string             `yaml:"link"`           // how phones reach this appliance: https://linesman.plant.example; links in messages begin with it
	Push         string             `yaml:"push"`           // quieter ones call nobody; default medium
	Latch        string             `yaml:"latch"`          // from here on they stay until somebody acknowledges; default high
	Chattering   time.Duration      `yaml:"chattering"`     // back within this after clearing it is the same alarm; default 60s
	Held         time.Duration      `yaml:"held"`           // a line that is held or blind for longer calls people; default 30s
	Stale        time.Duration      `yaml:"stale"`          // standing longer than this counts as stale; default 24h
	ShelveAtMost time.Duration      `yaml:"shelve_at_most"` // default 8h
	Flood        FloodSettings      `yaml:"flood"`
	Receipt      time.Duration      `yaml:"receipt"`  // wait so long for a receipt before sending again; default 30s
	Attempts     int                `yaml:"attempts"` // of one delivery; default 8
	Timeout      time.Duration      `yaml:"timeout"`  // of one attempt; default 10s
	Repeat       time.Duration      `yaml:"repeat"`   // after the last step the roster begins anew; default 15m
	Hosts        []string           `yaml:"hosts"`    // host or host:port that may be contacted besides those the channels name
	CA           string             `yaml:"ca"`       // PEM file of the plant's own certificate authority, for channels with TLS; relative to the site file
	Channels     map[string]Channel `yaml:"channels"`
	People       map[string]*Person `yaml:"people"`
	Rosters      []Roster           `yaml:"rosters"`
	Drill        DrillSettings      `yaml:"drill"`
	Suppress     []Suppression      `yaml:"suppress"` // by design, while a condition of the plant holds

	push, latch event.Severity
}

// FloodSettings say when there are more alarms than a person can take in, after
// EEMUA 191: more than ten in ten minutes.
type FloodSettings struct {
	Count  int           `yaml:"count"`  // more than so many; default 10
	Within time.Duration `yaml:"within"` // default 10m
	Gather time.Duration `yaml:"gather"` // in a flood so long is waited for more to tell together; default 30s
}

// Person is somebody, or a place, that can be reached.
type Person struct {
	Name   string            `yaml:"name"`    // for people
	Reach  map[string]string `yaml:"reach"`   // address by channel; "" where the channel needs none
	SignIn []string          `yaml:"sign_in"` // users and tokens that are this person's; default the name itself
}

// DrillSettings say when a staged alarm is sent by every path.
type DrillSettings struct {
	At     string        `yaml:"at"`     // "07:00" in the site's zone; empty is never
	Days   []string      `yaml:"days"`   // mon to sun; default each day
	Within time.Duration `yaml:"within"` // it must have arrived by then; default 60s
	Skip   []string      `yaml:"skip"`   // channels that are left out, such as a siren
}

// Validate fills defaults and refuses what can not be meant.
func (s *Settings) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf("alarms."+format, args...)) }
	s.defaults()
	var err error
	if s.push, err = event.ParseSeverity(s.Push); err != nil {
		refuse("push: %w", err)
	}
	if s.latch, err = event.ParseSeverity(s.Latch); err != nil {
		refuse("latch: %w", err)
	}
	if u, err := url.Parse(s.Link); s.Link != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "") {
		refuse("link %q: want how phones reach this appliance, such as https://linesman.plant.example", s.Link)
	}
	s.Link = strings.TrimSuffix(s.Link, "/")
	for _, d := range []struct {
		name          string
		got, min, max time.Duration
	}{
		{"chattering", s.Chattering, time.Second, time.Hour}, {"held", s.Held, time.Second, 24 * time.Hour}, {"stale", s.Stale, time.Minute, 90 * 24 * time.Hour},
		{"shelve_at_most", s.ShelveAtMost, time.Minute, 7 * 24 * time.Hour}, {"flood.within", s.Flood.Within, time.Second, 24 * time.Hour},
		{"flood.gather", s.Flood.Gather, time.Second, 10 * time.Minute}, {"receipt", s.Receipt, time.Second, time.Hour},
		{"timeout", s.Timeout, 100 * time.Millisecond, 5 * time.Minute}, {"repeat", s.Repeat, time.Minute, 24 * time.Hour},
		{"drill.within", s.Drill.Within, time.Second, time.Hour},
	} {
		if d.got < d.min || d.got > d.max {
			refuse("%s %s: want %s to %s", d.name, d.got, d.min, d.max)
		}
	}
	if s.Attempts < 1 || s.Attempts > 100 {
		refuse("attempts %d: want 1 to 100", s.Attempts)
	}
	if s.Flood.Count < 2 || s.Flood.Count > 1000 {
		refuse("flood.count %d: want 2 to 1000", s.Flood.Count)
	}
	for _, host := range s.Hosts {
		if err := checkHost(host); err != nil {
			refuse("hosts: %w", err)
		}
	}
	errs = append(errs, s.checkPeople(), s.checkRosters(), s.checkDrill(), s.checkSuppress())
	return errors.Join(errs...)
}

func (s *Settings) defaults() {
	fill(&s.Push, "medium")
	fill(&s.Latch, "high")
	fill(&s.Chattering, time.Minute)
	fill(&s.Held, 30*time.Second)
	fill(&s.Stale, 24*time.Hour)
	fill(&s.ShelveAtMost, 8*time.Hour)
	fill(&s.Flood.Count, 10)
	fill(&s.Flood.Within, 10*time.Minute)
	fill(&s.Flood.Gather, 30*time.Second)
	fill(&s.Receipt, 30*time.Second)
	fill(&s.Attempts, 8)
	fill(&s.Timeout, 10*time.Second)
	fill(&s.Repeat, 15*time.Minute)
	fill(&s.Drill.Within, time.Minute)
}

func (s *Settings) checkPeople() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.People)) {
		p := s.People[name]
		if !nameForm.MatchString(name) {
			errs = append(errs, fmt.Errorf("alarms.people %.40q: want lower-case letters, digits, . _ or -, at most 64", name))
		}
		if p == nil || len(p.Reach) == 0 {
			errs = append(errs, fmt.Errorf("alarms.people.%s: reach is empty: nobody could call", name))
			continue
		}
		fill(&p.Name, name)
		if len(p.SignIn) == 0 {
			p.SignIn = []string{name}
		}
		for channel := range p.Reach {
			if _, ok := s.Channels[channel]; !ok {
				errs = append(errs, fmt.Errorf("alarms.people.%s.reach: channel %q is not among channels: %v", name, channel, slices.Sorted(maps.Keys(s.Channels))))
			}
		}
	}
	for name := range s.Channels {
		if !nameForm.MatchString(name) {
			errs = append(errs, fmt.Errorf("alarms.channels %.40q: want lower-case letters, digits, . _ or -, at most 64", name))
		}
	}
	return errors.Join(errs...)
}

func (s *Settings) checkDrill() error {
	var errs []error
	if s.Drill.At != "" {
		if _, err := time.Parse("15:04", s.Drill.At); err != nil {
			errs = append(errs, fmt.Errorf("alarms.drill.at %q: want a time of day, such as 07:00", s.Drill.At))
		}
		if len(s.Rosters) == 0 {
			errs = append(errs, errors.New("alarms.drill: there is no roster to drill"))
		}
	}
	errs = append(errs, checkDays("alarms.drill.days", s.Drill.Days))
	for _, c := range s.Drill.Skip {
		if _, ok := s.Channels[c]; !ok {
			errs = append(errs, fmt.Errorf("alarms.drill.skip: channel %q is not among channels", c))
		}
	}
	return errors.Join(errs...)
}

// ByDriver are the names of the channels with a driver, sorted; never nil.
func (s *Settings) ByDriver(driver string) []string {
	out := []string{}
	for _, name := range slices.Sorted(maps.Keys(s.Channels)) {
		if s.Channels[name].Driver == driver {
			out = append(out, name)
		}
	}
	return out
}

// Recipients are the people whose user or token name this is.
func (s *Settings) Recipients(signIn string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.People)) {
		if slices.Contains(s.People[name].SignIn, signIn) {
			out = append(out, name)
		}
	}
	return out
}

func fill[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}
