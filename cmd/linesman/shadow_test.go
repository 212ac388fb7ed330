package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/line"
	"linesman/recipe"
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
	binary, model := build(b)
	v := &victim{t: b, binary: binary, model: model, mode: line.ModeQueue, rate: rate, dir: b.TempDir(), seed: 7, plcAddress: free(b), framesAddress: free(b)}
	v.writeSite()
	text, err := os.ReadFile(filepath.Join(v.dir, "recipe.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	draft := filepath.Join(v.dir, "draft.yaml")
	if err := os.WriteFile(draft, append(bytes.Replace(text, []byte("version: 1"), []byte("version: 2"), 1), "limits: {anomaly: 0.9}\n"...), 0o644); err != nil {
		b.Fatal(err)
	}
	rec, err := recipe.Load(draft)
	if err != nil {
		b.Fatal(err)
	}
	site, err := config.Load(filepath.Join(v.dir, "site.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	endSim := v.startSim()
	a, err := openAppliance(site, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	v.passing(time.Time{})

	var with, without []time.Time // when turns began
	for range 2 * b.N {
		without = append(without, time.Now())
		time.Sleep(turn)
		with = append(with, time.Now())
		if err := a.shadow("caps-1", rec); err != nil {
			b.Fatal(err)
		}
		time.Sleep(turn)
		if err := a.shadow("caps-1", nil); err != nil {
			b.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	a.close()
	endSim()
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
