package api

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// acceptedType is the event by which a person accepts a new origin.
var acceptedType = event.EyesAccepted{}.EventType()

// Eyes is how the cameras' own state stands on one line (docs/vision.md).
type Eyes struct {
	Line  string    `json:"line"`
	Now   time.Time `json:"now" doc:"the appliance's clock"`
	Views []EyeView `json:"views" doc:"in the order of the site file; none where nothing is watched"`
}

// EyeView is how one view's eyes stand.
type EyeView struct {
	View     string       `json:"view"`
	Camera   string       `json:"camera"`
	Recipe   string       `json:"recipe" doc:"name@version by which it is looked at"`
	State    string       `json:"state" enum:"learning,steady,warning,limit" doc:"learning: no origin yet, so no drift is measured; else that of the worst measure"`
	At       *time.Time   `json:"at,omitempty" doc:"exposure of the newest frame measured: a standing belt is not measured; absent before the first"`
	AgeMS    int64        `json:"age_ms" doc:"how old that was when it was sent; 0 before the first"`
	Frames   uint64       `json:"frames" doc:"measured of those the origin is learned from"`
	Learn    uint64       `json:"learn" doc:"to be learned from"`
	Origin   *EyeOrigin   `json:"origin,omitempty" doc:"what drift is measured from; absent while learning"`
	Measures []EyeMeasure `json:"measures" doc:"none while learning"`
}

// EyeOrigin is what drift is measured from.
type EyeOrigin struct {
	From     time.Time    `json:"from" doc:"exposure of the first frame it was learned from"`
	To       time.Time    `json:"to"`
	Frames   uint64       `json:"frames"`
	Carried  bool         `json:"carried" doc:"it is an earlier run's"`
	Accepted *EyeAccepted `json:"accepted,omitempty" doc:"the person's word that asked for it, where it was asked for"`
}

// EyeAccepted is a person's word that what a view showed was right.
type EyeAccepted struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Seq    string    `json:"seq" doc:"of its event; a decimal string"`
}

// EyeMeasure is how far one measure has come from its origin.
type EyeMeasure struct {
	What   string     `json:"what" enum:"light,cast,balance,focus,position,scale,dirt,score"`
	Unit   string     `json:"unit" enum:"%,dE,px,score"`
	Now    float64    `json:"now" doc:"in unit, from the origin"`
	WarnAt float64    `json:"warn_at" doc:"in unit, either way"`
	Limit  float64    `json:"limit" doc:"in unit, either way"`
	State  string     `json:"state" enum:"steady,warning,limit" doc:"beyond what chance may do; it ends within 0.7 of the warning"`
	Why    string     `json:"why,omitempty" doc:"what was seen, for a person"`
	WhatTo string     `json:"what_to_do,omitempty"`
	Trend  []EyePoint `json:"trend" doc:"the last 60 minutes measured from this origin, oldest first; a minute in which nothing was measured is missing"`
}

// EyePoint is where a measure stood at the end of a minute.
type EyePoint struct {
	From  time.Time `json:"from" doc:"the minute"`
	Value float64   `json:"value" doc:"in the measure's unit"`
}

type eyesAnswer struct{ Body Eyes }

type lineQuery struct {
	Line string `path:"line"`
}

func (s *server) registerEyes(a huma.API) {
	huma.Register(a, get("/lines/{line}/eyes", "eyes", "The cameras' own state: light, colour, focus, place, dirt"), func(ctx context.Context, q *lineQuery) (*eyesAnswer, error) {
		return s.eyes(ctx, part.LineID(q.Line))
	})
	huma.Register(a, huma.Operation{
		Method: http.MethodPost, Path: "/api/v1/lines/{line}/eyes/origin", OperationID: "accept-origin", Summary: "Take what the cameras show now for right",
		Description: "The next frames make a new origin, from which drift is measured by the recipe and model that judge now; verdicts do not change by it. " +
			string(acceptedType) + " says who and why. It wants the right \"recipe\", or a token that may append " + string(acceptedType) + ".",
		MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 422, 503},
	}, s.acceptOrigin)
}

// watched returns the eyes of a line of this site.
func (s *server) watched(id part.LineID) ([]line.Eye, error) {
	if _, ok := s.find(id); !ok {
		return nil, huma.Error404NotFound("line " + strconv.Quote(string(id)) + " is not of this site; see /api/v1/lines")
	}
	if s.Eyes == nil {
		return nil, nil
	}
	return s.Eyes(id), nil
}

// trendOf is how far back a trend goes.
const trendOf = time.Hour

func (s *server) eyes(ctx context.Context, id part.LineID) (*eyesAnswer, error) {
	views, err := s.watched(id)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	out := &eyesAnswer{Eyes{Line: string(id), Now: now.UTC(), Views: []EyeView{}}}
	if len(views) == 0 {
		return out, nil
	}
	log := readable{s.Log, identity(ctx)}
	origins, err := log.Read(ctx, event.Filter{Newest: true, Limit: 1000, Types: []event.Type{event.EyesReference{}.EventType(), acceptedType}})
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	minutes, err := log.Read(ctx, event.Filter{Newest: true, Limit: 1000, Types: []event.Type{event.EyesMinute{}.EventType()}, From: now.Add(-trendOf)})
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	for i := range views {
		v := &views[i]
		w := wireEye(v, now)
		if v.Learned {
			since, accepted := rooted(origins, v)
			w.Origin = &EyeOrigin{From: v.Reference.From, To: v.Reference.To, Frames: v.Reference.Frames, Carried: v.Reference.Carried, Accepted: accepted}
			addTrend(&w, v, minutes, since)
		}
		out.Body.Views = append(out.Body.Views, w)
	}
	return out, nil
}

