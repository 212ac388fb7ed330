package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestAhead takes results in order, however long each piece of work takes, and never has
// more of them done at a time than there are workers.
func TestAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy, most atomic.Int32
		work := func(i int) int {
			if now := busy.Add(1); now > most.Load() {
				most.Store(now)
			}
			defer busy.Add(-1)
			time.Sleep(time.Duration(1+i*7%5) * time.Second)
			return i * i
		}
		var got []int
		began := time.Now()
		if err := ahead(t.Context(), 3, 30, work, func(i, v int) error {
			if v != i*i || i != len(got) {
				t.Errorf("result %d at place %d, after %d", v, i, len(got))
			}
			got = append(got, v)
			return nil
		}); err != nil || len(got) != 30 {
			t.Errorf("%d taken, %v", len(got), err)
		}
		if took := time.Since(began); most.Load() != 3 || took > 45*time.Second {
			t.Errorf("at most %d at a time, %v for 90 s of work", most.Load(), took)
		}

		broken := errors.New("broken")
		taken := 0
		err := ahead(t.Context(), 3, 30, work, func(i, v int) error {
			if taken++; i == 4 {
				return broken
			}
			return nil
		})
		if !errors.Is(err, broken) || taken != 5 || busy.Load() != 0 {
			t.Errorf("%v after %d, %d still at work", err, taken, busy.Load())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		if err := ahead(ctx, 2, 30, work, func(int, int) error { return nil }); !errors.Is(err, context.DeadlineExceeded) || busy.Load() != 0 {
			t.Errorf("stopped: %v, %d still at work", err, busy.Load())
		}
		if err := ahead(t.Context(), 0, 0, work, nil); err != nil {
			t.Errorf("nothing to do: %v", err)
		}
	})
}
