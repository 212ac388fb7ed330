package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/access"
	"linesman/alarm"
	"linesman/event"
)

// AlarmPath names an alarm in a path.
type AlarmPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" doc:"the alarm's id, a UUIDv7"`
}

type alarmsAnswer struct{ Body Alarms }
type alarmAnswer struct{ Body AlarmDetail }
type oneAlarm struct{ Body Alarm }
type historyAnswer struct{ Body AlarmHistory }
type drillAnswer struct{ Body Drill }

func (s *server) registerAlarms(a huma.API) {
	huma.Register(a, get("/alarms", "alarms", "What stands: alarms, shelves, what is suppressed and out of service"), s.alarms)
	huma.Register(a, get("/alarms/history", "alarm-history", "Alarms as the log tells of them, newest first"), s.alarmHistory)
	huma.Register(a, get("/alarms/kpis", "alarm-kpis", "How the alarms do, after ISA-18.2 and EEMUA 191"), s.alarmKPIs)
	huma.Register(a, get("/alarms/{id}", "alarm", "One alarm: its state, its deliveries and all its events"), s.alarm)
	write := func(path, id, summary, what string) huma.Operation {
		return huma.Operation{Method: http.MethodPost, Path: "/api/v1" + path, OperationID: id, Summary: summary, Description: what,
			MaxBodyBytes: 16 << 10, Errors: []int{401, 403, 404, 422, 503, 507}}
	}
	huma.Register(a, write("/alarms/{id}/acknowledge", "acknowledge-alarm", "Take an alarm over",
		"Nobody is called for it any more. One that was acknowledged before stays its first taker's. It wants the right \"acknowledge\", or a token that may append linesman.alarm.acked.v1."), s.acknowledgeAlarm)
	huma.Register(a, write("/alarms/{id}/shelve", "shelve-alarm", "Keep an alarm's key silent for some time",
		"It wants a reason and an end within the site's limit, and the right \"acknowledge\", or a token that may append linesman.alarm.shelved.v1. It ends by itself."), s.shelveAlarm)
	huma.Register(a, write("/alarms/{id}/unshelve", "unshelve-alarm", "Let an alarm's key be heard again",
		"It wants the right \"acknowledge\", or a token that may append linesman.alarm.shelved.v1."), s.unshelveAlarm)
	huma.Register(a, write("/alarms/service", "alarm-service", "Take a key out of service, or put it back",
		"For maintenance: it has no end of its own. It wants the right \"acknowledge\" and another role than operator, or a token that may append linesman.alarm.service.v1."), s.alarmService)
	huma.Register(a, write("/alarms/drill", "drill-alarms", "Send a staged alarm by every path",
		"What does not arrive in time raises an alarm. The answer comes at once; how it went is in the alarm of that id. It wants the right \"acknowledge\", or a token that may append linesman.alarm.drilled.v1."), s.drillAlarms)
	s.registerAlarmLabels(a)
	s.registerPhones(a)
	s.registerReceipts(a)
}

// desk returns the desk, or says that there is none.
func (s *server) desk() (*alarm.Desk, error) {
	if s.Alarms == nil {
		return nil, huma.Error404NotFound("this appliance keeps no alarms")
	}
	return s.Alarms, nil
}

// alarmsFor returns the desk to whoever may read alarms.
func (s *server) alarmsFor(ctx context.Context) (*alarm.Desk, error) {
	if who := identity(ctx); !who.MayRead(event.AlarmRaised{}.EventType()) {
		return nil, huma.Error403Forbidden(lacks(who, access.Read))
	}
	return s.desk()
}

// alarmed says why a desk did not do something.
func (s *server) alarmed(err error) error {
	switch {
	case errors.Is(err, alarm.ErrUnknown):
		return huma.Error404NotFound(said(err))
	case errors.Is(err, alarm.ErrRefused):
		return huma.Error422UnprocessableEntity(said(err))
	case errors.Is(err, alarm.ErrUnsaved), errors.Is(err, alarm.ErrBehind), errors.Is(err, alarm.ErrClosed):
		return s.unstored(err)
	}
	return s.broken("alarms", err)
}

