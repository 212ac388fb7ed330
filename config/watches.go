package config

import (
	"fmt"
	"os"

	"linesman/part"
	"linesman/rules"
	"linesman/scene"
	"linesman/watch"
)

// validateWatches checks the safety cameras, the spaces behind their doors and
// the alarms. viewed are the cameras by which lines judge.
func (s *Site) validateWatches(viewed map[part.CameraID]part.LineID) (errs []error) {
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	scenes := map[part.CameraID]scene.Settings{}
	for _, id := range sorted(s.Watches) {
		w := s.Watches[id]
		if w == nil {
			refuse("watches.%s is empty: write {} for a camera without zones and lines", id)
			continue
		}
		if _, ok := s.Cameras[id]; !ok {
			refuse("watches: camera %q is not among cameras: %v", id, sorted(s.Cameras))
		}
		if line, taken := viewed[id]; taken {
			refuse("watches: by camera %q line %s judges its parts; people are watched by a camera of their own", id, line)
		}
		if err := w.Validate(); err != nil {
			refuse("watches.%s: %w", id, err)
		}
		scenes[id] = w.Scene
	}
	for _, name := range sorted(s.Spaces) {
		if err := s.Spaces[name].Validate(scenes); err != nil {
			refuse("spaces.%s: %w", name, err)
		}
	}
	if _, err := rules.ValidMachines(s.Machines, s.LineIDs()); err != nil {
		refuse("%w", err)
	}
	if s.Rules != "" && len(s.Watches) == 0 {
		refuse("rules: %s is about safety cameras, but watches names none", s.Rules)
	}
	if err := s.Alarms.Validate(); err != nil {
		refuse("%w", err)
	}
	return errs
}

// FacesShown reports whether every safety camera shows faces.
func (s *Site) FacesShown() bool {
	for _, w := range s.Watches {
		if w.Faces != "shown" {
			return false
		}
	}
	return len(s.Watches) > 0
}

// WatchIDs returns the safety cameras in a stable order.
func (s *Site) WatchIDs() []part.CameraID { return sorted(s.Watches) }

// SafetyRules loads the rules of place and dress, none where the site names no
// file.
func (s *Site) SafetyRules() (*rules.Engine, error) {
	zone, err := s.Location()
	if err != nil {
		return nil, err
	}
	about := rules.Site{Cameras: map[part.CameraID]*scene.Settings{}, Spaces: sorted(s.Spaces), Lines: s.LineIDs(), Beacons: s.Alarms.ByDriver("beacon"), Machines: s.Machines, Zone: zone}
	for id, w := range s.Watches {
		about.Cameras[id] = &w.Scene
	}
	if s.Rules == "" {
		return rules.NewEngine(nil, about)
	}
	data, err := os.ReadFile(s.Path(s.Rules))
	if err != nil {
		return nil, fmt.Errorf("rules: %w; correct rules: in the site file", err)
	}
	e, err := rules.Load(data, about)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path(s.Rules), err)
	}
	return e, s.keepsHolds(e.Rules())
}

// keepsHolds refuses a suppression of what a rule asks something of a line for: a
// person stands where a machine may move, or where parts are touched, whatever the
// plant's mode says.
func (s *Site) keepsHolds(all []rules.Rule) error {
	for _, r := range all {
		does := ""
		for _, a := range r.Then {
			switch {
			case a.Do == "hold":
				does = "holds a line"
			case a.Do == "suspect" && does == "":
				does = "marks the parts of a line"
			}
		}
		if does == "" {
			continue
		}
		if name, key := s.Alarms.Suppresses(watch.KeyOf(r.Name)); name != "" {
			return fmt.Errorf("alarms.suppress: %q keeps key %q silent, and with it rule %q, which %s; name keys that leave it out", name, key, r.Name, does)
		}
	}
	return nil
}
