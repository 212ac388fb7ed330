package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// SoakReport is what came of it.
type SoakReport struct {
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"`
	Drops   int     `json:"drops"`
	Kills   int     `json:"kills"`
	Outages int     `json:"outages"`
	DownS   float64 `json:"down_s"` // of the push service

	Visits Counted `json:"visits"`
	Losses Counted `json:"losses"`
	// Others were raised for what never was.
	Others []string `json:"others,omitempty"`

	Alarms      int        `json:"alarms"` // by id
	Pushes      int        `json:"pushes"` // received, doubles included
	Unreceived  []string   `json:"unreceived,omitempty"`
	Unknown     []string   `json:"unknown,omitempty"` // received, and not in the log
	Unnormal    int        `json:"unnormal"`          // alarms that are not normal again at the end
	Deliveries  Deliveries `json:"deliveries"`
	LostByRing  []string   `json:"lost_by_ring,omitempty"`
	Events      int        `json:"events"`
	StartsS     []float64  `json:"starts_s"` // from a start to its page
	Longest     []Held     `json:"longest"`  // samples of the life that lasted longest
	FirstMB     float64    `json:"first_mb"` // own memory: median of the longest life's second to fourth minute, and of its last three
	LastMB      float64    `json:"last_mb"`
	FirstHeapMB float64    `json:"first_heap_mb"`
	LastHeapMB  float64    `json:"last_heap_mb"`
	MostThreads int        `json:"most_goroutines"`
}

// Err says what is wrong, nil where nothing is.
func (r *SoakReport) Err() error {
	var errs []error
	for _, c := range []Counted{r.Visits, r.Losses} {
		if c.Lost+c.Doubled+c.False+c.Stuck > 0 {
			errs = append(errs, fmt.Errorf("%s: %d lost, %d doubled, %d false, %d stuck", c.What, c.Lost, c.Doubled, c.False, c.Stuck))
		}
	}
	for _, c := range []struct {
		what string
		n    int
	}{{"alarms for what never was", len(r.Others)}, {"alarms that nobody received", len(r.Unreceived)}, {"pushes of alarms that are not in the log", len(r.Unknown)},
		{"alarms that are not normal again", r.Unnormal}, {"deliveries without an end", r.Deliveries.Open}, {"deliveries begun twice", r.Deliveries.Doubled}, {"losses of the ring", len(r.LostByRing)}} {
		if c.n > 0 {
			errs = append(errs, fmt.Errorf("%d %s", c.n, c.what))
		}
	}
	return errors.Join(errs...)
}

func (y *soaked) report(took time.Duration) (*SoakReport, error) {
	log, err := readLog(context.Background(), y.Dir)
	if err != nil {
		return nil, err
	}
	if err := y.phone.wrong(); err != nil {
		return nil, fmt.Errorf("the phone got what is no message: %w", err)
	}
	r := &SoakReport{Seed: y.Seed, Seconds: took.Seconds(), Drops: len(y.script.drops), Kills: len(y.script.kills), Outages: len(y.script.outages), StartsS: y.starts,
		Deliveries: log.account(), LostByRing: log.ringLost, Events: log.events}
	for _, o := range y.script.outages {
		r.DownS += o.to.Sub(o.from).Seconds()
	}
	end := time.Now()
	served := y.cam.seen()
	r.Visits = log.hold("a visit", visitKey, y.script.visits, func(v span) bool {
		return slices.ContainsFunc(served, func(s span) bool { return s.both(v) >= owedAfter })
	}, 3*time.Second, end)
	r.Visits.stuck(log.of(visitKey), y.empty(served, end), end)
	r.Losses = log.hold("a loss of the camera", lossKey, y.losses(served, end), y.owesLoss, 3*time.Second, end)
	for _, key := range log.keys() {
		if key != visitKey && key != lossKey {
			r.Others = append(r.Others, fmt.Sprintf("%s, %d times, first at %s", key, len(log.of(key)), clock(log.of(key)[0].at)))
		}
	}
	y.received(log, r)
	return r, y.held(r)
}

// empty are the times in which the empty floor was in sight for long enough.
func (y *soaked) empty(served []span, end time.Time) (out []span) {
	from := y.began
	for _, v := range append(slices.Clone(y.script.visits), span{end, end}) {
		for _, s := range served {
			both := span{latest(s.from, from), earliest(s.to, v.from)}
			if both.to.Sub(both.from) > overAfter {
				out = append(out, both)
			}
		}
		from = v.to
	}
	return out
}

// losses are the times in which no picture went out to anybody.
func (y *soaked) losses(served []span, end time.Time) (out []span) {
	last := y.began
	for _, s := range served {
		if s.from.Sub(last) > 500*time.Millisecond {
			out = append(out, span{last, s.from})
		}
		last = s.to
	}
	return append(out, span{last, end})[:len(out)]
}

// owesLoss says whether the program had to tell of a loss: it ran for long enough
// of it.
func (y *soaked) owesLoss(o span) bool {
	for _, l := range y.program.lives {
		to := l.ended
		if to.IsZero() {
			to = o.to
		}
		if !l.up.IsZero() && o.both(span{l.up, to}) >= lossOwed {
			return true
		}
	}
	return false
}

// received holds the phone against the log.
func (y *soaked) received(log *record, r *SoakReport) {
	known, told := map[string]bool{}, map[string]bool{}
	for _, x := range log.raised {
		known[x.alarm] = true
	}
	pushes := y.phone.pushes()
	r.Alarms, r.Pushes = len(known), len(pushes)
	for _, g := range pushes {
		if d := log.deliveries[g.delivery]; d != nil {
			for _, id := range d.alarms {
				told[id] = true
			}
		}
		if !known[g.alarm] {
			r.Unknown = append(r.Unknown, g.alarm)
		}
	}
	open := map[string]bool{}
	for _, x := range log.raised {
		open[x.alarm] = x.cleared.IsZero()
	}
	for id := range known {
		if !told[id] {
			r.Unreceived = append(r.Unreceived, id)
		}
		if open[id] {
			r.Unnormal++
		}
	}
}

// held takes the samples of the life that lasted longest.
func (y *soaked) held(r *SoakReport) error {
	longest := slices.MaxFunc(y.program.lives, func(a, b *life) int { return cmp.Compare(a.ended.Sub(a.began), b.ended.Sub(b.began)) })
	var err error
	if r.Longest, err = longest.held(); err != nil {
		return err
	}
	for _, h := range r.Longest {
		r.MostThreads = max(r.MostThreads, h.Goroutines)
	}
	last := 0.
	if n := len(r.Longest); n > 0 {
		last = r.Longest[n-1].Seconds
	}
	mid := func(from, to float64, of func(Held) float64) float64 {
		var v []float64
		for _, h := range r.Longest {
			if h.Seconds >= from && h.Seconds <= to {
				v = append(v, of(h))
			}
		}
		if len(v) == 0 {
			return 0
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	own, heap := func(h Held) float64 { return h.OwnMB }, func(h Held) float64 { return h.HeapMB }
	r.FirstMB, r.LastMB = mid(60, 240, own), mid(last-180, last, own)
	r.FirstHeapMB, r.LastHeapMB = mid(60, 240, heap), mid(last-180, last, heap)
	return nil
}
