package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// fresh returns n events as a line mixes them, each with an id of its own.
func fresh(n int) []event.Event {
	out := eventtest.Sample(n)
	for i := range out {
		out[i].ID = event.NewID()
	}
	return out
}

// BenchmarkAppend measures durable events a second, in groups of n from one
// caller. BenchmarkBare is what SQLite itself does with the same rows.
func BenchmarkAppend(b *testing.B) {
	for _, kind := range []string{"mixed", "record"} {
		for _, n := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("%s/group-%d", kind, n), func(b *testing.B) {
				l := open(b, Settings{Dir: b.TempDir()})
				events := 0
				for b.Loop() {
					group := fresh(n)
					if kind == "record" {
						for i := range group {
							group[i].Type = "linesman.part.lost.v1"
						}
					}
					add(b, l, group...)
					events += n
				}
				b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// BenchmarkAppendCallers measures many callers, one event each: the group commit.
func BenchmarkAppendCallers(b *testing.B) {
	for _, callers := range []int{8, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			l := open(b, Settings{Dir: b.TempDir()})
			b.SetParallelism(callers / 2)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := l.Append(context.Background(), fresh(1)); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkBare is the bound: one table with nothing but a key and the data,
// and the same table with our columns' indexes.
func BenchmarkBare(b *testing.B) {
	for _, indexes := range []int{0, 6} {
		for _, n := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("indexes-%d/group-%d", indexes, n), func(b *testing.B) {
				db, err := sql.Open("sqlite3", dsn(filepath.Join(b.TempDir(), "bare.db"), "_journal_mode=WAL&_synchronous=FULL"))
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				db.SetMaxOpenConns(1)
				create := "CREATE TABLE events (seq INTEGER PRIMARY KEY, id, time, type, subject, part, batch, data TEXT)"
				if indexes > 0 {
					create += "; CREATE UNIQUE INDEX i1 ON events (id); CREATE INDEX i2 ON events (time); CREATE INDEX i3 ON events (type); CREATE INDEX i4 ON events (subject); CREATE INDEX i5 ON events (part); CREATE INDEX i6 ON events (batch)"
				}
				if _, err := db.Exec(create); err != nil {
					b.Fatal(err)
				}
				events := 0
				for b.Loop() {
					tx, err := db.Begin()
					if err != nil {
						b.Fatal(err)
					}
					insert, err := tx.Prepare("INSERT INTO events (id, time, type, subject, part, batch, data) VALUES (?, ?, ?, ?, ?, ?, ?)")
					if err != nil {
						b.Fatal(err)
					}
					for _, e := range fresh(n) {
						if _, err := insert.Exec(keyOf(e.ID), e.Time.UnixNano(), 1, keyOf(e.Subject), keyOf(e.Part), 2, string(e.Data)); err != nil {
							b.Fatal(err)
						}
					}
					if err := tx.Commit(); err != nil {
						b.Fatal(err)
					}
					events += n
				}
				b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// BenchmarkRead measures what a page asks for, out of a day of 200,000 events.
func BenchmarkRead(b *testing.B) {
	l := open(b, Settings{Dir: b.TempDir()})
	for range 200 {
		add(b, l, fresh(1000)...)
	}
	some := all(b, l)[100_001]
	for name, f := range map[string]event.Filter{
		"newest 50":         {Newest: true, Limit: 50},
		"newest 50 rejects": {Newest: true, Limit: 50, Types: []event.Type{"linesman.part.judged.v1"}},
		"one part":          {Part: some.Part},
		"next 1000":         {After: 100_000, Limit: 1000},
		"a minute":          {From: eventtest.Noon, To: eventtest.Noon.Add(time.Minute), Limit: 50},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := l.Read(context.Background(), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEmitToDisk measures Emit while the drainer stores on the same disk:
// 1,000 events a second, what they cost the one who emits, and what is lost.
func BenchmarkEmitToDisk(b *testing.B) {
	dir := b.TempDir()
	l := open(b, Settings{Dir: dir})
	r, err := event.OpenRing(event.RingSettings{Path: filepath.Join(dir, "ring")})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := r.Run(ctx, l); err != nil {
			b.Error(err)
		}
	})
	samples := fresh(1000)
	var took []time.Duration
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for b.Loop() {
		e := samples[len(took)%len(samples)]
		e.ID = ""
		<-tick.C
		begun := time.Now()
		r.Emit(e)
		took = append(took, time.Since(begun))
	}
	cancel()
	run.Wait()
	if got := l.Last(); got != uint64(len(took)) {
		b.Errorf("%d events emitted, %d stored", len(took), got)
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	for q, unit := range map[float64]string{0.5: "p50-ns", 0.99: "p99-ns", 0.999: "p999-ns", 1: "max-ns"} {
		b.ReportMetric(float64(took[int(q*float64(len(took)-1))].Nanoseconds()), unit)
	}
}
