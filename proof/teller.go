package proof

import (
	"context"
	"fmt"
	"slices"
	"time"

	"linesman/event"
)

// surroundings are the events without a part that can explain a gap.
var surroundings = []event.Type{
	event.RingLost{}.EventType(), event.LogDropped{}.EventType(), event.LogDamaged{}.EventType(),
}

// aroundAtMost bounds what is read of one type of surroundings.
const aroundAtMost = 1000

// TellFrom reads a part's events and what happened around it, and tells its
// story. kept says whether a picture of that hash can still be opened; nil if
// there is nobody to ask. The error wraps event.ErrGone for a part of which the
// log has no event; the story then says why, if the log does.
func TellFrom(ctx context.Context, log Log, part string, kept func(sha256 string) bool) (Story, error) {
	own, err := log.Read(ctx, event.Filter{Part: part, Limit: aroundAtMost})
	if err != nil {
		return Story{}, err
	}
	around, err := log.Read(ctx, event.Filter{Types: surroundings, Newest: true, Limit: aroundAtMost})
	if err != nil {
		return Story{}, err
	}
	newest, err := log.Read(ctx, event.Filter{Newest: true, Limit: 1})
	if err != nil {
		return Story{}, err
	}
	for _, e := range newest {
		// Only its time is of use: as its own event it would be counted twice.
		around = append(around, event.Event{Seq: e.Seq, Time: e.Time})
	}
	suspect, err := suspected(ctx, log, own)
	if err != nil {
		return Story{}, err
	}
	around = append(around, suspect...)
	s := Tell(part, append(own, around...))
	if missing := s.Picture == "" || kept != nil && !kept(s.Picture); missing && len(s.Verdicts) > 0 && (s.Picture != "" || s.Outcome != "pass") {
		// Dropped pictures are told by the thousand on a full disk, so they are
		// read only for a part that misses one.
		first := s.Verdicts[0]
		dropped, err := log.Read(ctx, event.Filter{Types: []event.Type{event.EvidenceDropped{}.EventType()}, From: first.At.Add(-time.Minute), Limit: 10 * aroundAtMost})
		if err != nil {
			return Story{}, err
		}
		named := s.Picture
		if s = Tell(part, append(append(own, around...), dropped...)); named != "" && !s.explained {
			s.Gaps = append(s.Gaps, "the picture is not among the evidence, and no evidence.dropped names it")
		}
	}
	if len(own) == 0 {
		return s, fmt.Errorf("%w: part %s: %s", event.ErrGone, part, s.Gaps[0])
	}
	return s, nil
}

// suspected reads the ranges of belt that were called suspect about the time of a
// part: those that began before it met the gate, and what was told of them since.
func suspected(ctx context.Context, log Log, own []event.Event) ([]event.Event, error) {
	var first time.Time
	for _, e := range own {
		if j, err := event.As[event.PartJudged](e); err == nil {
			first = j.Timing.Exposure
			break
		}
	}
	if first.IsZero() {
		return nil, nil
	}
	types := []event.Type{event.PartSuspect{}.EventType()}
	before, err := log.Read(ctx, event.Filter{Types: types, To: first, Newest: true, Limit: aroundAtMost})
	if err != nil {
		return nil, err
	}
	since, err := log.Read(ctx, event.Filter{Types: types, From: first, Limit: aroundAtMost})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append(before, since...), func(e event.Event) bool { return e.Part != "" }), nil
}
