package event_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// taking is a log that takes everything and keeps nothing.
type taking struct{ event.Log }

func (taking) Append(_ context.Context, events []event.Event) ([]event.Event, error) {
	return events, nil
}

// BenchmarkEmit measures what a hand-over costs the one who may not wait, while
// the ring is drained and synced. The percentiles are over every call.
func BenchmarkEmit(b *testing.B) {
	for _, bench := range []struct {
		name string
		pace time.Duration // between two calls; 0 is as fast as it goes
	}{{"full-speed", 0}, {"every-100us", 100 * time.Microsecond}} {
		b.Run(bench.name, func(b *testing.B) {
			r, err := event.OpenRing(event.RingSettings{Path: filepath.Join(b.TempDir(), "ring"), Logger: quiet})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- r.Run(ctx, taking{}) }()
			e := eventtest.Sample(2)[1]
			e.ID = ""
			took := make([]time.Duration, 0, 1<<22)
			b.ReportAllocs()
			for b.Loop() {
				begun := time.Now()
				r.Emit(e)
				if len(took) < cap(took) {
					took = append(took, time.Since(begun))
				}
				if bench.pace > 0 {
					b.StopTimer()
					for time.Since(begun) < bench.pace { // a sleep would be longer
					}
					b.StartTimer()
				}
			}
			cancel()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			if err := r.Close(); err != nil {
				b.Fatal(err)
			}
			slices.Sort(took)
			at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Nanoseconds()) }
			b.ReportMetric(at(0.5), "p50-ns")
			b.ReportMetric(at(0.99), "p99-ns")
			b.ReportMetric(at(0.999), "p999-ns")
			b.ReportMetric(at(1), "max-ns")
		})
	}
}

func BenchmarkEmitParallel(b *testing.B) {
	r, err := event.OpenRing(event.RingSettings{Path: filepath.Join(b.TempDir(), "ring"), Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, taking{}) }()
	e := eventtest.Sample(2)[1]
	e.ID = ""
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r.Emit(e)
		}
	})
	cancel()
	<-done
}
