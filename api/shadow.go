package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"linesman/part"
)

func (s *server) registerShadow(a huma.API) {
	const path, says = "/api/v1/lines/{line}/shadow", "The line acts on none of it and goes first; model.shadowed tells what it would have judged. It wants the right \"recipe\"."
	huma.Register(a, huma.Operation{
		Method: http.MethodPost, Path: path, OperationID: "shadow", Summary: "Have a candidate judge beside a line",
		Description:  "In place of the one before. " + says + " A changeover ends it.",
		MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 409, 422, 503},
	}, s.startShadow)
	huma.Register(a, huma.Operation{
		Method: http.MethodDelete, Path: path, OperationID: "endShadow", Summary: "End what judges beside a line",
		Description: says, Errors: []int{401, 403, 404, 409, 422, 503},
	}, s.endShadow)
}

// shadowBody names the candidate.
type shadowBody struct {
	Recipe string `json:"recipe,omitempty" pattern:"^[^/@]+@[0-9]+$" doc:"name@version on the shelf; or:"`
	Model  string `json:"model,omitempty" doc:"the folder of a candidate beside the site file, as linesman candidate make writes it"`
	Actor  string `json:"actor,omitempty" doc:"who asks, where a command of the box speaks for somebody"`
}

func (s *server) startShadow(ctx context.Context, in *struct {
	Line string `path:"line"`
	Body shadowBody
}) (*recipeLineAnswer, error) {
	if (in.Body.Recipe == "") == (in.Body.Model == "") {
		return nil, huma.Error422UnprocessableEntity("give one of recipe (name@version on the shelf) and model (a candidate's folder)")
	}
	return s.shadow(ctx, in.Line, in.Body.Actor, func(line part.LineID, actor string) error {
		if in.Body.Recipe != "" {
			return s.Recipes.Shadow(line, in.Body.Recipe, actor)
		}
		return s.Recipes.ShadowModel(line, in.Body.Model, actor)
	})
}

func (s *server) endShadow(ctx context.Context, in *struct {
	Line  string `path:"line"`
	Actor string `query:"actor" doc:"who asks, where a command of the box speaks for somebody"`
}) (*recipeLineAnswer, error) {
	return s.shadow(ctx, in.Line, in.Actor, func(line part.LineID, actor string) error { return s.Recipes.EndShadow(line, actor) })
}

// shadow changes what judges beside a line.
func (s *server) shadow(ctx context.Context, line, given string, do func(part.LineID, string) error) (*recipeLineAnswer, error) {
	actor, err := s.mayChange(ctx, line, given)
	if err != nil {
		return nil, err
	}
	id := part.LineID(line)
	if err := do(id, actor); err != nil {
		return nil, s.recipeRefused("changing what judges beside line "+line, err)
	}
	active, err := s.Recipes.Judging(id)
	if err != nil {
		return nil, s.recipeRefused("reading what is active", err)
	}
	st, _ := s.find(id)
	return &recipeLineAnswer{s.wireRecipeLine(st, active)}, nil
}
