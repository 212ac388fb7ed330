package camera_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"linesman/camera"
)

// script is a driver whose runs are functions, one an opening; the last repeats.
type script struct {
	runs   []func(ctx context.Context, sink camera.Sink) error
	opened int
	at     []time.Time
}

func (s *script) Run(ctx context.Context, sink camera.Sink) error {
	run := s.runs[min(s.opened, len(s.runs)-1)]
	s.opened++
	s.at = append(s.at, time.Now())
	return run(ctx, sink)
}

// seen keeps what a frame said and gives the frame back at once.
type seen struct {
	seq     uint64
	damaged bool
}

type collector struct{ frames []seen }

func (c *collector) Frame(f *camera.Frame) {
	c.frames = append(c.frames, seen{f.Seq, f.Damaged})
	f.Release()
}
func (c *collector) Packet(*camera.Packet) {}

var pool = camera.NewPool(8)

// shot returns a frame painted in one grey level.
func shot(width, height int, level byte, trigger uint64) *camera.Frame {
	f := pool.Get(width, height, camera.Grey)
	for i := range f.Pix {
		f.Pix[i] = level
	}
	f.Trigger, f.At = trigger, time.Now()
	return f
}

// send delivers n frames of the levels given in turn, one every 40 ms.
func send(ctx context.Context, sink camera.Sink, n int, levels ...byte) error {
	for i := range n {
		sink.Frame(shot(32, 16, levels[i%len(levels)], 0))
		if err := pause(ctx, 40*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

type rig struct {
	*camera.Supervisor
	sink   *collector
	states []string
	log    bytes.Buffer
}

func supervise(d camera.Driver, w camera.Watch) *rig {
	r := &rig{sink: &collector{}}
	log := slog.New(slog.NewTextHandler(&r.log, nil))
	r.Supervisor = camera.NewSupervisor("top", d, w, log, func(s camera.State) { r.states = append(r.states, s.Status.String()) })
	return r
}

// runFor runs the supervisor for d of the bubble's time.
func (r *rig) runFor(t *testing.T, d time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return r.Run(ctx, r.sink)
}

func TestStatesOfACamera(t *testing.T) {
	type run = func(ctx context.Context, sink camera.Sink) error
	live := func(ctx context.Context, sink camera.Sink) error { return send(ctx, sink, 1<<30, 10, 200) }
	cases := []struct {
		name   string
		runs   []run
		watch  camera.Watch
		want   string
		status camera.Status
		why    string
	}{
		{"lives", []run{live}, camera.Watch{}, "connecting live", camera.Live, ""},
		{"can not be reached, then lives", []run{
			func(context.Context, camera.Sink) error { return errors.New("connection refused") }, live},
			camera.Watch{}, "connecting down live", camera.Live, ""},
		{"goes silent, then goes on", []run{func(ctx context.Context, sink camera.Sink) error {
			if err := errors.Join(send(ctx, sink, 5, 10, 200), pause(ctx, 5*time.Second)); err != nil {
				return err
			}
			return live(ctx, sink)
		}}, camera.Watch{}, "connecting live stalled live", camera.Live, ""},
		{"goes silent for good", []run{func(ctx context.Context, sink camera.Sink) error {
			return errors.Join(send(ctx, sink, 5, 10, 200), hang(ctx))
		}, live}, camera.Watch{}, "connecting live stalled down live", camera.Live, ""},
		{"freezes", []run{func(ctx context.Context, sink camera.Sink) error {
			return errors.Join(send(ctx, sink, 5, 10, 200), send(ctx, sink, 1<<30, 100, 101, 100))
		}}, camera.Watch{}, "connecting live frozen", camera.Frozen, "stands still"},
		{"freezes, then lives", []run{func(ctx context.Context, sink camera.Sink) error {
			return errors.Join(send(ctx, sink, 100, 100), live(ctx, sink))
		}}, camera.Watch{}, "connecting live frozen live", camera.Live, ""},
		{"stands still while the belt stands", []run{func(ctx context.Context, sink camera.Sink) error {
			return send(ctx, sink, 1<<30, 100)
		}}, camera.Watch{Moving: func() bool { return false }}, "connecting live", camera.Live, ""},
		{"triggered, and the belt stands", []run{func(ctx context.Context, sink camera.Sink) error {
			return errors.Join(send(ctx, sink, 2, 10, 200), hang(ctx))
		}}, camera.Watch{Triggered: true, Moving: func() bool { return false }}, "connecting live", camera.Live, ""},
		{"triggered camera, the belt moves with nothing on it", []run{func(ctx context.Context, sink camera.Sink) error {
			return errors.Join(send(ctx, sink, 2, 10, 200), hang(ctx))
		}}, camera.Watch{Triggered: true, Owes: func() bool { return false }}, "connecting live", camera.Live, ""},
		{"triggered camera, its triggers fire and nothing comes", []run{func(ctx context.Context, sink camera.Sink) error {
			return errors.Join(send(ctx, sink, 2, 10, 200), hang(ctx))
		}}, camera.Watch{Triggered: true, Owes: func() bool { return true }}, "connecting live stalled down live stalled down live stalled", camera.Stalled, "no frame for 2s"},
		{"changes its size", []run{func(ctx context.Context, sink camera.Sink) error {
			sink.Frame(shot(32, 16, 1, 0))
			sink.Frame(shot(64, 16, 2, 0))
			return hang(ctx)
		}}, camera.Watch{Stall: time.Minute, Reopen: time.Minute}, "connecting live changed", camera.Changed, "64 x 16 pixels instead of 32 x 16"},
		{"was never of the size asked for", []run{live}, camera.Watch{Width: 640, Height: 480}, "connecting changed", camera.Changed, "instead of 640 x 480"},
		{"panics", []run{func(context.Context, camera.Sink) error { panic("index out of range") }, live},
			camera.Watch{}, "connecting down live", camera.Live, ""},
		{"stops without a reason", []run{func(context.Context, camera.Sink) error { return nil }, hang0},
			camera.Watch{Retry: time.Hour, RetryMax: time.Hour}, "connecting down", camera.Down, "without saying why"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := supervise(&script{runs: c.runs}, c.watch)
				err := r.runFor(t, 25*time.Second)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("Run returned %v, want the end of its context", err)
				}
				if got := strings.Join(r.states, " "); got != c.want {
					t.Errorf("states\n got %s\nwant %s", got, c.want)
				}
				s := r.State()
				if s.Status != c.status || !strings.Contains(s.Error, c.why) || c.why == "" && s.Error != "" {
					t.Errorf("at the end: %v %q, want %v with %q", s.Status, s.Error, c.status, c.why)
				}
			})
		})
	}
}

