package bench

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// sceneReader is a scene half read.
type sceneReader struct {
	hand SceneHand
	in   string // the section that entries belong to
}

var sceneEntries = map[string]func(*sceneReader, []string) error{
	"people":    (*sceneReader).person,
	"crossings": (*sceneReader).crossing,
	"stays":     (*sceneReader).stay,
	"heads":     (*sceneReader).heads,
	"sightings": (*sceneReader).sighting,
	"dress":     (*sceneReader).dress,
}

func (s *sceneReader) section(text string) error {
	inner, closed := strings.CutSuffix(text[1:], "]")
	f := strings.Fields(inner)
	if !closed || len(f) == 0 {
		return errors.New("want a section's name in brackets, as in [people]")
	}
	s.in = ""
	if f[0] != "video" && s.hand.Video == "" {
		return errors.New("begin with [video NAME WIDTH HEIGHT RATE FRAMES]")
	}
	switch f[0] {
	case "video":
		return s.video(f[1:])
	case "line":
		return s.line(f[1:])
	case "zone":
		return s.zone(f[1:])
	}
	if sceneEntries[f[0]] == nil || len(f) != 1 {
		return errors.New("no such section; there are video, line, zone, people, crossings, stays, heads, sightings and dress")
	}
	s.in = f[0]
	return nil
}

func (s *sceneReader) entry(text string) error {
	read := sceneEntries[s.in]
	if read == nil {
		return errors.New("belongs to no section; put it below [people], [crossings], [stays], [heads], [sightings] or [dress]")
	}
	return read(s, strings.Fields(text))
}

func (s *sceneReader) video(f []string) error {
	if s.hand.Video != "" {
		return errors.New("a second video; write a file for each")
	}
	h := &s.hand
	if _, err := fmt.Sscan(strings.Join(f, " "), &h.Video, &h.Width, &h.Height, &h.Rate, &h.Frames); err != nil || len(f) != 5 ||
		h.Width < 1 || h.Height < 1 || !(h.Rate > 0 && h.Rate <= 1000) || h.Frames < 1 {
		return errors.New("want [video NAME WIDTH HEIGHT RATE FRAMES], all above 0")
	}
	return nil
}

func (s *sceneReader) line(f []string) error {
	const want = "want [line NAME x0 y0 x1 y1 in=up|down|left|right]"
	if len(f) != 6 || !slices.Contains([]string{"in=up", "in=down", "in=left", "in=right"}, f[5]) {
		return errors.New(want)
	}
	if err := s.fresh(f[0]); err != nil {
		return err
	}
	p, err := points(f[1:5])
	if err != nil {
		return err
	}
	if p[0] == p[1] {
		return errors.New("the line has no length; " + want)
	}
	s.hand.Lines = append(s.hand.Lines, HandLine{f[0], p[0], p[1], f[5][len("in="):]})
	return nil
}

func (s *sceneReader) zone(f []string) error {
	if len(f) < 7 || len(f)%2 == 0 {
		return errors.New("want [zone NAME x y x y x y ...] with at least three corners")
	}
	if err := s.fresh(f[0]); err != nil {
		return err
	}
	p, err := points(f[1:])
	if err != nil {
		return err
	}
	s.hand.Zones = append(s.hand.Zones, HandZone{f[0], p})
	return nil
}

// fresh refuses the name of a line or zone that is taken, or means the picture.
func (s *sceneReader) fresh(name string) error {
	if name == "picture" || s.hasLine(name) || s.hasZone(name) {
		return fmt.Errorf("%q is taken; choose another name", name)
	}
	return nil
}

func (s *sceneReader) hasLine(name string) bool {
	return slices.ContainsFunc(s.hand.Lines, func(l HandLine) bool { return l.Name == name })
}

func (s *sceneReader) hasZone(name string) bool {
	return slices.ContainsFunc(s.hand.Zones, func(z HandZone) bool { return z.Name == name })
}

func (s *sceneReader) visit(name string) *HandPerson {
	if i := slices.IndexFunc(s.hand.People, func(p HandPerson) bool { return p.Name == name }); i >= 0 {
		return &s.hand.People[i]
	}
	return nil
}

func (s *sceneReader) frame(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > s.hand.Frames {
		return 0, fmt.Errorf("frame %q: want one from 1 to %d, the video's last", text, s.hand.Frames)
	}
	return n, nil
}

// seen is a frame in which that person is in the picture.
func (s *sceneReader) seen(person, frame string) (int, error) {
	v := s.visit(person)
	if v == nil {
		return 0, fmt.Errorf("no person %q above; list them under [people]", person)
	}
	n, err := s.frame(frame)
	if err == nil && (n < v.First || n > v.Last) {
		err = fmt.Errorf("%s is seen from frame %d to %d; correct either", person, v.First, v.Last)
	}
	return n, err
}

func cutUnsure(f []string) ([]string, bool) {
	if n := len(f) - 1; n >= 0 && f[n] == "?" {
		return f[:n], true
	}
	return f, false
}

func points(f []string) ([]HandPoint, error) {
	var all []HandPoint
	for i := 0; i < len(f); i += 2 {
		x, e1 := strconv.ParseFloat(f[i], 64)
		y, e2 := strconv.ParseFloat(f[i+1], 64)
		if e1 != nil || e2 != nil || !(x >= 0 && x <= 1 && y >= 0 && y <= 1) {
			return nil, fmt.Errorf("place %s %s: want shares of width and height from 0 to 1", f[i], f[i+1])
		}
		all = append(all, HandPoint{x, y})
	}
	return all, nil
}