// notOnBoard says that the desk has an alarm no more, or may not take it over.
func notOnBoard(err error) bool {
	return errors.Is(err, alarm.ErrUnknown) || errors.Is(err, alarm.ErrRefused)
}

// said is an error's own sentence, without the words by which programs know it.
func said(err error) string {
	_, text, ok := strings.Cut(err.Error(), ": ")
	if _, rest, more := strings.Cut(text, ": "); ok && more && strings.HasPrefix(err.Error(), "alarm: ") {
		return rest
	}
	return err.Error()
}

func (s *server) alarms(ctx context.Context, q *struct {
	Normal int  `query:"normal" minimum:"0" maximum:"200" default:"0" doc:"add so many that are normal again, newest first"`
	Drills bool `query:"drills" doc:"add drills"`
}) (*alarmsAnswer, error) {
	d, err := s.alarmsFor(ctx)
	if err != nil {
		return nil, err
	}
	p, err := d.Look(ctx, q.Normal)
	if err != nil {
		return nil, s.alarmed(err)
	}
	return &alarmsAnswer{wireAlarms(p, identity(ctx), q.Drills)}, nil
}

func (s *server) alarm(ctx context.Context, q *AlarmPath) (*alarmAnswer, error) {
	d, err := s.alarmsFor(ctx)
	if err != nil {
		return nil, err
	}
	past, err := d.Past(ctx, q.ID)
	// The board knows more than the alarm's own events: what keeps it silent, and
	// how often an attempt was made. It knows of it, too, while the log can not be read.
	if now, deliveries, errBoard := d.Alarm(ctx, q.ID); errBoard == nil {
		past.Alarm, past.Deliveries, err = now, deliveries, nil
	}
	if err != nil {
		return nil, s.alarmed(err)
	}
	if err := mayAlarm(identity(ctx), past.Alarm); err != nil {
		return nil, err
	}
	out := AlarmDetail{Alarm: wireAlarm(past.Alarm), Deliveries: wireDeliveries(past.Deliveries), Events: make([]Event, 0, len(past.Events))}
	for _, e := range past.Events {
		if mayRead(identity(ctx), e) {
			out.Events = append(out.Events, wireEvent(e))
		}
	}
	return &alarmAnswer{out}, nil
}

// mayAlarm refuses an alarm of a line that the identity's rights do not reach.
func mayAlarm(who access.Identity, a alarm.Alarm) error {
	if !who.OnLine(a.Line) {
		return huma.Error403Forbidden(who.Actor + " is not for line " + a.Line)
	}
	return nil
}

func (s *server) alarmHistory(ctx context.Context, q *struct {
	Before uint64    `query:"before" doc:"of an answer's next"`
	From   time.Time `query:"from" doc:"raised not before, UTC"`
	To     time.Time `query:"to" doc:"raised before, UTC"`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Drills bool      `query:"drills" doc:"add drills"`
}) (*historyAnswer, error) {
	d, err := s.alarmsFor(ctx)
	if err != nil {
		return nil, err
	}
	past, next, err := d.History(ctx, event.Filter{Before: q.Before, From: q.From, To: q.To}, q.Limit, q.Drills)
	if err != nil {
		return nil, s.alarmed(err)
	}
	out := AlarmHistory{Alarms: []AlarmPast{}}
	for _, p := range past {
		if mayAlarm(identity(ctx), p.Alarm) == nil {
			out.Alarms = append(out.Alarms, AlarmPast{wireAlarm(p.Alarm), wireDeliveries(p.Deliveries)})
		}
	}
	if next > 0 {
		out.Next = decimal(next)
	}
	return &historyAnswer{out}, nil
}
