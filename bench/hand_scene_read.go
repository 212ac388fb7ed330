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

func (s *sceneReader) person(f []string) error {
	if len(f) != 3 {
		return errors.New("want person, first frame, last frame")
	}
	first, err := s.frame(f[1])
	if err != nil {
		return err
	}
	last, err := s.frame(f[2])
	if err != nil {
		return err
	}
	if last < first {
		return errors.New("ends before it begins; want person, first frame, last frame")
	}
	if s.visit(f[0]) != nil {
		return fmt.Errorf("%q is there already; give each visit its own name", f[0])
	}
	s.hand.People = append(s.hand.People, HandPerson{f[0], first, last})
	return nil
}

func (s *sceneReader) crossing(f []string) error {
	f, unsure := cutUnsure(f)
	if len(f) != 4 || f[3] != "in" && f[3] != "out" {
		return errors.New("want line, person, frame, and in or out")
	}
	if !s.hasLine(f[0]) {
		return fmt.Errorf("no line %q above; add [line %s x0 y0 x1 y1 in=...]", f[0], f[0])
	}
	at, err := s.seen(f[1], f[2])
	s.hand.Crossings = append(s.hand.Crossings, HandLineCrossing{f[0], f[1], at, f[3] == "in", unsure})
	return err
}

func (s *sceneReader) stay(f []string) error {
	f, unsure := cutUnsure(f)
	if len(f) != 4 {
		return errors.New("want zone, person, and the frames in and out (- for none)")
	}
	if !s.hasZone(f[0]) {
		return fmt.Errorf("no zone %q above; add [zone %s x y x y x y]", f[0], f[0])
	}
	stay := HandStay{Zone: f[0], Person: f[1], Unsure: unsure}
	for i, at := range []*int{&stay.In, &stay.Out} {
		if f[2+i] == "-" {
			continue
		}
		var err error
		if *at, err = s.seen(f[1], f[2+i]); err != nil {
			return err
		}
	}
	if s.visit(f[1]) == nil {
		return fmt.Errorf("no person %q above; list them under [people]", f[1])
	}
	if stay.Out != 0 && stay.Out <= stay.In {
		return errors.New("out before in; want zone, person, and the frames in and out")
	}
	s.hand.Stays = append(s.hand.Stays, stay)
	return nil
}

func (s *sceneReader) heads(f []string) error {
	if len(f) == 3 {
		f = append(f, f[2])
	}
	const want = "want frame, picture or a zone, and how many people at least (and at most)"
	if len(f) != 4 {
		return errors.New(want)
	}
	at, err := s.frame(f[0])
	if err != nil {
		return err
	}
	h := HandHeads{Frame: at, Zone: f[1]}
	if f[1] == "picture" {
		h.Zone = ""
	} else if !s.hasZone(f[1]) {
		return fmt.Errorf("no zone %q above; %s", f[1], want)
	}
	low, e1 := strconv.Atoi(f[2])
	high, e2 := strconv.Atoi(f[3])
	if e1 != nil || e2 != nil || low < 0 || high < low {
		return errors.New(want)
	}
	h.Low, h.High = low, high
	s.hand.Heads = append(s.hand.Heads, h)
	return nil
}

func (s *sceneReader) sighting(f []string) error {
	if len(f) != 4 {
		return errors.New("want frame, person, x and y")
	}
	at, err := s.seen(f[1], f[0])
	if err != nil {
		return err
	}
	p, err := points(f[2:])
	if err != nil {
		return err
	}
	s.hand.Sightings = append(s.hand.Sightings, HandSighting{at, f[1], p[0]})
	return nil
}

func (s *sceneReader) dress(f []string) error {
	says := []string{"yes", "no", "unclear"}
	if len(f) != 4 || !slices.Contains(says, f[1]) || !slices.Contains(says, f[2]) || !slices.Contains(says, f[3]) {
		return errors.New("want person, then helmet, vest and mask, each yes, no or unclear")
	}
	if s.visit(f[0]) == nil {
		return fmt.Errorf("no person %q above; list them under [people]", f[0])
	}
	s.hand.Dress = append(s.hand.Dress, HandDress{f[0], f[1], f[2], f[3]})
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
