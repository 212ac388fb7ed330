package api

import (
	"context"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"linesman/event"
	"linesman/proof"
)

// ErrNotCompared is wrapped by Config.Nearest where nobody can say what a part was
// compared with; its words say why and what helps.
var ErrNotCompared = errors.New("nobody can say what it was compared with")

// Nearest is the place that speaks most against a part, and the place on a good part
// that it is most like and was compared with.
type Nearest struct {
	Camera   string  `json:"camera,omitempty" doc:"that showed it"`
	Good     int     `json:"good" minimum:"1" doc:"number of the good part in the model"`
	Name     string  `json:"name,omitempty" doc:"its file when it was taught"`
	Kept     bool    `json:"kept" doc:"the model kept its picture"`
	Distance float64 `json:"distance" doc:"in the model's feature distance"`
	Here     []byte  `json:"here" doc:"JPEG: the part around the place, which is framed"`
	There    []byte  `json:"there,omitempty" doc:"JPEG: as much of the good part; absent where its picture was not kept"`
}

type nearestAnswer struct{ Body Nearest }

func (s *server) registerNearest(a huma.API) {
	huma.Register(a, get("/parts/{id}/nearest", "nearest", "What a rejected part was compared with, found when asked"), s.nearest)
}

// nearest looks at the last verdict on a part, and at the pictures of the last that
// kept any.
func (s *server) nearest(ctx context.Context, q *partQuery) (*nearestAnswer, error) {
	events, err := readable{s.Log, identity(ctx)}.Read(ctx, event.Filter{Part: q.ID, Types: []event.Type{judged}})
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	last, ok, err := proof.LastJudged(events)
	if err != nil {
		return nil, s.broken("reading a verdict", err)
	}
	switch {
	case !ok:
		return nil, huma.Error404NotFound("no verdict on part " + q.ID + ": it never was here, or its events have expired")
	case last.Outcome == "pass":
		return nil, huma.Error404NotFound("part " + q.ID + " passed: only what speaks against a rejected part is compared with good ones")
	case len(last.Views) == 0:
		return nil, huma.Error404NotFound("no picture of part " + q.ID + " was kept, so nothing can be compared")
	case s.Nearest == nil:
		return nil, huma.Error404NotFound("this appliance compares no parts with good ones")
	}
	n, err := s.Nearest(ctx, last)
	if errors.Is(err, ErrNotCompared) {
		return nil, huma.Error404NotFound("part " + q.ID + ": " + err.Error())
	}
	if err != nil {
		return nil, s.broken("comparing a part with good ones", err)
	}
	n.Distance = number(n.Distance)
	return &nearestAnswer{*n}, nil
}
