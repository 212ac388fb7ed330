package scene

import (
	"math"
	"time"

	"linesman/models/detect"
)

// Worn is what is held of one item of dress.
type Worn uint8

// Unknown is the zero value: what nobody could see is not worn, nor missing.
const (
	Unknown Worn = iota
	Yes
	No
)

// String returns the word.
func (w Worn) String() string { return [...]string{"unknown", "worn", "missing"}[min(int(w), 2)] }

// Dress is what the pictures of the last seconds say of one item.
type Dress struct {
	Item    Item
	Worn    Worn
	Share   float64 // of the votes, by score, that say worn
	Votes   int     // pictures in which the item or its lack was seen
	Seconds float64 // between the first and the last of them
	// Small says that the person is too small in the picture for it to be told.
	Small bool
}

// voteSeconds is how many seconds of votes can be kept.
const voteSeconds = 30

// votes are the pictures that spoke of one item, by the second.
type votes struct {
	slots [voteSeconds]slot
	held  Worn // as last decided: it takes a clear majority to change it
	last  time.Time
	small bool
}

// slot is one second of votes.
type slot struct {
	second      int64 // Unix; what is of another second is forgotten
	n           int
	worn, bare  float64
	sure        [2]int // of n, by what is believed of one picture: worn, missing
	first, last time.Time
}

// A detection of an item is believed by itself from the score that the model's card
// asks, which is 0.5 on the scale of a station. Fainter ones count, but a verdict
// wants leastBelieved pictures of its own side that are believed: what faintly
// looks like a helmet does so in every picture.
const (
	believed      = 0.5
	leastBelieved = 2
)

func (v *votes) add(at time.Time, worn bool, score float64) {
	s := &v.slots[uint64(at.Unix())%voteSeconds]
	if s.n == 0 || s.second != at.Unix() {
		*s = slot{second: at.Unix(), first: at}
	}
	s.n++
	s.last, v.last = at, at
	side := 0
	if worn {
		s.worn += score
	} else {
		s.bare += score
		side = 1
	}
	if score >= believed {
		s.sure[side]++
	}
}

// verdict counts the votes of the window. Where they are too few, what was decided
// before stands for a while: who turns away has not put a helmet on.
func (v *votes) verdict(item Item, at time.Time, set *DressSettings) Dress {
	d := Dress{Item: item, Small: v.small}
	var worn, bare float64
	var sure [2]int
	var first, last time.Time
	for i := range v.slots {
		s := &v.slots[i]
		if s.n == 0 || at.Sub(s.last) > set.Window || s.last.After(at) {
			continue
		}
		worn, bare, d.Votes = worn+s.worn, bare+s.bare, d.Votes+s.n
		sure[0], sure[1] = sure[0]+s.sure[0], sure[1]+s.sure[1]
		if first.IsZero() || s.first.Before(first) {
			first = s.first
		}
		if s.last.After(last) {
			last = s.last
		}
	}
	if d.Votes > 0 {
		d.Share, d.Seconds = worn/(worn+bare), last.Sub(first).Seconds()
	}
	switch {
	case d.Votes < set.Votes || last.Sub(first) < set.Span:
		if at.Sub(v.last) > set.Hold {
			v.held = Unknown
		}
	case d.Share >= set.Share && sure[0] >= leastBelieved:
		v.held = Yes
	case 1-d.Share >= set.Share && sure[1] >= leastBelieved:
		v.held = No
	}
	d.Worn = v.held
	return d
}

// Where on a person an item is, as shares of the box's height from its top, and
// how far beside the middle, in widths.
var bands = [len(Items)]struct{ from, to, middle, beside float64 }{
	{-0.10, 0.30, 0.07, 0.45}, // helmet: the head, of one who bends down as well
	{0.08, 0.80, 0.36, 0.40},  // vest: the torso
	{-0.02, 0.32, 0.12, 0.40}, // mask: the face
}

// ambiguous is how near the second-best person may come before nobody knows
// whose a piece of dress is.
const ambiguous = 0.15

// claim is the piece of dress found on one person in one picture.
type claim struct {
	score float64
	worn  bool
	n     int
	split bool // both worn and missing, about as surely
}

// dressUp gives each piece of dress to the person it is on, and counts it. One
// that may be of two persons is nobody's; one that is of no person stands in
// Scene.Loose.
func (f *Follower) dressUp(at time.Time, s *Scene) {
	for _, t := range f.tracks {
		t.claims = [len(Items)]claim{}
		for i := range t.votes {
			t.votes[i].small = t.px < f.set.Dress.MinPx
		}
	}
	for _, d := range f.dress {
		item, worn := dressOf(d.Label)
		best, second := math.Inf(1), math.Inf(1)
		var wearer *follow
		for _, t := range f.tracks {
			if t.kind != person || !t.seen {
				continue
			}
			if fit := fitOn(t, item, d); fit < best {
				best, second, wearer = fit, best, t
			} else if fit < second {
				second = fit
			}
		}
		if wearer == nil {
			s.Loose = append(s.Loose, d)
			continue
		}
		if second-best >= ambiguous {
			wearer.claims[item].add(d.Score, worn)
		}
	}
	for _, t := range f.tracks {
		for i := range t.claims {
			c := &t.claims[i]
			if c.n > 0 && !c.split && !t.votes[i].small {
				t.votes[i].add(at, c.worn, c.score)
			}
		}
	}
}

// bodyWidths is how many times its width a whole person is tall at least: of one
// who is cut off at the hip, by a bench or by the picture, the box is wider.
const bodyWidths = 2.4

// fitOn is how far a piece of dress is from where it would be on a person, 0 is
// the very place; infinite if it is not on it at all.
func fitOn(t *follow, item int, d detect.Found) float64 {
	b, w, c := bands[item], t.width, d.Box.Centre()
	h := max(t.height, bodyWidths*w)
	down, beside := (c.Y-t.Box.Y0)/h, math.Abs(c.X-t.x.At)/w
	large := d.Box.Height() > 0.75*h || d.Box.Width() > 1.3*w || c.Y > t.Box.Y1
	if down < b.from || down > b.to || beside > b.beside || large {
		return math.Inf(1)
	}
	return math.Hypot(2*(down-b.middle), beside)
}

// add takes one more detection of the same item on the same person: the surer
// one counts, unless both are about as sure and disagree.
func (c *claim) add(score float64, worn bool) {
	c.n++
	switch {
	case c.n == 1:
		c.score, c.worn = score, worn
	case worn == c.worn:
		c.score = max(c.score, score)
	case math.Abs(score-c.score) < 0.15:
		c.split = true
	case score > c.score:
		c.score, c.worn, c.split = score, worn, false
	}
}
