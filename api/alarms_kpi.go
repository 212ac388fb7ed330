package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linesman/alarm"
)

// AlarmKPIs are the figures of a time. Drills do not count.
type AlarmKPIs struct {
	From          time.Time      `json:"from"`
	To            time.Time      `json:"to"`
	Raised        int            `json:"raised" doc:"alarms; those that came back count each time"`
	PerTenMinutes float64        `json:"per_10_minutes" doc:"mean"`
	Target        float64        `json:"target_per_10_minutes" doc:"what one operator can care for (EEMUA 191, ISA-18.2)"`
	MostInTen     int            `json:"most_in_10_minutes" doc:"in any ten minutes"`
	Floods        int            `json:"floods" doc:"begun: more than ten in ten minutes, unless the site says otherwise"`
	FloodShare    float64        `json:"flood_share" doc:"of the time, 0 to 1"`
	BySeverity    map[string]int `json:"by_severity"`
	Chattering    []AlarmCount   `json:"chattering" doc:"keys that came back soon after clearing, with how often"`
	Stale         []Alarm        `json:"stale" doc:"standing longer than stale_after_s, now"`
	StaleAfterS   float64        `json:"stale_after_s"`
	Top           []AlarmCount   `json:"top" doc:"the keys that raise most, at most ten"`
	Acknowledged  int            `json:"acknowledged"`
	MedianAckedS  float64        `json:"median_acknowledged_s" doc:"from raised to acknowledged, seconds; 0 where none was"`
}

// AlarmCount is how often a key raised an alarm.
type AlarmCount struct {
	Key   string `json:"key"`
	Count int    `json:"count"`
}

type kpiAnswer struct{ Body AlarmKPIs }

// longestKPIs is the longest time that is counted at once.
const longestKPIs = 92 * 24 * time.Hour

func (s *server) alarmKPIs(ctx context.Context, q *struct {
	From time.Time `query:"from" doc:"UTC; default a day before to"`
	To   time.Time `query:"to" doc:"UTC; default now"`
}) (*kpiAnswer, error) {
	d, err := s.alarmsFor(ctx)
	if err != nil {
		return nil, err
	}
	if q.To.IsZero() {
		q.To = time.Now().UTC()
	}
	if q.From.IsZero() {
		q.From = q.To.Add(-24 * time.Hour)
	}
	if length := q.To.Sub(q.From); length <= 0 || length > longestKPIs {
		return nil, huma.Error422UnprocessableEntity("from and to: want a time of up to 92 days")
	}
	r, err := d.KPIs(ctx, q.From.UTC(), q.To.UTC())
	if err != nil {
		return nil, s.alarmed(err)
	}
	out := AlarmKPIs{From: r.From, To: r.To, Raised: r.Raised, PerTenMinutes: r.PerTenMinutes, Target: r.Target, MostInTen: r.MostInTen, Floods: r.Floods,
		FloodShare: r.FloodShare, BySeverity: r.BySeverity, Chattering: wireCounted(r.Chattering), Stale: []Alarm{}, StaleAfterS: r.StaleAfter.Seconds(),
		Top: wireCounted(r.Top), Acknowledged: r.Acknowledged, MedianAckedS: r.MedianAcked}
	for _, a := range r.Stale {
		out.Stale = append(out.Stale, wireAlarm(a))
	}
	return &kpiAnswer{out}, nil
}

func wireCounted(all []alarm.KPICount) []AlarmCount {
	out := make([]AlarmCount, 0, len(all))
	for _, c := range all {
		out = append(out, AlarmCount{c.Name, c.Count})
	}
	return out
}