func wireEye(v *line.Eye, now time.Time) EyeView {
	w := EyeView{View: v.View, Camera: string(v.Camera), Recipe: v.Recipe, State: "learning", At: moment(v.At), Frames: v.Frames, Learn: v.Learn, Measures: []EyeMeasure{}}
	if !v.At.IsZero() {
		w.AgeMS = max(0, now.Sub(v.At).Milliseconds())
	}
	if !v.Learned {
		return w
	}
	w.State, w.Learn = "steady", v.Frames
	for _, m := range v.Measures {
		if m.State == "limit" || w.State == "steady" {
			w.State = m.State
		}
		w.Measures = append(w.Measures, EyeMeasure{What: m.What, Unit: m.Unit, Now: number(m.Now), WarnAt: number(m.WarnAt), Limit: number(m.Limit), State: m.State, Why: m.Why, WhatTo: m.WhatTo, Trend: []EyePoint{}})
	}
	return w
}

// rooted looks in the log, newest first, for when a view's present origin began to be
// measured from without a break, and for the word that asked for it: the one before
// it, after any other origin of that recipe and model. A restart that carries an
// origin on is no break; another recipe between is.
func rooted(newest []event.Event, v *line.Eye) (since uint64, by *EyeAccepted) {
	ref := &v.Reference
	ofView := func(line, view, camera string) bool {
		return line == ref.Line && view == ref.View && camera == ref.Camera
	}
	broken, made := false, false
	for i := range newest {
		e := &newest[i]
		if r, err := event.As[event.EyesReference](*e); err == nil && ofView(r.Line, r.View, r.Camera) {
			judges := r.RecipeHash == ref.RecipeHash && r.ModelHash == ref.ModelHash
			switch same := judges && r.From.Equal(ref.From); {
			case same && !broken:
				since = e.Seq
			case !same:
				broken = true
			}
			if made && judges {
				return since, nil
			}
			made = made || judges && !r.Carried
		}
		if a, err := event.As[event.EyesAccepted](*e); err == nil && made && ofView(a.Line, a.View, a.Camera) && a.RecipeHash == ref.RecipeHash && a.ModelHash == ref.ModelHash {
			return since, &EyeAccepted{At: e.Time.UTC(), By: e.Actor, Reason: a.Reason, Seq: decimal(e.Seq)}
		}
	}
	return since, nil
}

// addTrend gives each measure its last minutes.
func addTrend(w *EyeView, v *line.Eye, newest []event.Event, since uint64) {
	for _, e := range slices.Backward(newest) {
		m, err := event.As[event.EyesMinute](e)
		if err != nil || e.Seq < since || since == 0 || m.Line != v.Reference.Line || m.View != v.View {
			continue
		}
		for i := range w.Measures {
			t := &w.Measures[i]
			t.Trend = append(t.Trend, EyePoint{m.From, number(stood(t.What, &m, v))})
		}
	}
}

// stood returns how far a measure was from its origin in a minute, in its unit.
func stood(what string, m *event.EyesMinute, v *line.Eye) float64 {
	switch what {
	case "light":
		return m.Light
	case "cast":
		if m.PartA*m.BeltA+m.PartB*m.BeltB <= 0 {
			return 0 // not of the light
		}
		return min(math.Hypot(m.PartA, m.PartB), math.Hypot(m.BeltA, m.BeltB))
	case "balance":
		return m.Balance
	case "focus":
		return m.Focus
	case "position":
		return math.Hypot(m.Across, m.Along) / v.MMPerPx
	case "scale":
		return m.Scale
	case "dirt":
		return m.Dirt
	}
	return m.Score - v.Reference.Score
}

func (s *server) acceptOrigin(ctx context.Context, in *struct {
	Line string `path:"line"`
	Body struct {
		View   string `json:"view,omitempty" doc:"of the line; left away: all of them"`
		Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"why what is seen now is right, for a person: new lamps"`
	}
}) (*eyesAnswer, error) {
	who := identity(ctx)
	if !maySay(who, acceptedType) {
		return nil, huma.Error403Forbidden(lacks(who, access.Recipe))
	}
	id := part.LineID(in.Line)
	views, err := s.watched(id)
	switch {
	case err != nil:
		return nil, err
	case s.AcceptOrigin == nil || len(views) == 0:
		return nil, huma.Error404NotFound("line " + in.Line + ": its cameras are not watched")
	case in.Body.View != "" && !slices.ContainsFunc(views, func(v line.Eye) bool { return v.View == in.Body.View }):
		return nil, huma.Error422UnprocessableEntity("line " + in.Line + " has no view " + strconv.Quote(in.Body.View) + "; GET .../eyes names them")
	case len(strings.TrimSpace(in.Body.Reason)) < 3:
		return nil, huma.Error422UnprocessableEntity("reason: say why what is seen now is right")
	}
	if err := s.AcceptOrigin(id, in.Body.View, in.Body.Reason, who.Actor); err != nil {
		return nil, s.broken("accepting a new origin", err)
	}
	return s.eyes(ctx, id)
}
