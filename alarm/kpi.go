package alarm

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// KPI counts how an alarm system does, after ISA-18.2 and EEMUA 191. It is a
// pure accumulator: Add events in the log's order, then Report. Drills do not
// count.
type KPI struct {
	from   time.Time
	flood  flood
	floods int
	began  time.Time     // of the flood that lasts
	inside time.Duration // floods that ended
	raised []time.Time
	chat   map[string]*KPICount
	by     map[string]*KPICount
	level  map[event.Severity]int
	open   map[string]time.Time // raised and not acknowledged, by alarm
	waited []float64            // seconds until acknowledged
	acked  int
	end    time.Time // of the newest event
}

// KPICount is how often something raised alarms.
type KPICount struct {
	Name  string
	Count int
}

// KPIReport are the figures of a time.
type KPIReport struct {
	From, To      time.Time
	Raised        int            // alarms, those that came back counted each time
	PerTenMinutes float64        // mean
	Target        float64        // of that: 1
	MostInTen     int            // in any ten minutes
	Floods        int            // begun
	FloodShare    float64        // of the time, 0 to 1
	BySeverity    map[string]int // by its word
	Chattering    []KPICount     // keys that came back within the chattering time, by times, most first
	Top           []KPICount     // keys by alarms, most first, at most ten
	Acknowledged  int
	MedianAcked   float64 // seconds from raised to acknowledged; 0 where none was
	Stale         []Alarm // standing longer than the site's limit; filled by the desk
	StaleAfter    time.Duration
}

// targetRate is the alarms in ten minutes that one operator can care for (EEMUA
// 191, ISA-18.2: "very likely to be acceptable").
const targetRate = 1

// NewKPI begins to count at a time, with a site's measure of a flood.
func NewKPI(f FloodSettings, from time.Time) *KPI {
	return &KPI{
		from: from, flood: flood{limit: f.Count, within: f.Within}, chat: map[string]*KPICount{}, by: map[string]*KPICount{},
		level: map[event.Severity]int{}, open: map[string]time.Time{}, end: from,
	}
}

// Add counts one event; what is none of alarms is left alone.
func (k *KPI) Add(e event.Event) error {
	switch e.Type {
	case event.AlarmRaised{}.EventType():
		p, err := event.As[event.AlarmRaised](e)
		if err != nil || p.Drill {
			return err
		}
		k.add(e, p)
	case event.AlarmAcked{}.EventType():
		if raised, ok := k.open[e.Subject]; ok {
			k.acked++
			k.waited = append(k.waited, seconds(raised, e.Time))
			delete(k.open, e.Subject)
		}
	}
	return nil
}

func (k *KPI) add(e event.Event, p event.AlarmRaised) {
	k.settle(e.Time)
	k.raised = append(k.raised, e.Time)
	was := k.flood.on
	k.flood.add(e.Time)
	if k.flood.on && !was {
		k.floods++
		k.began = e.Time
	}
	k.level[p.EventSeverity()]++
	count(k.by, p.Key)
	if p.Again > 0 {
		count(k.chat, p.Key)
	}
	k.open[e.Subject] = e.Time
}

// settle ends a flood that was over before a time.
func (k *KPI) settle(now time.Time) {
	if ends := k.flood.ends(); !ends.IsZero() && !ends.After(now) {
		k.inside += ends.Sub(k.began)
		k.flood.at(ends)
	}
}

func count(by map[string]*KPICount, name string) {
	if by[name] == nil {
		by[name] = &KPICount{Name: name}
	}
	by[name].Count++
}

// Report returns the figures up to a time.
func (k *KPI) Report(to time.Time) KPIReport {
	r := KPIReport{From: k.from, To: to, Raised: len(k.raised), Target: targetRate, Floods: k.floods, BySeverity: map[string]int{}, Acknowledged: k.acked,
		Chattering: most(k.chat, 10), Top: most(k.by, 10), MostInTen: inTen(k.raised)}
	for s, n := range k.level {
		r.BySeverity[s.String()] = n
	}
	if length := to.Sub(k.from); length > 0 {
		r.PerTenMinutes = float64(len(k.raised)) / (float64(length) / float64(10*time.Minute))
		k.settle(to)
		inside := k.inside
		if k.flood.on {
			inside += to.Sub(k.began)
		}
		r.FloodShare = min(float64(inside)/float64(length), 1)
	}
	if n := len(k.waited); n > 0 {
		sorted := slices.Sorted(slices.Values(k.waited))
		r.MedianAcked = (sorted[(n-1)/2] + sorted[n/2]) / 2
	}
	return r
}

// inTen is the most alarms within any ten minutes.
func inTen(at []time.Time) int {
	best, from := 0, 0
	for i, t := range at {
		for t.Sub(at[from]) >= 10*time.Minute {
			from++
		}
		best = max(best, i-from+1)
	}
	return best
}

func most(by map[string]*KPICount, n int) []KPICount {
	out := make([]KPICount, 0, len(by))
	for _, c := range by {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b KPICount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	return out[:min(n, len(out))]
}
