package scene

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"linesman/part"
)

// Space is a closed space whose heads are counted at its doors.
type Space struct {
	// Lines are all its doors, each a line of a camera: "yard.door". In is into the
	// space.
	Lines []string `yaml:"lines"`
}

// Validate refuses a space without doors, and doors that no camera has.
func (s Space) Validate(cameras map[part.CameraID]Settings) error {
	if len(s.Lines) == 0 {
		return errors.New("it has no lines: name every door as camera.line")
	}
	for _, l := range s.Lines {
		cam, line, _ := strings.Cut(l, ".")
		set, ok := cameras[part.CameraID(cam)]
		if !ok {
			return fmt.Errorf("line %q: there is no camera %q with zones and lines; write camera.line", l, cam)
		}
		if _, ok := set.Lines[line]; !ok {
			return fmt.Errorf("line %q: camera %q has no line %q; it has %s", l, cam, line, strings.Join(slices.Sorted(maps.Keys(set.Lines)), ", "))
		}
	}
	return nil
}

// Heads is the head count of one space.
type Heads struct {
	Space string
	Now   int // never below 0
	In    int // since it was last set
	Out   int
	// Short counts who went out of an empty space: as many went in unseen, or the
	// count was wrong before. A count with Short above 0 is in doubt.
	Short int
	Since time.Time // when it was last set; zero if never
}

// Spaces keeps head counts from crossings of all cameras. It belongs to one
// goroutine.
type Spaces struct {
	heads map[string]*Heads
	doors map[string][]string // camera.line -> spaces
}

// NewSpaces returns counts of nobody.
func NewSpaces(spaces map[string]Space) *Spaces {
	s := &Spaces{heads: map[string]*Heads{}, doors: map[string][]string{}}
	for name, sp := range spaces {
		s.heads[name] = &Heads{Space: name}
		for _, l := range sp.Lines {
			s.doors[l] = append(s.doors[l], name)
		}
	}
	return s
}

// Take counts the people who went over doors.
func (s *Spaces) Take(camera part.CameraID, crossings []Crossing) {
	for _, c := range crossings {
		if c.Label != Person {
			continue
		}
		for _, name := range s.doors[string(camera)+"."+c.Line] {
			h := s.heads[name]
			switch {
			case c.In:
				h.In++
				h.Now++
			case h.Now == 0:
				h.Out++
				h.Short++
			default:
				h.Out++
				h.Now--
			}
		}
	}
}

// Set puts a count right, as at the end of a shift when somebody has looked: it
// returns how far the count was off, above 0 if it was too high.
func (s *Spaces) Set(space string, people int, at time.Time) (off int, err error) {
	h, ok := s.heads[space]
	if !ok {
		return 0, fmt.Errorf("there is no space %q; there are %s", space, strings.Join(slices.Sorted(maps.Keys(s.heads)), ", "))
	}
	if people < 0 {
		return 0, fmt.Errorf("space %s: %d people can not be in it", space, people)
	}
	off = h.Now - people
	*h = Heads{Space: space, Now: people, Since: at}
	return off, nil
}

// Heads returns all counts by name.
func (s *Spaces) Heads() []Heads {
	out := make([]Heads, 0, len(s.heads))
	for _, name := range slices.Sorted(maps.Keys(s.heads)) {
		out = append(out, *s.heads[name])
	}
	return out
}
