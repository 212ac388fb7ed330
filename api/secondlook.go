package api

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/event"
)

// SecondLooks takes candidates of the second look to the cameras and back. Its
// errors name the thing and the cure; they wrap fs.ErrNotExist for what is not there.
type SecondLooks interface {
	// State says by what alarms are withheld, and what waits.
	State(ctx context.Context) (SecondLook, error)
	// Report returns the report of a candidate as a page and as JSON.
	Report(version string) (page, report []byte, err error)
	// Shadow has a candidate judge beside the alarms, "" ends it.
	Shadow(ctx context.Context, version, actor string) error
	// Activate has alarms withheld by a candidate; Back by the one before, which may be
	// none.
	Activate(ctx context.Context, version, actor string) error
	Back(ctx context.Context, actor string) error
}

// SecondLook is by what alarms are withheld, and what waits for a person.
type SecondLook struct {
	Active     string                `json:"active,omitempty" doc:"version; absent: by none, everything is raised"`
	Since      *time.Time            `json:"since,omitempty"`
	By         string                `json:"by,omitempty" doc:"who made it active"`
	Before     string                `json:"before,omitempty" doc:"version that a step back leads to; absent: none"`
	CanGoBack  bool                  `json:"can_go_back"`
	Refused    string                `json:"refused,omitempty" doc:"why what is active can not judge; then everything is raised"`
	Withheld   uint64                `json:"withheld" doc:"alarms, since it judges in this process"`
	Shadow     string                `json:"shadow,omitempty" doc:"version that judges beside the alarms; absent: none"`
	Looked     uint64                `json:"shadow_looked" doc:"alarms of this hour that it looked at"`
	Would      uint64                `json:"shadow_would_withhold" doc:"of these, those it would not have raised"`
	Candidates []SecondLookCandidate `json:"candidates" doc:"newest first"`
	Failed     string                `json:"failed,omitempty" doc:"why the last one could not be made, where none came after"`
	Last       []SecondLookWithheld  `json:"last_withheld" doc:"newest first; label one real if it was"`
}

// SecondLookCandidate is one that was made, with its report in figures.
type SecondLookCandidate struct {
	At   time.Time            `json:"at"`
	By   string               `json:"by"`
	Made event.SecondLookMade `json:"made"`
}

// SecondLookWithheld is an alarm that was not raised.
type SecondLookWithheld struct {
	ID    string              `json:"id"`
	At    time.Time           `json:"at"`
	Label string              `json:"label,omitempty" enum:"real,nothing there,not wanted"`
	What  event.AlarmWithheld `json:"what"`
}

type secondLookAnswer struct{ Body SecondLook }

// LookVersion names a candidate. huma fills in no embedded type that has a small
// letter: the version would be empty.
type LookVersion struct {
	Version string `path:"version" pattern:"^[0-9]{8}\\.[0-9]{6}$"`
}

