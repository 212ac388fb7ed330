package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"linesman/event"
	"linesman/event/sqlite"
)

// LogSettings says how the event log is measured.
type LogSettings struct {
	Dir       string        // an empty folder on the disk that is to be measured
	For       time.Duration // each rate is measured for so long
	Group     int           // events of a grouped append
	Followers int           // of which a tenth stalls
	Events    int           // how large a log is for the story of a part, reopening and verifying; 0 leaves it out
	Progress  io.Writer
}

// LogFigures are what Log measured.
type LogFigures struct {
	Single     Ratio     `json:"single"`  // one event an append
	Grouped    Ratio     `json:"grouped"` // Group events an append
	GroupSize  int       `json:"group_size"`
	FollowMS   Quantiles `json:"append_to_follower_ms"`
	Followed   Ratio     `json:"writer_with_followers"` // grouped appends beside followers, against none
	Followers  int       `json:"followers"`
	Stalled    int       `json:"stalled"`
	Large      *LargeLog `json:"large,omitempty"`
	SQLite     string    `json:"sqlite"`
	Durability string    `json:"durability"`
}

// Ratio is a rate beside the one it is held against, of the same run.
type Ratio struct {
	Ours   float64 `json:"ours_per_s"`
	Theirs float64 `json:"against_per_s"`
	Ratio  float64 `json:"ratio"`
}

// Quantiles are of a distribution.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

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
}

// Log measures the event log on a disk: durable appends against bare SQLite
// inserts of the same rows with the same indexes in alternating rounds, the way
// from append to follower, followers' price, and a large log.
func Log(ctx context.Context, set LogSettings) (f LogFigures, err error) {
	say := func(format string, a ...any) {
		if set.Progress != nil {
			fmt.Fprintf(set.Progress, format+"\n", a...)
		}
	}
	f = LogFigures{GroupSize: set.Group, Followers: set.Followers, Stalled: set.Followers / 10, SQLite: sqlite.Version(), Durability: "WAL, synchronous=FULL in both"}
	say("single appends")
	if f.Single, err = besideBare(ctx, set, "single", 1); err != nil {
		return f, err
	}
	say("appends of %d", set.Group)
	if f.Grouped, err = besideBare(ctx, set, "grouped", set.Group); err != nil {
		return f, err
	}
	say("append to follower")
	if f.FollowMS, err = follow(ctx, set); err != nil {
		return f, err
	}
	say("%d followers, %d of them stalled", f.Followers, f.Stalled)
	if f.Followed, err = besideFollowers(ctx, set); err != nil {
		return f, err
	}
	if set.Events > 0 {
		say("%d events", set.Events)
		f.Large, err = large(ctx, set, say)
	}
	return f, err
}

// rounds is how often the two sides of a ratio take turns.
const rounds = 6

// besideBare measures appends of n against bare inserts of n.
func besideBare(ctx context.Context, set LogSettings, name string, n int) (r Ratio, err error) {
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(set.Dir, name)})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	bare, err := sqlite.OpenBare(filepath.Join(set.Dir, name+"-bare.db"))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	var counts [2]int
	var took [2]time.Duration
	for range rounds {
		for side, write := range []func([]event.Event) error{
			func(es []event.Event) error { _, err := log.Append(ctx, es); return err },
			bare.Insert,
		} {
			begun := time.Now()
			var writing time.Duration
			for time.Since(begun) < set.For/rounds && ctx.Err() == nil {
				group := partEvents(n)
				start := time.Now()
				if err := write(group); err != nil {
					return r, err
				}
				writing += time.Since(start)
				counts[side] += n
			}
			took[side] += writing
		}
	}
	r.Ours, r.Theirs = float64(counts[0])/took[0].Seconds(), float64(counts[1])/took[1].Seconds()
	r.Ratio = r.Ours / r.Theirs
	return r, ctx.Err()
}

