package proof

import (
	"cmp"
	"slices"
	"time"

	"linesman/event"
	"linesman/part"
)

// stretch is a range of a line's belt that part.suspect names without a part.
type stretch struct {
	seq          uint64
	cause        string // id of the event that says why, of what goes on its alarm
	line         string
	lane         int // 0 is every lane
	why          string
	goesOn       bool      // it was told when it began
	over         bool      // it was told that it is over, or never went on
	began, ended time.Time // when that was told; ended is zero until it is over
	ranges       []tickRange
}

// tickRange is a range of ticks at the gate.
type tickRange struct {
	first, last part.Tick
	endless     bool // last means nothing
}

// slack is how long a part may be on its way to the gate, and how much later a line
// may tell of a tick: ticks alone may come again after a restart.
const slack = time.Hour

// stretches reads the ranges out of part.suspect events, in any order; others are
// passed over.
func stretches(events []event.Event) []stretch {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b event.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	var all []stretch
	at := map[string]int{} // in all, by the event that told of the beginning
	for _, e := range events {
		p, err := event.As[event.PartSuspect](e)
		if err != nil || e.Part != "" {
			continue
		}
		told := tickRange{part.Tick(p.From), part.Tick(p.To), p.Open}
		i, known := at[p.Began]
		if p.Began == "" || !known { // of one whose beginning is not at hand its end says all
			if p.Open && p.Began != "" {
				continue
			}
			all = append(all, stretch{seq: e.Seq, cause: e.Cause, line: p.Line, lane: p.Lane, why: p.Why, goesOn: p.Open || p.Began != "", began: e.Time})
			i = len(all) - 1
			if p.Began != "" {
				all[i].began = time.Time{}
			}
			if p.Open {
				at[e.ID] = i
			}
			all[i].ranges = []tickRange{told}
		}
		s := &all[i]
		if s.cause == "" {
			s.cause = e.Cause
		}
		if p.Open {
			continue
		}
		s.over, s.ended, s.why = true, e.Time, p.Why
		switch first := s.ranges[0].first; {
		case first == told.first:
			s.ranges = []tickRange{told}
		default: // another run ended it, which has ticks of its own
			s.ranges = append(s.ranges, told)
		}
	}
	return all
}

// holds reports whether a part that was exposed then and was due at the gate at that
// tick is one of the stretch.
func (s *stretch) holds(line string, lane int, exposed time.Time, due event.Tick) bool {
	if s.line != line || s.lane != 0 && s.lane != lane || due == (event.Tick{}) || exposed.IsZero() ||
		s.began.After(exposed.Add(slack)) || s.over && exposed.After(s.ended) {
		return false
	}
	at := part.Tick(due)
	return slices.ContainsFunc(s.ranges, func(r tickRange) bool {
		return !at.Before(r.first) && (r.endless || !r.last.Before(at))
	})
}

// step tells of the stretch in the story of one of its parts.
func (s *stretch) step() Step {
	r := s.ranges[len(s.ranges)-1]
	text := s.why
	switch first, last := tickText(event.Tick(r.first)), tickText(event.Tick(r.last)); {
	case !s.over:
		text += ": it passed the gate meanwhile, from " + first + " on; the log has no end of it"
	case s.goesOn:
		text += ": it passed the gate meanwhile, from " + first + " to " + last
	case r.first != r.last:
		text += ": this concerns the gate from " + first + " to " + last
	}
	first := event.Tick(r.first)
	return Step{Name: "suspect", Seq: s.seq, Tick: &first, Text: text, Cause: s.cause}
}
