package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/event"
	"linesman/proof"
)

// labelType is the event that a label is.
var labelType = event.SampleLabelled{}.EventType()

// Sample is one part with the label that a person gave it.
type Sample struct {
	Part      string    `json:"part"`
	Line      string    `json:"line"`
	Label     string    `json:"label" enum:"missed defect,defect,false reject,good,none"`
	Class     string    `json:"class,omitempty" doc:"of a missed defect or a defect"`
	Note      string    `json:"note,omitempty"`
	Outcome   string    `json:"outcome" enum:"pass,fail,inconclusive" doc:"of the verdict that is spoken of"`
	Recipe    string    `json:"recipe" doc:"name@version"`
	Model     string    `json:"model" doc:"name@version"`
	Pictures  []string  `json:"pictures_sha256" doc:"held for as long as the label stands; see /api/v1/evidence"`
	Unlearned string    `json:"not_learnable,omitempty" doc:"why it counts, but nothing can be learned from it"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Seq       string    `json:"seq" doc:"of the label's event; a decimal string"`
}

// Samples is what is labelled.
type Samples struct {
	Samples   []Sample    `json:"samples" doc:"the label that stands on each part, oldest first"`
	Counts    LabelCounts `json:"counts" doc:"parts by label"`
	Learnable LabelCounts `json:"learnable" doc:"of these, with every picture held"`
}

// LabelCounts are parts by label.
type LabelCounts struct {
	MissedDefect int `json:"missed_defect"`
	Defect       int `json:"defect"`
	FalseReject  int `json:"false_reject"`
	Good         int `json:"good"`
}

type sampleAnswer struct{ Body Sample }
type samplesAnswer struct{ Body Samples }

// labelBody is what somebody says of a part; proof.Saying checks it.
type labelBody struct {
	Label string `json:"label" enum:"missed defect,defect,false reject,good,none" doc:"missed defect: it passed and is defective; defect: it was rejected, and rightly; false reject: it was rejected and is good; good: it passed and is good; none: what was said is taken back"`
	Class string `json:"class,omitempty" doc:"of a missed defect, needed there, or of a defect: crack, stain, chip"`
	Note  string `json:"note,omitempty" doc:"one line for a person"`
	Actor string `json:"actor,omitempty" doc:"who says it, where a command of the box speaks for somebody"`
}

func (s *server) registerSamples(a huma.API) {
	huma.Register(a, huma.Operation{
		Method: http.MethodPost, Path: "/api/v1/parts/{id}/label", OperationID: "label", Summary: "Say what a judged part really is",
		Description:  "Its pictures are held for as long as the label stands; a later label replaces an earlier one. Nothing that judges changes by it. It wants the right \"recipe\", or a token that may append " + string(labelType) + ".",
		MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 422, 503, 507},
	}, s.label)
	huma.Register(a, get("/samples", "samples", "Parts that people labelled"), s.samples)
}

func (s *server) label(ctx context.Context, in *struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" doc:"the part's id, a UUIDv7"`
	Body labelBody
}) (*sampleAnswer, error) {
	who := identity(ctx)
	if !maySay(who, labelType) {
		return nil, huma.Error403Forbidden(lacks(who, access.Recipe))
	}
	if s.Appender == nil {
		return nil, huma.Error503ServiceUnavailable("this appliance's log takes no events from outside")
	}
	actor, err := speaker(who, in.Body.Actor)
	if err != nil {
		return nil, err
	}
	var foreign error
	l, err := s.labels.Say(ctx, proof.Saying{Part: in.ID, Label: proof.Label(in.Body.Label), Class: in.Body.Class, Note: in.Body.Note, Actor: actor}, func(line string) error {
		if !who.OnLine(line) {
			foreign = huma.Error403Forbidden(who.Actor + " is not for line " + line)
		}
		return foreign
	})
	switch {
	case err == nil:
		return &sampleAnswer{wireSample(l)}, nil
	case foreign != nil:
		return nil, foreign
	case errors.Is(err, proof.ErrSaying):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, event.ErrGone):
		return nil, huma.Error404NotFound(err.Error())
	}
	return nil, s.unstored(err)
}

// speaker is who an act is by: the token's own, or whom a command of the box speaks
// for.
func speaker(who access.Identity, given string) (actor string, err error) {
	if given == "" || given == who.Actor {
		return who.Actor, nil
	}
	if !who.May(access.Users) { // the appliance's own commands say who gave them
		return "", huma.Error422UnprocessableEntity("actor given, but the token is " + who.Actor + "'s: leave it away")
	}
	return given, nil
}

// maySay says who may say what an event of a type stands for: a person by the right
// "recipe", a module by its scope.
func maySay(who access.Identity, typ event.Type) bool {
	if who.Role != "" {
		return who.May(access.Recipe)
	}
	return who.MayAppend(typ)
}

func (s *server) samples(ctx context.Context, q *struct {
	Line string `query:"line" doc:"of this line only"`
}) (*samplesAnswer, error) {
	who := identity(ctx)
	all, err := s.labels.List(ctx, q.Line, func(e event.Event) bool { return mayRead(who, e) })
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	out := &samplesAnswer{Samples{Samples: make([]Sample, 0, len(all.Samples)), Counts: wireLabelCounts(all.Counts), Learnable: wireLabelCounts(all.Learnable)}}
	for _, l := range all.Samples {
		out.Body.Samples = append(out.Body.Samples, wireSample(l))
	}
	return out, nil
}

func wireSample(l proof.Labelled) Sample {
	out := Sample{Part: l.Part, Line: l.Line, Label: l.Label, Class: l.Class, Note: l.Note, Outcome: l.Outcome, Recipe: l.Recipe, Model: l.Model,
		Pictures: l.Evidence, Unlearned: l.Unlearned, By: l.By, At: l.At, Seq: decimal(l.Seq)}
	if out.Pictures == nil {
		out.Pictures = []string{}
	}
	return out
}

func wireLabelCounts(by map[proof.Label]int) LabelCounts {
	return LabelCounts{MissedDefect: by[proof.MissedDefect], Defect: by[proof.Defect], FalseReject: by[proof.FalseReject], Good: by[proof.GoodPart]}
}
