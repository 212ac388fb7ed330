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
	// Reconcile are times of the day in the site's zone, "14:00", the ends of shifts:
	// somebody has to count then unless the space is empty; default none.
	Reconcile []string `yaml:"reconcile,omitempty"`
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
	for i, at := range s.Reconcile {
		if t, err := time.Parse("15:04", at); err != nil || t.Format("15:04") != at {
			return fmt.Errorf("reconcile %q: want times of the day at which a shift ends, such as [\"14:00\", \"22:00\"]", at)
		}
		if slices.Contains(s.Reconcile[:i], at) {
			return fmt.Errorf("reconcile %q stands there twice", at)
		}
	}
	return nil
}

// Due returns the newest time of reconcile after one time and up to another, in the
// site's zone; ok is false if there is none, or none in the two days before.
func (s Space) Due(after, until time.Time, zone *time.Location) (newest time.Time, ok bool) {
	day := until.In(zone)
	for _, text := range s.Reconcile {
		clock, err := time.Parse("15:04", text)
		if err != nil {
			continue
		}
		for back := range 3 {
			at := time.Date(day.Year(), day.Month(), day.Day()-back, clock.Hour(), clock.Minute(), 0, 0, zone)
			if at.After(after) && !at.After(until) && at.After(newest) {
				newest, ok = at, true
			}
		}
	}
	return newest, ok
}

// Heads is the head count of one space.
type Heads struct {
	Space string
	Now   int // never below 0
	Most  int // at once since it was last set
	In    int // since it was last set
	Out   int
	// Short counts who went out of an empty space: as many went in unseen, or the
	// count was wrong before. A count with Short above 0 is in doubt.
	Short int
	Since time.Time // when it was last set; zero if never
	// Unknown says why nobody can tell how many are in it; "" if it is known. Now is
	// then the fewest there can be.
	Unknown string
}

// Off is by how many a count is too high if so many people are in; 0 where nobody
// could tell how many are.
func (h *Heads) Off(people int) int {
	if h.Unknown != "" {
		return 0
	}
	return h.Now - people
}

// Spaces keeps head counts from crossings of all cameras. It belongs to one
// goroutine.
type Spaces struct {
	heads map[string]*Heads
	doors map[string][]string // camera.line -> spaces
	set   map[string]Space
}

// NewSpaces returns counts of nobody.
func NewSpaces(spaces map[string]Space) *Spaces {
	s := &Spaces{heads: map[string]*Heads{}, doors: map[string][]string{}, set: spaces}
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
				h.Most = max(h.Most, h.Now)
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
// returns the count as it was before.
func (s *Spaces) Set(space string, people int, at time.Time) (was Heads, err error) {
	h, ok := s.heads[space]
	if !ok {
		return was, fmt.Errorf("there is no space %q; there are %s", space, strings.Join(slices.Sorted(maps.Keys(s.heads)), ", "))
	}
	if people < 0 {
		return was, fmt.Errorf("space %s: %d people can not be in it", space, people)
	}
	was = *h
	*h = Heads{Space: space, Now: people, Most: people, Since: at}
	return was, nil
}

// Forget makes every count unknown, for a reason, until it is set or put.
func (s *Spaces) Forget(why string) {
	for name, h := range s.heads {
		*h = Heads{Space: name, Unknown: why}
	}
}

// Doubt makes one count unknown, for a reason: what was counted says nothing any more,
// and it begins anew with the fewest there can be.
func (s *Spaces) Doubt(space, why string) {
	if h := s.heads[space]; h != nil {
		*h = Heads{Space: space, Unknown: why, Since: h.Since}
	}
}

// Put takes a count as it was kept elsewhere; one of no space here is passed over.
func (s *Spaces) Put(h Heads) {
	if s.heads[h.Space] != nil {
		*s.heads[h.Space] = h
	}
}

// Due is Space.Due of a space by its name.
func (s *Spaces) Due(space string, after, until time.Time, zone *time.Location) (time.Time, bool) {
	return s.set[space].Due(after, until, zone)
}

// Reconciled reports whether a space is there and somebody has to count it at times.
func (s *Spaces) Reconciled(space string) bool { return len(s.set[space].Reconcile) > 0 }

// Fresh returns counts of the same spaces of which nothing is known, for a reason.
func (s *Spaces) Fresh(why string) *Spaces {
	out := &Spaces{heads: map[string]*Heads{}, doors: s.doors, set: s.set}
	for name := range s.heads {
		out.heads[name] = &Heads{Space: name, Unknown: why}
	}
	return out
}

// Heads returns all counts by name.
func (s *Spaces) Heads() []Heads {
	out := make([]Heads, 0, len(s.heads))
	for _, name := range slices.Sorted(maps.Keys(s.heads)) {
		out = append(out, *s.heads[name])
	}
	return out
}
