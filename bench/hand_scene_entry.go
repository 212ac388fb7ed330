package bench

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

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
