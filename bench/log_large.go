package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"linesman/event"
	"linesman/event/sqlite"
)

// LargeLog is what a log of many events costs.
type LargeLog struct {
	Events       uint64    `json:"events"`
	WroteSeconds float64   `json:"wrote_s"`
	BytesAnEvent float64   `json:"bytes_an_event"`
	ReopenMS     float64   `json:"reopen_ms"`
	HeapMB       float64   `json:"heap_mb"` // of Go, after reopening
	VerifySecond float64   `json:"verify_s"`
	VerifyGood   bool      `json:"verify_good"`
	StoryMS      Quantiles `json:"story_of_a_part_ms"`
	RetainSecond float64   `json:"retention_s"`                // of the day's passes: counted by the minute, told of, removed
	Retained     uint64    `json:"retained_events"`            // so many of them
	BesideMS     Quantiles `json:"append_beside_retention_ms"` // six events at once, meanwhile
}

// large writes a log of many events and measures what it costs afterwards.
func large(ctx context.Context, set LogSettings, say func(string, ...any)) (_ *LargeLog, err error) {
	dir := filepath.Join(set.Dir, "large")
	log, err := sqlite.Open(sqlite.Settings{Dir: dir})
	if err != nil {
		return nil, err
	}
	out := &LargeLog{}
	var some []string
	begun := time.Now()
	day := begun.UTC().Truncate(24 * time.Hour)
	for n := 0; n < set.Events && ctx.Err() == nil; {
		group := partEvents(min(3000, set.Events-n), day.Add(24*time.Hour/time.Duration(set.Events)*time.Duration(n)))
		if _, err := log.Append(ctx, group); err != nil {
			return nil, errors.Join(err, log.Close())
		}
		if n += len(group); n%300_000 == 0 {
			some = append(some, group[0].Part)
			say("%d events written", n)
		}
	}
	out.WroteSeconds = time.Since(begun).Seconds()
	if err := errors.Join(ctx.Err(), log.Close()); err != nil {
		return nil, err
	}
	begun = time.Now()
	if log, err = sqlite.Open(sqlite.Settings{Dir: dir}); err != nil {
		return nil, err
	}
	out.ReopenMS = float64(time.Since(begun)) / 1e6
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	out.HeapMB = float64(m.HeapInuse) / 1e6
	state, err := log.State()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	out.Events, out.BytesAnEvent = state.Newest, float64(state.Bytes)/float64(max(state.Newest, 1))
	var stories []float64
	for range 10 {
		for _, id := range some {
			begun := time.Now()
			events, err := log.Read(ctx, event.Filter{Part: id})
			if err == nil && len(events) != 3 {
				err = fmt.Errorf("part %s has %d events, want 3", id, len(events))
			}
			if err != nil {
				return nil, errors.Join(err, log.Close())
			}
			stories = append(stories, float64(time.Since(begun))/1e6)
		}
	}
	out.StoryMS = quantiles(stories)
	if err := log.Close(); err != nil {
		return nil, err
	}
	say("verifying")
	begun = time.Now()
	r, err := sqlite.Verify(ctx, sqlite.VerifySettings{Dir: dir})
	if err != nil {
		return nil, err
	}
	out.VerifySecond, out.VerifyGood = time.Since(begun).Seconds(), r.Good
	say("retention of the day")
	if err := retention(ctx, dir, day, out); err != nil {
		return nil, err
	}
	return out, os.RemoveAll(dir)
}

// retention goes on writing on the eight days after the large one, and then has
// its passes removed while the line writes at its pace.
func retention(ctx context.Context, dir string, day time.Time, out *LargeLog) (err error) {
	now := atomic.Int64{}
	log, err := sqlite.Open(sqlite.Settings{Dir: dir, Now: func() time.Time { return time.Unix(now.Load(), 0) }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	for n := range 8 {
		at := day.AddDate(0, 0, n+1).Add(12 * time.Hour)
		now.Store(at.Unix())
		if _, err := log.Append(ctx, partEvents(60, at)); err != nil {
			return err
		}
	}
	writing, stop := context.WithCancel(ctx)
	var beside []float64
	var line errgroup.Group
	line.Go(func() error {
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for writing.Err() == nil {
			<-pace.C
			begun := time.Now()
			if _, err := log.Append(ctx, partEvents(6, begun)); err != nil {
				return err
			}
			beside = append(beside, float64(time.Since(begun))/1e6)
		}
		return nil
	})
	begun := time.Now()
	gone, err := log.Retain(ctx, sqlite.Keep{MinFree: -1})
	out.RetainSecond = time.Since(begun).Seconds()
	stop()
	if err = errors.Join(err, line.Wait()); err != nil {
		return err
	}
	if len(gone) != 1 {
		return fmt.Errorf("retention removed %v, want the passes of %s alone", gone, day.Format(time.DateOnly))
	}
	out.BesideMS = quantiles(beside)
	said, err := log.Read(ctx, event.Filter{Types: []event.Type{event.LogDropped{}.EventType()}})
	if err != nil {
		return err
	}
	if len(said) != 1 {
		return fmt.Errorf("%d log.dropped events, want 1", len(said))
	}
	dropped, err := event.As[event.LogDropped](said[0])
	out.Retained = dropped.Size
	return err
}
