package rtsp_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/rtsp"
	publisher "linesman/sim/rtsp"
)

const (
	// heapLimit is how much a hostile camera may cost the heap, in bytes.
	heapLimit = 64 << 20
	// soon is how long anything may take that is not waited for, on a busy machine.
	soon = 30 * time.Second
)

// attack is one bad thing that a camera does to its first viewer.
type attack struct {
	name     string
	behave   func(p *peer)
	settings rtsp.Settings // URL and Timeout are filled in
	says     string        // the error
	needs    bool          // a person
	goesOn   bool          // no error: frames come all the same
	heap     uint64        // what it may cost; heapLimit unless set
}

// tally is a sink that keeps nothing.
type tally struct {
	frames  atomic.Int64
	changed chan struct{}
}

func (t *tally) Frame(f *camera.Frame) {
	f.Release()
	t.frames.Add(1)
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

func (t *tally) Packet(*camera.Packet) {}

// first notes how a driver's first run ended.
type first struct {
	camera.Driver
	mu    sync.Mutex
	ended bool
	err   error
	took  time.Duration
}

func (f *first) Run(ctx context.Context, sink camera.Sink) error {
	began := time.Now()
	err := f.Driver.Run(ctx, sink)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ended {
		f.ended, f.err, f.took = true, err, time.Since(began)
	}
	return err
}

func (f *first) over() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.ended }

// pass hands a connection on to a good camera.
func pass(p *peer, address string) {
	good, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer good.Close()
	go func() { _, _ = io.Copy(good, p.in); good.Close() }()
	_, _ = io.Copy(p, good)
}

// run has a supervised camera attacked, and then be good: the first run ends
// with its error in time, the camera comes to live, and nothing is left behind.
func (a attack) run(t *testing.T, good *publisher.Publisher) {
	heap := watchHeap()
	goroutines := settled(0)
	s := a.settings
	if s.Timeout == 0 {
		s.Timeout = 300 * time.Millisecond
	}
	f := &first{}
	h := listenHostile(t, func(p *peer) {
		if a.goesOn || !f.over() {
			a.behave(p)
			return
		}
		pass(p, good.Addr().String())
	})
	if s.URL = h.url(); strings.HasPrefix(a.settings.URL, "rtsps") {
		s.URL = strings.Replace(s.URL, "rtsp:", "rtsps:", 1)
	}
	f.Driver = driver(t, s)
	a.supervise(t, f)
	if f.took > soon {
		t.Errorf("the run took %v with a timeout of %v", f.took, s.Timeout)
	}
	h.close()
	if left := settled(goroutines); left > goroutines {
		t.Errorf("%d goroutines are left over\n%s", left-goroutines, stacks())
	}
	if grown, limit := heap(), max(a.heap, heapLimit); grown > limit {
		t.Errorf("the heap grew by %d MB, %d are allowed", grown>>20, limit>>20)
	} else if testing.Verbose() {
		t.Logf("%.0f ms, heap +%.1f MB: %v", f.took.Seconds()*1e3, float64(grown)/(1<<20), f.err)
	}
}

// supervise runs the camera until it has been attacked and is live.
func (a attack) supervise(t *testing.T, f *first) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	live := make(chan struct{}, 1)
	const wait = 5 * time.Millisecond
	watch := camera.Watch{Retry: wait, RetryMax: wait, RetryPermanent: wait, Reopen: 2 * soon, Width: 64, Height: 48}
	sup := camera.NewSupervisor("top", f, watch, slog.New(slog.DiscardHandler), func(s camera.State) {
		if s.Status == camera.Live && (a.goesOn || f.over()) {
			select {
			case live <- struct{}{}:
			default:
			}
		}
	})
	sink := &tally{changed: make(chan struct{}, 1)}
	ended := make(chan error, 1)
	go func() { ended <- sup.Run(ctx, sink) }()
	select {
	case <-live:
	case <-ctx.Done():
		t.Errorf("the camera did not come to live; it is %+v", sup.State())
	}
	for a.goesOn && ctx.Err() == nil && !f.over() && sink.frames.Load() < 15 {
		<-sink.changed
	}
	if a.goesOn && f.over() {
		t.Errorf("the run ended with %v after %d frames; it should go on", f.err, sink.frames.Load())
	}
	cancel()
	<-ended
	if a.goesOn {
		return
	}
	if f.err == nil || !strings.Contains(f.err.Error(), a.says) || errors.Is(f.err, camera.ErrPermanent) != a.needs {
		t.Errorf("got the error %v, want %q, needs a person: %v", f.err, a.says, a.needs)
	}
	if f.err != nil && (len(f.err.Error()) > 500 || strings.Contains(f.err.Error(), password)) {
		t.Errorf("the error is long, or tells the password: %v", f.err)
	}
}

// settled waits until no more than so many goroutines are left: the other end
// of a connection ends a moment later. It returns how many there are.
func settled(want int) int {
	last := runtime.NumGoroutine()
	for range 500 {
		time.Sleep(2 * time.Millisecond)
		now := runtime.NumGoroutine()
		if want > 0 && now <= want || want == 0 && now == last {
			return now
		}
		last = now
	}
	return last
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// watchHeap looks at the heap until the function it returns is called, which
// says by how much the heap grew at most, in bytes. What it reads is HeapAlloc,
// without stopping the program for it.
func watchHeap() func() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	heap := func() uint64 { metrics.Read(sample); return sample[0].Value.Uint64() }
	runtime.GC()
	start := heap()
	most := start
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, heap())
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(stop); <-done; return most - start }
}
