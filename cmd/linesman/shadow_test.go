package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"linesman/event"
)

// BenchmarkShadow runs the appliance beside a drawn line of caps, in turns with a
// candidate of the same size and without: trigger to acknowledged entry of each.
//
//	go test ./cmd/linesman -run - -bench Shadow -benchtime 1x
func BenchmarkShadow(b *testing.B) {
	for _, rate := range []int{36000, 72000} { // an hour
		b.Run(fmt.Sprintf("%d-per-hour", rate), func(b *testing.B) { benchShadow(b, rate) })
	}
}

func benchShadow(b *testing.B, rate int) {
	v, a, stop := runningCaps(b, rate)
	rec, err := draft(v.dir, "caps", 2)
	if err != nil {
		b.Fatal(err)
	}
	var with, without []time.Time // when turns began
	for range 2 * b.N {
		without = append(without, time.Now())
		time.Sleep(turn)
		with = append(with, time.Now())
		if err := a.shadow("caps-1", rec, "bench"); err != nil {
			b.Fatal(err)
		}
		time.Sleep(turn)
		if err := a.shadow("caps-1", nil, "bench"); err != nil {
			b.Fatal(err)
		}
	}
	stop()
	for name, began := range map[string][]time.Time{"without": without, "with": with} {
		took := v.took(began)
		slices.Sort(took)
		b.ReportMetric(took[len(took)/2], name+"-p50-ms")
		b.ReportMetric(took[len(took)*99/100], name+"-p99-ms")
		b.ReportMetric(took[len(took)-1], name+"-max-ms")
	}
	for _, e := range v.events() {
		if m, err := event.As[event.ModelShadowed](e); err == nil {
			b.Logf("judged %d, skipped %d, agreed %d, would reject %d, would pass %d: %s", m.Judged, m.Skipped, m.Agreed, m.WouldReject, m.WouldPass, m.Ended)
		}
	}
}

// turn is how long the line runs with a candidate, and without.
const turn = 15 * time.Second

// took returns how long parts took from exposure to the acknowledged entry, ms, in
// the turns that began then. Loading a candidate is part of its turn.
func (v *victim) took(began []time.Time) (all []float64) {
	for _, e := range v.events() {
		j, err := event.As[event.PartJudged](e)
		if err != nil || j.Timing.Acked.IsZero() {
			continue
		}
		for _, from := range began {
			if since := j.Timing.Exposure.Sub(from); since >= 0 && since < turn {
				all = append(all, float64(j.Timing.Acked.Sub(j.Timing.Exposure))/1e6)
			}
		}
	}
	return all
}
