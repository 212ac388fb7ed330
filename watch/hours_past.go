package watch

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"linesman/event"
	"linesman/part"
	"linesman/rules"
)

// mostHourEvents bounds how many events of the log are read for the alarm hours: the
// newest of a site where more happened.
const mostHourEvents = 200_000

// hourTypes are what the alarm hours are counted from.
var hourTypes = []event.Type{event.AlarmRaised{}.EventType(), event.AlarmCleared{}.EventType(), event.AlarmRecorded{}.EventType(), event.AlarmWithheld{}.EventType()}

// pastAlarm is one event of an alarm of this room, as the hours count it.
type pastAlarm struct {
	kind  event.Type
	id    string // of the alarm
	at    time.Time
	alert rules.Alert
}

// readHours counts the alarm hours between two times by the log. since is from where
// on: later than from where the log begins later, or more happened than is read.
func readHours(ctx context.Context, log Past, from, to time.Time) (h *rules.Hours, since time.Time, err error) {
	var past []pastAlarm
	objects := map[string]string{} // by the alarm's id
	f := event.Filter{Types: hourTypes, From: from, To: to, Newest: true, Limit: readAtOnce}
	since = from
	oldest, err := log.Read(ctx, event.Filter{Limit: 1})
	if err != nil {
		return nil, since, err
	}
	if len(oldest) > 0 && oldest[0].Time.After(since) {
		since = oldest[0].Time
	}
	for read := 0; ; {
		events, err := log.Read(ctx, f)
		if err != nil {
			return nil, since, err
		}
		for _, e := range events {
			if p, ok := pastOf(e, objects); ok {
				past = append(past, p)
			}
			f.Before = e.Seq
		}
		if len(events) < readAtOnce {
			break
		}
		if read += len(events); read >= mostHourEvents {
			since = events[len(events)-1].Time
			break
		}
	}
	h = rules.NewHours()
	for _, p := range slices.Backward(past) {
		p.alert.Object = cmp.Or(p.alert.Object, objects[p.id])
		switch p.kind {
		case event.AlarmWithheld{}.EventType():
			h.Withhold(&p.alert, p.at)
		case event.AlarmRaised{}.EventType():
			h.Take(rules.Change{Kind: rules.Raised, At: p.at, Alert: p.alert})
		default:
			h.Take(rules.Change{Kind: rules.Cleared, At: p.at, Alert: p.alert})
		}
	}
	return h, since, nil
}

// pastOf reads one event; ok is false for one that hours do not count. What an alarm
// of before the log named its object is about is noted among objects.
func pastOf(e event.Event, objects map[string]string) (p pastAlarm, ok bool) {
	p = pastAlarm{kind: e.Type, id: e.Subject, at: e.Time}
	key := ""
	switch e.Type {
	case event.AlarmRaised{}.EventType():
		r, err := event.As[event.AlarmRaised](e)
		if err != nil || r.Drill {
			return p, false
		}
		key = r.Key
		p.alert = rules.Alert{Camera: part.CameraID(r.Camera), Zone: r.Zone, Object: r.Object}
	case event.AlarmCleared{}.EventType():
		c, err := event.As[event.AlarmCleared](e)
		if err != nil || c.Drill {
			return p, false
		}
		key = c.Key
	case event.AlarmWithheld{}.EventType():
		w, err := event.As[event.AlarmWithheld](e)
		if err != nil {
			return p, false
		}
		key = w.Key
		p.alert = rules.Alert{Camera: part.CameraID(w.Camera), Zone: w.Zone, Object: objectOf(w.Sights)}
	case event.AlarmRecorded{}.EventType():
		if r, err := event.As[event.AlarmRecorded](e); err == nil && len(r.Sights) > 0 {
			objects[r.Alarm] = objectOf(r.Sights)
		}
		return p, false
	}
	p.alert.Key, ok = strings.CutPrefix(key, keyed)
	p.alert.Rule, _ = RuleOf(key, p.alert.Camera)
	return p, ok
}

func objectOf(sights []event.AlarmSight) string {
	if len(sights) == 0 {
		return ""
	}
	return sights[0].Label
}

// fill takes up the alarm hours of before this process, in the background.
func (r *register) fill(ctx context.Context, g *Guard, began time.Time) {
	if g.cfg.Past == nil {
		return
	}
	for told := false; ; {
		older, since, err := readHours(ctx, g.cfg.Past, began.Add(-hoursKept), began)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			r.join(older, since)
			return
		}
		if !told {
			told = true
			g.cfg.Log.Error("alarm hours of before this start are not known until the log can be read; it is read again", "err", err)
		}
		select {
		case <-time.After(readAgain):
		case <-ctx.Done():
			return
		}
	}
}

// begin says from when on the hours are counted, and that older ones may follow.
func (r *register) begin(began time.Time, fills bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since = began
	if fills {
		r.cleared = map[string]time.Time{}
	}
}

// join puts the older hours before those that were counted since.
func (r *register) join(older *rules.Hours, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hours.Join(older, r.cleared)
	r.since, r.cleared = since, nil
}
