package module

import (
	"context"
	"fmt"
	"time"

	"linesman/event"
)

// killedUntold kills the module when its answer is stored and before it knows:
// started again it must say the same by the same id, or it is said twice.
func (s *suite) killedUntold(ctx context.Context) (string, bool, error) {
	after := s.seq()
	r, err := s.round(false)
	if err != nil {
		return "", false, err
	}
	snatched := s.site.door.snatch(s.process.kill)
	if err := s.site.feed(ctx, r.events); err != nil {
		return "", false, err
	}
	select {
	case <-snatched:
	case <-time.After(s.Patience):
		s.site.door.leave()
		return fmt.Sprintf("it appended nothing within %s", s.Patience), false, nil
	case <-ctx.Done():
		return "", false, ctx.Err()
	}
	if err := s.start(); err != nil {
		return "", false, err
	}
	// The round after this shows that it has come past its own answers.
	next, err := s.round(false)
	if err != nil {
		return "", false, err
	}
	if err := s.site.feed(ctx, next.events); err != nil {
		return "", false, err
	}
	return s.settle(ctx, after, append(r.want, next.want...))
}

// killed kills the module after one, two, three... requests of its own within a
// round, and appends the rest of the round while it is away.
func (s *suite) killed(ctx context.Context) (string, bool, error) {
	after := s.seq()
	var want []answer
	for n := range s.Kills {
		r, err := s.round(false)
		if err != nil {
			return "", false, err
		}
		want = append(want, r.want...)
		cut := (n + 1) * len(r.events) / (s.Kills + 1)
		asked, _ := s.site.door.count()
		if err := s.site.feed(ctx, r.events[:cut]); err != nil {
			return "", false, err
		}
		// One that follows a stream may ask nothing more: then it is killed anyway.
		soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		_ = s.site.door.await(soon, asked, n)
		cancel()
		s.process.kill()
		if err := s.site.feed(ctx, r.events[cut:]); err != nil {
			return "", false, err
		}
		if err := s.start(); err != nil {
			return "", false, err
		}
	}
	why, met, err := s.settle(ctx, after, want)
	return fmt.Sprintf("%d kills, %s", s.Kills, why), met, err
}

// restarted stops the appliance in the middle of a round and starts it again
// after a while.
func (s *suite) restarted(ctx context.Context) (string, bool, error) {
	after := s.seq()
	return s.split(ctx, after, func(rest []event.Event) error {
		if err := s.site.close(); err != nil {
			return err
		}
		if err := pause(ctx, outage); err != nil {
			return err
		}
		if err := s.site.start(ctx, s.manifest); err != nil {
			return err
		}
		return s.site.feed(ctx, rest)
	}, func() string { return fmt.Sprintf("away for %s", outage) })
}

// refused lets the appliance answer 503 and 429 in turn.
func (s *suite) refused(ctx context.Context) (string, bool, error) {
	knocks := 0
	why, met, err := s.split(ctx, s.seq(), func(rest []event.Event) error {
		s.site.door.close()
		if err := s.site.feed(ctx, rest[:len(rest)/2]); err != nil {
			return err
		}
		if err := pause(ctx, outage); err != nil {
			return err
		}
		knocks = s.site.door.open()
		return s.site.feed(ctx, rest[len(rest)/2:])
	}, func() string { return fmt.Sprintf("asked %d times in %s", knocks, outage) })
	if knocks > knocksAtMost {
		return fmt.Sprintf("%s: at most %d; wait longer after each refusal", why, knocksAtMost), false, err
	}
	return why, met, err
}

// split plays a round of which the second half meets trouble, which appends it.
func (s *suite) split(ctx context.Context, after uint64, trouble func(rest []event.Event) error, note func() string) (string, bool, error) {
	r, err := s.round(false)
	if err != nil {
		return "", false, err
	}
	half := len(r.events) / 2
	if err := s.site.feed(ctx, r.events[:half]); err != nil {
		return "", false, err
	}
	if err := trouble(r.events[half:]); err != nil {
		return "", false, err
	}
	why, met, err := s.settle(ctx, after, r.want)
	return note() + ", " + why, met, err
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
