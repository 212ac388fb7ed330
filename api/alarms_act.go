package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/alarm"
	"linesman/event"
)

// mayAct says whether somebody may act on alarms: a person by the right
// "acknowledge", a token without a role by its scope, if it may append the event
// that says so.
func mayAct(who access.Identity, says event.Payload) error {
	if who.Role != "" && who.May(access.Acknowledge) || who.Role == "" && who.MayAppend(says.EventType()) {
		return nil
	}
	return huma.Error403Forbidden(lacks(who, access.Acknowledge) + " that may append " + string(says.EventType()))
}

// act proves who may do something to an alarm that an event will say, and who does
// it.
func (s *server) act(ctx context.Context, id, given string, says event.Payload) (d *alarm.Desk, a alarm.Alarm, actor string, err error) {
	if d, err = s.desk(); err != nil {
		return nil, a, "", err
	}
	who := identity(ctx)
	if err := mayAct(who, says); err != nil {
		return nil, a, "", err
	}
	if actor, err = speaker(who, given); err != nil || id == "" {
		return d, a, actor, err
	}
	if a, _, err = d.Alarm(ctx, id); err != nil {
		return nil, a, "", s.alarmed(err)
	}
	return d, a, actor, mayAlarm(who, a)
}

// settled answers with an alarm as it stands after an act.
func (s *server) settled(ctx context.Context, d *alarm.Desk, id string, err error) (*oneAlarm, error) {
	if err != nil {
		return nil, s.alarmed(err)
	}
	a, _, err := d.Alarm(ctx, id)
	if err != nil {
		return nil, s.alarmed(err)
	}
	return &oneAlarm{wireAlarm(a)}, nil
}

func (s *server) acknowledgeAlarm(ctx context.Context, in *struct {
	AlarmPath
	Body struct {
		Note  string `json:"note,omitempty" maxLength:"500" doc:"one line for a person"`
		Actor string `json:"actor,omitempty" doc:"who does it, where a command of the box speaks for somebody"`
	}
}) (*oneAlarm, error) {
	d, _, actor, err := s.act(ctx, in.ID, in.Body.Actor, event.AlarmAcked{})
	if err != nil {
		return nil, err
	}
	return s.settled(ctx, d, in.ID, d.Acknowledge(ctx, in.ID, actor, in.Body.Note))
}

func (s *server) shelveAlarm(ctx context.Context, in *struct {
	AlarmPath
	Body struct {
		Until  time.Time `json:"until" doc:"UTC; within the site's limit"`
		Reason string    `json:"reason" minLength:"1" maxLength:"500" doc:"one line: why"`
		Actor  string    `json:"actor,omitempty" doc:"who does it, where a command of the box speaks for somebody"`
	}
}) (*oneAlarm, error) {
	d, a, actor, err := s.act(ctx, in.ID, in.Body.Actor, event.AlarmShelved{})
	if err != nil {
		return nil, err
	}
	return s.settled(ctx, d, in.ID, d.Shelve(ctx, a.Key, in.Body.Until, in.Body.Reason, actor))
}

func (s *server) unshelveAlarm(ctx context.Context, in *struct {
	AlarmPath
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"one line: why"`
		Actor  string `json:"actor,omitempty" doc:"who does it, where a command of the box speaks for somebody"`
	}
}) (*oneAlarm, error) {
	d, a, actor, err := s.act(ctx, in.ID, in.Body.Actor, event.AlarmShelved{})
	if err != nil {
		return nil, err
	}
	return s.settled(ctx, d, in.ID, d.Unshelve(ctx, a.Key, in.Body.Reason, actor))
}

func (s *server) alarmService(ctx context.Context, in *struct {
	Body struct {
		Key    string `json:"key" minLength:"1" maxLength:"200" doc:"exact, or a prefix ending in *"`
		Out    bool   `json:"out_of_service" doc:"false puts it back"`
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"one line: why; needed to take it out"`
		Actor  string `json:"actor,omitempty" doc:"who does it, where a command of the box speaks for somebody"`
	}
}) (*alarmsAnswer, error) {
	d, err := s.desk()
	if err != nil {
		return nil, err
	}
	who := identity(ctx)
	if err := mayAct(who, event.AlarmService{}); err != nil {
		return nil, err
	}
	switch {
	case who.Role == access.Operator:
		return nil, huma.Error403Forbidden("an operator takes nothing out of service: shelve the alarm, or ask the safety officer or an engineer")
	case len(who.Lines) > 0:
		return nil, huma.Error403Forbidden(who.Actor + " is for some lines only, and a key may reach further")
	}
	actor, err := speaker(who, in.Body.Actor)
	if err != nil {
		return nil, err
	}
	if in.Body.Out {
		err = d.TakeOut(ctx, in.Body.Key, in.Body.Reason, actor)
	} else {
		err = d.PutBack(ctx, in.Body.Key, in.Body.Reason, actor)
	}
	if err != nil {
		return nil, s.alarmed(err)
	}
	p, err := d.Look(ctx, 0)
	if err != nil {
		return nil, s.alarmed(err)
	}
	return &alarmsAnswer{wireAlarms(p, who, false)}, nil
}

func (s *server) drillAlarms(ctx context.Context, in *struct {
	Body struct {
		Actor string `json:"actor,omitempty" doc:"who does it, where a command of the box speaks for somebody"`
	}
}) (*drillAnswer, error) {
	d, _, actor, err := s.act(ctx, "", in.Body.Actor, event.AlarmDrilled{})
	if err != nil {
		return nil, err
	}
	id, err := d.Drill(ctx, actor)
	if err != nil {
		return nil, s.alarmed(err)
	}
	return &drillAnswer{Drill{Alarm: id, WithinS: d.Settings().Drill.Within.Seconds()}}, nil
}