func hang0(ctx context.Context, _ camera.Sink) error { return hang(ctx) }

func TestFramesNobodyShouldTrustAreDamaged(t *testing.T) {
	cases := []struct {
		name   string
		frames func() []*camera.Frame
		watch  camera.Watch
		want   []bool
	}{
		{"triggered frames that differ", func() []*camera.Frame {
			return []*camera.Frame{shot(8, 8, 1, 1), shot(8, 8, 50, 2), shot(8, 8, 1, 3)}
		}, camera.Watch{}, []bool{false, false, false}},
		{"a triggered frame that repeats", func() []*camera.Frame {
			return []*camera.Frame{shot(8, 8, 1, 1), shot(8, 8, 1, 2), shot(8, 8, 50, 3)}
		}, camera.Watch{}, []bool{false, true, false}},
		{"a free-running camera may repeat one", func() []*camera.Frame {
			return []*camera.Frame{shot(8, 8, 1, 0), shot(8, 8, 1, 0), shot(8, 8, 50, 0)}
		}, camera.Watch{}, []bool{false, false, false}},
		{"a free-running camera that froze", func() []*camera.Frame {
			return []*camera.Frame{shot(8, 8, 1, 0), shot(8, 8, 1, 0), shot(8, 8, 1, 0), shot(8, 8, 90, 0)}
		}, camera.Watch{FrozenFrames: 3, FrozenFor: time.Nanosecond}, []bool{false, false, true, false}},
		{"another size, and back", func() []*camera.Frame {
			return []*camera.Frame{shot(8, 8, 1, 0), shot(8, 4, 50, 0), shot(8, 8, 1, 0)}
		}, camera.Watch{}, []bool{false, true, false}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := supervise(&script{runs: []func(context.Context, camera.Sink) error{
					func(_ context.Context, sink camera.Sink) error {
						for _, f := range c.frames() {
							time.Sleep(10 * time.Millisecond)
							sink.Frame(f)
						}
						return io.EOF
					}}}, c.watch)
				if err := r.runFor(t, time.Minute); err != io.EOF {
					t.Fatalf("Run returned %v, want io.EOF", err)
				}
				var got []bool
				for i, f := range r.sink.frames {
					got = append(got, f.damaged)
					if f.seq != uint64(i+1) {
						t.Errorf("frame %d has seq %d", i+1, f.seq)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("damaged: got %v, want %v", got, c.want)
				}
				if s := r.State(); s.Status != camera.Ended || s.Frames != uint64(len(c.want)) {
					t.Errorf("state %v after %d frames, want ended after %d", s.Status, s.Frames, len(c.want))
				}
			})
		})
	}
}

