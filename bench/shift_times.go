package bench

import (
	"context"
	"encoding/binary"
	"math"
	"math/bits"
	"sync/atomic"
	"time"

	"linesman/event"
)

// times counts durations by their size: each falls into a bucket no wider than
// a thirty-second of it. Its memory does not grow. The zero value is ready, and
// safe to be added to from many goroutines.
type times struct {
	buckets [60 * 32]atomic.Uint64
	n       atomic.Uint64
	longest atomic.Int64
}

func (t *times) add(d time.Duration) {
	d = max(d, 0)
	t.buckets[bucketOf(uint64(d))].Add(1)
	t.n.Add(1)
	for was := t.longest.Load(); int64(d) > was && !t.longest.CompareAndSwap(was, int64(d)); was = t.longest.Load() {
	}
}

// bucketOf has one bucket a nanosecond below 64 ns; from there on each power of
// two is cut into 32.
func bucketOf(ns uint64) int {
	if ns < 32 {
		return int(ns)
	}
	shift := bits.Len64(ns) - 6
	return shift*32 + int(ns>>shift)
}

// topOf is the longest duration that falls into a bucket.
func topOf(bucket int) time.Duration {
	if bucket < 64 {
		return time.Duration(bucket)
	}
	shift := bucket/32 - 1
	return time.Duration(uint64(bucket-shift*32+1)<<shift - 1)
}

// quantile returns a duration that the share q of all do not exceed, at most a
// thirty-second too long.
func (t *times) quantile(q float64) time.Duration {
	rank, seen := uint64(math.Ceil(q*float64(t.n.Load()))), uint64(0)
	for b := range t.buckets {
		if seen += t.buckets[b].Load(); seen >= rank && seen > 0 {
			return min(topOf(b), time.Duration(t.longest.Load()))
		}
	}
	return 0
}

// percentiles returns nil where nothing was added.
func (t *times) percentiles() *Percentiles {
	if t.n.Load() == 0 {
		return nil
	}
	at := func(d time.Duration) float64 { return float64(d) / 1e6 }
	return &Percentiles{at(t.quantile(0.5)), at(t.quantile(0.99)), at(t.quantile(0.999)), at(time.Duration(t.longest.Load()))}
}

// timedRing is the hand-over as the line's owner sees it.
type timedRing struct {
	*event.Ring
	took *times
	most atomic.Int64 // bytes in use after an Emit, the most there were
}

// Emit hands an event over and notes how long that took.
func (r *timedRing) Emit(e event.Event) {
	began := time.Now()
	r.Ring.Emit(e)
	r.took.add(time.Since(began))
	used := int64(r.State().Used)
	for was := r.most.Load(); used > was && !r.most.CompareAndSwap(was, used); was = r.most.Load() {
	}
}

// timedLog is the log as the ring's drainer sees it.
type timedLog struct {
	event.Log
	appends *times // of a whole group
	durable *times // of an event, from its hand-over to the end of the append
}

// Append appends, and notes how long ago each event was handed over. Its id
// says: line or ring make it in the hand-over, and a UUIDv7 is the wall clock
// to a quarter of a microsecond.
func (l *timedLog) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	began := time.Now()
	out, err := l.Log.Append(ctx, events)
	if err != nil {
		return out, err
	}
	now := time.Now()
	l.appends.add(now.Sub(began))
	for i := range events {
		if id, ok := event.ParseID(events[i].ID); ok {
			l.durable.add(now.Sub(bornAt(id)))
		}
	}
	return out, nil
}

// bornAt is when an id was made, with the fraction of the millisecond that
// event.MakeID puts into its third group.
func bornAt(id event.ID) time.Time {
	head := binary.BigEndian.Uint64(id[:8])
	return time.UnixMilli(int64(head >> 16)).Add(time.Duration(head&0xfff) * time.Millisecond >> 12)
}
