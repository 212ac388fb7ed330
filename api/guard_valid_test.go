package api

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"linesman/access"
)

// revocable is one token, until it is revoked.
type revocable struct {
	revoked atomic.Bool
	asked   atomic.Int64
}

func (r *revocable) Bearer(context.Context, string) (access.Identity, error) {
	r.asked.Add(1)
	if r.revoked.Load() {
		return access.Identity{}, access.ErrRevoked
	}
	return access.Identity{Actor: "token:x"}, nil
}

// TestRevokedStream holds that a stream ends soon after its token, and that
// nobody asks on for an answer that was given.
func TestRevokedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := &revocable{}
		s := &server{Config: Config{Access: token}}
		ctx, stop := s.whileValid(t.Context(), "x")
		time.Sleep(time.Hour)
		if ctx.Err() != nil || token.asked.Load() == 0 {
			t.Fatalf("after an hour: %v, asked %d times", ctx.Err(), token.asked.Load())
		}
		token.revoked.Store(true)
		time.Sleep(proveAgainEvery)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("the stream goes on without a token")
		}
		stop()

		token.revoked.Store(false)
		ctx, stop = s.whileValid(t.Context(), "x")
		stop()
		before := token.asked.Load()
		time.Sleep(time.Hour)
		if ctx.Err() == nil || token.asked.Load() != before {
			t.Errorf("asked %d times after the answer was given", token.asked.Load()-before)
		}
	})
}
