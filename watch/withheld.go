package watch

import (
	"sync"
	"time"

	"linesman/alarm"
	"linesman/event"
	"linesman/rules"
)

// Stands is an alert that is the case now.
type Stands struct {
	rules.Alert
	// Withheld says why nobody was called for it; nil where it is raised, or is about
	// to be.
	Withheld *Withheld
}

// Withheld is what a second look says of an alert that it keeps back.
type Withheld struct {
	ID     string             // by which a person can call it real
	Since  time.Time          // it is kept back
	Model  string             // version of the second look
	Sights []event.AlarmSight // what it is about, as it was looked at last before
}

// register keeps what became of alerts: the alarm hours of those that were raised,
// and those that stand withheld. It is safe from many goroutines.
type register struct {
	mu       sync.Mutex // held for the change of an entry
	hours    *rules.Hours
	withheld map[string]*Withheld // by the alert's key; entries are not changed
	since    time.Time            // the hours reach back to
	cleared  map[string]time.Time // the first time that an alert was over, while older hours may follow; nil after
}

func newRegister() *register {
	return &register{since: time.Now(), hours: rules.NewHours(), withheld: map[string]*Withheld{}}
}

// raised takes that people are called for an alert since a time.
func (r *register) raised(a *rules.Alert, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.withheld, a.Key)
	r.hours.Take(rules.Change{Kind: rules.Raised, At: since, Alert: *a})
}

// keptBack takes that nobody is.
func (r *register) keptBack(a *rules.Alert, w *Withheld) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.withheld[a.Key] = w
	r.hours.Withhold(a, w.Since)
}

// over takes that an alert is no longer the case.
func (r *register) over(c rules.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.withheld, c.Alert.Key)
	if _, twice := r.cleared[c.Alert.Key]; r.cleared != nil && !twice {
		r.cleared[c.Alert.Key] = c.At
	}
	r.hours.Take(c)
}

// of says by what an alert is kept back; nil: it is not.
func (r *register) of(key string) *Withheld {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.withheld[key]
}

func (r *register) rows(now time.Time) (cells []rules.HourCell, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since = now.Add(-hoursKept); since.Before(r.since) {
		since = r.since
	}
	return r.hours.Rows(now.Add(-hoursKept), now), since
}

func (r *register) forget(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hours.Forget(now.Add(-hoursKept))
}

// hear takes that a person called real what is kept back: it is raised, as long as
// it stands. It never blocks.
func (c *caller) hear(e event.Event) {
	if e.Type != (event.AlarmLabelled{}).EventType() {
		return
	}
	p, err := event.As[event.AlarmLabelled](e)
	if err != nil || !p.Withheld || p.Label != string(alarm.Real) {
		return
	}
	c.mu.Lock()
	c.real = append(c.real, p.Alarm)
	c.mu.Unlock()
	c.poke()
}

// raiseReal has raised what was called real since it was last asked.
func (c *caller) raiseReal() {
	c.mu.Lock()
	ids := c.real
	c.real = nil
	c.mu.Unlock()
	for _, id := range ids {
		for _, key := range c.doubtedKeys() {
			if d := c.doubted[key]; d.active.done && d.id == id {
				delete(c.doubted, key)
				c.raiseAfterAll(d)
			}
		}
	}
}
