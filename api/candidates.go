package api

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/event"
	"linesman/part"
)

// Candidates knows the models taught anew that wait beside what a line judges by. Its
// errors wrap fs.ErrNotExist for a line or a candidate that is not there.
type Candidates interface {
	// Candidates lists a line's, newest first.
	Candidates(ctx context.Context, line part.LineID) (CandidateList, error)
	// CandidateReport returns what a candidate would change, as a page (HTML).
	CandidateReport(line part.LineID, version string) (page []byte, err error)
}

// CandidateList is a line's candidates.
type CandidateList struct {
	Candidates []Candidate             `json:"candidates" doc:"newest first; those written elsewhere with --out are not found"`
	Failed     *event.CandidateFailed  `json:"failed,omitempty" doc:"why the last one could not be made or tried; absent where one came after"`
	Removed    *event.CandidateRemoved `json:"removed,omitempty" doc:"the last that gave way to later ones"`
}

// Candidate is a model taught anew that waits for a person.
type Candidate struct {
	Version string                `json:"version" doc:"names it among the line's candidates"`
	State   string                `json:"state" enum:"draft,tested,signed,judges" doc:"how far people took its recipe"`
	By      string                `json:"by,omitempty" doc:"who had it made"`
	At      *time.Time            `json:"at,omitempty"`
	Made    event.CandidateMade   `json:"made"`
	Tried   *event.CandidateTried `json:"tried,omitempty" doc:"its report in figures; absent where it was not tried"`
	Report  bool                  `json:"report" doc:"its report is there as a page"`
}

type candidatesAnswer struct{ Body CandidateList }

// CandidatePath names a candidate of a line.
type CandidatePath struct {
	Line    string `path:"line"`
	Version string `path:"version" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"`
}

func (s *server) registerCandidates(a huma.API) {
	huma.Register(a, get("/lines/{line}/candidates", "candidates", "Models taught anew from mistakes, that wait beside what a line judges by"), s.candidates)
	op := get("/lines/{line}/candidates/{version}/report", "candidate-report", "What a candidate would change, with pictures")
	op.Responses = map[string]*huma.Response{"200": {Description: "One page that carries its pictures",
		Content: map[string]*huma.MediaType{"text/html": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	huma.Register(a, op, s.candidateReport)
}

func (s *server) candidates(ctx context.Context, q *lineQuery) (*candidatesAnswer, error) {
	if who := identity(ctx); !who.MayRead(event.CandidateMade{}.EventType()) {
		return nil, huma.Error403Forbidden(lacks(who, access.Read))
	}
	none := CandidateList{Candidates: []Candidate{}}
	if s.Config.Candidates == nil {
		return &candidatesAnswer{none}, nil
	}
	list, err := s.Config.Candidates.Candidates(ctx, part.LineID(q.Line))
	if err != nil {
		return nil, s.candidateRefused(err)
	}
	if list.Candidates == nil {
		list.Candidates = none.Candidates
	}
	return &candidatesAnswer{list}, nil
}

func (s *server) candidateReport(ctx context.Context, q *CandidatePath) (*huma.StreamResponse, error) {
	if who := identity(ctx); !who.MayRead(event.CandidateMade{}.EventType()) {
		return nil, huma.Error403Forbidden(lacks(who, access.Read))
	}
	if s.Config.Candidates == nil {
		return nil, huma.Error404NotFound("this appliance has no candidates")
	}
	page, err := s.Config.Candidates.CandidateReport(part.LineID(q.Line), q.Version)
	if err != nil {
		return nil, s.candidateRefused(err)
	}
	return s.report(htmlKind, page), nil
}

// candidateRefused tells what is not there from what is broken.
func (s *server) candidateRefused(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return huma.Error404NotFound(err.Error())
	}
	return s.broken("reading candidates", err)
}
