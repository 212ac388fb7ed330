package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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
	Single     Ratio     `json:"single"`        // one event an append
	Grouped    Ratio     `json:"grouped"`       // Group events an append
	Callers    Ratio     `json:"eight_callers"` // one event an append, eight callers at once
	GroupSize  int       `json:"group_size"`
	FollowMS   Quantiles `json:"append_to_follower_ms"`
	Followed   Ratio     `json:"writer_with_followers"`      // appends beside followers, against none
	OverHTTP   Ratio     `json:"writer_with_http_followers"` // the same followers over HTTP
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
	if f.Single, err = besideBare(ctx, set, "single", 1, 1); err != nil {
		return f, err
	}
	say("appends of %d", set.Group)
	if f.Grouped, err = besideBare(ctx, set, "grouped", set.Group, 1); err != nil {
		return f, err
	}
	say("single appends of 8 callers")
	if f.Callers, err = besideBare(ctx, set, "callers", 1, 8); err != nil {
		return f, err
	}
	say("append to follower")
	if f.FollowMS, err = follow(ctx, set); err != nil {
		return f, err
	}
	say("%d followers, %d of them stalled", f.Followers, f.Stalled)
	if f.Followed, err = besideFollowers(ctx, set, "followers", inProcess); err != nil {
		return f, err
	}
	say("the same over HTTP")
	if f.OverHTTP, err = besideFollowers(ctx, set, "http-followers", overHTTP); err != nil {
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

// besideBare measures appends of n by so many callers against bare inserts of n
// by as many.
func besideBare(ctx context.Context, set LogSettings, name string, n, callers int) (r Ratio, err error) {
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
			count, writing, err := appends(ctx, write, n, callers, set.For/rounds)
			if err != nil {
				return r, err
			}
			counts[side] += count
			took[side] += writing
		}
	}
	return ratio(counts, took), ctx.Err()
}

func ratio(counts [2]int, took [2]time.Duration) (r Ratio) {
	r.Ours, r.Theirs = float64(counts[0])/took[0].Seconds(), float64(counts[1])/took[1].Seconds()
	r.Ratio = r.Ours / r.Theirs
	return r
}

// appends has so many callers append groups of n for a while. took is the time
// in which at least one of them was within write, about: what a caller needs to
// make its events is taken off.
func appends(ctx context.Context, write func([]event.Event) error, n, callers int, until time.Duration) (count int, took time.Duration, err error) {
	g, ctx := errgroup.WithContext(ctx)
	var events atomic.Int64
	var writing atomic.Int64
	begun := time.Now()
	for range callers {
		g.Go(func() error {
			for time.Since(begun) < until && ctx.Err() == nil {
				group := partEvents(n, time.Now())
				start := time.Now()
				if err := write(group); err != nil {
					return err
				}
				writing.Add(int64(time.Since(start)))
				events.Add(int64(n))
			}
			return nil
		})
	}
	err = g.Wait()
	return int(events.Load()), time.Duration(writing.Load() / int64(callers)), err
}

// partEvents are n events as a line writes them for parts that pass and, one in
// fifty, are rejected: judged, gated, confirmed at the moment given.
func partEvents(n int, now time.Time) []event.Event {
	now = now.UTC()
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

func quantiles(x []float64) Quantiles {
	if len(x) == 0 {
		return Quantiles{}
	}
	slices.Sort(x)
	at := func(q float64) float64 { return x[int(q*float64(len(x)-1))] }
	return Quantiles{at(0.5), at(0.99), at(1)}
}
