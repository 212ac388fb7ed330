package watch

import (
	"cmp"
	"slices"
	"time"

	"linesman/event"
	"linesman/models/secondlook"
	"linesman/rules"
)

// doubt is an alert that is looked at a second time: by what may withhold it, and
// by what judges beside that. It belongs to the caller's goroutine.
type doubt struct {
	alert  rules.Alert
	id     string    // by which it can be called real, once it is withheld
	seq    uint64    // of the frame that was looked at last
	looked time.Time // when it was
	began  time.Time

	active, shadow vote
}

// vote is what one judge has said of an alert so far.
type vote struct {
	by    *Judge // nil: it has nothing to say any more
	looks int    // all of which said that it is mistaken
	done  bool   // it has said so often enough
	like  []event.AlarmLike
}

// A second look is no single picture: all of so many say that a thing is mistaken,
// over more than a second, before its alarm is withheld, and one that does not
// raises it, then and later. Whoever can not be looked at for so long is raised.
const (
	leastLooks   = 3
	lookEvery    = 500 * time.Millisecond
	lookAgain    = 2 * time.Second // at what is withheld
	longestDoubt = 3 * time.Second
)

// doubts looks a second time at an alert that is about to be raised, and reports
// whether it is kept back for now. The candidate beside looks, too, and keeps
// nothing back.
func (c *caller) doubts(t *task) (back bool) {
	a := &t.change.Alert
	eye, active, shadow := c.g.cfg.Second.judges()
	delete(c.doubted, a.Key)
	if t.sure || eye == nil || a.Firm != "" || t.view.Frame == nil {
		return false
	}
	d := &doubt{alert: *a, began: time.Now(), active: vote{by: active}, shadow: vote{by: shadow}}
	if !c.look(d, eye, t.view, false) {
		return false
	}
	if d.active.by != nil || d.shadow.by != nil {
		c.doubted[a.Key] = d
	}
	return d.active.by != nil
}

// look looks once and counts the votes; a judge that does not call everything
// mistaken has no more to say. It returns false where nothing could be looked at.
func (c *caller) look(d *doubt, eye LookingEye, v View, seen bool) bool {
	s := c.g.stations[d.alert.Camera]
	if s == nil || v.Frame == nil {
		return false
	}
	d.looked = time.Now()
	if d.seq == v.Frame.Seq && d.active.looks+d.shadow.looks > 0 {
		return false // the same picture tells nothing new
	}
	sights, all := s.sights(&d.alert, v, seen)
	if all && len(sights) == 0 {
		return false
	}
	d.seq = v.Frame.Seq
	shown := make([]secondlook.Sight, len(sights))
	for i := range sights {
		features, err := eye.Look(sights[i].crop)
		if err != nil {
			c.g.cfg.Log.Error("a second look failed: what it was to look at is raised", "camera", string(d.alert.Camera), "err", err)
			all = false
			break
		}
		shown[i] = sights[i].shown(string(d.alert.Camera), features)
	}
	for _, v := range []*vote{&d.active, &d.shadow} {
		by, was := v.by, v.done
		if by == nil {
			continue
		}
		v.take(shown, all)
		switch {
		case v.by == nil && !was:
			c.g.cfg.Second.count(by, false, "", "", nil)
		case v.done && !was:
			c.g.cfg.Second.count(by, true, alarmKey(&d.alert), string(d.alert.Camera), v.like)
			if v == &d.active {
				c.withhold(d, sights)
			}
		}
	}
	return true
}

// take counts one look.
func (v *vote) take(shown []secondlook.Sight, all bool) {
	v.like = nil
	for i := range shown {
		if !all {
			break
		}
		o := v.by.Model.Judge(&shown[i])
		if all = o.Mistaken; all {
			l := event.AlarmLike{Alarm: o.Like.Alarm, Crop: o.Like.Crop, Apart: o.Apart, Limit: o.Limit, Far: o.Far}
			if o.Real != nil {
				l.Real = o.Real.Alarm
			}
			v.like = append(v.like, l)
		}
	}
	if !all || len(shown) == 0 {
		*v = vote{}
		return
	}
	v.looks++
	v.done = v.looks >= leastLooks
}