func TestBackOffGrowsAndIsSlowForWhatNeedsAPerson(t *testing.T) {
	cases := []struct {
		name     string
		err      error
		min, max []time.Duration // waits before the 2nd, 3rd... opening
	}{
		{"broken", errors.New("no route"), []time.Duration{400e6, 800e6, 1600e6, 3200e6}, []time.Duration{600e6, 1200e6, 2400e6, 4800e6}},
		{"wrong password", fmt.Errorf("refused: %w", camera.ErrPermanent), []time.Duration{48e9, 48e9, 48e9}, []time.Duration{72e9, 72e9, 72e9}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &script{runs: []func(context.Context, camera.Sink) error{
					func(context.Context, camera.Sink) error { return c.err }}}
				r := supervise(d, camera.Watch{})
				_ = r.runFor(t, time.Hour)
				for i := range c.min {
					if wait := d.at[i+1].Sub(d.at[i]); wait < c.min[i] || wait > c.max[i] {
						t.Errorf("wait %d is %v, want %v to %v", i+1, wait, c.min[i], c.max[i])
					}
				}
				last := d.at[len(d.at)-1].Sub(d.at[len(d.at)-2])
				if last < 24*time.Second || last > 72*time.Second {
					t.Errorf("after an hour the wait is %v, want about half a minute to a minute", last)
				}
				if n := r.State().Restarts; int(n) != d.opened-1 && int(n) != d.opened {
					t.Errorf("%d restarts counted, the driver was opened %d times", n, d.opened)
				}
			})
		})
	}
}

func TestBackOffStartsAgainAfterAGoodWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fail := func(context.Context, camera.Sink) error { return errors.New("no route") }
		d := &script{runs: []func(context.Context, camera.Sink) error{fail, fail, fail, fail,
			func(ctx context.Context, sink camera.Sink) error {
				return errors.Join(send(ctx, sink, 300, 10, 200), errors.New("cable"))
			}, hang0}}
		_ = supervise(d, camera.Watch{}).runFor(t, time.Minute)
		if wait := d.at[5].Sub(d.at[4].Add(300 * 40 * time.Millisecond)); wait > 600*time.Millisecond {
			t.Errorf("waited %v after 12 s of good pictures, want the first wait of 0.5 s", wait)
		}
	})
}

