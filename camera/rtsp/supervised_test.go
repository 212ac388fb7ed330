package rtsp_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/rtsp"
	publisher "linesman/sim/rtsp"
)

// TestSupervisedStream takes a real stream through what happens to cameras: it
// lives, freezes, changes its size, comes back, and stops.
func TestSupervisedStream(t *testing.T) {
	var mu sync.Mutex
	mode := "lives"
	set := func(m string) { mu.Lock(); mode = m; mu.Unlock() }
	p := listen(t, publisher.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var goroutines sync.WaitGroup
	defer goroutines.Wait()
	defer cancel()
	goroutines.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil; n++ {
			<-tick.C
			mu.Lock()
			m := mode
			mu.Unlock()
			switch m {
			case "lives":
				_ = p.Publish(bar(64, 48, n), 64, 48, time.Now())
			case "freezes":
				_ = p.Publish(bar(64, 48, 0), 64, 48, time.Now())
			case "changes":
				_ = p.Publish(bar(96, 48, n), 96, 48, time.Now())
			}
		}
	})
	states := make(chan camera.State, 100)
	d, err := rtsp.New("top", rtsp.Settings{URL: p.URL(), Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	watch := camera.Watch{Stall: 300 * time.Millisecond, FrozenFor: 200 * time.Millisecond}
	s := camera.NewSupervisor("top", d, watch, slog.New(slog.DiscardHandler), func(s camera.State) { states <- s })
	goroutines.Go(func() { _ = s.Run(ctx, newWatcher()) })

	await := func(want camera.Status) {
		t.Helper()
		for {
			select {
			case s := <-states:
				if s.Status == want {
					return
				}
			case <-ctx.Done():
				t.Fatalf("it never became %v; it is %v", want, s.State())
			}
		}
	}
	for _, step := range []struct {
		mode string
		want camera.Status
	}{
		{"lives", camera.Live}, {"freezes", camera.Frozen}, {"lives", camera.Live},
		{"changes", camera.Changed}, {"lives", camera.Live}, {"stops", camera.Stalled}, {"lives", camera.Live},
	} {
		set(step.mode)
		await(step.want)
	}
}
