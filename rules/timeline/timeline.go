// Package timeline plays scripted scenes to rules: who is where at which second,
// what is on fire, what the log says, and which alerts must stand then. A script
// goes the whole way from detections over scene to alerts, without a camera.
package timeline

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"linesman/part"
	"linesman/rules"
	"linesman/scene"
)

// File is a script: one camera, its rules, and cases that each begin afresh.
type File struct {
	Camera   part.CameraID          `yaml:"camera,omitempty"`   // default "camera"
	Pictures float64                `yaml:"pictures,omitempty"` // a second; default 5
	SizePx   []int                  `yaml:"size_px,omitempty"`  // of the picture; default 1280 x 720
	Zone     string                 `yaml:"zone,omitempty"`     // time zone of the site; default UTC
	Start    string                 `yaml:"start,omitempty"`    // of second 0, local; default Monday 2026-03-02 08:00
	Scene    scene.Settings         `yaml:"scene,omitempty"`
	Spaces   map[string]scene.Space `yaml:"spaces,omitempty"`
	Lines    []part.LineID          `yaml:"lines,omitempty"` // production lines there are; default any
	// Machines are those that are no line, as the site file has them.
	Machines map[string]rules.Machine `yaml:"machines,omitempty"`
	Rules    []rules.Rule             `yaml:"rules,omitempty"`
	// RulesFile is a file of rules, beside this one, instead of Rules.
	RulesFile string `yaml:"rules_file,omitempty"`
	Cases     []Case `yaml:"cases"`

	site rules.Site
	load func() (*rules.Engine, error)
}

// Case is one story and what must come of it.
type Case struct {
	Name   string   `yaml:"case"`
	Start  string   `yaml:"start,omitempty"` // instead of the file's
	Play   []Act    `yaml:"play"`
	Expect []Expect `yaml:"expect"`

	start time.Time
}

// Expect is what must be the case.
type Expect struct {
	// At is the second; without it, the whole case is meant.
	At   *time.Duration `yaml:"at,omitempty"`
	Rule string         `yaml:"rule"`
	Is   string         `yaml:"is"` // "raised" or "not raised"
	// Alerts is how many alerts of the rule stand at that second; Times, how often
	// one was raised in the whole case.
	Alerts *int   `yaml:"alerts,omitempty"`
	Times  *int   `yaml:"times,omitempty"`
	Asks   string `yaml:"asks,omitempty"`   // an action that it asks for, such as hold caps-1
	Unseen bool   `yaml:"unseen,omitempty"` // nobody can see whether it is still so
}

// Bounds of a script.
const (
	longest      = 6 * time.Hour
	mostPictures = 200000
	mostCases    = 1000
)

// Read reads a script and everything it names. rulesFile reads a file beside it.
func Read(data []byte, rulesFile func(name string) ([]byte, error)) (*File, error) {
	f := &File{}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(f); err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	if err := f.prepare(); err != nil {
		return nil, err
	}
	f.load = func() (*rules.Engine, error) { return rules.NewEngine(f.Rules, f.site) }
	if f.RulesFile != "" {
		if len(f.Rules) > 0 {
			return nil, errors.New("want one of rules and rules_file, not both")
		}
		text, err := rulesFile(f.RulesFile)
		if err != nil {
			return nil, fmt.Errorf("rules_file: %w", err)
		}
		f.load = func() (*rules.Engine, error) { return rules.Load(text, f.site) }
	}
	engine, err := f.load()
	if err != nil {
		return nil, err
	}
	return f, f.check(engine)
}