func TestRepeatedFaultsAreLoggedSparingly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &script{runs: []func(context.Context, camera.Sink) error{
			func(context.Context, camera.Sink) error { return errors.New("no route") }}}
		r := supervise(d, camera.Watch{Retry: 100 * time.Millisecond, RetryMax: 100 * time.Millisecond})
		_ = r.runFor(t, 31*time.Second)
		lines := strings.Count(r.log.String(), "\n")
		if d.opened < 200 || lines > 7 || lines < 6 {
			t.Errorf("%d lines for %d failures in 31 s, want one every 5 s:\n%s", lines, d.opened, r.log.String())
		}
		if !strings.Contains(r.log.String(), "not_shown=") || !strings.Contains(r.log.String(), "camera=top") {
			t.Errorf("the log does not say which camera or how many were kept back:\n%s", r.log.String())
		}
	})
}

func TestFrameRateAndSeqAcrossReconnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := func(ctx context.Context, sink camera.Sink) error {
			return errors.Join(send(ctx, sink, 50, 10, 200), errors.New("cable"))
		}
		last := func(ctx context.Context, sink camera.Sink) error { return send(ctx, sink, 1<<30, 10, 200) }
		r := supervise(&script{runs: []func(context.Context, camera.Sink) error{once, last}}, camera.Watch{})
		_ = r.runFor(t, 10*time.Second)
		for i, f := range r.sink.frames {
			if f.seq != uint64(i+1) {
				t.Fatalf("frame %d has seq %d", i+1, f.seq)
			}
		}
		if fps := r.State().FPS; fps < 24 || fps > 26 {
			t.Errorf("frame rate %.1f, want 25", fps)
		}
	})
}

// A triggered camera's pace is that of its frames, and none while nothing comes,
// though it owes nothing and is well.
func TestFrameRateOfATriggeredCamera(t *testing.T) {
	for name, c := range map[string]struct {
		frames    int
		low, high float64
	}{
		"frames come":        {1 << 30, 24, 26},
		"nothing lies there": {25, 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := supervise(&script{runs: []func(context.Context, camera.Sink) error{func(ctx context.Context, sink camera.Sink) error {
				return errors.Join(send(ctx, sink, c.frames, 10, 200), hang(ctx))
			}}}, camera.Watch{Triggered: true, Owes: func() bool { return false }})
			_ = r.runFor(t, 10*time.Second)
			if fps := r.State().FPS; r.State().Status != camera.Live || fps < c.low || fps > c.high {
				t.Errorf("%s: %v at %.1f a second, want live and %g to %g", name, r.State().Status, fps, c.low, c.high)
			}
		})
	}
}

func TestSlowListenerDoesNotHoldUpFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		d := &script{runs: []func(context.Context, camera.Sink) error{
			func(ctx context.Context, sink camera.Sink) error { return send(ctx, sink, 25, 10, 200) }}}
		c := &collector{}
		s := camera.NewSupervisor("top", d, camera.Watch{}, slog.New(slog.DiscardHandler), func(camera.State) {
			time.Sleep(3 * time.Second)
			told.Add(1)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 1010*time.Millisecond)
		defer cancel()
		_ = s.Run(ctx, c)
		if len(c.frames) != 25 {
			t.Errorf("%d frames in the first second beside a slow listener, want 25", len(c.frames))
		}
		if told.Load() < 2 {
			t.Errorf("told %d changes before Run returned, want connecting and live at least", told.Load())
		}
	})
}

func TestWatchValidate(t *testing.T) {
	cases := []struct {
		name  string
		watch camera.Watch
		want  string
	}{
		{"defaults", camera.Watch{}, ""},
		{"reopen before stall", camera.Watch{Stall: 20 * time.Second}, "shorter than stall"},
		{"one frame", camera.Watch{FrozenFrames: 1}, "at least 2"},
		{"half a size", camera.Watch{Width: 640}, "give both"},
		{"negative", camera.Watch{Retry: -1}, "negative"},
		{"tolerance", camera.Watch{Tolerance: 300}, "0 to 255"},
	}
	for _, c := range cases {
		err := c.watch.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
