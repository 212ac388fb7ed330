package sqlite

import (
	"slices"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

func passes(n int, at time.Time) []event.Event {
	var out []event.Event
	for i := range n {
		out = append(out, event.New("/demo/line/caps-1", "caps-1", at.Add(time.Duration(i)*time.Second), event.PartJudged{Line: "caps-1", Outcome: "pass", Score: 0.5}))
	}
	return out
}

// Passes leave after a week: counted by the minute, told of, and the rest still
// holds.
func TestRetain(t *testing.T) {
	dir := t.TempDir()
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	l := open(t, Settings{Dir: dir, Now: c.now})
	add(t, l, passes(150, c.at)...) // three minutes, the second of which the line told itself
	add(t, l, event.New("/demo/line/caps-1", "caps-1", c.at, event.LineMinute{Line: "caps-1", From: c.at.Add(time.Minute), Pass: 60}))
	c.at = c.at.AddDate(0, 0, 2)
	add(t, l, eventtest.Sample(20)...)
	if gone, err := l.Retain(t.Context(), Keep{MinFree: -1}); err != nil || len(gone) != 0 {
		t.Fatalf("two days later %v went, error %v", gone, err)
	}
	add(t, l, fresh(1)...)
	c.at = c.at.AddDate(0, 0, 7) // or a clock that jumped: of the days between the log knows nothing
	add(t, l, fresh(20)...)
	if gone, err := l.Retain(t.Context(), Keep{MinFree: -1}); err != nil || len(gone) != 0 {
		t.Fatalf("after a jump of the clock %v went, error %v", gone, err)
	}
	for range 2 {
		c.at = c.at.AddDate(0, 0, 1)
		add(t, l, fresh(20)...)
	}
	gone, err := l.Retain(t.Context(), Keep{MinFree: -1})
	if err != nil || !slices.Equal(gone, []string{"parts-2026-03-01"}) {
		t.Fatalf("eleven days later %v went, error %v", gone, err)
	}
	minutes := map[time.Time]uint64{}
	for _, e := range all(t, l) {
		if m, err := event.As[event.LineMinute](e); err == nil {
			minutes[m.From] += m.Pass
		}
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i, want := range []uint64{60, 60, 30} {
		if got := minutes[noon.Add(time.Duration(i)*time.Minute)]; got != want {
			t.Errorf("minute %d has %d passes, want %d", i, got, want)
		}
	}
	said, err := l.Read(t.Context(), event.Filter{Types: []event.Type{event.LogDropped{}.EventType()}})
	if err != nil || len(said) != 1 {
		t.Fatalf("%d log.dropped, error %v", len(said), err)
	}
	d, err := event.As[event.LogDropped](said[0])
	if err != nil || d.File != "parts-2026-03-01" || d.Size != 150 || d.First != 1 || d.Last != 150 || d.Why != "age" {
		t.Errorf("told %+v, %v", d, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, dir); !r.Good {
		t.Errorf("what is left does not hold: %+v", r.Findings)
	}
}

// BenchmarkRetain measures how long a file of 200,000 passes takes to be
// counted by the minute, told of and removed.
func BenchmarkRetain(b *testing.B) {
	const n = 200_000
	for b.Loop() {
		b.StopTimer()
		c := &clock{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
		l := open(b, Settings{Dir: b.TempDir(), Now: c.now, Logger: quiet})
		for i := range n / 1000 {
			group := passes(1000, c.at)
			for j := range group {
				group[j].Time = c.at.Add(time.Duration(i*1000+j) * 10 * time.Millisecond)
			}
			add(b, l, group...)
		}
		for range 8 {
			c.at = c.at.AddDate(0, 0, 1)
			add(b, l, fresh(10)...)
		}
		c.at = c.at.AddDate(0, 0, 1)
		b.StartTimer()
		if gone, err := l.Retain(b.Context(), Keep{MinFree: -1}); err != nil || len(gone) != 1 {
			b.Fatal(gone, err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}
