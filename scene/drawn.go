package scene

import (
	"maps"
	"slices"

	"linesman/vision"
)

// Drawn is a zone or a line as it lies in the picture, whatever it was given in.
type Drawn struct {
	Name   string
	Points []vision.Point // shares of the picture's width and height; a line has two
}

// DrawnZones returns the zones by name. The settings must be valid.
func (s *Settings) DrawnZones() (out []Drawn) {
	for _, name := range slices.Sorted(maps.Keys(s.Zones)) {
		out = append(out, Drawn{name, slices.Clone(s.Zones[name].corners)})
	}
	return out
}

// DrawnLines returns the lines by name. The settings must be valid.
func (s *Settings) DrawnLines() (out []Drawn) {
	for _, name := range slices.Sorted(maps.Keys(s.Lines)) {
		ends := s.Lines[name].ends
		out = append(out, Drawn{name, ends[:]})
	}
	return out
}
