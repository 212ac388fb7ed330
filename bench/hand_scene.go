package bench

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// SceneHand is what a person saw in one video of people, written down frame by
// frame. Frames count from 1. Places are shares of the picture's width and
// height, from its upper left corner; where a person is, is the middle of the
// lower edge of the body.
type SceneHand struct {
	Video         string
	Width, Height int     // pixels
	Rate          float64 // frames a second
	Frames        int

	Lines     []HandLine
	Zones     []HandZone
	People    []HandPerson
	Crossings []HandLineCrossing
	Stays     []HandStay
	Heads     []HandHeads
	Sightings []HandSighting
	Dress     []HandDress
}

// HandPoint is a place in shares of the picture.
type HandPoint struct{ X, Y float64 }

// HandLine is a line from A to B; who moves over it towards In ("up", "down",
// "left", "right") goes in.
type HandLine struct {
	Name string
	A, B HandPoint
	In   string
}

// HandZone is a closed polygon.
type HandZone struct {
	Name    string
	Corners []HandPoint
}

// HandPerson is one visit: from the first frame in which something is seen of
// a person to the last. Who comes back has another name.
type HandPerson struct {
	Name        string
	First, Last int
}

// HandLineCrossing is one crossing of a line.
type HandLineCrossing struct {
	Line, Person string
	Frame        int // the first beyond the line
	In           bool
	Unsure       bool // neither found nor missed counts
}

// HandStay is one stay in a zone.
type HandStay struct {
	Zone, Person string
	In           int  // the first frame inside; 0: inside when the video begins
	Out          int  // the first frame outside; 0: inside when it ends
	Unsure       bool // neither found nor missed counts
}

// HandHeads says how many people are in a place: at least Low, who are well
// seen, at most High, with those who are nearly hidden or cut by the border.
type HandHeads struct {
	Frame     int
	Zone      string // empty: the whole picture
	Low, High int
}

// HandSighting is where a person stands in one frame.
type HandSighting struct {
	Frame  int
	Person string
	At     HandPoint
}

// HandDress says what a person wears: "yes", "no" or "unclear".
type HandDress struct{ Person, Helmet, Vest, Mask string }

// ReadSceneHand reads a scene counted by hand. Sections stand in brackets,
// under some of them a line an entry; empty lines and what follows a # are left
// out. A question mark behind a crossing or stay says that it is unsure, a dash
// that a stay began before the video or outlasts it.
//
//	[video NAME WIDTH HEIGHT RATE FRAMES]
//	[line NAME x0 y0 x1 y1 in=up|down|left|right]
//	[zone NAME x y x y x y ...]
//	[people]     person first last
//	[crossings]  line person frame in|out [?]
//	[stays]      zone person in|- out|- [?]
//	[heads]      frame picture|zone low [high]
//	[sightings]  frame person x y
//	[dress]      person helmet vest mask
//
// A name is used below the entry that brings it in. Errors name the line and
// what is wanted there.
func ReadSceneHand(r io.Reader) (*SceneHand, error) {
	s := &sceneReader{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		read := s.entry
		if strings.HasPrefix(text, "[") {
			read = s.section
		}
		if err := read(text); err != nil {
			return nil, fmt.Errorf("scene by hand, line %d: %q: %w", n, text, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("scene by hand: %w", err)
	}
	if s.hand.Video == "" {
		return nil, errors.New("scene by hand: no video named; begin with [video NAME WIDTH HEIGHT RATE FRAMES]")
	}
	if len(s.hand.People) == 0 {
		return nil, errors.New("scene by hand: nobody in it; list who is seen under [people]")
	}
	return &s.hand, nil
}
