package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"time"

	"linesman/api"
	"linesman/event"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/part"
)

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
		e := partEvents(1, time.Now())
		if _, err := log.Append(ctx, e); err != nil {
			return q, err
		}
	}
	time.Sleep(50 * time.Millisecond) // the last of them
	stop()
	<-done
	return quantiles(took), nil
}

// followers begins with n followers of a log from a seq on and returns how to
// end them. Each tenth stalls: it takes one event and then nothing.
type followers func(ctx context.Context, log *sqlite.Log, n int, from uint64) (end func(), err error)

// stallBehind is how many events a stalled follower has before it, so that every
// buffer on the way to it is full at once.
const stallBehind = 20_000

// besideFollowers measures appends with followers, against none, in alternating
// rounds. The pace is that of the fastest line: what so many followers take from
// the writer must show, not who wins the cores.
func besideFollowers(ctx context.Context, set LogSettings, name string, begin followers) (r Ratio, err error) {
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(set.Dir, name)})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	for range stallBehind / 1000 {
		if _, err := log.Append(ctx, partEvents(1000, time.Now())); err != nil {
			return r, err
		}
	}
	var counts [2]int
	var took [2]time.Duration
	for range rounds {
		for side, n := range []int{set.Followers, 0} {
			_, from := log.Extent()
			end, err := begin(ctx, log, n, from)
			if err != nil {
				return r, err
			}
			time.Sleep(time.Second) // until the stalled ones have stalled
			count, writing, err := paced(ctx, log, set.For/rounds)
			end()
			if err != nil {
				return r, err
			}
			counts[side] += count
			took[side] += writing
		}
	}
	return ratio(counts, took), ctx.Err()
}

// paced appends six events a hundred times a second, and says how long that took.
func paced(ctx context.Context, log *sqlite.Log, until time.Duration) (count int, took time.Duration, err error) {
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for begun := time.Now(); time.Since(begun) < until && ctx.Err() == nil; {
		<-pace.C
		group := partEvents(6, time.Now())
		start := time.Now()
		if _, err := log.Append(ctx, group); err != nil {
			return 0, 0, err
		}
		took += time.Since(start)
		count += len(group)
	}
	return count, took, nil
}

// inProcess are followers as the appliance's own rooms have them.
func inProcess(ctx context.Context, log *sqlite.Log, n int, from uint64) (end func(), err error) {
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			_ = log.Follow(ctx, from, func(event.Event) error { // it ends with ctx
				if i%10 == 0 {
					<-ctx.Done()
				}
				return nil
			})
		})
	}
	return func() { stop(); all.Wait() }, nil
}

// overHTTP are followers as modules have them: the API's stream, each over a
// connection of its own.
func overHTTP(ctx context.Context, log *sqlite.Log, n int, from uint64) (end func(), err error) {
	if n == 0 {
		return func() {}, nil
	}
	handler, err := api.New(api.Config{
		Site: "bench", Log: log, Lines: func() []line.Status { return nil },
		Shots: func(part.LineID) (<-chan line.Shot, func(), error) { return nil, nil, errors.New("there is no line") },
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	server := httptest.NewUnstartedServer(handler)
	server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	server.Start()
	var all sync.WaitGroup
	end = func() { stop(); server.CloseClientConnections(); server.Close(); all.Wait() }
	for i := range n {
		from := from
		if i%10 == 0 {
			from = 0
		}
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err == nil {
			_, err = fmt.Fprintf(conn, "GET /api/v1/events/stream?after=%d HTTP/1.1\r\nHost: %s\r\n\r\n", from, server.Listener.Addr())
		}
		if err != nil {
			end()
			return nil, fmt.Errorf("follower %d: %w", i+1, err)
		}
		all.Go(func() {
			defer conn.Close()
			if i%10 == 0 { // its window fills, and then the server's buffers
				<-ctx.Done()
				return
			}
			_, _ = io.Copy(io.Discard, conn) // it ends with the server; what it says is the tests' matter
		})
	}
	return end, nil
}
