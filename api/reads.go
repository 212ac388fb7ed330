package api

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// judged is the one type from which verdicts are read.
var judged = event.PartJudged{}.EventType()

type siteAnswer struct{ Body Site }

func (s *server) status(context.Context, *struct{}) (*siteAnswer, error) {
	now := time.Now()
	return &siteAnswer{Site{
		Site: s.Site, Version: s.Version, Zone: s.Zone.String(), Now: now.UTC(),
		Lines: wireLines(s.Lines(), now), Cameras: wireCameras(s.Cameras()),
	}}, nil
}

type linesAnswer struct {
	Body struct {
		Lines []Line `json:"lines"`
	}
}

func (s *server) lines(context.Context, *struct{}) (*linesAnswer, error) {
	out := &linesAnswer{}
	out.Body.Lines = wireLines(s.Lines(), time.Now())
	return out, nil
}

func wireLines(all []line.Status, now time.Time) []Line {
	out := make([]Line, 0, len(all))
	for _, l := range all {
		out = append(out, wireLine(l, now))
	}
	return out
}

// find returns the status of one line; ok is false for a line that this site
// does not have.
func (s *server) find(id part.LineID) (st line.Status, ok bool) {
	for _, l := range s.Lines() {
		if l.Line == id {
			return l, true
		}
	}
	return st, false
}

type rejectsQuery struct {
	Line   string `path:"line"`
	Before uint64 `query:"before" doc:"continue here: next of the answer before"`
	Limit  int    `query:"limit" default:"20" minimum:"1" maximum:"200"`
}

type rejectsAnswer struct{ Body Rejects }

// Rejects is one page of parts that did not pass.
type Rejects struct {
	Rejects []Verdict `json:"rejects" doc:"newest first"`
	Next    string    `json:"next,omitempty" doc:"before of the next page; absent at the end of the log"`
}

// scanAtMost bounds how many verdicts one page looks through. On a line that
// rejects one part in ten thousand a page may come back short, with its next.
const (
	scanAtMost = 20_000
	scanStep   = 1000
)

func (s *server) rejects(ctx context.Context, q *rejectsQuery) (*rejectsAnswer, error) {
	found, next, err := s.verdicts(ctx, q, func(v *Verdict) bool { return v.Outcome != "pass" || v.Collateral })
	if err != nil {
		return nil, err
	}
	return &rejectsAnswer{Rejects{found, next}}, nil
}

type passesAnswer struct{ Body Passes }

// Passes is one page of parts that passed and of which a picture was kept.
type Passes struct {
	Passes []Verdict `json:"passes" doc:"newest first"`
	Next   string    `json:"next,omitempty" doc:"before of the next page; absent at the end of the log"`
}

func (s *server) passes(ctx context.Context, q *rejectsQuery) (*passesAnswer, error) {
	found, next, err := s.verdicts(ctx, q, func(v *Verdict) bool { return v.Outcome == "pass" && !v.Collateral && v.Picture != "" })
	if err != nil {
		return nil, err
	}
	return &passesAnswer{Passes{found, next}}, nil
}

// verdicts returns one page of a line's verdicts that are wanted, newest first, and
// before of the next page, "" at the end of the log.
func (s *server) verdicts(ctx context.Context, q *rejectsQuery, wanted func(*Verdict) bool) (found []Verdict, next string, err error) {
	id := part.LineID(q.Line)
	if _, ok := s.find(id); !ok {
		return nil, "", huma.Error404NotFound("line " + strconv.Quote(q.Line) + " is not of this site; see /api/v1/lines")
	}
	found = []Verdict{}
	before := q.Before
	for scanned := 0; scanned < scanAtMost; scanned += scanStep {
		events, err := s.Log.Read(ctx, event.Filter{Types: []event.Type{judged}, Before: before, Newest: true, Limit: scanStep})
		if err != nil {
			return nil, "", s.broken("reading the log", err)
		}
		for _, e := range events {
			before = e.Seq
			v, err := wireVerdict(e)
			if err != nil || v.Line != q.Line || !wanted(&v) {
				continue
			}
			if found = append(found, v); len(found) == q.Limit {
				return found, strconv.FormatUint(before, 10), nil
			}
		}
		if len(events) < scanStep {
			return found, "", nil
		}
	}
	return found, strconv.FormatUint(before, 10), nil
}

type partQuery struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" doc:"the part's id, a UUIDv7"`
}

type partAnswer struct{ Body Part }

// Part is all that is known of one part.
type Part struct {
	Part    string   `json:"part"`
	Verdict *Verdict `json:"verdict,omitempty" doc:"absent when it was never judged, or its verdict has expired"`
	Events  []Event  `json:"events" doc:"oldest first"`
	Story   *Story   `json:"story,omitempty" doc:"from trigger to confirmation, with its gaps"`
}

func (s *server) part(ctx context.Context, q *partQuery) (*partAnswer, error) {
	events, err := s.Log.Read(ctx, event.Filter{Part: q.ID, Limit: 200})
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	events = slices.DeleteFunc(events, func(e event.Event) bool { return !mayRead(identity(ctx), e) })
	if len(events) == 0 {
		return nil, huma.Error404NotFound("no event of part " + q.ID + ": it never was here, or its events have expired")
	}
	out := &partAnswer{Part{Part: q.ID, Events: make([]Event, 0, len(events))}}
	if out.Body.Story, err = s.story(ctx, q.ID); err != nil {
		return nil, s.broken("telling a part's story", err)
	}
	for _, e := range events {
		out.Body.Events = append(out.Body.Events, wireEvent(e))
		if e.Type == judged {
			if v, err := wireVerdict(e); err == nil {
				out.Body.Verdict = &v
			}
		}
	}
	return out, nil
}

// broken logs what broke and tells the caller no more than that it did.
func (s *server) broken(doing string, err error) error {
	s.Logger.Error("could not answer", "doing", doing, "err", err)
	return huma.Error503ServiceUnavailable(doing + " failed; the appliance's own log says why")
}