func (s *server) registerSecondLook(a huma.API) {
	huma.Register(a, get("/secondlook", "second-look", "By what alarms are withheld, and what waits for a person"), func(ctx context.Context, _ *struct{}) (*secondLookAnswer, error) {
		return s.secondLook(ctx)
	})
	op := get("/secondlook/{version}/report", "second-look-report", "What a candidate would have changed, with pictures")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "One page that carries its pictures; as JSON the report alone",
		Content: map[string]*huma.MediaType{"text/html": {Schema: &huma.Schema{Type: huma.TypeString}},
			"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}},
	}}
	huma.Register(a, op, s.secondLookReport)
	write := func(path, id, summary, what string) huma.Operation {
		return huma.Operation{Method: http.MethodPost, Path: "/api/v1/secondlook" + path, OperationID: id, Summary: summary,
			Description:  what + " It wants the right \"recipe\", the role safety, or a token that may append linesman.secondlook.activated.v1, of a shadow linesman.secondlook.shadowed.v1.",
			MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 409, 422, 503}}
	}
	type order struct {
		Actor string `json:"actor,omitempty" doc:"who asks, where a command of the box speaks for somebody"`
	}
	do := func(ctx context.Context, given string, says event.Payload, act func(actor string) error) (*secondLookAnswer, error) {
		who := identity(ctx)
		if err := mayLook(who, says); err != nil {
			return nil, err
		}
		actor, err := speaker(who, given)
		if err != nil {
			return nil, err
		}
		if s.SecondLooks == nil {
			return nil, huma.Error404NotFound("this appliance has no safety cameras, so there is nothing to look at a second time")
		}
		if err := act(actor); err != nil {
			return nil, s.secondLookRefused(err)
		}
		return s.secondLook(ctx)
	}
	huma.Register(a, write("/{version}/shadow", "shadow-second-look", "Have a candidate judge beside the alarms", "It withholds nothing; secondlook.shadowed tells what it would have."), func(ctx context.Context, in *struct {
		LookVersion
		Body order
	}) (*secondLookAnswer, error) {
		return do(ctx, in.Body.Actor, event.SecondLookShadowed{}, func(actor string) error { return s.SecondLooks.Shadow(ctx, in.Version, actor) })
	})
	huma.Register(a, write("/unshadow", "end-second-look-shadow", "End what judges beside the alarms", "Nothing else changes."), func(ctx context.Context, in *struct{ Body order }) (*secondLookAnswer, error) {
		return do(ctx, in.Body.Actor, event.SecondLookShadowed{}, func(actor string) error { return s.SecondLooks.Shadow(ctx, "", actor) })
	})
	huma.Register(a, write("/{version}/activate", "activate-second-look", "Withhold alarms by a candidate", "From now on. Rules that ask something of a line, critical ones, fire and smoke, and those that hold because something is not there are raised as before."), func(ctx context.Context, in *struct {
		LookVersion
		Body order
	}) (*secondLookAnswer, error) {
		return do(ctx, in.Body.Actor, event.SecondLookActivated{}, func(actor string) error { return s.SecondLooks.Activate(ctx, in.Version, actor) })
	})
	huma.Register(a, write("/back", "second-look-back", "Go back to the second look before, or to none", "One step; what was withheld and still stands is raised within a second."), func(ctx context.Context, in *struct{ Body order }) (*secondLookAnswer, error) {
		return do(ctx, in.Body.Actor, event.SecondLookActivated{}, func(actor string) error { return s.SecondLooks.Back(ctx, actor) })
	})
}

// mayLook says whether somebody may change the second look: a person by the right
// "recipe" or the role safety, a token without a role by its scope, if it may append
// the event that says so.
func mayLook(who access.Identity, says event.Payload) error {
	if who.May(access.Recipe) || who.Role == access.Safety || who.Role == "" && who.MayAppend(says.EventType()) {
		return nil
	}
	return huma.Error403Forbidden(lacks(who, access.Recipe) + " that may append " + string(says.EventType()))
}

func (s *server) secondLook(ctx context.Context) (*secondLookAnswer, error) {
	if who := identity(ctx); !who.MayRead(event.AlarmWithheld{}.EventType()) {
		return nil, huma.Error403Forbidden(lacks(who, access.Read))
	}
	if s.SecondLooks == nil {
		return &secondLookAnswer{SecondLook{Candidates: []SecondLookCandidate{}, Last: []SecondLookWithheld{}}}, nil
	}
	st, err := s.SecondLooks.State(ctx)
	if err != nil {
		return nil, s.broken("reading the second look", err)
	}
	return &secondLookAnswer{st}, nil
}

// secondLookRefused tells a refusal, which is for whoever asked, from what is broken.
func (s *server) secondLookRefused(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return huma.Error404NotFound(err.Error())
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return s.broken("changing the second look", err)
	}
	return huma.Error409Conflict(err.Error())
}

func (s *server) secondLookReport(_ context.Context, q *struct {
	LookVersion
	Format string `query:"format" enum:"html,json" default:"html"`
}) (*huma.StreamResponse, error) {
	if s.SecondLooks == nil {
		return nil, huma.Error404NotFound("this appliance has no safety cameras, so there is nothing to look at a second time")
	}
	page, report, err := s.SecondLooks.Report(q.Version)
	if err != nil {
		return nil, s.secondLookRefused(err)
	}
	kind, body := "application/json", report
	if q.Format == "html" {
		kind, body = htmlKind, page
	}
	return s.report(kind, body), nil
}
