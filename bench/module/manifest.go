package module

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"linesman/event"
)

// Manifest says what a module is called, what it reads and writes, and how to
// try it. It lies beside the module as module.yaml.
type Manifest struct {
	Name   string       `yaml:"name"`
	Reads  []event.Type `yaml:"reads"`  // exact, or a prefix ending in "*"
	Writes []event.Type `yaml:"writes"` // exact, or a prefix ending in "*"
	Trial  []Step       `yaml:"trial"`  // one round; it ends so that the next begins afresh
}

// Step is one event of a trial, or several alike.
type Step struct {
	Type    event.Type     `yaml:"type"`
	Line    string         `yaml:"line"`    // default "line-1"
	Data    map[string]any `yaml:"data"`    // laid over an empty payload of the type
	Times   int            `yaml:"times"`   // default 1
	Answers []event.Type   `yaml:"answers"` // what the module says to it, once for each type
}

var (
	moduleName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	scope      = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}\*?$`)
)

// ReadManifest reads module.yaml of a module's folder.
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, "module.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: a module says in it its name, what it reads and writes, and a trial; docs/modules.md shows one", err)
	}
	var m Manifest
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &m, nil
}

// Validate says what is missing or can not be, and the setting's name.
func (m *Manifest) Validate() error {
	if !moduleName.MatchString(m.Name) {
		return fmt.Errorf("name %.40q: want lower-case letters, digits and dashes, at most 32", m.Name)
	}
	for setting, types := range map[string][]event.Type{"reads": m.Reads, "writes": m.Writes} {
		if len(types) == 0 {
			return fmt.Errorf("%s: name at least one event type; a module follows and appends", setting)
		}
		for _, t := range types {
			if !scope.MatchString(string(t)) {
				return fmt.Errorf("%s %.40q: want an event type such as linesman.part.judged.v1, or a beginning and a star", setting, t)
			}
		}
	}
	answers := 0
	for i, s := range m.Trial {
		if s.Times < 0 || s.Times > 1000 {
			return fmt.Errorf("trial %d: times %d: want 1 to 1000", i+1, s.Times)
		}
		if !covers(m.Reads, s.Type) {
			return fmt.Errorf("trial %d: type %.40q is not among reads, so the module would not see it", i+1, s.Type)
		}
		for _, a := range s.Answers {
			if !covers(m.Writes, a) {
				return fmt.Errorf("trial %d: answers %.40q is not among writes, so the module could not say it", i+1, a)
			}
		}
		answers += len(s.Answers)
	}
	if answers == 0 {
		return fmt.Errorf("trial: give events of which at least one has answers, or nothing can be tried")
	}
	return nil
}

func covers(types []event.Type, t event.Type) bool {
	f := event.Filter{Types: types}
	return t != "" && f.MatchType(t)
}

// answer is what a module is to say, or said: one type for one cause.
type answer struct {
	kind  event.Type
	cause string
}

// round is one playing of a trial.
type round struct {
	events []event.Event
	want   []answer
}

// newRound draws a round with ids of its own. Fields that no module knows yet
// are added to every payload where strange is set.
func (m *Manifest) newRound(strange bool) (round, error) {
	var r round
	for i, s := range m.Trial {
		for range max(s.Times, 1) {
			e, err := s.event(strange)
			if err != nil {
				return round{}, fmt.Errorf("trial %d: %w", i+1, err)
			}
			r.events = append(r.events, e)
			for _, a := range s.Answers {
				r.want = append(r.want, answer{a, e.ID})
			}
		}
	}
	return r, nil
}

func (s Step) event(strange bool) (event.Event, error) {
	line := s.Line
	if line == "" {
		line = "line-1"
	}
	data := map[string]any{}
	for _, p := range event.Payloads() {
		if p.EventType() == s.Type {
			text, err := json.Marshal(p)
			if err != nil {
				return event.Event{}, err
			}
			if err := json.Unmarshal(text, &data); err != nil {
				return event.Event{}, err
			}
		}
	}
	if _, has := data["line"]; has {
		data["line"] = line
	}
	maps.Copy(data, s.Data)
	if strange {
		data["not_known_yet"] = map[string]any{"deep": []any{1, "two", nil}}
	}
	text, err := json.Marshal(data)
	if err != nil {
		return event.Event{}, fmt.Errorf("data of %s: %w", s.Type, err)
	}
	return event.Event{ID: event.NewID(), Type: s.Type, Source: source + line, Subject: line, Time: time.Now().UTC(),
		Actor: "system", Part: event.NewID(), Data: text}, nil
}

// source begins the source of every event of a trial.
const source = "/suite/line/"

// novelties are events of types that no module knows, of which one that reads
// by a star sees some.
func (m *Manifest) novelties() []event.Event {
	var out []event.Event
	for _, t := range append([]event.Type{"linesman.novelty.v1"}, m.Reads...) {
		stem, open := strings.CutSuffix(string(t), "*")
		if !open {
			stem = strings.TrimRight(stem, "0123456789") + "9"
		} else {
			stem += "novelty.v1"
		}
		out = append(out, event.Event{ID: event.NewID(), Type: event.Type(stem), Source: source + "line-1", Subject: "line-1",
			Time: time.Now().UTC(), Actor: "system", Data: json.RawMessage(`{"of":["a","kind"],"that":{"nobody":"knows"}}`)})
	}
	return out
}
