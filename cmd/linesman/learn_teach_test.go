package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"linesman/line"
)

// TestTeachingWaits: the work stops as soon as a line suffers, goes on once it has
// been well for a while, and is given up when it had to wait for too long.
func TestTeachingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ill := func(from, to time.Duration) func() string {
			return func() string {
				if since := time.Since(began); since >= from && since < to {
					return "a part was late"
				}
				return ""
			}
		}
		for name, c := range map[string]struct {
			strain func() string
			ends   time.Duration
			want   []string
			error  string
		}{
			"well":      {ill(0, 0), time.Minute, nil, ""},
			"a while":   {ill(10*time.Second, 20*time.Second), time.Minute, []string{"stopped (signal) at 10s", "continued at 49s"}, ""},
			"for hours": {ill(10*time.Second, 24*time.Hour), 12 * time.Hour, []string{"stopped (signal) at 10s", "killed at 4h0m9s"}, "linesman candidate make"},
		} {
			began = time.Now()
			var sent []string
			done := make(chan error, 1)
			end := time.AfterFunc(c.ends, func() { done <- nil })
			w := &teacher{log: slog.New(slog.DiscardHandler), strain: func() func() string { return c.strain }}
			err := w.watch(done, func(s os.Signal) error {
				sent = append(sent, fmt.Sprintf("%s at %s", s, time.Since(began)))
				if s == syscall.SIGKILL && end.Stop() {
					done <- errors.New("signal: killed")
				}
				return nil
			})
			if !slices.Equal(sent, c.want) || (err == nil) != (c.error == "") || err != nil && !strings.Contains(err.Error(), c.error) {
				t.Errorf("%s: sent %v, want %v; ended with %v", name, sent, c.want, err)
			}
		}
	})
}

func TestSuffers(t *testing.T) {
	const deadline = 250 * time.Millisecond
	for _, c := range []struct {
		before, now float64 // p99 in ms
		late, want  bool
	}{
		{15, 15, false, false}, {15, 120, false, false}, {15, 126, false, true}, {15, 15, true, true},
		{180, 180, false, false}, {180, 224, false, false}, {180, 226, false, true}, {0, 0, false, false},
	} {
		if why := suffers(line.Latency{P99: c.before}, line.Latency{P99: c.now}, c.late, deadline); (why != "") != c.want {
			t.Errorf("%+v: %q", c, why)
		}
	}
}

func TestIdle(t *testing.T) {
	free, all, err := ticks([]byte("cpu  100 20 30 400 5 6 7 8 0 0\ncpu0 1 2 3\n"))
	if err != nil || free != 425 || all != 576 {
		t.Errorf("%d of %d ticks free (%v), want 425 of 576", free, all, err)
	}
	for _, bad := range []string{"", "cpu 1 2 3\n", "cpu 1 2 3 4 5 6 7 x\n", "intr 1 2 3 4 5 6 7 8\n"} {
		if _, _, err := ticks([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	var c cores
	if idle, err := c.idle(); err != nil || idle != 0 || c.all == 0 {
		t.Errorf("at first %g cores idle of %+v: %v", idle, c, err)
	}
}

func TestLastWords(t *testing.T) {
	var l lastWords
	fmt.Fprint(&l, "searching the log ", strings.Repeat("-", 2*mostWords), "\nlinesman: error: line caps-1: 3 good parts are too few\n")
	if got := l.error(); got != "line caps-1: 3 good parts are too few" || len(l.text) > mostWords {
		t.Errorf("said %q, %d bytes kept", got, len(l.text))
	}
}
