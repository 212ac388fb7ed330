package api

import (
	"context"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"linesman/event"
	"linesman/proof"
)

func (s *server) registerPartPage(a huma.API) {
	huma.Register(a, get("/parts/{id}/page", "part-page", "One part as a page (HTML) that can be sent on: pictures, heat map, what it was compared with, its way"), s.partPage)
}

// partPage answers with what somebody may read of a part, as one page.
func (s *server) partPage(ctx context.Context, q *partQuery) (*huma.StreamResponse, error) {
	log := readable{s.Log, identity(ctx)}
	if s.PartPage == nil {
		return nil, huma.Error404NotFound("this appliance writes no pages of parts")
	}
	story, err := proof.TellFrom(ctx, log, q.ID, s.evidenceKept(ctx))
	if errors.Is(err, event.ErrGone) {
		return nil, huma.Error404NotFound(err.Error())
	}
	if err != nil {
		return nil, s.broken("telling a part's story", err)
	}
	verdicts, err := log.Read(ctx, event.Filter{Part: q.ID, Types: []event.Type{judged}})
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	last, _, err := proof.LastJudged(verdicts)
	if err != nil {
		return nil, s.broken("reading a verdict", err)
	}
	page, err := s.PartPage(ctx, story, last)
	if err != nil {
		return nil, s.broken("writing a part's page", err)
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Disposition", `inline; filename="part-`+q.ID+`.html"`)
		s.report(htmlKind, page).Body(h)
	}}, nil
}