// partEvents are n events as a line writes them for parts that pass and, one in
// fifty, are rejected: judged, gated, confirmed.
func partEvents(n int) []event.Event {
	now := time.Now().UTC()
	hash := strings.Repeat("5e", 32)
	out := make([]event.Event, 0, n)
	for i := 0; len(out) < n; i++ {
		id, outcome, result, went := event.NewID(), "pass", "opened", "exited"
		var why []event.Reason
		if i%50 == 49 {
			outcome, result, went = "fail", "kept", "ejected"
			why = []event.Reason{{Rule: "anomaly", Class: "spot", Camera: "top", Measured: 0.31, Limit: 0.2, Unit: "contrast", Text: "spot 0.31 contrast (limit 0.2 contrast)"}}
		}
		due := event.Tick{Epoch: 1, Count: int64(now.UnixMicro()) + int64(i)}
		for _, p := range []event.Payload{
			event.PartJudged{Line: "tablets-1", Outcome: outcome, Reasons: why, Score: 0.43, Model: "tablets@1", ModelHash: hash, Recipe: "tablet-9@1", RecipeHash: hash,
				Lane: i%8 + 1, Trigger: uint64(i), Tick: due, Due: due, Timing: event.Timing{Exposure: now, Located: now.Add(4 * time.Millisecond), Judged: now.Add(20 * time.Millisecond), Acked: now.Add(24 * time.Millisecond), Deadline: now.Add(250 * time.Millisecond)}},
			event.PartGated{Line: "tablets-1", Outcome: outcome, Lane: i%8 + 1, Due: due, Fired: due, Result: result},
			event.PartConfirmed{Line: "tablets-1", Outcome: outcome, Lane: i%8 + 1, Went: went, Tick: due},
		} {
			e := event.New("/bench/line/tablets-1", "part", now, p)
			e.ID, e.Part, e.Batch = event.NewID(), id, "B-1"
			if out = append(out, e); len(out) == n {
				break
			}
		}
	}
	return out
}

// follow measures the way from an append to a follower, at 200 events a second.
func follow(ctx context.Context, set LogSettings) (q Quantiles, err error) {
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(set.Dir, "follow")})
	if err != nil {
		return q, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	following, stop := context.WithCancel(ctx)
	defer stop()
	var took []float64
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = log.Follow(following, 0, func(e event.Event) error { // it ends with following
			took = append(took, float64(time.Since(e.Time))/1e6)
			return nil
		})
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); time.Since(begun) < set.For && ctx.Err() == nil; {
		<-tick.C
		e := partEvents(1)
		e[0].Time = time.Now()
		if _, err := log.Append(ctx, e); err != nil {
			return q, err
		}
	}
	time.Sleep(50 * time.Millisecond) // the last of them
	stop()
	<-done
	return quantiles(took), nil
}

func quantiles(x []float64) Quantiles {
	if len(x) == 0 {
		return Quantiles{}
	}
	slices.Sort(x)
	at := func(q float64) float64 { return x[int(q*float64(len(x)-1))] }
	return Quantiles{at(0.5), at(0.99), at(1)}
}

// besideFollowers measures grouped appends with followers, against none, in
// alternating rounds. A stalled follower takes one event and then nothing.
func besideFollowers(ctx context.Context, set LogSettings) (r Ratio, err error) {
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(set.Dir, "followers")})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	var counts [2]int
	var took [2]time.Duration
	for range rounds {
		for side, followers := range []int{set.Followers, 0} {
			following, stop := context.WithCancel(ctx)
			var all sync.WaitGroup
			var seen atomic.Uint64
			_, from := log.Extent()
			for i := range followers {
				all.Go(func() {
					_ = log.Follow(following, from, func(event.Event) error { // it ends with following
						seen.Add(1)
						if i%10 == 0 {
							<-following.Done()
						}
						return nil
					})
				})
			}
			// As fast as the fastest line emits: what two cores' worth of
			// followers take from the writer must show, not who wins the cores.
			pace := time.NewTicker(10 * time.Millisecond)
			for begun := time.Now(); time.Since(begun) < set.For/rounds && ctx.Err() == nil; {
				<-pace.C
				group := partEvents(6)
				start := time.Now()
				if _, err := log.Append(ctx, group); err != nil {
					stop()
					all.Wait()
					pace.Stop()
					return r, err
				}
				took[side] += time.Since(start)
				counts[side] += len(group)
			}
			pace.Stop()
			stop()
			all.Wait()
		}
	}
	r.Ours, r.Theirs = float64(counts[0])/took[0].Seconds(), float64(counts[1])/took[1].Seconds()
	r.Ratio = r.Ours / r.Theirs
	return r, ctx.Err()
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
	for n := 0; n < set.Events && ctx.Err() == nil; {
		group := partEvents(min(3000, set.Events-n))
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
	return out, os.RemoveAll(dir)
}