// prepare fills defaults and works out times and places.
func (f *File) prepare() error {
	if f.Camera == "" {
		f.Camera = "camera"
	}
	if f.Pictures == 0 {
		f.Pictures = 5
	}
	if f.SizePx == nil {
		f.SizePx = []int{1280, 720}
	}
	if !(f.Pictures > 0 && f.Pictures <= 60) {
		return fmt.Errorf("pictures is %v: want up to 60 a second", f.Pictures)
	}
	if len(f.SizePx) != 2 || f.SizePx[0] < 16 || f.SizePx[1] < 16 || f.SizePx[0] > 1e5 || f.SizePx[1] > 1e5 {
		return fmt.Errorf("size_px is %v: want the picture's width and height", f.SizePx)
	}
	if f.Scene.SizePx == nil {
		f.Scene.SizePx = f.SizePx
	}
	zone, err := time.LoadLocation(f.Zone)
	if err != nil {
		return fmt.Errorf("zone is %q: want a time zone such as Europe/Berlin", f.Zone)
	}
	if err := f.Scene.Validate(); err != nil {
		return fmt.Errorf("scene: %w", err)
	}
	f.site = rules.Site{Cameras: map[part.CameraID]*scene.Settings{f.Camera: &f.Scene}, Lines: f.Lines, Machines: f.Machines, Zone: zone}
	for name, s := range f.Spaces {
		if err := s.Validate(map[part.CameraID]scene.Settings{f.Camera: f.Scene}); err != nil {
			return fmt.Errorf("spaces.%s: %w", name, err)
		}
		f.site.Spaces = append(f.site.Spaces, name)
	}
	if len(f.Cases) == 0 || len(f.Cases) > mostCases {
		return fmt.Errorf("there are %d cases: want 1 to %d", len(f.Cases), mostCases)
	}
	return nil
}

// check refuses cases that can not be played.
func (f *File) check(engine *rules.Engine) error {
	var errs []error
	for i := range f.Cases {
		c := &f.Cases[i]
		if c.Name == "" {
			errs = append(errs, fmt.Errorf("case %d has no name: say in a few words what happens", i+1))
			continue
		}
		if err := f.checkCase(c, engine); err != nil {
			errs = append(errs, fmt.Errorf("case %q: %w", c.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (f *File) checkCase(c *Case, engine *rules.Engine) (err error) {
	start := "2026-03-02 08:00"
	for _, s := range []string{f.Start, c.Start} {
		if s != "" {
			start = s
		}
	}
	if c.start, err = time.ParseInLocation("2006-01-02 15:04", start, f.site.Zone); err != nil {
		return fmt.Errorf("start is %q: want a day and an hour such as 2026-03-02 08:00", start)
	}
	for i := range c.Play {
		if err := c.Play[i].check(f); err != nil {
			return fmt.Errorf("play[%d]: %w", i, err)
		}
	}
	if len(c.Expect) == 0 {
		return errors.New("it expects nothing, so it can not fail")
	}
	for i, x := range c.Expect {
		if err := x.check(engine); err != nil {
			return fmt.Errorf("expect[%d]: %w", i, err)
		}
	}
	if end := c.end(); end > longest || end.Seconds()*f.Pictures > mostPictures {
		return fmt.Errorf("it lasts %v: want at most %v and %d pictures", end, longest, mostPictures)
	}
	return nil
}

func (x *Expect) check(engine *rules.Engine) error {
	var names []string
	for _, r := range engine.Rules() {
		if r.Name == x.Rule {
			names = nil
			break
		}
		names = append(names, r.Name)
	}
	switch {
	case names != nil || len(engine.Rules()) == 0:
		return fmt.Errorf("there is no rule %q; there are %s", x.Rule, strings.Join(names, ", "))
	case x.Is != "raised" && x.Is != "not raised":
		return fmt.Errorf("is is %q: want raised or not raised", x.Is)
	case x.At != nil && (*x.At < 0 || *x.At > longest):
		return fmt.Errorf("at is %v: want a second of the case", *x.At)
	case x.At == nil && (x.Alerts != nil || x.Asks != "" || x.Unseen):
		return errors.New("alerts, asks and unseen need at:, the second they are meant for")
	case x.At != nil && x.Times != nil:
		return errors.New("times is of the whole case: leave at out")
	}
	return nil
}

// end is how long the case lasts.
func (c *Case) end() (end time.Duration) {
	for _, a := range c.Play {
		end = max(end, a.To, a.From)
	}
	for _, x := range c.Expect {
		if x.At != nil {
			end = max(end, *x.At)
		}
	}
	return end
}