// withhold says that an alert is not raised.
func (c *caller) withhold(d *doubt, sights []sight) {
	a := &d.alert
	d.id = event.NewID()
	e := event.AlarmWithheld{Key: alarmKey(a), Rule: a.Rule, Camera: string(a.Camera), Zone: a.Zone, Severity: a.Severity.String(), Text: a.Text,
		Model: d.active.by.Model.Version, Hash: d.active.by.Hash, Looks: d.active.looks, Like: d.active.like}
	if c.g.cfg.Keep != nil {
		e.Sights = c.keepSights(sights)
	}
	if e.Sights == nil {
		e.Sights = []event.AlarmSight{}
	}
	now := time.Now()
	c.g.register.keptBack(a, &Withheld{ID: d.id, Since: now.UTC(), Model: e.Model, Sights: e.Sights})
	c.g.emit(e.Camera, d.id, now, e)
}

// lookAgain looks again at all that is in doubt and due, and raises what nobody may
// keep back any more.
func (c *caller) lookAgain(now time.Time) {
	eye, active, shadow := c.g.cfg.Second.judges()
	for _, key := range c.doubtedKeys() {
		d := c.doubted[key]
		kept := d.active.by != nil
		if d.shadow.by != shadow {
			d.shadow = vote{}
		}
		if d.active.by != active {
			d.active = vote{}
		}
		c.lookIfDue(d, eye, now)
		if d.active.by != nil && !d.active.done && now.Sub(d.began) > longestDoubt {
			d.active = vote{}
		}
		if kept && d.active.by == nil {
			c.raiseAfterAll(d)
		}
		if d.shadow.by != nil && d.shadow.done {
			d.shadow = vote{} // counted; it need not say it again
		}
		if d.active.by == nil && d.shadow.by == nil {
			delete(c.doubted, key)
		}
	}
	if told, ok := c.g.cfg.Second.hour(now); ok {
		c.g.cfg.Events.Emit(event.New(c.g.cfg.Source, "secondlook", now, told))
	}
}

func (c *caller) doubtedKeys() []string {
	keys := make([]string, 0, len(c.doubted))
	for key := range c.doubted {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}

// lookIfDue looks at an alert's things as they are now.
func (c *caller) lookIfDue(d *doubt, eye LookingEye, now time.Time) {
	every := lookEvery
	if d.active.done {
		every = lookAgain
	}
	s := c.g.stations[d.alert.Camera]
	if eye == nil || s == nil || d.active.by == nil && d.shadow.by == nil || now.Sub(d.looked) < every {
		return
	}
	v := s.View()
	if v.Frame == nil {
		return
	}
	defer v.Frame.Release()
	c.look(d, eye, v, true)
}

// raiseAfterAll has an alert raised that was kept back.
func (c *caller) raiseAfterAll(d *doubt) {
	t := &task{change: rules.Change{Kind: rules.Raised, At: d.alert.Raised, Alert: d.alert}, sure: true}
	if d.id != "" { // nobody was called until now
		t.change.At = time.Now()
	}
	if s := c.g.stations[d.alert.Camera]; s != nil {
		t.view = s.View()
	}
	c.mu.Lock()
	c.waiting = slices.Insert(c.waiting, 0, t)
	c.mu.Unlock()
}

// updated takes that an alert in doubt is about other things now, and reports
// whether it is kept back: then nobody is told.
func (c *caller) updated(a *rules.Alert) (back bool) {
	d := c.doubted[a.Key]
	if d == nil {
		return false
	}
	d.alert, d.looked, d.seq = *a, time.Time{}, 0
	return d.active.by != nil
}

// over takes that an alert in doubt is no longer the case. One that was looked at
// too shortly to be withheld has still to be raised; of one that was withheld
// nobody knows.
func (c *caller) over(a *rules.Alert) (raise, silent bool) {
	d := c.doubted[a.Key]
	if d == nil {
		return false, false
	}
	delete(c.doubted, a.Key)
	return d.active.by != nil && !d.active.done, d.active.done
}
