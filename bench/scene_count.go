package bench

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"linesman/part"
	"linesman/scene"
)

// pairedWithin is how far apart in time the same entry or crossing may be by hand
// and as counted, in seconds: a person is believed after a third of a second and
// three pictures, and crosses once a tenth of his height is beyond.
const pairedWithin = 1.

// PairedCount holds events that were counted against those by hand. What the hand
// is unsure of is neither missed nor extra.
type PairedCount struct {
	Hand    int       `json:"hand"`
	Counted int       `json:"counted"`
	Matched int       `json:"matched"`
	Missed  []string  `json:"missed"` // by hand alone
	Extra   []string  `json:"extra"`  // counted alone
	Unsure  int       `json:"unsure"` // counted where the hand is unsure
	OffMost float64   `json:"off_most_s"`
	By      []NameWay `json:"by"` // line and way, or zone
}

// NameWay is the count of one zone, or of one line and way.
type NameWay struct {
	Name    string `json:"name"`
	Hand    int    `json:"hand"`
	Counted int    `json:"counted"`
}

func (p *PairedCount) join(o *PairedCount) {
	p.Hand, p.Counted, p.Matched, p.Unsure = p.Hand+o.Hand, p.Counted+o.Counted, p.Matched+o.Matched, p.Unsure+o.Unsure
	p.Missed, p.Extra = append(p.Missed, o.Missed...), append(p.Extra, o.Extra...)
	p.OffMost = max(p.OffMost, o.OffMost)
}

// timed is one event.
type timed struct {
	what    string // of those alike only events can be the same
	who     string
	seconds float64
	frame   int
	unsure  bool
}

// pairTimed pairs events of one kind that are no more than pairedWithin apart: as
// many as may be, and of those the nearest.
func pairTimed(hand, counted []timed) (p PairedCount) {
	p.Missed, p.Extra, p.By = []string{}, []string{}, byName(hand, counted)
	sure := slices.DeleteFunc(slices.Clone(hand), func(t timed) bool { return t.unsure })
	left := slices.Clone(counted)
	p.Hand, p.Counted = len(sure), len(counted)
	taken := assignTimed(sure, left)
	for i, j := range taken {
		if j < 0 {
			p.Missed = append(p.Missed, sure[i].String())
			continue
		}
		p.Matched++
		p.OffMost = max(p.OffMost, math.Abs(sure[i].seconds-left[j].seconds))
	}
	var rest []timed
	for j, c := range left {
		if !slices.Contains(taken, j) {
			rest = append(rest, c)
		}
	}
	unsure := slices.DeleteFunc(slices.Clone(hand), func(t timed) bool { return !t.unsure })
	taken = assignTimed(unsure, rest)
	for j, c := range rest {
		if slices.Contains(taken, j) {
			p.Unsure++
		} else {
			p.Extra = append(p.Extra, c.String())
		}
	}
	return p
}

func assignTimed(hand, counted []timed) []int {
	cost := make([][]float64, len(hand))
	for i, h := range hand {
		cost[i] = make([]float64, len(counted))
		for j, c := range counted {
			cost[i][j] = math.Abs(h.seconds - c.seconds)
			if h.what != c.what || cost[i][j] > pairedWithin {
				cost[i][j] = math.Inf(1)
			}
		}
	}
	if len(counted) == 0 {
		none := make([]int, len(hand))
		for i := range none {
			none[i] = -1
		}
		return none
	}
	return part.Assign(cost)
}

func (t timed) String() string { return fmt.Sprintf("%s %s at %d", t.what, t.who, t.frame) }

