package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"linesman/alarm"
	"linesman/config"
	"linesman/event"
	"linesman/models/onnx"
	"linesman/models/secondlook"
	"linesman/watch"
)

// lookLearner makes candidates of the second look where the site says learning:
// {auto: true}, on cores that are idle. None withholds an alarm until a person makes
// it active.
type lookLearner struct {
	looks *secondLooks
	set   config.Learning
	log   interface {
		Read(context.Context, event.Filter) ([]event.Event, error)
	}
	idle func() (float64, error)
	// make has a process of its own make one.
	make  func(ctx context.Context, threads int) error
	warn  func(err error)
	begun bool
	after uint64 // seq of the newest label when it was looked last
}

// run learns until ctx ends.
func (w *lookLearner) run(ctx context.Context) error {
	return lookOften(ctx, func(ctx context.Context) error { return w.look(ctx, time.Now()) }, w.warn)
}

// look tells the log what an earlier process made and could not tell, and makes a
// candidate that is due.
func (w *lookLearner) look(ctx context.Context, now time.Time) error {
	idle, err := w.idle()
	if err != nil {
		return err
	}
	if !w.begun {
		if err := sweep(w.looks.home()); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
		w.begun = true
	}
	newest, due, err := w.due(ctx, now)
	if err != nil || !due || idle < learnIdle {
		return err
	}
	if err := w.make(ctx, max(int(idle), 1)); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return w.looks.say(ctx, event.SecondLookFailed{Through: newest, Cause: err.Error()}, learning)
	}
	return w.settle(ctx)
}

// due says whether enough was said since the last candidate, or the last that
// failed, and nobody is at it now.
func (w *lookLearner) due(ctx context.Context, now time.Time) (newest uint64, due bool, err error) {
	last, err := w.log.Read(ctx, event.Filter{Types: []event.Type{event.AlarmLabelled{}.EventType()}, Newest: true, Limit: 1})
	if err != nil || len(last) == 0 || last[0].Seq == w.after {
		return 0, false, err
	}
	known, err := w.through(ctx)
	if err != nil {
		return 0, false, err
	}
	labels, err := alarm.ListLabels(ctx, w.log)
	if err != nil {
		return 0, false, err
	}
	n, at := 0, time.Time{}
	for _, l := range labels {
		if l.Seq > known && l.Unlearned == "" {
			n, newest, at = n+1, l.Seq, l.At
		}
	}
	if n < w.set.After {
		w.after = last[0].Seq // nothing to count until somebody says more
		return newest, false, nil
	}
	quiet := now.Sub(at)
	return newest, quiet < 0 || quiet >= w.set.Quiet.D(), nil
}

// through is the newest label that was learned from, or tried to be.
func (w *lookLearner) through(ctx context.Context) (seq uint64, err error) {
	events, err := w.log.Read(ctx, event.Filter{Types: []event.Type{event.SecondLookMade{}.EventType(), event.SecondLookFailed{}.EventType()}, Newest: true, Limit: 1})
	for _, e := range events {
		if p, err := event.As[event.SecondLookMade](e); err == nil {
			seq = p.Through
		}
		if p, err := event.As[event.SecondLookFailed](e); err == nil {
			seq = p.Through
		}
	}
	return seq, err
}

// settle tells the log of candidates that it does not know, puts the newest of
// them beside the alarms unless a person put another there, and has old ones give
// way.
func (w *lookLearner) settle(ctx context.Context) error {
	all, err := w.looks.candidates()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	f := event.Filter{Types: []event.Type{event.SecondLookMade{}.EventType()}, Limit: 1000}
	for more := true; more; {
		events, err := w.log.Read(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range events {
			f.After = e.Seq
			if p, err := event.As[event.SecondLookMade](e); err == nil {
				known[p.Hash] = true
			}
		}
		more = len(events) == f.Limit
	}
	for i, m := range all {
		if m.By != learning || known[m.Made.Hash] {
			continue
		}
		if err := w.looks.say(ctx, m.Made, learning); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		st, err := w.looks.state()
		if err != nil {
			return err
		}
		if st.Shadow == nil || st.Shadow.By == learning {
			if err := w.looks.Shadow(ctx, m.Made.Version, learning); err != nil {
				return err
			}
		}
	}
	return w.looks.giveWay(w.set.Keep)
}

// openSecondLook opens the second look of the safety cameras.
func (a *appliance) openSecondLook() *watch.Second {
	second := watch.NewSecond(func() (watch.LookingEye, error) {
		eye, err := secondlook.OpenEye(onnx.Open, 1)
		if err != nil {
			return nil, err
		}
		a.watching.eye = eye
		return eye, nil
	})
	a.looks = &secondLooks{site: a.site, read: a.desk.read, second: second, tell: func(ctx context.Context, events ...event.Event) error {
		_, err := a.store.Append(ctx, events)
		return err
	}}
	a.looks.open()
	if a.looks.refused != "" {
		a.log.Error("the second look can not judge: everything is raised", "err", a.looks.refused)
	}
	if a.site.Learning.Auto {
		a.work = append(a.work, a.ownLookLearner)
	}
	return second
}

// ownLookLearner learns for the appliance itself.
func (a *appliance) ownLookLearner(ctx context.Context) error {
	t, err := a.ownTeacher()
	if err != nil {
		return err
	}
	w := &lookLearner{looks: a.looks, set: a.site.Learning, log: a.store, idle: (&cores{}).idle,
		make: func(ctx context.Context, threads int) error {
			err := t.run(ctx, threads, "secondlook", "make", "--config", a.site.File(), "--learning")
			if err != nil && strings.Contains(err.Error(), secondlook.ErrTooFew.Error()) {
				return errors.New(firstLine(err.Error()))
			}
			return err
		},
		warn: func(err error) { a.log.Error("no second look can be learned in the background", "err", err) }}
	return w.run(ctx)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
