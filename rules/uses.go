package rules

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/scene"
)

// uses is what a rule speaks of.
type uses struct {
	groups  []string
	zones   []named
	lines   []named
	picture bool // what a camera's picture shows
	camera  bool // what is wrong with a camera
	instant bool // a crossing
	floor   bool // metres a second
	beyond  firm // how it may be the case without what is there; "": it can not
	heard   []heardKey
	spaces  []string      // closed spaces whose heads are counted
	counts  []int         // whole numbers that stand in the rule: what heads are held against
	came    bool          // which way somebody came in
	lack    bool          // what is not there, not so, or not known: it is so of who knows nothing, too
	items   []string      // of dress
	longest time.Duration // that somebody or something must have stayed
}

// named is a name in a rule, and where it stands.
type named struct {
	name   string
	column int
}

// heardKey is one kind of event that a rule reads of one subject.
type heardKey struct {
	typ     event.Type
	subject string
}

// fit refuses a camera that lacks what a rule names.
func (u *uses) fit(id part.CameraID, s *scene.Settings) error {
	for _, z := range u.zones {
		if _, ok := s.Zones[z.name]; !ok {
			return fmt.Errorf("when, column %d: camera %s has no zone %q%s", z.column, id, z.name, meant(z.name, slices.Sorted(maps.Keys(s.Zones))))
		}
	}
	for _, l := range u.lines {
		if _, ok := s.Lines[l.name]; !ok {
			return fmt.Errorf("when, column %d: camera %s has no line %q%s", l.column, id, l.name, meant(l.name, slices.Sorted(maps.Keys(s.Lines))))
		}
	}
	if u.floor && !s.Floor.Known() {
		return fmt.Errorf("camera %s has no floor, so m/s are not to be had: add floor: with four points, or say heights/s", id)
	}
	return nil
}

// nowhere says why no camera fits: of names that no camera has, with the nearest
// one.
func (u *uses) nowhere(site *Site, missing error) error {
	zones, lines := map[string]bool{}, map[string]bool{}
	for _, s := range site.Cameras {
		for z := range s.Zones {
			zones[z] = true
		}
		for l := range s.Lines {
			lines[l] = true
		}
	}
	for _, z := range u.zones {
		if !zones[z.name] {
			return fmt.Errorf("when, column %d: no camera has a zone %q%s", z.column, z.name, meant(z.name, slices.Sorted(maps.Keys(zones))))
		}
	}
	for _, l := range u.lines {
		if !lines[l.name] {
			return fmt.Errorf("when, column %d: no camera has a line %q%s", l.column, l.name, meant(l.name, slices.Sorted(maps.Keys(lines))))
		}
	}
	return missing
}
