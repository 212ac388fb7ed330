package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/alarm"
	"linesman/event"
)

// AlarmLabel is what a person says of an alarm about something seen.
type AlarmLabel struct {
	Alarm     string             `json:"alarm" doc:"its id, or that of what was withheld"`
	Label     string             `json:"label" enum:"real,nothing there,not wanted,none"`
	Note      string             `json:"note,omitempty"`
	Camera    string             `json:"camera"`
	Rule      string             `json:"rule,omitempty"`
	Withheld  bool               `json:"withheld" doc:"it was not raised"`
	Sights    []event.AlarmSight `json:"sights" doc:"what it was about; see /api/v1/evidence"`
	Unlearned string             `json:"not_learnable,omitempty" doc:"why it counts, but nothing can be learned from it"`
	By        string             `json:"by"`
	At        time.Time          `json:"at"`
	Seq       string             `json:"seq" doc:"of the label's event; a decimal string"`
}

// AlarmLabels is what stands of all that people said.
type AlarmLabels struct {
	Labels []AlarmLabel `json:"labels" doc:"the label that stands on each alarm, oldest first"`
}

type alarmLabelAnswer struct{ Body AlarmLabel }
type alarmLabelsAnswer struct{ Body AlarmLabels }

func (s *server) registerAlarmLabels(a huma.API) {
	huma.Register(a, huma.Operation{Method: http.MethodPost, Path: "/api/v1/alarms/{id}/label", OperationID: "label-alarm", Summary: "Say whether what raised an alarm was real",
		Description: "What it was about becomes a sample, held for as long as the label stands; a later label replaces an earlier one. Who says so has looked: an alarm that nobody took is acknowledged by it. " +
			"Nothing is raised or withheld by it until a person makes a second look active. It wants the right \"acknowledge\", or a token that may append linesman.alarm.labelled.v1.",
		MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 422, 503, 507}}, s.labelAlarm)
	huma.Register(a, get("/alarms/labels", "alarm-labels", "What people said of alarms about something seen"), s.alarmLabels)
}

// book is the labels' book, nil where the log takes nothing.
func (s *server) alarmBook() (*alarm.Labels, error) {
	if s.alarmSamples == nil {
		return nil, huma.Error503ServiceUnavailable("this appliance's log takes no events from outside")
	}
	return s.alarmSamples, nil
}

func (s *server) labelAlarm(ctx context.Context, in *struct {
	AlarmPath
	Body struct {
		Label string `json:"label" enum:"real,nothing there,not wanted,none" doc:"real: it was there, and the alarm was right; nothing there: what was seen is not what it was taken for; not wanted: it was there, and no alarm was wanted; none: what was said is taken back"`
		Note  string `json:"note,omitempty" maxLength:"500" doc:"one line for a person"`
		Actor string `json:"actor,omitempty" doc:"who says it, where a command of the box speaks for somebody"`
	}
}) (*alarmLabelAnswer, error) {
	d, err := s.desk()
	if err != nil {
		return nil, err
	}
	who := identity(ctx)
	if err := mayAct(who, event.AlarmLabelled{}); err != nil {
		return nil, err
	}
	actor, err := speaker(who, in.Body.Actor)
	if err != nil {
		return nil, err
	}
	if a, _, err := d.Alarm(ctx, in.ID); err == nil {
		if err := mayAlarm(who, a); err != nil {
			return nil, err
		}
	}
	l, err := s.sayOfAlarm(ctx, alarm.Saying{Alarm: in.ID, Label: alarm.Label(in.Body.Label), Note: in.Body.Note, Actor: actor})
	if err != nil {
		return nil, err
	}
	if in.Body.Label != string(alarm.NoLabel) && !l.Withheld && mayAct(who, event.AlarmAcked{}) == nil {
		// It is on the board no more where somebody took it and its cause is gone.
		if err := d.Acknowledge(ctx, in.ID, actor, in.Body.Label); err != nil && !notOnBoard(err) {
			return nil, s.alarmed(err)
		}
	}
	return &alarmLabelAnswer{wireAlarmLabel(l)}, nil
}

func (s *server) sayOfAlarm(ctx context.Context, saying alarm.Saying) (alarm.Labelled, error) {
	book, err := s.alarmBook()
	if err != nil {
		return alarm.Labelled{}, err
	}
	l, err := book.Say(ctx, saying)
	if err != nil {
		return l, s.alarmed(err)
	}
	return l, nil
}

func (s *server) alarmLabels(ctx context.Context, _ *struct{}) (*alarmLabelsAnswer, error) {
	if who := identity(ctx); !who.MayRead(event.AlarmLabelled{}.EventType()) {
		return nil, huma.Error403Forbidden(lacks(who, access.Read))
	}
	all, err := alarm.ListLabels(ctx, s.Log)
	if err != nil {
		return nil, s.broken("reading the log", err)
	}
	out := &alarmLabelsAnswer{AlarmLabels{Labels: make([]AlarmLabel, 0, len(all))}}
	for _, l := range all {
		out.Body.Labels = append(out.Body.Labels, wireAlarmLabel(l))
	}
	return out, nil
}

func wireAlarmLabel(l alarm.Labelled) AlarmLabel {
	out := AlarmLabel{Alarm: l.Alarm, Label: l.Label, Note: l.Note, Camera: l.Camera, Rule: l.Rule, Withheld: l.Withheld, Sights: l.Sights, Unlearned: l.Unlearned, By: l.By, At: l.At, Seq: decimal(l.Seq)}
	if out.Sights == nil {
		out.Sights = []event.AlarmSight{}
	}
	return out
}