func byName(hand, counted []timed) []NameWay {
	at := map[string]*NameWay{}
	of := func(name string) *NameWay {
		if at[name] == nil {
			at[name] = &NameWay{Name: name}
		}
		return at[name]
	}
	for _, t := range hand {
		if !t.unsure {
			of(t.what).Hand++
		}
	}
	for _, t := range counted {
		of(t.what).Counted++
	}
	all := []NameWay{}
	for _, n := range at {
		all = append(all, *n)
	}
	slices.SortFunc(all, func(a, b NameWay) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// score holds what was seen against the hand.
func (s *sceneSeen) score(h *SceneHand) VideoScore {
	v := VideoScore{Video: h.Video, Seconds: float64(h.Frames) / h.Rate, Looked: s.status.Looked, Rested: s.status.Rested, Skipped: s.status.Skipped, Blind: s.status.Blind}
	v.Entries, v.Crossings = s.entries(h), s.crossings(h)
	v.Heads, v.InZones = s.heads(h)
	who := whoIsWho(s.pictures, h.whereabouts)
	v.Identity = who.identity(s.pictures)
	v.Dress = who.dress(s, h)
	v.Alarms = who.alarms(s, h, v.Seconds)
	return v
}

// entries are those of people into zones. Who is inside when the video begins
// comes in with its first pictures.
func (s *sceneSeen) entries(h *SceneHand) PairedCount {
	var hand, counted []timed
	for _, st := range h.Stays {
		at := max(st.In, 1)
		hand = append(hand, timed{what: st.Zone, who: st.Person, seconds: h.seconds(at), frame: at, unsure: st.Unsure})
	}
	for _, p := range s.pictures {
		for _, e := range p.passages {
			if e.Entered && e.Label == scene.Person {
				counted = append(counted, timed{what: e.Zone, who: fmt.Sprintf("track %d", e.Track), seconds: h.seconds(p.frame), frame: p.frame})
			}
		}
	}
	return pairTimed(hand, counted)
}

func (s *sceneSeen) crossings(h *SceneHand) PairedCount {
	way := func(line string, in bool) string { return line + map[bool]string{true: " in", false: " out"}[in] }
	var hand, counted []timed
	for _, c := range h.Crossings {
		hand = append(hand, timed{what: way(c.Line, c.In), who: c.Person, seconds: h.seconds(c.Frame), frame: c.Frame, unsure: c.Unsure})
	}
	for _, p := range s.pictures {
		for _, c := range p.crossings {
			if c.Label == scene.Person {
				counted = append(counted, timed{what: way(c.Line, c.In), who: fmt.Sprintf("track %d", c.Track), seconds: h.seconds(p.frame), frame: p.frame})
			}
		}
	}
	return pairTimed(hand, counted)
}

// HeadCount holds numbers of people against those by hand, at the frames where the
// hand counted.
type HeadCount struct {
	Counts int `json:"counts"` // by hand
	Within int `json:"within"` // between the hand's least and most
	Few    int `json:"few"`
	Many   int `json:"many"`
	Off    int `json:"heads_off"` // all that were too few or too many, together
	Heads  int `json:"heads"`     // by hand at least, together
}

func (c *HeadCount) join(o *HeadCount) {
	c.Counts, c.Within, c.Few, c.Many, c.Off, c.Heads = c.Counts+o.Counts, c.Within+o.Within, c.Few+o.Few, c.Many+o.Many, c.Off+o.Off, c.Heads+o.Heads
}

func (c *HeadCount) take(n, low, high int) {
	c.Counts++
	c.Heads += low
	switch {
	case n < low:
		c.Few++
		c.Off += low - n
	case n > high:
		c.Many++
		c.Off += n - high
	default:
		c.Within++
	}
}

// heads are counted in the picture nearest to each of the hand's. A count before
// anybody can be believed, in the first second, is not asked for.
func (s *sceneSeen) heads(h *SceneHand) (all, zones HeadCount) {
	for _, c := range h.Heads {
		if h.seconds(c.Frame) < 1 {
			continue
		}
		p := s.nearest(c.Frame)
		if c.Zone == "" {
			all.take(len(p.tracks), c.Low, c.High)
			continue
		}
		for _, z := range p.counts {
			if z.Zone == c.Zone {
				zones.take(z.People, c.Low, c.High)
			}
		}
	}
	return all, zones
}

// nearest is the picture seen nearest to a frame.
func (s *sceneSeen) nearest(frame int) *seenPicture {
	best := 0
	for i := range s.pictures {
		if max(s.pictures[i].frame-frame, frame-s.pictures[i].frame) < max(s.pictures[best].frame-frame, frame-s.pictures[best].frame) {
			best = i
		}
	}
	return &s.pictures[best]
}
